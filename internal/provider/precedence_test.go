package provider

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/testcert"
)

// Whatever stands in the block, neither a variable nor all of them together change a value of it or the method that it
// selects.
func TestTheBlockBeatsEveryVariable(t *testing.T) {
	var document struct {
		Blocks           map[string]block
		Environment, Pod map[string]string
	}
	load(t, "precedence.yaml", &document)
	environment := maps.Clone(document.Pod)
	for name, attribute := range attributes {
		has := func(b block) bool { return b[name] != "" }
		if !slices.ContainsFunc(slices.Collect(maps.Values(document.Blocks)), has) {
			t.Errorf("no block has %s", name)
		}
		for _, variable := range attribute.variables {
			environment[variable] = cmp.Or(document.Environment[name], "https://environment.example")
		}
	}
	certificate, file := testcert.New(t), filepath.Join(t.TempDir(), "client.pem")
	if err := os.WriteFile(file, []byte(certificate.PEMWithKey(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	document.Blocks["client_certificate"]["client_certificate"] = certificate.PFX(t, pkcs12.Modern, "")
	document.Blocks["client_certificate_password"]["client_certificate"] = certificate.PFX(t, pkcs12.Modern, "the block's")
	document.Blocks["client_certificate_path"]["client_certificate_path"] = file
	for attribute, b := range document.Blocks {
		t.Run(attribute, func(t *testing.T) {
			want, wantMethod := chosen(t, b, nil)
			environments := map[string]map[string]string{"all variables": environment}
			for variable, value := range environment {
				environments[variable] = map[string]string{variable: value, "ARM_USE_OIDC": environment["ARM_USE_OIDC"]}
			}
			selects := !slices.Contains([]string{"tenant_id", "client_id", "client_id_file_path"}, attribute)
			for variable, environment := range environments {
				got, method := chosen(t, b, environment)
				if diff := gocmp.Diff(want, got); diff != "" {
					t.Errorf("%s changes the block's:\n%s", variable, diff)
				}
				if selects && method != wantMethod {
					t.Errorf("%s: the method became %q, want %q", variable, method, wantMethod)
				}
			}
		})
	}
}

// chosen is what a block gives, by its attributes, without what the environment adds to it, and the method.
func chosen(t *testing.T, b block, environment map[string]string) (values map[string]any, method string) {
	t.Helper()
	config, diags := read(t, b, environment)
	if diags.HasError() {
		t.Fatalf("with %v: %v", environment, diags)
	}
	selected, err := signin.Choose(config.SignIn)
	if err != nil {
		method = err.Error()
	} else {
		method = selected.Name()
	}
	cloud := []any{config.Cloud, config.MetadataHost}
	values = map[string]any{
		"environment": cloud, "metadata_host": cloud, "partner_id": config.PartnerID,
		"allowed_tenant_ids": config.AllowedTenantIDs, "auxiliary_tenant_ids": config.AuxiliaryTenantIDs,
	}
	for name, input := range config.SignIn {
		values[name] = input
	}
	maps.DeleteFunc(values, func(name string, _ any) bool {
		return b[name] == "" && (name == "oidc_token" || b[name+"_file_path"] == "")
	})
	return values, method
}

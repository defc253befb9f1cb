package provider

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/testcert"
)

// inTheBlock are the attributes of the provider block, each with what has to stand beside it.
func inTheBlock(t *testing.T) map[string]block {
	t.Helper()
	const on, value, tenants = "true", "the block's", tenantID + ";"
	token, certificate := file(t, "a token"), testcert.New(t)
	request := block{"use_oidc": on, "oidc_request_url": "https://block.example", "oidc_request_token": value}
	// app adds the app that signs in.
	app := func(blocks ...block) block {
		b := block{"tenant_id": tenantID, "client_id": "the block's client"}
		for _, more := range blocks {
			maps.Copy(b, more)
		}
		return b
	}
	custom := block{"use_cli": on, "environment": "custom", "endpoint": value}
	for name := range attributes {
		if strings.HasPrefix(name, "endpoint.") {
			custom[name] = "https://block.example"
		}
	}
	return map[string]block{
		"tenant_id":                          app(),
		"client_id":                          app(),
		"client_id_file_path":                {"tenant_id": tenantID, "client_id_file_path": file(t, "a client")},
		"client_secret":                      app(block{"client_secret": value}),
		"client_secret_file_path":            app(block{"client_secret_file_path": file(t, "s3cret")}),
		"client_certificate":                 app(block{"client_certificate": certificate.PFX(t, pkcs12.Modern, "")}),
		"client_certificate_path":            app(block{"client_certificate_path": file(t, certificate.PEMWithKey(t))}),
		"oidc_token":                         app(block{"use_oidc": on, "oidc_token": value}),
		"oidc_token_file_path":               app(block{"use_oidc": on, "oidc_token_file_path": token}),
		"oidc_request_url":                   app(request),
		"ado_pipeline_service_connection_id": app(request, block{"ado_pipeline_service_connection_id": value}),
		"use_oidc and use_msi":               app(block{"use_oidc": on, "use_msi": on, "managed_identity_client_id": value}),
		"use_aks_workload_identity":          app(block{"use_aks_workload_identity": on, "oidc_token_file_path": token}),
		"use_msi":                            app(block{"use_msi": on}),
		"use_dev_cli":                        {"use_dev_cli": on},
		"use_cli":                            {"use_cli": on},
		"environment":                        {"use_cli": on, "environment": "usgovernment"},
		"metadata_host":                      {"use_cli": on, "metadata_host": "block.example"},
		"endpoint":                           custom,
		"disable_instance_discovery":         {"use_cli": on, "disable_instance_discovery": "false"},
		"partner_id":                         {"use_cli": on, "partner_id": tenantID},
		"allowed_tenant_ids":                 {"use_cli": on, "allowed_tenant_ids": tenants},
		"no allowed_tenant_ids":              {"use_cli": on, "allowed_tenant_ids": ";"},
		"auxiliary_tenant_ids":               {"use_cli": on, "auxiliary_tenant_ids": tenants},
	}
}

// inTheEnvironment is a value of each variable that differs from every block's.
func inTheEnvironment(t *testing.T) map[string]string {
	t.Helper()
	const otherTenant = "7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506"
	path := file(t, "the environment's")
	values := map[string]string{
		"tenant_id": otherTenant, "partner_id": otherTenant, "allowed_tenant_ids": otherTenant,
		"auxiliary_tenant_ids": otherTenant,
		"client_id_file_path":  path, "client_secret_file_path": path, "client_certificate_path": path,
		"oidc_token_file_path": path,
		"use_oidc":             "true", "use_aks_workload_identity": "true", "use_msi": "true", "use_dev_cli": "true",
		"use_cli": "false", "disable_instance_discovery": "true",
		"environment": "china", "metadata_host": "environment.example",
	}
	environment := map[string]string{}
	for name, attribute := range attributes {
		for _, variable := range attribute.variables {
			environment[variable] = cmp.Or(values[name], "https://environment.example")
		}
	}
	maps.Copy(environment, map[string]string{
		"AZURE_TENANT_ID": otherTenant, "AZURE_CLIENT_ID": "the environment's", "AZURE_FEDERATED_TOKEN_FILE": path,
	})
	return environment
}

// Whatever stands in the block, neither a variable nor all of them together change a value of it or the method that it
// selects.
func TestTheBlockBeatsEveryVariable(t *testing.T) {
	environment := inTheEnvironment(t)
	for attribute, b := range inTheBlock(t) {
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

// chosen is what a block gives, without what the environment adds to it, and the method.
func chosen(t *testing.T, b block, environment map[string]string) (config azure.Config, method string) {
	t.Helper()
	config = mustRead(t, b, environment)
	selected, err := signin.Choose(config.SignIn)
	if err != nil {
		method = err.Error()
	} else {
		method = selected.Name()
	}
	maps.DeleteFunc(config.SignIn, func(name string, _ signin.Input) bool {
		return b[name] == "" && (name == "oidc_token" || b[name+"_file_path"] == "")
	})
	if b["environment"] == "" && b["metadata_host"] == "" {
		config.Cloud, config.MetadataHost = azure.Cloud{}, ""
	}
	if b["allowed_tenant_ids"] == "" {
		config.AllowedTenantIDs = nil
	}
	if b["auxiliary_tenant_ids"] == "" {
		config.AuxiliaryTenantIDs = nil
	}
	if b["partner_id"] == "" {
		config.PartnerID = ""
	}
	return config, method
}

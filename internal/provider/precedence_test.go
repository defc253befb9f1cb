package provider

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/testcert"
)

// inTheBlock are the attributes of the provider block, each with what has to stand beside it.
func inTheBlock(t *testing.T) map[string]block {
	t.Helper()
	text, on := types.StringValue, types.BoolValue(true)
	app := block{TenantID: text(tenantID), ClientID: text("the block's client")}
	with := func(change func(*block)) block {
		b := app
		change(&b)
		return b
	}
	file := func(content string) types.String {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return text(path)
	}
	certificate, tenants := testcert.New(t), []attr.Value{text(tenantID)}
	custom := map[string]attr.Value{}
	for name := range endpointTypes {
		custom[name] = text("https://block.example")
	}
	return map[string]block{
		"tenant_id":               app,
		"client_id":               app,
		"client_id_file_path":     {TenantID: text(tenantID), ClientIDFilePath: file("the block's client")},
		"client_secret":           with(func(b *block) { b.ClientSecret = text("s3cret") }),
		"client_secret_file_path": with(func(b *block) { b.ClientSecretFilePath = file("s3cret") }),
		"client_certificate":      with(func(b *block) { b.ClientCertificate = text(certificate.PFX(t, pkcs12.Modern, "")) }),
		"client_certificate_path": with(func(b *block) { b.ClientCertificatePath = file(certificate.PEMWithKey(t)) }),
		"oidc_token":              with(func(b *block) { b.UseOIDC, b.OIDCToken = on, text("a token") }),
		"oidc_token_file_path":    with(func(b *block) { b.UseOIDC, b.OIDCTokenFilePath = on, file("a token") }),
		"oidc_request_url": with(func(b *block) {
			b.UseOIDC, b.OIDCRequestURL, b.OIDCRequestToken = on, text("https://block.example"), text("t")
		}),
		"ado_pipeline_service_connection_id": with(func(b *block) {
			b.UseOIDC, b.OIDCRequestURL, b.OIDCRequestToken = on, text("https://block.example"), text("t")
			b.ADOConnectionID = text("c")
		}),
		"use_oidc and use_msi": with(func(b *block) {
			b.UseOIDC, b.UseMSI, b.ManagedIdentityClientID = on, on, text("the block's identity")
		}),
		"use_aks_workload_identity": with(func(b *block) { b.UseAKS, b.OIDCTokenFilePath = on, file("a token") }),
		"use_msi":                   with(func(b *block) { b.UseMSI = on }),
		"use_dev_cli":               {UseDevCLI: on},
		"use_cli":                   {UseCLI: on},
		"environment":               {UseCLI: on, Environment: text("usgovernment")},
		"metadata_host":             {UseCLI: on, MetadataHost: text("block.example")},
		"endpoint": {
			UseCLI: on, Environment: text("custom"), Endpoint: types.ObjectValueMust(endpointTypes, custom),
		},
		"disable_instance_discovery": {UseCLI: on, DisableInstanceDiscovery: types.BoolValue(false)},
		"partner_id":                 {UseCLI: on, PartnerID: text(tenantID)},
		"allowed_tenant_ids":         {UseCLI: on, AllowedTenantIDs: types.SetValueMust(types.StringType, tenants)},
		"auxiliary_tenant_ids":       {UseCLI: on, AuxiliaryTenantIDs: types.ListValueMust(types.StringType, tenants)},
	}
}

var endpointTypes = map[string]attr.Type{
	"active_directory_authority_host": types.StringType, "resource_manager_endpoint": types.StringType,
	"resource_manager_audience": types.StringType, "log_analytics_endpoint": types.StringType,
	"log_analytics_audience": types.StringType,
}

// inTheEnvironment is a value of each variable that differs from every block's.
func inTheEnvironment(t *testing.T) map[string]string {
	t.Helper()
	const otherTenant = "7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506"
	file := filepath.Join(t.TempDir(), "the environment's")
	if err := os.WriteFile(file, []byte("the environment's"), 0o600); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{
		"tenant_id": otherTenant, "partner_id": otherTenant, "allowed_tenant_ids": otherTenant,
		"auxiliary_tenant_ids": otherTenant,
		"client_id_file_path":  file, "client_secret_file_path": file, "client_certificate_path": file,
		"oidc_token_file_path": file,
		"use_oidc":             "true", "use_aks_workload_identity": "true", "use_msi": "true", "use_dev_cli": "true",
		"use_cli": "false", "disable_instance_discovery": "true",
		"environment": "china", "metadata_host": "environment.example",
	}
	environment := map[string]string{}
	for attribute, names := range variables {
		for _, name := range names {
			environment[name] = "https://environment.example"
			if value, special := values[attribute]; special {
				environment[name] = value
			}
		}
	}
	for attribute, name := range workloadIdentityVariables {
		environment[name] = values[attribute]
	}
	environment["AZURE_CLIENT_ID"] = "the environment's"
	return environment
}

// Whatever stands in the block, neither a variable nor all of them together change a value of it or the method that it
// selects.
func TestTheBlockBeatsEveryVariable(t *testing.T) {
	environment := inTheEnvironment(t)
	for attribute, b := range inTheBlock(t) {
		t.Run(attribute, func(t *testing.T) {
			want, method := chosen(t, b, nil)
			for variable, value := range environment {
				got, gotMethod := chosen(t, b, map[string]string{variable: value, "ARM_USE_OIDC": environment["ARM_USE_OIDC"]})
				compare(t, variable, b, got, want, gotMethod, method)
			}
			got, gotMethod := chosen(t, b, environment)
			compare(t, "all variables", b, got, want, gotMethod, method)
		})
	}
}

func chosen(t *testing.T, b block, environment map[string]string) (azure.Config, string) {
	t.Helper()
	config, diags := read(t, b, environment)
	if diags.HasError() {
		t.Fatalf("with %v: %v", environment, diags)
	}
	method, err := signin.Choose(config.SignIn)
	if err != nil {
		return config, err.Error()
	}
	return config, method.Name()
}

// compare checks what the block gives: inputs of the sign-in, the method where it selects one, and the rest of the
// configuration.
func compare(t *testing.T, variable string, b block, got, want azure.Config, gotMethod, method string) {
	t.Helper()
	inputs, wanted := reflect.ValueOf(got.SignIn), reflect.ValueOf(want.SignIn)
	selects := false
	for i := range wanted.NumField() {
		input, isInput := wanted.Field(i).Interface().(signin.Input)
		if isInput && input.InBlock && inputs.Field(i).Interface() != input {
			t.Errorf("%s: %s became %+v", variable, wanted.Type().Field(i).Name, inputs.Field(i))
		}
		name := wanted.Type().Field(i).Name
		selects = selects || isInput && input.InBlock && name != "TenantID" && name != "ClientID"
	}
	if selects && gotMethod != method {
		t.Errorf("%s: the method became %q, want %q", variable, gotMethod, method)
	}
	for name, given := range map[string]bool{
		"Cloud":            !b.Environment.IsNull() || !b.Endpoint.IsNull() || !b.MetadataHost.IsNull(),
		"MetadataHost":     !b.Environment.IsNull() || !b.MetadataHost.IsNull(),
		"AllowedTenantIDs": !b.AllowedTenantIDs.IsNull(), "AuxiliaryTenantIDs": !b.AuxiliaryTenantIDs.IsNull(),
		"PartnerID": !b.PartnerID.IsNull(),
	} {
		g, w := reflect.ValueOf(got).FieldByName(name).Interface(), reflect.ValueOf(want).FieldByName(name).Interface()
		if given && !reflect.DeepEqual(g, w) {
			t.Errorf("%s: %s became %v, want %v", variable, name, g, w)
		}
	}
	if !b.DisableInstanceDiscovery.IsNull() &&
		got.SignIn.DisableInstanceDiscovery != want.SignIn.DisableInstanceDiscovery {
		t.Errorf("%s: disable_instance_discovery became %v", variable, got.SignIn.DisableInstanceDiscovery)
	}
}

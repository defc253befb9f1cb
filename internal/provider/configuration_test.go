package provider

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

const tenantID = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"

// read reads a block in an environment that holds the given variables and no other of the provider's.
func read(t *testing.T, b block, environment map[string]string) (azure.Config, diag.Diagnostics) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); terraformcli.IsSignIn(entry) {
			t.Setenv(name, "")
		}
	}
	for name, value := range environment {
		t.Setenv(name, value)
	}
	var diags diag.Diagnostics
	config := reader{b, &diags}.config()
	return config, diags
}

// mustRead is read without errors.
func mustRead(t *testing.T, b block, environment map[string]string) azure.Config {
	t.Helper()
	config, diags := read(t, b, environment)
	if diags.HasError() {
		t.Fatalf("with %v: %v", environment, diags)
	}
	return config
}

// file is the path of a new file.
func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSignIn(t *testing.T) {
	byDefault := signin.Input{Value: "true", Source: "the default of use_cli"}
	inBlock := func(value, name string) signin.Input {
		return signin.Input{Value: value, Source: name + " in the provider block", InBlock: true}
	}
	for name, test := range map[string]struct {
		block       block
		environment map[string]string
		want        signin.Config
	}{
		"nothing is set": {want: signin.Config{"use_cli": byDefault}},
		"everything is from the environment": {
			environment: map[string]string{
				"ARM_TENANT_ID": tenantID, "ARM_CLIENT_ID": "the-client", "ARM_CLIENT_SECRET": "the-secret",
				"ARM_USE_CLI": "False", "ARM_DISABLE_INSTANCE_DISCOVERY": "1",
			},
			want: signin.Config{
				"tenant_id":                  signin.Input{Value: tenantID, Source: "ARM_TENANT_ID"},
				"client_id":                  signin.Input{Value: "the-client", Source: "ARM_CLIENT_ID"},
				"client_secret":              signin.Input{Value: "the-secret", Source: "ARM_CLIENT_SECRET"},
				"disable_instance_discovery": {Value: "true", Source: "ARM_DISABLE_INSTANCE_DISCOVERY"},
			},
		},
		"an empty text in the block is no value": {
			block:       block{"tenant_id": tenantID, "client_id": ""},
			environment: map[string]string{"ARM_TENANT_ID": "not read", "ARM_CLIENT_ID": "the-client"},
			want: signin.Config{
				"tenant_id": inBlock(tenantID, "tenant_id"),
				"client_id": {Value: "the-client", Source: "ARM_CLIENT_ID"},
				"use_cli":   byDefault,
			},
		},
		"the variables that pipelines set count where azurerm's own are not set": {
			environment: map[string]string{
				"ARM_USE_OIDC": "true", "SYSTEM_OIDCREQUESTURI": "https://ado.example",
				"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "github's", "ARM_OIDC_REQUEST_TOKEN": "ours",
				"AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "the-connection", "AZURE_CLIENT_ID": "not ours",
				"AZURE_TENANT_ID": "not ours",
			},
			want: signin.Config{
				"use_oidc":           signin.Input{Value: "true", Source: "ARM_USE_OIDC"},
				"oidc_request_url":   signin.Input{Value: "https://ado.example", Source: "SYSTEM_OIDCREQUESTURI"},
				"oidc_request_token": {Value: "ours", Source: "ARM_OIDC_REQUEST_TOKEN"},
				"ado_pipeline_service_connection_id": {Value: "the-connection",
					Source: "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"},
				"use_cli": byDefault,
			},
		},
		"the variables of AKS count for AKS": {
			block: block{"client_id": "the block's"},
			environment: map[string]string{
				"ARM_USE_AKS_WORKLOAD_IDENTITY": "true", "AZURE_TENANT_ID": tenantID, "AZURE_CLIENT_ID": "the pod's",
				"AZURE_FEDERATED_TOKEN_FILE": "/the/token",
			},
			want: signin.Config{
				"use_aks_workload_identity": signin.Input{Value: "true", Source: "ARM_USE_AKS_WORKLOAD_IDENTITY"},
				"tenant_id":                 signin.Input{Value: tenantID, Source: "AZURE_TENANT_ID"},
				"client_id":                 inBlock("the block's", "client_id"),
				"oidc_token_file_path":      {Value: "/the/token", Source: "AZURE_FEDERATED_TOKEN_FILE"},
				"use_cli":                   byDefault,
			},
		},
		"HCP Terraform hands over files": {
			block: block{"client_id_file_path": file(t, "the-client\n")},
			environment: map[string]string{
				"ARM_CLIENT_ID": "the environment's", "ARM_CLIENT_SECRET_FILE_PATH": file(t, " s3cret \n"),
			},
			want: signin.Config{
				"client_id":     inBlock("the-client", "client_id_file_path"),
				"client_secret": {Value: "s3cret", Source: "ARM_CLIENT_SECRET_FILE_PATH"},
				"use_cli":       byDefault,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mustRead(t, test.block, test.environment).SignIn; !maps.Equal(got, test.want) {
				t.Errorf("sign-in = %+v, want %+v", got, test.want)
			}
		})
	}
}

// A whole custom cloud can be set up without a line in the provider block.
func TestClouds(t *testing.T) {
	public, _ := azure.NamedCloud("public")
	for name, test := range map[string]struct {
		environment map[string]string
		want        azure.Config
	}{
		"nothing is set": {want: azure.Config{Cloud: public}},
		"a custom cloud": {
			map[string]string{
				"ARM_ENVIRONMENT":                     "Custom",
				"ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST": "https://login.example/",
				"ARM_RESOURCE_MANAGER_ENDPOINT":       "https://arm.example/",
				"ARM_RESOURCE_MANAGER_AUDIENCE":       "https://audience.example/",
				"ARM_LOG_ANALYTICS_ENDPOINT":          "https://la.example/v1",
				"ARM_LOG_ANALYTICS_AUDIENCE":          "https://la.example",
				"ARM_ALLOWED_TENANT_IDS":              tenantID + ";*",
			},
			azure.Config{
				Cloud: azure.Cloud{
					AuthorityHost:   "https://login.example",
					ResourceManager: azure.Endpoint{URL: "https://arm.example", Audience: "https://audience.example/"},
					LogAnalytics:    azure.Endpoint{URL: "https://la.example/v1", Audience: "https://la.example"},
				},
				AllowedTenantIDs: []string{tenantID, "*"},
			},
		},
		"a metadata host": {
			map[string]string{"ARM_METADATA_HOSTNAME": "stack.example", "ARM_ENVIRONMENT": "whatever it calls itself",
				"ARM_PARTNER_ID": tenantID},
			azure.Config{MetadataHost: "stack.example", PartnerID: tenantID},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := mustRead(t, nil, test.environment)
			got.SignIn = nil
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestErrorsNameTheirSource(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	for _, test := range []struct{ variable, value, want string }{
		{"ARM_USE_CLI", "yes please", `The environment variable ARM_USE_CLI is "yes please"; it must be true or false.`},
		{"ARM_TENANT_ID", "contoso.com", `The value from ARM_TENANT_ID can't be used: "contoso.com" is not a GUID;`},
		{"ARM_ALLOWED_TENANT_IDS", "contoso.com", `The value from ARM_ALLOWED_TENANT_IDS can't be used: "contoso.com" is`},
		{"ARM_AUXILIARY_TENANT_IDS", strings.Repeat(tenantID+";", 4), "There are 4, and Azure Resource Manager accepts"},
		{"ARM_PARTNER_ID", "me", "partner_id (ARM_PARTNER_ID) must be a GUID."},
		{"ARM_ENVIRONMENT", "german", `"german", from ARM_ENVIRONMENT, is not a cloud.`},
		{"ARM_METADATA_HOSTNAME", "https://stack.example",
			`"https://stack.example", from ARM_METADATA_HOSTNAME, is not a host.`},
		{"ARM_CLIENT_SECRET_FILE_PATH", absent, "The file from ARM_CLIENT_SECRET_FILE_PATH can't be read: "},
		{"ARM_CLIENT_SECRET_FILE_PATH", file(t, " \n"), "The file from ARM_CLIENT_SECRET_FILE_PATH is empty."},
	} {
		t.Run(test.variable, func(t *testing.T) {
			_, diags := read(t, nil, map[string]string{test.variable: test.value})
			if len(diags) != 1 || !strings.Contains(diags[0].Detail(), test.want) {
				t.Errorf("diagnostics = %v, want one with %q", diags, test.want)
			}
		})
	}
}

func TestUnknownValuesAreRefused(t *testing.T) {
	unknown := tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
	tenants := tftypes.NewValue(tftypes.Set{ElementType: tftypes.String}, []tftypes.Value{unknown})
	endpoint := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"resource_manager_endpoint": tftypes.String}}
	known := tftypes.NewValue(endpoint, map[string]tftypes.Value{"resource_manager_endpoint": unknown})
	for name, values := range map[string]map[string]tftypes.Value{
		"tenant_id":                          {"tenant_id": unknown},
		"allowed_tenant_ids":                 {"allowed_tenant_ids": tenants},
		"endpoint":                           {"endpoint": tftypes.NewValue(endpoint, tftypes.UnknownValue)},
		"endpoint.resource_manager_endpoint": {"endpoint": known},
	} {
		kind := tftypes.Object{AttributeTypes: map[string]tftypes.Type{}}
		for attribute, value := range values {
			kind.AttributeTypes[attribute] = value.Type()
		}
		var diags diag.Diagnostics
		reader{block{}, &diags}.readBlock(tftypes.NewValue(kind, values))
		if len(diags) != 1 || !strings.HasPrefix(diags[0].Detail(), name+" depends on something") {
			t.Errorf("%s: diagnostics = %v", name, diags)
		}
	}
}

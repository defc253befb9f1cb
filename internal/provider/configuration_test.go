package provider

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
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
	for name, test := range map[string]struct {
		block       block
		environment map[string]string
		want        map[string]string // "value from source", by attribute
	}{
		"nothing is set": {want: map[string]string{"use_cli": "true from the default of use_cli"}},
		"everything is from the environment": {
			environment: map[string]string{
				"ARM_TENANT_ID": tenantID, "ARM_CLIENT_ID": "the-client", "ARM_CLIENT_SECRET": "the-secret",
				"ARM_CLIENT_SECRET_FILE_PATH": "not read", "ARM_USE_CLI": "False", "ARM_DISABLE_INSTANCE_DISCOVERY": "1",
			},
			want: map[string]string{
				"tenant_id":                  tenantID + " from ARM_TENANT_ID",
				"client_id":                  "the-client from ARM_CLIENT_ID",
				"client_secret":              "the-secret from ARM_CLIENT_SECRET",
				"disable_instance_discovery": "true from ARM_DISABLE_INSTANCE_DISCOVERY",
			},
		},
		"an empty text in the block is no value": {
			block:       block{"tenant_id": tenantID, "client_id": "", "use_cli": "true"},
			environment: map[string]string{"ARM_TENANT_ID": "not read", "ARM_CLIENT_ID": "the-client"},
			want: map[string]string{
				"tenant_id": tenantID + " from tenant_id in the provider block",
				"client_id": "the-client from ARM_CLIENT_ID",
				"use_cli":   "true from use_cli in the provider block",
			},
		},
		"the variables that pipelines set count where azurerm's own are not set": {
			environment: map[string]string{
				"ARM_USE_OIDC": "true", "SYSTEM_OIDCREQUESTURI": "https://ado.example", "ARM_USE_CLI": "false",
				"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "github's", "ARM_OIDC_REQUEST_TOKEN": "ours",
				"AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "the-connection", "AZURE_CLIENT_ID": "not ours",
				"AZURE_TENANT_ID": "not ours",
			},
			want: map[string]string{
				"use_oidc":                           "true from ARM_USE_OIDC",
				"oidc_request_url":                   "https://ado.example from SYSTEM_OIDCREQUESTURI",
				"oidc_request_token":                 "ours from ARM_OIDC_REQUEST_TOKEN",
				"ado_pipeline_service_connection_id": "the-connection from AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
			},
		},
		"the variables of AKS count for AKS": {
			block: block{"client_id": "the block's", "use_cli": "false"},
			environment: map[string]string{
				"ARM_USE_AKS_WORKLOAD_IDENTITY": "true", "AZURE_TENANT_ID": tenantID, "AZURE_CLIENT_ID": "the pod's",
				"AZURE_FEDERATED_TOKEN_FILE": "/the/token",
			},
			want: map[string]string{
				"use_aks_workload_identity": "true from ARM_USE_AKS_WORKLOAD_IDENTITY",
				"tenant_id":                 tenantID + " from AZURE_TENANT_ID",
				"client_id":                 "the block's from client_id in the provider block",
				"oidc_token_file_path":      "/the/token from AZURE_FEDERATED_TOKEN_FILE",
			},
		},
		"HCP Terraform hands over files": {
			block: block{"client_id_file_path": file(t, "the-client\n"), "use_cli": "false"},
			environment: map[string]string{
				"ARM_CLIENT_ID": "the environment's", "ARM_CLIENT_SECRET_FILE_PATH": file(t, " s3cret \n"),
			},
			want: map[string]string{
				"client_id":     "the-client from client_id_file_path in the provider block",
				"client_secret": "s3cret from ARM_CLIENT_SECRET_FILE_PATH",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]string{}
			for attribute, input := range mustRead(t, test.block, test.environment).SignIn {
				got[attribute] = input.Value + " from " + input.Source
				if input.InBlock != strings.HasSuffix(input.Source, " in the provider block") {
					t.Errorf("%s from %s counts as in the block: %v", attribute, input.Source, input.InBlock)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A whole custom cloud can be set up without a line in the provider block.
func TestClouds(t *testing.T) {
	public, _ := azure.NamedCloud("public")
	for _, test := range []struct {
		environment map[string]string
		want        azure.Config
	}{
		{nil, azure.Config{Cloud: public}},
		{
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
		{
			map[string]string{"ARM_METADATA_HOSTNAME": "stack.example", "ARM_ENVIRONMENT": "whatever it calls itself",
				"ARM_PARTNER_ID": tenantID},
			azure.Config{MetadataHost: "stack.example", PartnerID: tenantID},
		},
	} {
		got := mustRead(t, nil, test.environment)
		got.SignIn = nil
		if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%v: %s", test.environment, diff)
		}
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

// What only an apply will tell defers everything, or is refused where Terraform can't do that.
func TestUnknownValues(t *testing.T) {
	unknown := tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
	endpoint := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"resource_manager_endpoint": tftypes.String}}
	for name, value := range map[string]tftypes.Value{
		"tenant_id": unknown,
		"allowed_tenant_ids": tftypes.NewValue(tftypes.Set{ElementType: tftypes.String},
			[]tftypes.Value{unknown}),
		"endpoint": tftypes.NewValue(endpoint, tftypes.UnknownValue),
		"endpoint.resource_manager_endpoint": tftypes.NewValue(endpoint,
			map[string]tftypes.Value{"resource_manager_endpoint": unknown}),
	} {
		attribute, _, _ := strings.Cut(name, ".")
		kind := tftypes.Object{AttributeTypes: map[string]tftypes.Type{attribute: value.Type()}}
		request := provider.ConfigureRequest{Config: tfsdk.Config{
			Raw: tftypes.NewValue(kind, map[string]tftypes.Value{attribute: value}),
		}}
		var refused, deferred provider.ConfigureResponse
		New("test")().Configure(t.Context(), request, &refused)
		diags := refused.Diagnostics
		if len(diags) != 1 || !strings.HasPrefix(diags[0].Detail(), name+" depends on something") || refused.Deferred != nil {
			t.Errorf("%s: diagnostics = %v, deferred: %v", name, diags, refused.Deferred)
		}
		request.ClientCapabilities.DeferralAllowed = true
		New("test")().Configure(t.Context(), request, &deferred)
		reason := provider.Deferred{Reason: provider.DeferredReasonProviderConfigUnknown}
		if len(deferred.Diagnostics) > 0 || deferred.Deferred == nil || *deferred.Deferred != reason {
			t.Errorf("%s: diagnostics = %v, deferred: %v", name, deferred.Diagnostics, deferred.Deferred)
		}
	}
}

package provider

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

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
	config := reader{&diags}.config(t.Context(), b)
	return config, diags
}

// A whole custom cloud can be set up without a line in the provider block.
func TestEverythingFromTheEnvironment(t *testing.T) {
	config, diags := read(t, block{}, map[string]string{
		"ARM_TENANT_ID":                       tenantID,
		"ARM_CLIENT_ID":                       "the-client",
		"ARM_CLIENT_SECRET":                   "the-secret",
		"ARM_USE_CLI":                         "False",
		"ARM_ENVIRONMENT":                     "Custom",
		"ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST": "https://login.example/",
		"ARM_RESOURCE_MANAGER_ENDPOINT":       "https://arm.example/",
		"ARM_RESOURCE_MANAGER_AUDIENCE":       "https://audience.example/",
		"ARM_LOG_ANALYTICS_ENDPOINT":          "https://la.example/v1",
		"ARM_LOG_ANALYTICS_AUDIENCE":          "https://la.example",
		"ARM_DISABLE_INSTANCE_DISCOVERY":      "1",
		"ARM_ALLOWED_TENANT_IDS":              tenantID + ";*",
	})
	if diags.HasError() {
		t.Fatal(diags)
	}
	want := azure.Cloud{
		AuthorityHost:   "https://login.example",
		ResourceManager: azure.Endpoint{URL: "https://arm.example", Audience: "https://audience.example/"},
		LogAnalytics:    azure.Endpoint{URL: "https://la.example/v1", Audience: "https://la.example"},
	}
	if config.Cloud != want {
		t.Errorf("cloud = %+v, want %+v", config.Cloud, want)
	}
	if !slices.Equal(config.AllowedTenantIDs, []string{tenantID, "*"}) {
		t.Errorf("allowed tenants = %v", config.AllowedTenantIDs)
	}
	signIn := signin.Config{
		TenantID:                 signin.Input{Value: tenantID, Source: "ARM_TENANT_ID"},
		ClientID:                 signin.Input{Value: "the-client", Source: "ARM_CLIENT_ID"},
		ClientSecret:             signin.Input{Value: "the-secret", Source: "ARM_CLIENT_SECRET"},
		DisableInstanceDiscovery: true,
	}
	if config.SignIn != signIn {
		t.Errorf("sign-in = %+v, want %+v", config.SignIn, signIn)
	}
}

func TestAnEmptyTextInTheBlockIsNoValue(t *testing.T) {
	config, diags := read(t, block{TenantID: types.StringValue(tenantID), ClientID: types.StringValue("")},
		map[string]string{"ARM_TENANT_ID": "not read", "ARM_CLIENT_ID": "the-client"})
	if diags.HasError() {
		t.Fatal(diags)
	}
	tenant := signin.Input{Value: tenantID, Source: "tenant_id in the provider block", InBlock: true}
	client := signin.Input{Value: "the-client", Source: "ARM_CLIENT_ID"}
	if got := config.SignIn; got.TenantID != tenant || got.ClientID != client {
		t.Errorf("tenant = %+v, client = %+v", got.TenantID, got.ClientID)
	}
}

func TestDefaults(t *testing.T) {
	config, diags := read(t, block{}, nil)
	if diags.HasError() {
		t.Fatal(diags)
	}
	public, _ := azure.NamedCloud("public")
	if config.Cloud != public || config.SignIn.UseCLI.Value == "" || config.SignIn.UseCLI.InBlock ||
		config.SignIn.DisableInstanceDiscovery || len(config.AllowedTenantIDs) > 0 {
		t.Errorf("config = %+v", config)
	}
}

func TestFaultsNameTheirSource(t *testing.T) {
	for name, test := range map[string]struct {
		variable, value, want string
	}{
		"a boolean": {"ARM_USE_CLI", "yes please",
			`The environment variable ARM_USE_CLI is "yes please"; it must be true or false.`},
		"a tenant":       {"ARM_TENANT_ID", "contoso.com", `"contoso.com", from ARM_TENANT_ID, is not a GUID.`},
		"an environment": {"ARM_ENVIRONMENT", "german", `"german", from ARM_ENVIRONMENT, is not a cloud.`},
		"a metadata host": {"ARM_METADATA_HOSTNAME", "https://stack.example",
			`"https://stack.example", from ARM_METADATA_HOSTNAME, is not a host.`},
		"allowed tenants": {"ARM_ALLOWED_TENANT_IDS", "contoso.com", `"contoso.com", from ARM_ALLOWED_TENANT_IDS,`},
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := read(t, block{}, map[string]string{test.variable: test.value})
			if len(diags) != 1 || !strings.Contains(diags[0].Detail(), test.want) {
				t.Errorf("diagnostics = %v, want one with %q", diags, test.want)
			}
		})
	}
}

// The variables that pipelines set by themselves count where azurerm's own are not set.
func TestPipelinesVariables(t *testing.T) {
	config, diags := read(t, block{}, map[string]string{
		"ARM_USE_OIDC": "true", "SYSTEM_OIDCREQUESTURI": "https://ado.example",
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "github's", "ARM_OIDC_REQUEST_TOKEN": "ours",
		"AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "the-connection", "AZURE_CLIENT_ID": "not ours",
		"AZURE_TENANT_ID": "not ours",
	})
	if diags.HasError() {
		t.Fatal(diags)
	}
	s := config.SignIn
	for name, test := range map[string]struct{ got, want signin.Input }{
		"use_oidc": {s.UseOIDC, signin.Input{Value: "true", Source: "ARM_USE_OIDC"}},
		"oidc_request_url": {s.OIDCRequestURL, signin.Input{Value: "https://ado.example",
			Source: "SYSTEM_OIDCREQUESTURI"}},
		"oidc_request_token": {s.OIDCRequestToken, signin.Input{Value: "ours", Source: "ARM_OIDC_REQUEST_TOKEN"}},
		"ado connection": {s.ADOConnectionID, signin.Input{Value: "the-connection",
			Source: "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"}},
		"client_id": {s.ClientID, signin.Input{}},
		"tenant_id": {s.TenantID, signin.Input{}},
	} {
		if test.got != test.want {
			t.Errorf("%s = %+v, want %+v", name, test.got, test.want)
		}
	}
}

func TestAKSVariablesCountForAKSAlone(t *testing.T) {
	config, diags := read(t, block{ClientID: types.StringValue("the block's")}, map[string]string{
		"ARM_USE_AKS_WORKLOAD_IDENTITY": "true", "AZURE_TENANT_ID": tenantID, "AZURE_CLIENT_ID": "the pod's",
		"AZURE_FEDERATED_TOKEN_FILE": "/the/token",
	})
	s := config.SignIn
	if diags.HasError() || s.TenantID.Source != "AZURE_TENANT_ID" || s.ClientID.Value != "the block's" ||
		s.OIDCTokenPath.Value != "/the/token" {
		t.Errorf("sign-in = %+v, %v", s, diags)
	}
}

// HCP Terraform hands over files rather than values.
func TestValuesFromFiles(t *testing.T) {
	file := func(content string) string {
		path := filepath.Join(t.TempDir(), "value")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	config, diags := read(t, block{
		ClientIDFilePath: types.StringValue(file("the-client\n")),
	}, map[string]string{"ARM_CLIENT_ID": "the environment's", "ARM_CLIENT_SECRET_FILE_PATH": file(" s3cret \n")})
	if diags.HasError() {
		t.Fatal(diags)
	}
	client := signin.Input{Value: "the-client", Source: "client_id_file_path in the provider block", InBlock: true}
	if got := config.SignIn.ClientID; got != client {
		t.Errorf("the block's file goes before the environment's value: %+v", got)
	}
	secret := signin.Input{Value: "s3cret", Source: "ARM_CLIENT_SECRET_FILE_PATH"}
	if got := config.SignIn.ClientSecret; got != secret {
		t.Errorf("client secret = %+v", got)
	}
	none := filepath.Join(t.TempDir(), "none")
	for path, want := range map[string]string{none: "can't be read", file(" \n"): "is empty"} {
		_, diags := read(t, block{ClientSecretFilePath: types.StringValue(path)}, nil)
		if len(diags) != 1 || !strings.Contains(diags[0].Detail(), want) {
			t.Errorf("%s: diagnostics = %v, want one with %q", path, diags, want)
		}
	}
}

func TestCloudsBeyondTheNamedOnes(t *testing.T) {
	config, diags := read(t, block{}, map[string]string{"ARM_METADATA_HOSTNAME": "stack.example",
		"ARM_ENVIRONMENT": "whatever it calls itself", "ARM_PARTNER_ID": tenantID})
	if diags.HasError() || config.MetadataHost != "stack.example" || config.Cloud != (azure.Cloud{}) ||
		config.PartnerID != tenantID {
		t.Errorf("config = %+v, %v", config, diags)
	}
	_, diags = read(t, block{}, map[string]string{"ARM_AUXILIARY_TENANT_IDS": strings.Repeat(tenantID+";", 4),
		"ARM_PARTNER_ID": "me"})
	if len(diags) != 2 {
		t.Errorf("diagnostics = %v, want two: too many auxiliary tenants, and not a partner id", diags)
	}
}

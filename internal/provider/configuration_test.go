package provider

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

const tenantID = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"

// read reads a block in an environment that holds the given variables and no other of the provider's.
func read(t *testing.T, b block, environment map[string]string) (azure.Config, diag.Diagnostics) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "ARM_") {
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
	signIn := azure.SignIn{
		TenantID:                 azure.Input{Value: tenantID, Source: "ARM_TENANT_ID"},
		ClientID:                 azure.Input{Value: "the-client", Source: "ARM_CLIENT_ID"},
		ClientSecret:             azure.Input{Value: "the-secret", Source: "ARM_CLIENT_SECRET"},
		DisableInstanceDiscovery: true,
	}
	if config.SignIn != signIn {
		t.Errorf("sign-in = %+v, want %+v", config.SignIn, signIn)
	}
}

func TestTheBlockBeatsTheEnvironment(t *testing.T) {
	config, diags := read(t, block{
		TenantID:                 types.StringValue(tenantID),
		ClientID:                 types.StringValue(""),
		UseCLI:                   types.BoolValue(true),
		Environment:              types.StringValue("usgovernment"),
		DisableInstanceDiscovery: types.BoolValue(false),
		AllowedTenantIDs:         types.SetValueMust(types.StringType, []attr.Value{types.StringValue("*")}),
	}, map[string]string{
		"ARM_TENANT_ID": "not read", "ARM_CLIENT_ID": "the-client", "ARM_USE_CLI": "false", "ARM_ENVIRONMENT": "china",
		"ARM_DISABLE_INSTANCE_DISCOVERY": "true", "ARM_ALLOWED_TENANT_IDS": "not read",
	})
	if diags.HasError() {
		t.Fatal(diags)
	}
	if got, want := config.SignIn.TenantID, (azure.Input{Value: tenantID, Source: "tenant_id in the provider block", InBlock: true}); got != want {
		t.Errorf("tenant = %+v, want %+v", got, want)
	}
	if got := config.SignIn.ClientID; got.Value != "the-client" || got.Source != "ARM_CLIENT_ID" {
		t.Errorf("an empty text in the block is not a value: client = %+v", got)
	}
	if got := config.SignIn.UseCLI; got.Value == "" || !got.InBlock {
		t.Errorf("use_cli = %+v", got)
	}
	if config.Cloud.AuthorityHost != "https://login.microsoftonline.us" || config.SignIn.DisableInstanceDiscovery {
		t.Errorf("config = %+v", config)
	}
	if !slices.Equal(config.AllowedTenantIDs, []string{"*"}) {
		t.Errorf("allowed tenants = %v", config.AllowedTenantIDs)
	}
}

func TestDefaults(t *testing.T) {
	config, diags := read(t, block{}, nil)
	if diags.HasError() {
		t.Fatal(diags)
	}
	public, _ := azure.NamedCloud("public")
	if config.Cloud != public || config.SignIn.UseCLI.Value == "" || config.SignIn.UseCLI.InBlock || config.SignIn.DisableInstanceDiscovery || len(config.AllowedTenantIDs) > 0 {
		t.Errorf("config = %+v", config)
	}
}

func TestFaultsNameTheirSource(t *testing.T) {
	for name, test := range map[string]struct {
		variable, value, want string
	}{
		"a boolean":       {"ARM_USE_CLI", "yes please", `The environment variable ARM_USE_CLI is "yes please"; it must be true or false.`},
		"a tenant":        {"ARM_TENANT_ID", "contoso.com", `"contoso.com", from ARM_TENANT_ID, is not a GUID.`},
		"an environment":  {"ARM_ENVIRONMENT", "german", `"german", from ARM_ENVIRONMENT, is not a cloud.`},
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

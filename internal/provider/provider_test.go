package provider_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/provider"
)

func TestMain(m *testing.M) { acctest.Run(m) }

var connector = fmt.Sprintf(`
resource "sentinel_aad_connector" "entra" {
  log_analytics_workspace_id = %q
}
`, acctest.WorkspaceID("law"))

// The schemas are well-formed by the framework's own rules, and secrets are marked. The identity can never change after
// the first release.
func TestSchemas(t *testing.T) {
	server := providerserver.NewProtocol6(provider.New("test")())()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, diagnostic := range schemas.Diagnostics {
		t.Errorf("%s: %s", diagnostic.Summary, diagnostic.Detail)
	}
	secrets := []string{"client_secret", "client_certificate", "client_certificate_password", "oidc_token",
		"oidc_request_token"}
	for _, attribute := range schemas.Provider.Block.Attributes {
		if attribute.Sensitive != slices.Contains(secrets, attribute.Name) || attribute.Description == "" {
			t.Errorf("%s is sensitive: %v, described: %q", attribute.Name, attribute.Sensitive, attribute.Description)
		}
	}
	identities, err := server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][2]bool{}
	for _, attribute := range identities.IdentitySchemas["sentinel_aad_connector"].IdentityAttributes {
		got[attribute.Name] = [2]bool{attribute.RequiredForImport, attribute.OptionalForImport}
	}
	if len(got) != 2 || got["name"] != [2]bool{true, false} || got["tenant_id"] != [2]bool{false, true} {
		t.Errorf("identity = %v", got)
	}
}

// What is wrong with the provider block is said before anything is sent.
func TestWrongBlock(t *testing.T) {
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		for block, says := range map[string][]string{
			`environment = "custom"`: {"An endpoint is missing", "ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST",
				"ARM_RESOURCE_MANAGER_ENDPOINT", "ARM_RESOURCE_MANAGER_AUDIENCE"},
			`endpoint = { resource_manager_endpoint = "https://arm.example" }`: {"Endpoints without a custom environment"},
			"environment = \"custom\"\nendpoint = { resource_manager_endpoint = \"http://arm.example\" }": {
				"must be a complete https:// URL"},
			`use_cli = false`:     {"No way to sign in is configured", "az login"},
			`client_secret = "s"`: {"client_secret in the provider block", "tenant_id is missing", "ARM_TENANT_ID"},
			"metadata_host = \"stack.example\"\nendpoint = {}": {"Both endpoints and a metadata host"},
			"tenant_id = unknown": {
				"The provider block holds an unknown value", "tenant_id depends on something", "-target"},
			"allowed_tenant_ids = [unknown]":                     {"allowed_tenant_ids depends on something that"},
			"endpoint = unknown":                                 {"endpoint depends on something that"},
			"endpoint = { resource_manager_endpoint = unknown }": {"endpoint.resource_manager_endpoint depends on something"},
		} {
			said := w.Terraform(t).Plan("provider \"sentinel\" {\n" + block + "\n}\n" + connector).Diagnostics
			if !said.Errors().Contain(says...) {
				t.Errorf("%s: want %q:\n%s", block, says, said)
			}
		}
		if requests := w.Sim.Requests(); len(requests) > 0 {
			t.Errorf("%d requests were sent", len(requests))
		}
	})
}

func TestFunctions(t *testing.T) {
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		for _, c := range []struct{ function, argument, want, problem string }{ // Terraform ends a problem with a full stop
			{"category_to_table", "SignInLogs", "SigninLogs", ""},
			{"category_to_table", "networkaccesstrafficlogs", "NetworkAccessTraffic", ""},
			{"table_to_category", "SigninLogs", "SignInLogs", ""},
			{"table_to_category", "AADRISKYUSERS", "RiskyUsers", ""},
			{"category_to_table", "BrandNewLogs", "", `the table of the log category "BrandNewLogs" is not known`},
			{"category_to_table", "", "", `the table of the log category "" is not known`},
			{"category_to_table", "SigninLog", "",
				`the table of the log category "SigninLog" is not known (did you mean "SignInLogs"?)`},
			{"table_to_category", "Heartbeat", "", `no log category of Entra ID is known for the table "Heartbeat"`},
			{"table_to_category", "ProvisioningLogs", "",
				`no log category of Entra ID is known for the table "ProvisioningLogs" (did you mean "AADProvisioningLogs"?)`},
		} {
			got, err := w.Terraform(t).Call(c.function, c.argument)
			if c.problem == "" && got != c.want || (err == nil) != (c.problem == "") || err != nil && err.Error() != c.problem {
				t.Errorf("%s(%q) = %v, error %v, want %s%s", c.function, c.argument, got, err, c.want, c.problem)
			}
		}
		if requests := w.Sim.Requests(); len(requests) > 0 {
			t.Errorf("%d requests were sent", len(requests))
		}
	})
}

package connector_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// What is wrong with the input is said before anything is sent.
func TestAccConnector_wrongInput(t *testing.T) {
	workspace := acctest.WorkspaceID("law-soc")
	for name, test := range map[string]struct {
		config string
		want   *regexp.Regexp
	}{
		"a workspace's customer id":   {connector("5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10"), acctest.Says("Not the id of a Log Analytics workspace", "is a GUID, and the resource id", "workspaces/<name>")},
		"another kind of resource":    {connector(strings.Replace(workspace, "OperationalInsights/workspaces", "Storage/storageAccounts", 1)), acctest.Says("is the id of a Microsoft.Storage/storageAccounts")},
		"an empty set":                {connector(workspace, "log_categories = []"), acctest.Says("No log categories", "a request to delete it", "leave log_categories out", "remove the resource")},
		"a category in another case":  {connector(workspace, categories("AuditLogs", "signinlogs")), acctest.Says(`"signinlogs" is spelled "SignInLogs"`)},
		"a table for its category":    {connector(workspace, categories("SigninLogs")), acctest.Says(`"SigninLogs" is the Log Analytics table. The category that arrives in it is "SignInLogs"`)},
		"a table of another name":     {connector(workspace, categories("AADProvisioningLogs")), acctest.Says(`The category that arrives in it is "ProvisioningLogs"`)},
		"a category twice":            {connector(workspace, categories("BrandNewLogs", "brandnewlogs")), acctest.Says("the same category in two spellings")},
		"another provider's category": {connector(workspace, categories("AuditLogs", "CustomSecurityAttributeAuditLogs")), acctest.Says("another resource provider", "Microsoft.AadCustomSecurityAttributesDiagnosticSettings")},
		"an empty category":           {connector(workspace, categories("")), acctest.Says("it is empty")},
		"an illegal name":             {connector(workspace, `name = "logs/entra"`), acctest.Says("Not a name for a diagnostic setting", `holds '/'`)},
		"an empty name":               {connector(workspace, `name = ""`), acctest.Says("The name is empty; leave it out")},
		"a dotted name":               {connector(workspace, `name = ".."`), acctest.Says("is a dot")},
		"a name with a newline":       {connector(workspace, `name = "entra\nlogs"`), acctest.Says("control character")},
		"a workspace's odd name":      {connector(strings.Replace(workspace, "law-soc", "law*soc", 1)), acctest.Says("characters that no name")},
		"too long a name":             {connector(workspace, fmt.Sprintf("name = %q", strings.Repeat("x", 261))), acctest.Says("261 characters, and may have 260")},
		"a tenant's domain":           {connector(workspace, `tenant_id = "contoso.onmicrosoft.com"`), acctest.Says("Not a tenant id", "is not a GUID")},
		"a hub's own rule":            {connector(workspace, `eventhub_authorization_rule_id = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/g/providers/Microsoft.EventHub/namespaces/n/eventhubs/h/authorizationRules/r"`), acctest.Says("event hub namespace authorization rule")},
		"a hub without a rule":        {connector(workspace, `eventhub_name = "entra"`), acctest.Says(`"eventhub_authorization_rule_id" must be specified`)},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.NewWorld(t)
			w.Test(t, resource.TestCase{Steps: []resource.TestStep{{Config: w.Provider() + test.config, PlanOnly: true, ExpectError: test.want}}})
			if requests := w.Sim.Requests(); len(requests) > 0 {
				t.Errorf("%d requests were sent", len(requests))
			}
		})
	}
}

// A refusal in the middle of a resource's life loses nothing of the state.
func TestAccConnector_refusedRefreshKeepsTheState(t *testing.T) {
	w := acctest.NewWorld(t)
	config := w.Provider() + connector(acctest.WorkspaceID("law-soc"))
	forbid := func(r azuresim.Role) func() {
		return func() {
			w.Tenant.AddPrincipal(azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Secret: acctest.Secret, Role: r})
		}
	}
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config},
		{PreConfig: forbid(azuresim.NoRole), Config: config, ExpectError: acctest.Says(`Cannot read the connector "AzureSentinel_law-soc": no permission to read`)},
		{PreConfig: forbid(azuresim.Contributor), Config: config, PlanOnly: true},
	}})
}

func TestAccProvider_wrongInput(t *testing.T) {
	for name, test := range map[string]struct {
		provider string
		want     *regexp.Regexp
	}{
		"a domain for a tenant":      {`tenant_id = "contoso.onmicrosoft.com"`, acctest.Says("Not a tenant id", "tenant_id in the provider block")},
		"an unknown environment":     {`environment = "german"`, acctest.Says("Unknown environment", "public, usgovernment, china, custom")},
		"custom without endpoints":   {`environment = "custom"`, acctest.Says("An endpoint is missing", "ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST")},
		"endpoints without custom":   {`endpoint = { resource_manager_endpoint = "https://arm.example" }`, acctest.Says("Endpoints without a custom environment")},
		"no way to sign in":          {`use_cli = false`, acctest.Says("No way to sign in is configured", "az login")},
		"half of a secret's sign-in": {`client_secret = "s"`, acctest.Says("client_secret in the provider block", "tenant_id is missing", "ARM_TENANT_ID")},
		"an allowed tenant's domain": {`allowed_tenant_ids = ["contoso.com"]`, acctest.Says("is not a tenant's GUID")},
		"an endpoint without TLS":    {"environment = \"custom\"\nendpoint = { resource_manager_endpoint = \"http://arm.example\" }", acctest.Says("must be a whole https:// URL")},
		"a value that is not known":  {"tenant_id = terraform_data.later.output", acctest.Says("The provider block holds an unknown value", "-target")},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.NewWorld(t)
			config := "provider \"sentinel\" {\n" + test.provider + "\n}\nresource \"terraform_data\" \"later\" {\n  input = \"x\"\n}\n" +
				connector(acctest.WorkspaceID("law-soc"))
			w.Test(t, resource.TestCase{Steps: []resource.TestStep{{Config: config, PlanOnly: true, ExpectError: test.want}}})
		})
	}
}

package connector_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
)

// What the states in testdata/move describe.
const (
	movedName    = "entra-logs"
	movedStorage = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.Storage/storageAccounts/archive"
	movedRule    = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.EventHub/namespaces/siem/authorizationRules/send"
)

// movedConnector is the resource that takes their place.
func movedConnector() string {
	return connector(acctest.WorkspaceID("law-soc"),
		categories("AuditLogs", "SignInLogs"), `storage_account_id = "`+movedStorage+`"`,
		`eventhub_authorization_rule_id = "`+movedRule+`"`, `eventhub_name = "entra"`)
}

func moved(from string) string {
	return "moved {\n  from = " + from + ".entra\n  to   = " + address + "\n}\n"
}

func state(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "move", name+".tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// moving is a folder with a state that another provider wrote, and a moved block.
func moving(t *testing.T, w *acctest.World, config, state string) *acctest.Folder {
	t.Helper()
	folder := w.NewFolder(t, w.Provider(), w.StandIns(t, "hashicorp/azurerm", "azure/azapi")...)
	from := "azapi_resource"
	if strings.Contains(state, "hashicorp/azurerm") {
		from = "azurerm_monitor_aad_diagnostic_setting"
	}
	folder.Write("main.tf", w.Provider()+config+moved(from))
	folder.Write("terraform.tfstate", state)
	folder.Run("init")
	return folder
}

func TestMove(t *testing.T) {
	for _, source := range []string{"azurerm-3-log", "azurerm-3", "azurerm-4", "azurerm-5", "azapi-1", "azapi-2"} {
		t.Run(source, func(t *testing.T) {
			w := acctest.NewShippedWorld(t)
			put(t, w.Tenant, movedName, portal(acctest.WorkspaceID("law-soc"), map[string]any{
				"storageAccountId": movedStorage, "eventHubAuthorizationRuleId": movedRule, "eventHubName": "entra",
			}, "AuditLogs", "SignInLogs"))
			folder := moving(t, w, movedConnector(), state(t, source))
			printed := folder.Run("plan")
			if !acctest.Says("has moved to "+address, "Plan: 0 to add, 0 to change, 0 to destroy.").MatchString(printed) {
				t.Fatalf("the plan is\n%s", printed)
			}
			if calls := w.Calls(); !slices.Equal(calls, []string{"GET " + movedName}) {
				t.Errorf("the plan made the requests %v", calls)
			}
			folder.Run("apply", "-auto-approve")
			sentNothing(t, w)
			if printed := folder.Run("plan"); !strings.Contains(printed, "No changes.") {
				t.Errorf("the next plan is\n%s", printed)
			}
			var shown struct {
				Values struct {
					Root struct {
						Resources []struct {
							Values   map[string]any `json:"values"`
							Identity map[string]any `json:"identity"` // Terraform before 1.12 has none
						} `json:"resources"`
					} `json:"root_module"`
				} `json:"values"`
			}
			if err := json.Unmarshal([]byte(folder.Run("show", "-json")), &shown); err != nil {
				t.Fatal(err)
			}
			values, identity := shown.Values.Root.Resources[0].Values, shown.Values.Root.Resources[0].Identity
			if identity != nil && (identity["name"] != movedName || identity["tenant_id"] != acctest.TenantID) {
				t.Errorf("the identity is %v", identity)
			}
			if values["tenant_id"] != acctest.TenantID || values["name"] != movedName || values["id"] != "/providers/microsoft.aadiam/diagnosticSettings/"+movedName {
				t.Errorf("the state holds %v", values)
			}
		})
	}
}

// A move that can't be made right is refused, says why and changes neither the state nor Azure.
func TestMove_refusals(t *testing.T) {
	for name, test := range map[string]struct {
		source, old, with string
		plan              []string
		want              []string
	}{
		"another type of azapi_resource": {
			"azapi-2", "Microsoft.AADIAM/diagnosticSettings@2017-04-01", "Microsoft.Insights/diagnosticSettings@2021-05-01-preview", nil,
			[]string{"Cannot move this azapi_resource here", `It is of the type "Microsoft.Insights/diagnosticSettings"`, `"Microsoft.AADIAM/diagnosticSettings" is a connector`},
		},
		"a destination that would be lost": {
			"azapi-2", `"eventHubName": "entra"`, `"serviceBusRuleId": "/subscriptions/1/resourceGroups/g/providers/Microsoft.ServiceBus/namespaces/n"`, nil,
			[]string{"Cannot move this azapi_resource here", "also sends the logs where a connector can't, serviceBusRuleId", "leave it with azapi"},
		},
		"the same in a text": {
			"azapi-1", `\"eventHubName\":\"entra\"`, `\"marketplacePartnerId\":\"/subscriptions/1\"`, nil, []string{"where a connector can't, marketplacePartnerId"},
		},
		"a body that is no document": {"azapi-1", `"{\"properties\"`, `"<xml/>{`, nil, []string{"Cannot move this azapi_resource here", "Its body can't be read"}},
		"a setting of another name":  {"azurerm-4", "entra-logs", "deleted", nil, []string{`The moved connector "deleted" is not in tenant ` + acctest.TenantID, "removed block that has destroy = false", `id = "<tenant id>/deleted"`, "terraform state rm"}},
		"no refresh":                 {"azurerm-4", " ", " ", []string{"-refresh=false"}, []string{"A moved connector has to be read first", "without -refresh=false"}},
		"another kind of resource":   {"azurerm-4", "azurerm_monitor_aad_diagnostic_setting", "azurerm_resource_group", nil, []string{"Unable to Move Resource State", "azurerm_resource_group"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.NewShippedWorld(t)
			put(t, w.Tenant, movedName, portal(acctest.WorkspaceID("law-soc"), nil, "AuditLogs", "SignInLogs"))
			before := strings.ReplaceAll(state(t, test.source), test.old, test.with)
			folder := moving(t, w, movedConnector(), before)
			if strings.Contains(before, "azurerm_resource_group") {
				folder.Write("main.tf", w.Provider()+movedConnector()+moved("azurerm_resource_group"))
			}
			printed := folder.Fail(append([]string{"plan"}, test.plan...)...)
			if !acctest.Says(test.want...).MatchString(printed) {
				t.Errorf("want %q, got\n%s", test.want, printed)
			}
			sentNothing(t, w)
			if after, err := os.ReadFile(filepath.Join(folder.Path, "terraform.tfstate")); err != nil || string(after) != before {
				t.Errorf("the state has changed, error %v", err)
			}
		})
	}
}

// A move takes over what is there, also where the state knew less or something else; the plan shows the difference.
func TestMove_difference(t *testing.T) {
	for name, test := range map[string]struct {
		source string
		edit   func(string) string
		there  []string
		want   []string
	}{
		"a category turned on since":  {"azurerm-4", func(s string) string { return s }, []string{"AuditLogs", "SignInLogs", "RiskyUsers"}, []string{`- "RiskyUsers"`, "1 to change"}},
		"a body that the state lacks": {"azapi-2", withoutBody, []string{"AuditLogs", "SignInLogs"}, []string{"has moved to", "0 to change"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.NewShippedWorld(t)
			put(t, w.Tenant, movedName, portal(acctest.WorkspaceID("law-soc"), map[string]any{
				"storageAccountId": movedStorage, "eventHubAuthorizationRuleId": movedRule, "eventHubName": "entra",
			}, test.there...))
			printed := moving(t, w, movedConnector(), test.edit(state(t, test.source))).Run("plan")
			if !acctest.Says(test.want...).MatchString(printed) {
				t.Errorf("want %q, got\n%s", test.want, printed)
			}
		})
	}
}

// withoutBody is a state of azapi whose body was sensitive.
func withoutBody(state string) string {
	var document map[string]any
	if err := json.Unmarshal([]byte(state), &document); err != nil {
		return err.Error()
	}
	instance := document["resources"].([]any)[0].(map[string]any)["instances"].([]any)[0].(map[string]any)
	instance["attributes"].(map[string]any)["body"] = nil
	text, err := json.Marshal(document)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Terraform and OpenTofu name the source's provider each in its own way.
func TestMove_providerAddresses(t *testing.T) {
	server := configuredServer(t, acctest.NewShippedWorld(t))
	for address, moves := range map[string]bool{
		"registry.terraform.io/hashicorp/azurerm": true, "registry.opentofu.org/hashicorp/azurerm": true, "example.com/mirror/azurerm": true, "azurerm": true,
		"registry.terraform.io/hashicorp/notazurerm": false, "azapi": false, "": false,
	} {
		moved, err := server.MoveResourceState(t.Context(), &tfprotov6.MoveResourceStateRequest{
			SourceProviderAddress: address, SourceTypeName: "azurerm_monitor_aad_diagnostic_setting", TargetTypeName: typeName,
			SourceState: &tfprotov6.RawState{JSON: []byte(`{"name":"entra-logs","enabled_log":[{"category":"AuditLogs"}]}`)},
		})
		if err != nil || (len(moved.Diagnostics) == 0) != moves {
			t.Errorf("from %q: error %v, %v", address, err, moved.Diagnostics)
		}
	}
}

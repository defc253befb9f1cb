package connector_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

// movedName is what the states in testdata/move call their setting.
const movedName = "entra-logs"

const azurermAddress = "registry.terraform.io/hashicorp/azurerm"

// movedSetting is the setting that they describe, with other categories where those are given.
func movedSetting(names ...string) map[string]any {
	if names == nil {
		names = []string{"AuditLogs", "SignInLogs"}
	}
	return portal(lawSOC, map[string]any{"storageAccountId": archive, "eventHubAuthorizationRuleId": hubRule,
		"eventHubName": "entra"}, names...)
}

// movedConnector is the resource that takes their place.
var movedConnector = connector(lawSOC, categories("AuditLogs", "SignInLogs"),
	line("storage_account_id", archive), line("eventhub_authorization_rule_id", hubRule), line("eventhub_name", "entra"))

func moved(from string) string {
	return "moved {\n  from = " + from + ".entra\n  to   = " + address + "\n}\n"
}

func stateFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "move", name+".tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// load takes another provider's state over, and returns a moved block from what it holds.
func (r *run) load(file string) string {
	r.Helper()
	var state struct {
		Resources []struct {
			Type, Provider string
			Instances      []struct{ Attributes json.RawMessage }
		}
	}
	r.must(json.Unmarshal([]byte(file), &state))
	from := state.Resources[0]
	provider := strings.TrimSuffix(strings.TrimPrefix(from.Provider, `provider["`), `"]`)
	r.tf.State[from.Type+".entra"] = &protocol.Instance{Type: from.Type, Provider: provider,
		JSON: from.Instances[0].Attributes}
	return moved(from.Type)
}

// A move takes over what the service has, also where the state knew less or something else.
func TestMove(t *testing.T) {
	type testCase struct {
		source, old, with string   // a state file, and what to replace in it
		now               []string // the categories in the service, nil for those in the state
		summary           string
	}
	each(t, map[string]testCase{
		"azurerm 3 with log": {source: "azurerm-3-log", summary: asItIs},
		"azurerm 3":          {source: "azurerm-3", summary: asItIs},
		"azurerm 4":          {source: "azurerm-4", summary: asItIs},
		"azurerm 5":          {source: "azurerm-5", summary: asItIs},
		"azapi 1":            {source: "azapi-1", summary: asItIs},
		"azapi 2":            {source: "azapi-2", summary: asItIs},
		"azapi 2 with a sensitive body, which no state has": {source: "azapi-2", old: `"body":`, with: `"sensitive_body":`,
			summary: asItIs},
		// Terraform and OpenTofu name the source's provider each in its own way.
		"OpenTofu's registry": {source: "azurerm-4", old: azurermAddress, with: "registry.opentofu.org/hashicorp/azurerm",
			summary: asItIs},
		"a mirror":       {source: "azurerm-4", old: azurermAddress, with: "example.com/mirror/azurerm", summary: asItIs},
		"OpenTofu's own": {source: "azurerm-4", old: azurermAddress, with: "azurerm", summary: asItIs},
		"a category turned on since": {source: "azurerm-4", now: []string{"AuditLogs", "SignInLogs", "RiskyUsers"},
			summary: toChange},
	}, func(r *run, test testCase) {
		r.put(movedName, movedSetting(test.now...))
		config := r.Provider() + movedConnector + r.load(strings.ReplaceAll(stateFile(r.T, test.source), test.old, test.with))
		plan := r.plan(config, test.summary)
		r.called("GET " + movedName)
		if test.now != nil {
			r.matches("the setting", plan.Changes[address].Before, map[string]any{"log_categories": list(test.now...)})
		}
		r.succeeded(plan.Apply())
		r.matches("the state", r.tf.Attributes(address), map[string]any{"tenant_id": acctest.TenantID, "name": movedName,
			"id": "/providers/microsoft.aadiam/diagnosticSettings/" + movedName})
		r.matches("the identity", r.tf.State[address].Identity(), map[string]any{"name": movedName,
			"tenant_id": acctest.TenantID})
		r.plan(config, noChanges)
	})
}

// A move that can't be made right is refused, says why and changes neither the state nor Azure.
func TestMoveRefusals(t *testing.T) {
	type testCase struct {
		source, old, with string
		options           []protocol.Option
		says              []string
	}
	each(t, map[string]testCase{
		"another type of azapi_resource": {
			"azapi-2", "Microsoft.AADIAM/diagnosticSettings@2017-04-01",
			"Microsoft.Insights/diagnosticSettings@2021-05-01-preview", nil,
			[]string{"Cannot move this azapi_resource here", `Its type is "Microsoft.Insights/diagnosticSettings"`,
				`"Microsoft.AADIAM/diagnosticSettings" is a connector`},
		},
		"a destination that would be lost": {
			"azapi-2", `"eventHubName": "entra"`,
			`"serviceBusRuleId": "/subscriptions/1/resourceGroups/g/providers/Microsoft.ServiceBus/namespaces/n"`, nil,
			[]string{"Cannot move this azapi_resource here", "a destination that a connector can't manage, serviceBusRuleId",
				"keep it in azapi"},
		},
		"the same in a text": {
			"azapi-1", `\"eventHubName\":\"entra\"`, `\"marketplacePartnerId\":\"/subscriptions/1\"`, nil,
			[]string{"a connector can't manage, marketplacePartnerId"},
		},
		"a body that is no document": {"azapi-1", `"{\"properties\"`, `"<xml/>{`, nil,
			[]string{"Cannot move this azapi_resource here", "Its body can't be read"}},
		"a setting of another name": {"azurerm-4", "entra-logs", "deleted", nil, []string{
			`The moved connector "deleted" is not in tenant ` + acctest.TenantID, "removed block that has destroy = false",
			`id = "<tenant id>/deleted"`, "terraform state rm"}},
		"no refresh": {"azurerm-4", " ", " ", []protocol.Option{protocol.WithoutRefresh()},
			[]string{"A moved connector has to be read first", "without -refresh=false"}},
		"a destruction without refresh": {"azurerm-4", " ", " ",
			[]protocol.Option{protocol.WithoutRefresh(), protocol.Destroying()},
			[]string{"A moved connector has to be read first"}},
		"another kind of resource": {"azurerm-4", "azurerm_monitor_aad_diagnostic_setting", "azurerm_resource_group", nil,
			[]string{"Unable to Move Resource State", "azurerm_resource_group"}},
		"a provider that is called alike": {"azurerm-4", azurermAddress, "registry.terraform.io/hashicorp/notazurerm", nil,
			[]string{"Unable to Move Resource State"}},
		"another provider": {"azurerm-4", azurermAddress, "azapi", nil, []string{"Unable to Move Resource State"}},
		"no provider":      {"azurerm-4", azurermAddress, "", nil, []string{"Unable to Move Resource State"}},
	}, func(r *run, test testCase) {
		r.put(movedName, movedSetting())
		block := r.load(strings.ReplaceAll(stateFile(r.T, test.source), test.old, test.with))
		r.fails(r.tf.Plan(r.Provider()+movedConnector+block, test.options...).Diagnostics, test.says...)
		for _, call := range r.calls() {
			if !strings.HasPrefix(call, "GET ") {
				r.Errorf("the request %s was sent", call)
			}
		}
	})
}

// A connector of this provider at any other address, such as a private registry's, moves with all that the state has
// of it.
func TestMoveFromThisProviderElsewhere(t *testing.T) {
	each(t, map[string]string{"a private registry": "registry.example.com/soc/sentinel",
		"another namespace": "registry.terraform.io/contoso/sentinel", "OpenTofu's": "sentinel"},
		func(r *run, provider string) {
			more := []string{line("tenant_id", acctest.OtherTenantID), categories("AuditLogs"), timeout("create", "10m")}
			block := r.Provider(`allowed_tenant_ids = ["*"]`)
			r.apply(block + connectorNamed("old", lawSOC, more...))
			r.tf.State[typeName+".old"].Provider = provider
			r.Sim.ForgetRequests()

			config := block + connector(lawSOC, more...) + strings.Replace(moved(typeName), ".entra", ".old", 1)
			plan := r.plan(config, asItIs, protocol.WithoutRefresh())
			r.called()
			r.succeeded(plan.Apply())
			r.plan(config, noChanges)
			r.matches("the state", r.tf.Attributes(address), map[string]any{"tenant_id": acctest.OtherTenantID,
				"timeouts": map[string]any{"create": "10m", "read": nil, "update": nil, "delete": nil}})
		})
}

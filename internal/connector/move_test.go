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

const azurermResource = "azurerm_monitor_aad_diagnostic_setting"

// moving takes another provider's state over, with some of it replaced, and makes the setting that it describes.
func moving(name, old, with string) func(*run) {
	return func(r *run) {
		r.put(movedName, movedSetting())
		text, err := os.ReadFile(filepath.Join("testdata", "move", name+".tfstate"))
		r.must(err)
		var state struct {
			Resources []struct {
				Type, Provider string
				Instances      []struct{ Attributes json.RawMessage }
			}
		}
		r.must(json.Unmarshal([]byte(strings.ReplaceAll(string(text), old, with)), &state))
		from := state.Resources[0]
		provider := strings.TrimSuffix(strings.TrimPrefix(from.Provider, `provider["`), `"]`)
		r.tf.State[from.Type+".entra"] = &protocol.Instance{Type: from.Type, Provider: provider,
			JSON: from.Instances[0].Attributes}
	}
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
		moving(test.source, test.old, test.with)(r)
		if test.now != nil {
			r.put(movedName, movedSetting(test.now...))
		}
		kind := azurermResource
		if strings.HasPrefix(test.source, "azapi") {
			kind = "azapi_resource"
		}
		config := r.Provider() + movedConnector + moved(kind)
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

// Any other resource can't be moved, nor one of another provider. What else is refused, the lessons say.
func TestMoveOfAnotherResource(t *testing.T) {
	each(t, map[string][2]string{
		"another kind of resource":        {azurermResource, "azurerm_resource_group"},
		"a provider that is called alike": {azurermAddress, "registry.terraform.io/hashicorp/notazurerm"},
		"another provider":                {azurermAddress, "azapi"},
		"no provider":                     {azurermAddress, ""},
	}, func(r *run, test [2]string) {
		moving("azurerm-4", test[0], test[1])(r)
		config := r.Provider() + movedConnector + strings.Replace(moved(azurermResource), test[0], test[1], 1)
		r.fails(r.tf.Plan(config).Diagnostics, "Unable to Move Resource State")
	})
}

// A moved connector whose tenant is not known yet is not planned without a refresh.
func TestMoveWithoutRefresh(t *testing.T) {
	each(t, map[string][]protocol.Option{"a change": {protocol.WithoutRefresh()},
		"a destruction": {protocol.WithoutRefresh(), protocol.Destroying()}},
		func(r *run, options []protocol.Option) {
			moving("azurerm-4", "", "")(r)
			config := r.Provider() + movedConnector + moved(azurermResource)
			r.fails(r.tf.Plan(config, options...).Diagnostics, "A moved connector has to be read first",
				"without -refresh=false")
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

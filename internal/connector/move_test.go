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

// movedSetting is the setting that they describe, with further categories.
func movedSetting(more ...string) map[string]any {
	return portal(lawSOC, map[string]any{"storageAccountId": archive, "eventHubAuthorizationRuleId": hubRule,
		"eventHubName": "entra"}, append([]string{"AuditLogs", "SignInLogs"}, more...)...)
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
	each(t, map[string]func(*run){
		"azurerm 3 with log": moving("azurerm-3-log", "", ""),
		"azurerm 3":          moving("azurerm-3", "", ""),
		"azurerm 4":          moving("azurerm-4", "", ""),
		"azurerm 5":          moving("azurerm-5", "", ""),
		"azapi 1":            moving("azapi-1", "", ""),
		"azapi 2":            moving("azapi-2", "", ""),
		"azapi 2 with a sensitive body, which no state has": moving("azapi-2", `"body":`, `"sensitive_body":`),
		// Terraform and OpenTofu name the source's provider each in its own way.
		"OpenTofu's registry": moving("azurerm-4", azurermAddress, "registry.opentofu.org/hashicorp/azurerm"),
		"a mirror":            moving("azurerm-4", azurermAddress, "example.com/mirror/azurerm"),
		"OpenTofu's own":      moving("azurerm-4", azurermAddress, "azurerm"),
	}, func(r *run, from func(*run)) {
		from(r)
		var kind string
		for _, held := range r.tf.State {
			kind = held.Type
		}
		config := r.Provider() + movedConnector + moved(kind)
		plan := r.plan(config, asItIs)
		r.called("GET " + movedName)
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
			r.apply(block + acctest.Connector("old", lawSOC, more...))
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

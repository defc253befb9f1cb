package histories_test

import (
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

const storage = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg/providers/" +
	"Microsoft.Storage/storageAccounts/archive"

var (
	// The last of the workspaces has the default name of the first.
	workspaces = []string{
		acctest.WorkspaceID("law-a"), acctest.WorkspaceID("law-b"), strings.ToLower(acctest.WorkspaceID("law-a")),
		strings.Replace(acctest.WorkspaceID("law-a"), "rg-soc", "rg-new", 1),
	}
	names      = []string{"", "", "soc", "SOC", "siem"}
	categories = []string{"AuditLogs", "SignInLogs", "RiskyUsers", "ProvisioningLogs"}
	labels     = []string{"entra", "second", "third"}
)

func chosen[T any](t *rapid.T, what string, from ...T) T {
	return rapid.SampledFrom(from).Draw(t, what)
}

// often is true n times out of ten.
func often(t *rapid.T, what string, n int) bool { return rapid.IntRange(1, 10).Draw(t, what) > 10-n }

// some are n of the categories.
func some(t *rapid.T, n int) []string {
	return append([]string{}, rapid.Permutation(categories).Draw(t, "categories")[:n]...)
}

// operator picks one: the first in most cases.
func (h *history) operator(t *rapid.T) *operator {
	if often(t, "the first operator", 8) {
		return h.operators[0]
	}
	return h.operators[1]
}

func drawConnector(t *rapid.T) connector {
	c := connector{
		"log_analytics_workspace_id": chosen(t, "workspace", workspaces...), "name": chosen(t, "name", names...),
		"tenant_id":          chosen(t, "tenant", "", "", "", acctest.OtherTenantID),
		"storage_account_id": chosen(t, "storage", "", "", storage), "log_categories": nil,
	}
	if !often(t, "default categories", 2) {
		c["log_categories"] = some(t, chosen(t, "how many categories", 1, 1, 2, 2, 3, 3, 0))
	}
	return c
}

// configure adds a connector, changes one or removes one.
func (h *history) configure(t *rapid.T) {
	o, label, drawn := h.operator(t), chosen(t, "label", labels[:2]...), drawConnector(t)
	c, exists := o.config[label]
	if !exists {
		c = drawn
		o.config[label] = c
	} else if what := chosen(t, "what to change", append(slices.Sorted(maps.Keys(drawn)), "all")...); what != "all" {
		c[what] = drawn[what]
	} else {
		delete(o.config, label)
		delete(o.imports, label)
		t.Logf("%s removes %s", o.name, label)
		return
	}
	t.Logf("%s configures %s", o.name, c.block(label))
}

// importSetting configures the import of a setting that there is.
func (h *history) importSetting(t *rapid.T) {
	o, label := h.operator(t), chosen(t, "label", labels...)
	existing := slices.SortedFunc(maps.Keys(h.documents()), func(a, b key) int {
		return strings.Compare(a.name+a.tenant, b.name+b.tenant)
	})
	if len(existing) == 0 || o.has(label) {
		t.Skip("nothing to import")
	}
	k, c := chosen(t, "setting", existing...), drawConnector(t)
	c["name"], c["tenant_id"] = k.name, k.tenant // in lower case, which the service's spelling replaces
	o.config[label], o.imports[label] = c, k.tenant+"/"+k.name
	if k.tenant == acctest.TenantID && often(t, "by the name alone", 5) {
		o.imports[label] = strings.ToUpper(k.name)
	}
	t.Logf("%s imports %s as %s", o.name, o.imports[label], c.block(label))
}

// rename gives a connector of the state another label.
func (h *history) rename(t *rapid.T) {
	o, from, to := h.operator(t), chosen(t, "from", labels...), chosen(t, "to", labels...)
	c, configured := o.config[from]
	held := o.terraform.State[resourceType+from]
	if !configured || held == nil || o.has(to) || len(o.moves) > 0 || o.imports[from] != "" {
		t.Skip("nothing to rename")
	}
	delete(o.config, from)
	o.config[to], o.moves[to] = c, resourceType+from
	t.Logf("%s renames %s to %s", o.name, from, to)
}

const azurerm = "azurerm_monitor_aad_diagnostic_setting"

// applyAdoption moves a setting here that the state has as a resource of azurerm's. If that fails, azurerm keeps it.
func (h *history) applyAdoption(t *rapid.T) {
	o, label := h.operators[0], chosen(t, "label", labels...)
	existing := slices.Sorted(slices.Values(h.w.Tenant.SettingNames()))
	if len(existing) == 0 || o.has(label) || len(o.moves) > 0 {
		t.Skip("nothing to adopt")
	}
	c := drawConnector(t)
	name := chosen(t, "setting", existing...)
	c["name"], c["tenant_id"] = name, nil
	state := asJSON(map[string]any{
		"id": "/providers/Microsoft.AADIAM/diagnosticSettings/" + name, "name": name,
		"log_analytics_workspace_id": chosen(t, "workspace in the state", workspaces...),
		"enabled_log":                []any{map[string]any{"category": chosen(t, "category in the state", categories...)}},
	})
	const theirs = azurerm + ".theirs"
	o.terraform.State[theirs] = &protocol.Instance{
		Type: azurerm, Provider: "registry.terraform.io/hashicorp/azurerm", JSON: []byte(state),
	}
	o.config[label], o.moves[label] = c, theirs
	t.Logf("the first operator moves %s here as %s", state, c.block(label))
	h.apply(t, o, chosen(t, "event", "as planned", "as planned", "overtaken"))
	if o.terraform.State[theirs] != nil {
		delete(o.terraform.State, theirs)
		delete(o.config, label)
		clear(o.moves)
	}
}

// edit is what a person does in the portal.
func (h *history) edit(t *rapid.T) {
	id := acctest.TenantID
	if often(t, "in the other tenant", 3) {
		id = acctest.OtherTenantID
	}
	names := []string{"soc", "siem", "AzureSentinel_law-a", "theirs", "mine"}
	existing := slices.Sorted(slices.Values(h.w.Sim.Tenant(id).SettingNames()))
	if len(existing) > 0 && often(t, "of an existing one", 8) {
		names = existing
	}
	h.drawEdit(t)(id, chosen(t, "setting", names...))
}

// foreign is a property that the provider does not know, and has to leave alone.
const foreign = "marketplacePartnerId"

// drawEdit draws a change to a setting, which makes it where it does not exist.
func (h *history) drawEdit(t *rapid.T) func(tenant, name string) {
	what := chosen(t, "edit", "deletion", "workspaceId", "storageAccountId", "logs", "logs")
	workspace, storageID := chosen(t, "workspace", workspaces[:2]...), chosen(t, "storage", "", storage)
	drawn := azuresim.SettingOf(workspace, some(t, rapid.IntRange(1, 4).Draw(t, "how many"))...)
	wanted := drawn["properties"].(map[string]any)
	wanted["storageAccountId"] = storageID
	return func(id, name string) {
		tenant := h.w.Sim.Tenant(id)
		setting, exists := tenant.Setting(name)
		switch {
		case !exists:
			setting = drawn
		case what == "deletion":
			tenant.DeleteSetting(name)
			t.Logf("the portal deletes %s", name)
			return
		}
		properties := setting["properties"].(map[string]any)
		properties[foreign] = "/the/partner"
		if exists {
			properties[what] = wanted[what]
		}
		t.Logf("the portal puts %s: %v: %v", name, properties, tenant.PutSetting(name, setting))
	}
}

// plan looks at what would be done.
func (h *history) plan(t *rapid.T) {
	h.strikeSometimes(t)
	defer h.settle()
	h.planOnly(t, h.operator(t), "")
}

func (h *history) refresh(t *rapid.T) {
	o := h.operator(t)
	h.strikeSometimes(t)
	defer h.settle()
	said := h.checkReads(t, o, func() protocol.Diagnostics { return o.terraform.Refresh(o.text()) })
	t.Logf("%s refreshes: %s", o.name, said)
	if len(said.Errors()) == 0 && len(o.moves) == 0 {
		h.checkState(t, o)
	}
}

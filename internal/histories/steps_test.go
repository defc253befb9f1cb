package histories_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest/faults"
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

// operator picks one: the first in most cases.
func (h *history) operator(t *rapid.T) *operator {
	if often(t, "the first operator", 8) {
		return h.operators[0]
	}
	return h.operators[1]
}

func drawConnector(t *rapid.T) connector {
	c := connector{
		workspace: chosen(
			t,
			"workspace",
			workspaces...), name: chosen(t, "name", names...), tenant: chosen(t, "tenant", "", "", "", acctest.OtherTenantID),
		storage: chosen(t, "storage", "", "", storage),
	}
	if !often(t, "default categories", 2) {
		c.categories = drawCategories(t)
	}
	return c
}

func drawCategories(t *rapid.T) []string {
	n := chosen(t, "how many categories", 1, 1, 2, 2, 3, 3, 0)
	return append([]string{}, rapid.Permutation(categories).Draw(t, "categories")[:n]...)
}

// configure adds a connector, changes one or removes one.
func (h *history) configure(t *rapid.T) {
	o := h.operator(t)
	label := chosen(t, "label", labels[:2]...)
	held, exists := o.config[label]
	if !exists {
		o.config[label] = drawConnector(t)
	} else {
		drawn := drawConnector(t)
		switch chosen(t, "what to change", "categories", "workspace", "storage", "name", "tenant", "nothing left") {
		case "categories":
			held.categories = drawn.categories
		case "workspace":
			held.workspace = drawn.workspace
		case "storage":
			held.storage = drawn.storage
		case "name":
			held.name = drawn.name
		case "tenant":
			held.tenant = drawn.tenant
		default:
			delete(o.config, label)
			delete(o.imports, label)
			t.Logf("%s removes %s", o.name, label)
			return
		}
		o.config[label] = held
	}
	t.Logf("%s configures %s", o.name, o.config[label].block(label))
}

// importSetting configures the import of a setting that there is.
func (h *history) importSetting(t *rapid.T) {
	o := h.operator(t)
	existing := slices.SortedFunc(
		maps.Keys(h.settings()),
		func(a, b key) int { return strings.Compare(a.name+a.tenant, b.name+b.tenant) },
	)
	label := chosen(t, "label", labels...)
	_, configured := o.config[label]
	if len(existing) == 0 || configured || o.terraform.State[resourceType+label] != nil {
		t.Skip("nothing to import")
	}
	k := chosen(t, "setting", existing...)
	c := drawConnector(t)
	c.name, c.tenant = k.name, k.tenant // the key's lower case, which the service's spelling replaces
	o.config[label], o.imports[label] = c, k.tenant+"/"+k.name
	if k.tenant == acctest.TenantID && often(t, "by the name alone", 5) {
		o.imports[label] = strings.ToUpper(k.name)
	}
	t.Logf("%s imports %s as %s", o.name, o.imports[label], c.block(label))
}

// rename gives a connector of the state another label.
func (h *history) rename(t *rapid.T) {
	o := h.operator(t)
	from, to := chosen(t, "from", labels...), chosen(t, "to", labels...)
	c, configured := o.config[from]
	_, taken := o.config[to]
	if !configured || taken || len(o.moves) > 0 || o.imports[from] != "" || o.terraform.State[resourceType+from] == nil ||
		o.terraform.State[resourceType+to] != nil {
		t.Skip("nothing to rename")
	}
	delete(o.config, from)
	o.config[to], o.moves[to] = c, from
	t.Logf("%s renames %s to %s", o.name, from, to)
}

const azurerm = "azurerm_monitor_aad_diagnostic_setting.theirs"

// applyAdoption moves a setting here that the state has as a resource of azurerm's. If that fails, azurerm keeps it.
func (h *history) applyAdoption(t *rapid.T) {
	o := h.operators[0]
	label := chosen(t, "label", labels...)
	_, configured := o.config[label]
	names := slices.Sorted(slices.Values(h.w.Tenant.SettingNames()))
	if configured || len(names) == 0 || len(o.moves) > 0 || o.terraform.State[resourceType+label] != nil {
		t.Skip("nothing to adopt")
	}
	c := drawConnector(t)
	c.name, c.tenant = chosen(t, "setting", names...), ""
	state, err := json.Marshal(map[string]any{
		"id": "/providers/Microsoft.AADIAM/diagnosticSettings/" + c.name, "name": c.name,
		"log_analytics_workspace_id": chosen(t, "workspace in the state", workspaces...),
		"enabled_log":                []any{map[string]any{"category": chosen(t, "category in the state", categories...)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	o.terraform.State[azurerm] = &protocol.Instance{
		Type: "azurerm_monitor_aad_diagnostic_setting", Provider: "registry.terraform.io/hashicorp/azurerm", JSON: state,
	}
	o.config[label], o.moves[label] = c, azurerm
	t.Logf("the first operator moves %s here as %s", state, c.block(label))
	h.applyBy(t, o, circumstances{
		strike: often(t, "fault", 3), lag: often(t, "lag", 3), overtaken: often(t, "overtaken", 2),
	})
	if o.terraform.State[azurerm] != nil {
		delete(o.terraform.State, azurerm)
		delete(o.config, label)
		clear(o.moves)
	}
}

// edit is what a person does in the portal.
func (h *history) edit(t *rapid.T) { h.editInPortal(t) }

func (h *history) editInPortal(t *rapid.T) {
	tenant := h.w.Tenant
	if often(t, "in the other tenant", 3) {
		tenant = h.w.Other
	}
	existing := slices.Sorted(slices.Values(tenant.SettingNames()))
	if len(existing) > 0 && often(t, "of an existing one", 8) {
		name := chosen(t, "setting", existing...)
		if often(t, "deletion", 2) {
			tenant.DeleteSetting(name)
			t.Logf("the portal deletes %s", name)
			return
		}
		h.changeInPortal(t, tenant, name)
		return
	}
	name := chosen(t, "name", "soc", "siem", "AzureSentinel_law-a", "theirs", "mine")
	if slices.ContainsFunc(existing, func(held string) bool { return strings.EqualFold(held, name) }) {
		return
	}
	put(t, tenant, name, chosen(t, "workspace", workspaces[:2]...), "", someCategories(t))
}

func someCategories(t *rapid.T) []string {
	return rapid.Permutation(categories).Draw(t, "categories")[:rapid.IntRange(1, 4).Draw(t, "how many")]
}

func (h *history) changeInPortal(t *rapid.T, tenant *azuresim.Tenant, name string) {
	setting, _ := tenant.Setting(name)
	properties := setting["properties"].(map[string]any)
	workspace, _ := properties["workspaceId"].(string)
	storageID, _ := properties["storageAccountId"].(string)
	enabled := tenant.Categories(name)
	switch chosen(t, "what to change", "categories", "workspace", "storage") {
	case "categories":
		enabled = someCategories(t)
	case "workspace":
		workspace = chosen(t, "workspace", workspaces[:2]...)
	default:
		storageID = chosen(t, "storage", "", storage)
	}
	put(t, tenant, name, workspace, storageID, enabled)
}

// foreign is a property that the provider does not know, and has to leave alone.
const foreign = "marketplacePartnerId"

func put(t *rapid.T, tenant *azuresim.Tenant, name, workspace, storageID string, enabled []string) {
	var logs []any
	for _, category := range enabled {
		logs = append(logs, map[string]any{"category": category, "enabled": true})
	}
	err := tenant.PutSetting(name, map[string]any{"properties": map[string]any{
		"workspaceId": workspace, "storageAccountId": storageID, foreign: "/the/partner", "logs": logs,
	}})
	t.Logf("the portal puts %s: %s, %q, %v: %v", name, workspace, storageID, enabled, err)
}

// plan looks at what would be done.
func (h *history) plan(t *rapid.T) {
	o := h.operator(t)
	restore := h.strike(t, often(t, "under a fault", 3))
	h.planOnly(t, o)
	restore()
}

func (h *history) refresh(t *rapid.T) {
	o := h.operator(t)
	before := h.documents()
	restore := h.strike(t, often(t, "under a fault", 3))
	said := o.terraform.Refresh(o.text())
	restore()
	t.Logf("%s refreshes: %s", o.name, said)
	h.checkSentNothing(t, o, before)
	h.checkOutput(t, o, said)
	if len(said.Errors()) == 0 && len(o.moves) == 0 {
		h.checkState(t, o)
	}
}

// circumstances are those of an apply.
type circumstances struct {
	strike, lag, overtaken, edited bool
	end                            string // "", "killed" or "interrupted"
	options                        []protocol.Option
}

func (h *history) apply(t *rapid.T) { h.applyIn(t, circumstances{options: drawOptions(t)}) }
func (h *history) applyUnderFault(t *rapid.T) {
	h.applyIn(t, circumstances{strike: true, lag: often(t, "lag", 3)})
}
func (h *history) applyWhileLagging(t *rapid.T) { h.applyIn(t, circumstances{lag: true}) }
func (h *history) applyOvertaken(t *rapid.T)    { h.applyIn(t, circumstances{overtaken: true}) }
func (h *history) applyEdited(t *rapid.T) {
	h.applyIn(t, circumstances{edited: true, strike: often(t, "fault", 8)})
}
func (h *history) applyKilled(t *rapid.T) { h.applyIn(t, circumstances{end: "killed"}) }
func (h *history) applyInterrupted(t *rapid.T) {
	h.applyIn(t, circumstances{end: "interrupted", strike: often(t, "fault", 4)})
}

func (h *history) destroy(t *rapid.T) {
	h.applyIn(
		t,
		circumstances{
			strike:  often(t, "fault", 3),
			lag:     often(t, "lag", 3),
			options: []protocol.Option{protocol.Destroying()},
		},
	)
}

func drawOptions(t *rapid.T) []protocol.Option {
	switch chosen(t, "option", "", "", "", "-refresh=false", "-replace") {
	case "-refresh=false":
		return []protocol.Option{protocol.WithoutRefresh()}
	case "-replace":
		return []protocol.Option{protocol.Replacing(resourceType + chosen(t, "what", labels...))}
	}
	return nil
}

// strike lets faults and lag happen until the returned function is called.
func (h *history) strike(t *rapid.T, struck bool) (restore func()) {
	if struck {
		for range chosen(t, "how many faults", 1, 1, 2) {
			f := faults.All[rapid.IntRange(0, len(faults.All)-1).Draw(t, "fault")]
			kind := chosen(
				t,
				"struck requests",
				[2]string{"GET", "/diagnosticSettings/"},
				[2]string{"GET", "/diagnosticSettings"},
				[2]string{"PUT", ""},
				[2]string{"PUT", ""},
				[2]string{"DELETE", ""},
				[2]string{"POST", "/oauth2/v2.0/token"},
			)
			f.Method, f.Path = kind[0], kind[1]
			f.Skip, f.Times = rapid.IntRange(0, 6).Draw(t, "skipped"), chosen(t, "times", 1, 1, 2, 4, 10_000)
			t.Logf("fault: %s on %v, after %d, %d times", f.Name, kind, f.Skip, f.Times)
			h.w.Sim.AddFault(f.Fault)
		}
	}
	return h.settle
}

// lag makes the service behind.
func (h *history) lag(t *rapid.T) {
	names := append(slices.Sorted(maps.Keys(faults.Behaviours)), "replicas", "tokens of another tenant")
	name := chosen(t, "behaviour", names...)
	t.Logf("the service: %s", name)
	if name == "tokens of another tenant" {
		h.w.Tenant.ChangeTokens(azuresim.TokenBehaviour{Of: acctest.OtherTenantID})
		return
	}
	for _, tenant := range []*azuresim.Tenant{h.w.Tenant, h.w.Other} {
		tenant.Behave(faults.Behaviours[name])
	}
}

// settle ends all faults and all lag.
func (h *history) settle() {
	h.w.Sim.ForgetFaults()
	for _, tenant := range []*azuresim.Tenant{h.w.Tenant, h.w.Other} {
		tenant.ChangeTokens(azuresim.TokenBehaviour{})
		tenant.Behave(azuresim.Behaviour{})
		tenant.Settle()
	}
	time.Sleep(time.Minute)
}

func (h *history) applyIn(t *rapid.T, c circumstances) { h.applyBy(t, h.operator(t), c) }

func (h *history) applyBy(t *rapid.T, o *operator, c circumstances) {
	o.wire.seen = nil
	tenants := o.tenants()
	defer h.settle()
	if c.lag {
		h.lag(t)
	}
	struckLate := c.strike && !often(t, "the plan is struck, too", 3)
	if c.strike && !struckLate {
		h.strike(t, true)
	}
	plan := h.planOnly(t, o, c.options...)
	if len(plan.Errors()) > 0 {
		if !c.strike && !c.lag {
			h.checkLegitimate(t, plan.Errors())
		}
		o.mend()
		return
	}
	if struckLate {
		h.strike(t, true)
	}
	if c.overtaken {
		h.overtake(t, o)
	}
	edited := map[key]bool{}
	if c.edited {
		o.wire.edit = h.drawEdit(t, edited)
	}
	before := h.documents()
	said := h.carryOut(t, o, plan, c.end)
	a := applied{o, tenants, plan, before, said, o.wire.taken(), edited}
	h.checkApplied(t, a, c.end == "killed")
	if len(said.Errors()) == 0 && c.end != "killed" {
		h.w.Sim.ForgetFaults()
		h.checkSuccess(t, a, c)
		clear(o.moves)
		clear(o.imports)
		return
	}
	if !c.strike && !c.lag && !c.overtaken && !c.edited && c.end == "" && len(c.options) == 0 && !managedTwice(plan) {
		h.checkLegitimate(t, said.Errors())
	}
	h.settle()
	h.checkRefreshed(t, o)
}

// mend takes out of a configuration what no plan accepts.
func (o *operator) mend() {
	clear(o.imports)
	for label, c := range o.config {
		if c.categories != nil && len(c.categories) == 0 {
			c.categories = nil
			o.config[label] = c
		}
	}
}

// overtake lets something happen between a plan and its apply.
func (h *history) overtake(t *rapid.T, o *operator) {
	if often(t, "the portal", 7) {
		h.editInPortal(t)
		return
	}
	other := h.operators[0]
	if o == other {
		other = h.operators[1]
	}
	said := other.terraform.Apply(other.text()).Diagnostics
	other.wire.taken()
	t.Logf("meanwhile %s applies: %s", other.name, said)
}

// drawEdit is what happens in the portal to a setting that has just been written. It notes which one that is.
func (h *history) drawEdit(t *rapid.T, edited map[key]bool) func(tenant, name string) {
	kind, enabled := chosen(t, "edit", "deletion", "workspace", "categories", "categories"), someCategories(t)
	workspace := chosen(t, "workspace", workspaces[:2]...)
	return func(id, name string) {
		tenant := h.w.Sim.Tenant(id)
		setting, exists := tenant.Setting(name)
		edited[keyOf(id, name)] = true
		switch {
		case kind == "deletion":
			tenant.DeleteSetting(name)
		case !exists:
			put(t, tenant, name, workspace, "", enabled)
		case kind == "workspace":
			put(t, tenant, name, workspace, contentOf(setting).storage, tenant.Categories(name))
		default:
			put(t, tenant, name, contentOf(setting).workspace, contentOf(setting).storage, enabled)
		}
	}
}

// carryOut applies a plan, and may end the run at one of its requests.
func (h *history) carryOut(t *rapid.T, o *operator, plan *protocol.Plan, end string) protocol.Diagnostics {
	held := maps.Clone(o.terraform.State)
	if end == "" {
		said := plan.Apply()
		t.Logf("%s applies: %s", o.name, said.Errors())
		return said
	}
	at, late := rapid.IntRange(1, 8).Draw(t, "at request"), often(t, "after its effect", 5)
	t.Logf("%s applies, and is %s at request %d, late: %v", o.name, end, at, late)
	if end == "interrupted" {
		o.wire.at(at, late, o.terraform.Stop)
		said := plan.Apply()
		t.Logf("which says: %s", said)
		return said
	}
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	o.run.ctx = ctx
	o.wire.at(at, late, func() { o.wire.cut(); kill() })
	said := plan.Apply()
	o.run.ctx = t.Context()
	if o.wire.isCut() {
		o.terraform.State = held // which nobody wrote
		return protocol.Diagnostics{{Summary: "killed"}}
	}
	return said
}

func (h *history) planOnly(t *rapid.T, o *operator, options ...protocol.Option) *protocol.Plan {
	before, state := h.documents(), fmt.Sprint(o.terraform.State)
	plan := o.terraform.Plan(o.text(), options...)
	t.Logf("%s plans: %s %s", o.name, plan.Summary(), plan.Errors())
	h.checkSentNothing(t, o, before)
	h.checkOutput(t, o, plan.Diagnostics)
	if now := fmt.Sprint(o.terraform.State); now != state {
		t.Errorf("the plan changed the state")
	}
	return plan
}

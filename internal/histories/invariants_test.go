package histories_test

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

// documents are all settings as the service has them.
func (h *history) documents() map[key]map[string]any {
	all := map[key]map[string]any{}
	for id, tenant := range map[string]*azuresim.Tenant{acctest.TenantID: h.w.Tenant, acctest.OtherTenantID: h.w.Other} {
		for _, name := range tenant.SettingNames() {
			all[keyOf(id, name)], _ = tenant.Setting(name)
		}
	}
	return all
}

func (h *history) settings() map[key]*content {
	all := map[key]*content{}
	for k, document := range h.documents() {
		all[k] = contentOf(document)
	}
	return all
}

// applied is what is known of an apply.
type applied struct {
	o       *operator
	tenants []string // that the configuration and the state have
	plan    *protocol.Plan
	before  map[key]map[string]any
	said    protocol.Diagnostics
	writes  []write
	edited  map[key]bool // the settings that were edited meanwhile
}

// planned returns the changes that a plan showed for a setting.
func (a applied) planned(k key) []*protocol.Change {
	var all []*protocol.Change
	for _, change := range a.plan.Changes {
		if change.Before != nil && keyFrom(change.Before) == k || change.After != nil && keyFrom(change.After) == k {
			all = append(all, change)
		}
	}
	return all
}

func (a applied) plannedAs(k key, actions ...protocol.Action) bool {
	return slices.ContainsFunc(a.planned(k), func(c *protocol.Change) bool { return slices.Contains(actions, c.Action) })
}

// A plan or a refresh sends nothing.
func (h *history) checkSentNothing(t *rapid.T, o *operator, before map[key]map[string]any) {
	if writes := o.wire.taken(); len(writes) > 0 {
		t.Errorf("it sent %v", writes)
	}
	if !reflect.DeepEqual(before, h.documents()) {
		t.Errorf("it changed settings")
	}
}

var secret = regexp.MustCompile(acctest.Secret + `|eyJ[\w-]{8,}`)

// No secret and no bug of the provider's shows.
func (h *history) checkOutput(t *rapid.T, o *operator, said protocol.Diagnostics) {
	shown := said.String()
	for _, instance := range o.terraform.State {
		shown += string(instance.JSON)
	}
	if found := secret.FindString(shown); found != "" {
		t.Errorf("the output shows %q", found)
	}
	if said.Say("Provider produced inconsistent result") || strings.Contains(shown, "panic") {
		t.Errorf("the provider has a bug: %s", said)
	}
}

// checkApplied checks what must hold whether an apply succeeded or not.
func (h *history) checkApplied(t *rapid.T, a applied, killed bool) {
	h.checkOutput(t, a.o, a.said)
	a.checkTokens(t)
	a.checkWrites(t)
	now := h.documents()
	for k, document := range a.before {
		a.checkKept(t, k, document, now[k])
	}
	inState := map[key]bool{}
	for _, instance := range a.o.terraform.State {
		inState[keyFrom(instance.Attributes())] = true
	}
	for k := range now {
		if a.before[k] == nil && !inState[k] && !killed &&
			!strings.Contains(strings.ToLower(a.said.Errors().String()), `"`+k.name+`"`) {
			t.Errorf("%v was left behind, and nothing says so", k)
		}
	}
}

// Nothing that the plan does not show is lost or changed, and nothing at all that the provider does not manage.
func (a applied) checkKept(t *rapid.T, k key, before, now map[string]any) {
	switch {
	case a.edited[k], a.plannedAs(k, protocol.Delete, protocol.Replace):
	case now == nil:
		t.Errorf("%v is lost", k)
	case !a.plannedAs(k, protocol.Update, protocol.Create):
		if !reflect.DeepEqual(before, now) {
			t.Errorf("%v was changed from\n%v to\n%v", k, before, now)
		}
	default:
		partner := func(document map[string]any) any { return document["properties"].(map[string]any)[foreign] }
		if partner(before) != partner(now) {
			t.Errorf("%v has lost what Terraform does not manage", k)
		}
	}
}

// No token reaches another tenant.
func (a applied) checkTokens(t *rapid.T) {
	for tenant := range a.o.wire.seen {
		if !slices.Contains(a.tenants, tenant) {
			t.Errorf("a token of tenant %s was sent", tenant)
		}
	}
}

// Nothing is overwritten or deleted that the plan does not show.
func (a applied) checkWrites(t *rapid.T) {
	sent := map[key][]*content{} // by this very run
	for _, w := range a.writes {
		k := keyOf(w.tenant, w.name)
		own := w.before != nil && slices.ContainsFunc(sent[k], func(c *content) bool { return same(c, w.before) })
		sent[k] = append(sent[k], w.sent)
		allowed := false
		for _, change := range a.planned(k) {
			allowed = allowed || own && w.method == http.MethodPut || w.isShownBy(change)
		}
		if !allowed {
			t.Errorf("%s %s/%s of %v is not what the plan shows: %s", w.method, w.tenant, w.name, w.before, a.shown(k))
		}
	}
}

// isShownBy says whether a change of the plan shows the write.
func (w write) isShownBy(change *protocol.Change) bool {
	switch {
	case w.method == http.MethodDelete:
		return change.Action == protocol.Delete || change.Action == protocol.Replace
	case w.before == nil:
		return change.Action == protocol.Create || change.Action == protocol.Replace
	}
	return change.Action == protocol.Update &&
		(same(w.before, contentFrom(change.Before)) || same(w.before, contentFrom(change.After)))
}

func (a applied) shown(k key) string {
	var all []string
	for _, change := range a.planned(k) {
		all = append(all, fmt.Sprintf("%s of %v to %v", change.Action, contentFrom(change.Before), contentFrom(change.After)))
	}
	return strings.Join(all, ", ")
}

// checkSuccess checks what holds after an apply that succeeded: the state says what the service has, and there is
// nothing left to do.
func (h *history) checkSuccess(t *rapid.T, a applied, c circumstances) {
	if c.overtaken || c.edited || len(c.options) > 0 || managedTwice(a.plan) {
		return
	}
	h.checkState(t, a.o)
	if again := a.o.terraform.Plan(a.o.text()); again.Summary() != "No changes." || len(again.Errors()) > 0 {
		t.Errorf("after an apply that succeeded, the plan is %s\n%s", again.Summary(), again.Errors())
	}
}

// managedTwice says whether two resources of a plan are one setting, which does nobody any good.
func managedTwice(plan *protocol.Plan) bool {
	managed := map[key]int{}
	for _, change := range plan.Changes {
		keys := map[key]bool{}
		for _, attributes := range []map[string]any{change.Before, change.After} {
			if attributes != nil {
				keys[keyFrom(attributes)] = true
			}
		}
		for k := range keys {
			managed[k]++
		}
	}
	return slices.Max(append(slices.Collect(maps.Values(managed)), 0)) > 1
}

// The state says what the service has.
func (h *history) checkState(t *rapid.T, o *operator) {
	there := h.settings()
	for address, instance := range o.terraform.State {
		attributes := instance.Attributes()
		if got, has := contentFrom(attributes), there[keyFrom(attributes)]; !same(got, has) {
			t.Errorf("%s is %v in the state, and the service has %v", address, got, has)
		}
	}
}

// checkRefreshed checks that the next refresh finds what there is, whatever an apply left. The state stays as it is.
func (h *history) checkRefreshed(t *rapid.T, o *operator) {
	held := maps.Clone(o.terraform.State)
	if said := o.terraform.Refresh(o.text()); len(said.Errors()) > 0 {
		t.Errorf("the next refresh fails: %s", said)
	}
	h.checkState(t, o)
	o.terraform.State = held
}

// legitimate are errors that need no fault: of the configuration, or for what is there already.
var legitimate = regexp.MustCompile(
	`exists already|already exists|No log categories|limit|already sends these categories|Cannot import .*: not found`,
)

func (h *history) checkLegitimate(t *rapid.T, errors protocol.Diagnostics) {
	for _, one := range errors {
		if !legitimate.MatchString(one.Summary + one.Detail) {
			t.Errorf("it failed for no reason: %s", protocol.Diagnostics{one})
		}
	}
}

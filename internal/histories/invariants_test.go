package histories_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

// applied is what is known of an apply.
type applied struct {
	o       *operator
	tenants []string // that the configuration and the state have
	plan    *protocol.Plan
	before  map[key]string
	said    protocol.Diagnostics
	killed  bool
	edited  map[key]bool // the settings that were edited meanwhile
}

// planned returns the changes that a plan showed for a setting.
func (a applied) planned(k key) []*protocol.Change {
	return slices.DeleteFunc(slices.Collect(maps.Values(a.plan.Changes)), func(c *protocol.Change) bool {
		return keyFrom(c.Before) != k && keyFrom(c.After) != k
	})
}

func (a applied) plannedAs(k key, actions ...protocol.Action) bool {
	return slices.ContainsFunc(a.planned(k), func(c *protocol.Change) bool { return slices.Contains(actions, c.Action) })
}

// checkReads checks that a plan or a refresh changes nothing.
func (h *history) checkReads(t *rapid.T, o *operator, read func() protocol.Diagnostics) protocol.Diagnostics {
	before, tenants, said := h.documents(), o.tenants(), read()
	if writes := o.checkRun(t, said, tenants); len(writes) > 0 {
		t.Errorf("it sent %v", writes)
	}
	if !maps.Equal(before, h.documents()) {
		t.Errorf("it changed settings")
	}
	return said
}

var secret = regexp.MustCompile(acctest.Secret + `|eyJ[\w-]{8,}`)

// checkRun checks that no secret and no bug of the provider's shows, and that no token reaches a tenant that is neither
// configured nor in the state. It returns what was written.
func (o *operator) checkRun(t *rapid.T, said protocol.Diagnostics, tenants []string) []write {
	shown := said.String()
	for _, instance := range o.terraform.State {
		shown += string(instance.JSON)
	}
	if found := secret.FindString(shown); found != "" {
		t.Errorf("the output shows %q", found)
	}
	if said.Contain("Provider produced inconsistent result") || strings.Contains(shown, "panic") {
		t.Errorf("the provider has a bug: %s", said)
	}
	writes, tokens := o.wire.taken()
	for _, tenant := range tokens {
		if tenant != "" && !slices.Contains(tenants, tenant) {
			t.Errorf("a token of tenant %s was sent", tenant)
		}
	}
	return writes
}

// checkApplied checks what must hold whether an apply succeeded or not.
func (h *history) checkApplied(t *rapid.T, a applied) {
	a.checkWrites(t, a.o.checkRun(t, a.said, a.tenants))
	now := h.documents()
	for k, document := range a.before {
		a.checkKept(t, k, document, now[k])
	}
	inState := map[key]bool{}
	for address := range a.o.terraform.State {
		inState[keyFrom(a.o.terraform.Attributes(address))] = true
	}
	said := strings.ToLower(a.said.Errors().String())
	for k := range now {
		if a.before[k] == "" && !inState[k] && !a.killed && !strings.Contains(said, `"`+k.name+`"`) {
			t.Errorf("%v was left behind, and nothing says so", k)
		}
	}
}

// Nothing that the plan does not show is lost or changed, and nothing at all that the provider does not manage.
func (a applied) checkKept(t *rapid.T, k key, before, now string) {
	_, had := contentOf(before)
	_, has := contentOf(now)
	switch {
	case a.edited[k], a.plannedAs(k, protocol.Delete, protocol.Replace):
	case now == "":
		t.Errorf("%v is lost", k)
	case !a.plannedAs(k, protocol.Update, protocol.Create):
		if before != now {
			t.Errorf("%v was changed from\n%v to\n%v", k, before, now)
		}
	case had != has:
		t.Errorf("%v has lost what Terraform does not manage", k)
	}
}

// Nothing is overwritten or deleted that the plan does not show.
func (a applied) checkWrites(t *rapid.T, writes []write) {
	sent := map[key][]content{} // by this very run
	for _, w := range writes {
		own := w.before != content{} && slices.Contains(sent[w.key], w.before)
		sent[w.key] = append(sent[w.key], w.sent)
		if !slices.ContainsFunc(a.planned(w.key), func(c *protocol.Change) bool {
			return own && w.method == http.MethodPut || w.isShownBy(c)
		}) {
			t.Errorf("the plan does not show %s %v of %v", w.method, w.key, w.before)
		}
	}
}

// isShownBy says whether a change of the plan shows the write.
func (w write) isShownBy(change *protocol.Change) bool {
	switch {
	case w.method == http.MethodDelete:
		return change.Action == protocol.Delete || change.Action == protocol.Replace
	case w.before == content{}:
		return change.Action == protocol.Create || change.Action == protocol.Replace
	}
	return change.Action == protocol.Update &&
		(w.before == contentFrom(change.Before) || w.before == contentFrom(change.After))
}

// checkDone checks what holds after an apply that succeeded: the state says what the service has, and there is nothing
// left to do.
func (h *history) checkDone(t *rapid.T, o *operator) {
	h.checkState(t, o)
	if again := o.terraform.Plan(o.text()); again.Summary() != "No changes." || len(again.Errors()) > 0 {
		t.Errorf("after an apply that succeeded, the plan is %s\n%s", again.Summary(), again.Errors())
	}
}

// managedTwice says whether two resources of a plan are one setting, which does nobody any good.
func managedTwice(plan *protocol.Plan) bool {
	managed := map[key]int{}
	for _, c := range plan.Changes {
		for k := range map[key]bool{keyFrom(c.Before): true, keyFrom(c.After): true} {
			managed[k]++
		}
	}
	delete(managed, key{}) // of what is not there before or after
	return slices.Max(append(slices.Collect(maps.Values(managed)), 0)) > 1
}

// The state says what the service has.
func (h *history) checkState(t *rapid.T, o *operator) {
	there := h.documents()
	for address := range o.terraform.State {
		attributes := o.terraform.Attributes(address)
		if has, _ := contentOf(there[keyFrom(attributes)]); has != contentFrom(attributes) {
			t.Errorf("%s is %v in the state, and the service has %v", address, contentFrom(attributes), has)
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
	`already exists|No log categories|limit|already sends these categories|Cannot import .*: not found`,
)

func (h *history) checkLegitimate(t *rapid.T, errors protocol.Diagnostics) {
	for _, one := range errors {
		if !legitimate.MatchString(one.Summary + one.Detail) {
			t.Errorf("it failed for no reason: %s", protocol.Diagnostics{one})
		}
	}
}

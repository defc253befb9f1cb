package histories_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest/faults"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

// apply plans and applies an operator's configuration. The event is what is special about it: with any but "", requests
// may be struck and the service may lag as well.
func (h *history) apply(t *rapid.T, o *operator, event string) {
	defer h.settle()
	option := drawOption(t, event)
	fault := event == "struck" || event != "" && often(t, "fault", 3)
	lag := event == "lagging" || event != "" && often(t, "lag", 3)
	if lag {
		h.lag(t)
	}
	struckLate := fault && !often(t, "the plan is struck, too", 3)
	if fault && !struckLate {
		h.strike(t)
	}
	tenants := o.tenants()
	plan := h.planOnly(t, o, option)
	if len(plan.Errors()) > 0 {
		if !fault && !lag {
			h.checkLegitimate(t, plan.Errors())
		}
		o.mend()
		return
	}
	if struckLate {
		h.strike(t)
	}
	if event == "overtaken" {
		h.overtake(t, o)
	}
	a := applied{o: o, tenants: tenants, plan: plan, edited: map[key]bool{}}
	switch event {
	case "edited":
		edit := h.drawEdit(t)
		isPut := func(r *http.Request) bool { return r.Method == http.MethodPut }
		o.wire.at(hook{isPut, true, func(tenant, name string) { // whether it was answered or not
			a.edited[keyOf(tenant, name)] = true
			edit(tenant, name)
		}})
	case "killed", "interrupted":
		h.end(t, o, event)
	}
	a.before = h.documents()
	a.said, a.killed = h.carryOut(t, o, plan)
	h.checkApplied(t, a)
	asPlanned := event != "overtaken" && event != "edited" && option == "" && !managedTwice(plan)
	if len(a.said.Errors()) == 0 && !a.killed {
		h.w.Sim.ForgetFaults()
		if event == "interrupted" { // which ends the wait for the setting to show
			h.settle()
		}
		if asPlanned {
			h.checkDone(t, o)
		}
		clear(o.moves)
		clear(o.imports)
		return
	}
	if asPlanned && !fault && !lag && event != "killed" && event != "interrupted" {
		h.checkLegitimate(t, a.said.Errors())
	}
	h.settle()
	h.checkRefreshed(t, o)
}

func drawOption(t *rapid.T, event string) protocol.Option {
	switch {
	case event == "destroy":
		return protocol.Destroying()
	case event != "":
		return ""
	case often(t, "-refresh=false", 2):
		return protocol.WithoutRefresh()
	case often(t, "-replace", 2):
		return protocol.Replacing(resourceType + chosen(t, "what", labels...))
	}
	return ""
}

func (h *history) planOnly(t *rapid.T, o *operator, option protocol.Option) (plan *protocol.Plan) {
	state := asJSON(o.terraform.State)
	h.checkReads(t, o, func() protocol.Diagnostics {
		plan = o.terraform.Plan(o.text(), option)
		return plan.Diagnostics
	})
	t.Logf("%s plans: %s %s", o.name, plan.Summary(), plan.Errors())
	if now := asJSON(o.terraform.State); now != state {
		t.Errorf("the plan changed the state")
	}
	return plan
}

// end lets a run end at one of its requests.
func (h *history) end(t *rapid.T, o *operator, event string) {
	happen := func(string, string) { o.terraform.Stop() }
	if event == "killed" {
		ctx, kill := context.WithCancel(t.Context())
		o.ctx = ctx
		happen = func(string, string) { kill() }
	}
	n, after := rapid.IntRange(1, 8).Draw(t, "at request"), often(t, "after its effect", 5)
	t.Logf("%s is %s at request %d, after its effect: %v", o.name, event, n, after)
	isNth := func(r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/diagnosticSettings") {
			n--
		}
		return n == 0
	}
	o.wire.at(hook{isNth, after, happen})
}

func (h *history) carryOut(t *rapid.T, o *operator, plan *protocol.Plan) (said protocol.Diagnostics, killed bool) {
	held := o.terraform.State
	said = plan.Apply()
	killed = o.ctx.Err() != nil
	o.ctx = t.Context()
	t.Logf("%s applies: %s", o.name, said.Errors())
	if killed {
		o.terraform.State = held // which nobody wrote
	}
	return said, killed
}

// mend takes out of a configuration what no plan accepts.
func (o *operator) mend() {
	clear(o.imports)
	for _, c := range o.config {
		if list, _ := c["log_categories"].([]string); len(list) == 0 {
			delete(c, "log_categories")
		}
	}
}

// overtake lets something happen between a plan and its apply.
func (h *history) overtake(t *rapid.T, o *operator) {
	if often(t, "the portal", 7) {
		h.edit(t)
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

// struck are the methods and paths of requests that go wrong.
var struck = [][2]string{
	{"GET", "/diagnosticSettings/"}, {"GET", "/diagnosticSettings"}, {"PUT", ""}, {"PUT", ""}, {"DELETE", ""},
	{"POST", "/oauth2/v2.0/token"},
}

// strike lets requests go wrong until all is settled.
func (h *history) strike(t *rapid.T) {
	for range chosen(t, "how many faults", 1, 1, 2) {
		f, requests := chosen(t, "fault", faults.All...), chosen(t, "struck requests", struck...)
		f.Method, f.Path = requests[0], requests[1]
		f.Skip, f.Times = rapid.IntRange(0, 6).Draw(t, "skipped"), chosen(t, "times", 1, 1, 2, 4, 10_000)
		t.Logf("fault: %+v", f)
		h.w.Sim.AddFault(f)
	}
}

func (h *history) strikeSometimes(t *rapid.T) {
	if often(t, "under a fault", 3) {
		h.strike(t)
	}
}

// lag makes the service behind until all is settled.
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
	h.w.Recover()
	time.Sleep(time.Minute)
}

package protocol

import (
	"maps"
	"reflect"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
)

// Apply makes a plan and carries it out. It returns the plan, with the diagnostics of both.
func (tf *Terraform) Apply(config string, with ...Option) *Plan {
	plan := tf.Plan(config, with...)
	if !plan.failed() {
		plan.Diagnostics = append(plan.Diagnostics, plan.Apply()...)
	}
	return plan
}

// Destroy destroys all that is in the state.
func (tf *Terraform) Destroy(config string) *Plan { return tf.Apply(config, Destroying()) }

// Apply carries the plan out, and changes the state by what comes of it.
func (p *Plan) Apply() Diagnostics {
	p.tf.State = maps.Clone(p.Refreshed)
	addresses := slices.DeleteFunc(slices.Sorted(maps.Keys(p.Changes)), func(address string) bool {
		return p.Changes[address].Action == NoOp
	})
	_, found := p.tf.walk(p.config, p.tf.State, addresses, func(v *visit) { v.apply(p.Changes[v.address]) })
	return found
}

func (v *visit) apply(planned *Change) {
	if planned.Action == Delete || planned.Action == Replace {
		v.destroy()
	}
	if planned.Action != Delete && !v.failed() {
		v.createOrUpdate(planned)
	}
}

func (v *visit) destroy() {
	p, tainted := v.load(), v.held.Tainted
	if v.failed() {
		return
	}
	p.config = cty.NullVal(v.kind)
	v.carryOut(&Change{proposal: p, planned: p.config})
	if v.held == nil {
		return
	}
	v.held.Tainted = tainted
	if !v.failed() {
		v.bug("it was deleted, and is still there")
	}
}

// createOrUpdate first plans once more.
func (v *visit) createOrUpdate(planned *Change) {
	p, creates := v.load(), v.held == nil
	if v.failed() {
		return
	}
	if v.propose(p); !v.failed() {
		v.checkKnown(planned.After, v.change.After)
	}
	if v.failed() {
		return
	}
	v.carryOut(v.change)
	switch {
	case v.held != nil && v.failed():
		v.held.Tainted = creates
	case v.held != nil:
		v.checkKnown(v.change.After, v.held.Attributes())
	case !v.failed():
		v.bug("root object was present, but now absent")
	}
}

func (v *visit) carryOut(change *Change) {
	answer := ask(v, v.server.ApplyResourceChange, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: v.typeName, PriorState: encode(change.prior), Config: encode(change.config),
		PlannedState: encode(change.planned), PlannedPrivate: change.private, PlannedIdentity: change.identity,
	})
	v.held = v.instance(answer.NewState, answer.Private, answer.NewIdentity)
}

// checkKnown finds what Terraform would refuse in the answer to an apply: whatever was known before it must be so.
func (v *visit) checkKnown(planned, got map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(planned)) {
		if value := planned[name]; value != Unknown && !reflect.DeepEqual(got[name], value) {
			v.bug("%s was planned to be %v, and is %v", name, value, got[name])
		}
	}
}

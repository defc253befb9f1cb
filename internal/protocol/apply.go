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
	nothing := v.current
	nothing.value = cty.NullVal(v.kind)
	v.carryOut(nothing.value, nothing)
	if !v.current.value.IsNull() && !v.failed() {
		v.bug("it was deleted, and is still there")
	}
}

// createOrUpdate first plans once more.
func (v *visit) createOrUpdate(planned *Change) {
	creates := v.current.value.IsNull()
	if v.propose(v.current); !v.failed() {
		v.checkKnown(planned.After, v.change.After)
	}
	if v.failed() {
		return
	}
	v.carryOut(v.config, v.change.planned)
	v.tainted = creates && v.failed()
	switch {
	case v.failed():
	case v.current.value.IsNull():
		v.bug("root object was present, but now absent")
	default:
		v.checkKnown(v.change.After, object(v.current.value))
	}
}

func (v *visit) carryOut(config cty.Value, planned resource) {
	answer := ask(v, v.server.ApplyResourceChange, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: v.typeName, PriorState: encode(v.current.value), Config: encode(config),
		PlannedState: encode(planned.value), PlannedPrivate: planned.private, PlannedIdentity: planned.identity,
	})
	v.current = v.resource(answer.NewState, answer.Private, answer.NewIdentity)
}

// checkKnown finds what Terraform would refuse in the answer to an apply: whatever was known before it must be so.
func (v *visit) checkKnown(planned, got map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(planned)) {
		if value := planned[name]; value != Unknown && !reflect.DeepEqual(got[name], value) {
			v.bug("%s was planned to be %v, and is %v", name, value, got[name])
		}
	}
}

package protocol

import (
	"maps"
	"reflect"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Apply makes a plan and carries it out. It returns the plan, with the diagnostics of both.
func (tf *Terraform) Apply(config string, with ...Option) *Plan {
	tf.t.Helper()
	plan := tf.Plan(config, with...)
	if !plan.failed() {
		plan.Diagnostics = append(plan.Diagnostics, plan.Apply()...)
	}
	return plan
}

// Destroy destroys all that is in the state.
func (tf *Terraform) Destroy(config string) *Plan {
	tf.t.Helper()
	return tf.Apply(config, Destroying())
}

// Apply carries the plan out, and changes the state by what comes of it.
func (p *Plan) Apply() Diagnostics {
	tf := p.tf
	tf.t.Helper()
	tf.State = maps.Clone(p.Refreshed)
	addresses := slices.DeleteFunc(slices.Sorted(maps.Keys(p.Changes)), func(address string) bool {
		return p.Changes[address].Action == NoOp
	})
	left, found := walk(tf, p.config, addresses, func(server Server, address string) (*Instance, Diagnostics) {
		return tf.apply(server, address, p.Refreshed[address], p.Changes[address])
	})
	for address, instance := range left {
		keep(tf.State, address, instance)
	}
	return found
}

// apply makes one change, and returns what the state has of the resource then.
func (tf *Terraform) apply(server Server, address string, held *Instance, change *Change) (*Instance, Diagnostics) {
	tf.t.Helper()
	var found Diagnostics
	if change.Action == Delete || change.Action == Replace {
		if held, found = tf.destroy(server, address, held); change.Action == Delete || found.failed() {
			return held, found
		}
	}
	made, problems := tf.change(server, address, held, change)
	return made, append(found, problems...)
}

// destroy deletes one resource and returns what is left of it in the state.
func (tf *Terraform) destroy(server Server, address string, held *Instance) (*Instance, Diagnostics) {
	tf.t.Helper()
	p, found := tf.load(server, address, held)
	if found.failed() {
		return held, found
	}
	null := tftypes.NewValue(p.prior.Type(), nil)
	nothing := &Change{config: null, planned: null, identity: p.identity, private: p.private}
	left, problems := tf.carryOut(server, address, p.prior, nothing)
	found = append(found, problems...)
	if left != nil && !found.failed() {
		found = append(found, bug(address, "it was deleted, and is still there"))
	}
	if left != nil {
		left.Tainted = held.Tainted
	}
	return left, found
}

// change creates or updates one resource, which is first planned once more. It returns what the state has of it then.
func (tf *Terraform) change(server Server, address string, held *Instance, first *Change) (*Instance, Diagnostics) {
	tf.t.Helper()
	p, found := tf.load(server, address, held)
	if found.failed() {
		return held, found
	}
	p.config = first.config
	final, problems := tf.propose(server, address, p)
	found = append(found, problems...)
	if found.failed() {
		return held, found
	}
	if !reflect.DeepEqual(withoutUnknown(first.After, final.After), first.After) {
		return held, append(found, bug(address, "the plan was %v, and in the apply it is %v", first.After, final.After))
	}
	made, reported := tf.carryOut(server, address, p.prior, final)
	if made != nil {
		made.Tainted = held == nil && reported.failed()
	}
	if !reported.failed() {
		reported = append(reported, checkApplied(address, final.After, made)...)
	}
	return made, append(found, reported...)
}

func (tf *Terraform) carryOut(
	server Server, address string, prior tftypes.Value, change *Change,
) (*Instance, Diagnostics) {
	tf.t.Helper()
	answer := call(tf, server.ApplyResourceChange, &tfprotov6.ApplyResourceChangeRequest{
		TypeName:   typeOf(address),
		PriorState: tf.encode(prior), PlannedState: tf.encode(change.planned), Config: tf.encode(change.config),
		PlannedPrivate: change.private, PlannedIdentity: change.identity,
	})
	made := tf.instance(address, answer.NewState, answer.Private, answer.NewIdentity)
	return made, diagnosticsOf(address, answer.Diagnostics)
}

// withoutUnknown is the final plan, with Unknown where the first one had that.
func withoutUnknown(first, final map[string]any) map[string]any {
	made := maps.Clone(final)
	for name, value := range first {
		if value == Unknown {
			made[name] = Unknown
		}
	}
	return made
}

// checkApplied finds what Terraform would refuse in the answer to an apply: whatever the plan knew must be so.
func checkApplied(address string, planned map[string]any, made *Instance) Diagnostics {
	if made == nil {
		return Diagnostics{bug(address, "root object was present, but now absent")}
	}
	var found Diagnostics
	got := made.Attributes()
	for _, name := range slices.Sorted(maps.Keys(planned)) {
		if value := planned[name]; value != Unknown && !reflect.DeepEqual(got[name], value) {
			found = append(found, bug(address, "%s was planned to be %v, and is %v", name, value, got[name]))
		}
	}
	return found
}

package protocol

import (
	"maps"
	"reflect"
	"slices"
	"sync"

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
	var addresses []string
	for _, address := range slices.Sorted(maps.Keys(p.Changes)) {
		if p.Changes[address].Action != NoOp {
			addresses = append(addresses, address)
		}
	}
	var mu sync.Mutex
	return tf.walk(p.config, addresses, func(server Server, address string) Diagnostics {
		change, held := p.Changes[address], p.Refreshed[address]
		var found Diagnostics
		if change.Action == Delete || change.Action == Replace {
			left, problems := tf.destroy(server, address, held)
			found = append(found, problems...)
			mu.Lock()
			tf.keep(address, left)
			mu.Unlock()
			if change.Action == Delete || problems.failed() {
				return found
			}
			held = nil
		}
		made, problems := tf.change(server, address, held, change)
		mu.Lock()
		defer mu.Unlock()
		tf.keep(address, made)
		return append(found, problems...)
	})
}

func (tf *Terraform) keep(address string, instance *Instance) {
	delete(tf.State, address)
	if instance != nil {
		tf.State[address] = instance
	}
}

// destroy deletes one resource and returns what is left of it in the state.
func (tf *Terraform) destroy(server Server, address string, held *Instance) (*Instance, Diagnostics) {
	tf.t.Helper()
	state, identity, found := tf.load(server, address, held)
	if found.failed() {
		return held, found
	}
	null := tf.encode(tftypes.NewValue(state.Type(), nil))
	answer, err := server.ApplyResourceChange(tf.t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName:   typeOf(address),
		PriorState: tf.encode(state), PlannedState: null, Config: null,
		PlannedPrivate: held.Private, PlannedIdentity: identity,
	})
	if err != nil {
		tf.t.Fatal(err)
	}
	found = append(found, diagnosticsOf(address, answer.Diagnostics)...)
	left := tf.instance(address, answer.NewState, answer.Private, answer.NewIdentity)
	if left != nil && !found.failed() {
		found = append(found, bug(address, "it was deleted, and is still there"))
	}
	if left != nil {
		left.Tainted = held.Tainted
	}
	return left, found
}

// change creates or updates one resource, which is first planned once more. It returns what the state has of it then.
func (tf *Terraform) change(server Server, address string, held *Instance, planned *Change) (*Instance, Diagnostics) {
	tf.t.Helper()
	state, identity, found := tf.load(server, address, held)
	if found.failed() {
		return held, found
	}
	p := proposal{prior: state, config: planned.config, identity: identity}
	if held != nil {
		p.private = held.Private
	}
	final, problems := tf.propose(server, address, p)
	found = append(found, problems...)
	if final == nil || found.failed() {
		return held, found
	}
	if !reflect.DeepEqual(withoutUnknown(planned.After, final.After), planned.After) {
		return held, append(found, bug(address, "the plan was %v, and in the apply it is %v", planned.After, final.After))
	}
	answer, err := server.ApplyResourceChange(tf.t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName:   typeOf(address),
		PriorState: tf.encode(state), PlannedState: tf.encode(final.planned), Config: tf.encode(final.config),
		PlannedPrivate: final.private, PlannedIdentity: final.identity,
	})
	if err != nil {
		tf.t.Fatal(err)
	}
	reported := diagnosticsOf(address, answer.Diagnostics)
	made := tf.instance(address, answer.NewState, answer.Private, answer.NewIdentity)
	if made != nil {
		made.Tainted = held == nil && reported.failed()
	}
	if !reported.failed() {
		reported = append(reported, checkApplied(address, final.After, made)...)
	}
	return made, append(found, reported...)
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

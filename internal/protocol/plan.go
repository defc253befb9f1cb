package protocol

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Action is what a plan does to a resource, in the words of "terraform show -json".
type Action string

// The actions. A replacement destroys first.
const (
	NoOp    Action = "no-op"
	Create  Action = "create"
	Update  Action = "update"
	Delete  Action = "delete"
	Replace Action = "replace"
)

// Plan is what an apply would do.
type Plan struct {
	// Changes are those of all resources, by address, also of those that stay as they are.
	Changes map[string]*Change
	// Refreshed is the state as it was read, data sources included.
	Refreshed map[string]*Instance
	Diagnostics

	tf     *Terraform
	config configuration
}

// Change is what a plan does to one resource.
type Change struct {
	Action Action
	// Before and After are its attributes, nil where there is none. After has Unknown for what only the apply will tell.
	Before, After map[string]any
	// Imported says that the resource is taken into the state, and MovedFrom where in the state it was.
	Imported  bool
	MovedFrom string

	config, planned tftypes.Value
	identity        *tfprotov6.ResourceIdentityData
	private         []byte
}

// Option changes how a plan is made. It is one of Terraform's own.
type Option string

// WithoutRefresh trusts the state.
func WithoutRefresh() Option { return "-refresh=false" }

// Destroying plans to destroy all that is in the state.
func Destroying() Option { return "-destroy" }

// Replacing plans to replace a resource.
func Replacing(address string) Option { return Option("-replace=" + address) }

// Validate checks a configuration as "terraform validate" does.
func (tf *Terraform) Validate(config string) Diagnostics {
	tf.t.Helper()
	return tf.validate(tf.parse(config))
}

func (tf *Terraform) validate(c configuration) Diagnostics {
	tf.t.Helper()
	server := tf.start()
	var found Diagnostics
	for _, address := range slices.Sorted(maps.Keys(c.blocks)) {
		found = append(found, diagnosticsOf(address, tf.validateBlock(server, address, c.blocks[address]))...)
	}
	return found
}

func (tf *Terraform) validateBlock(server Server, address string, block map[string]any) []*tfprotov6.Diagnostic {
	tf.t.Helper()
	name, config := typeOf(address), tf.dynamic(block, tf.schema(address))
	if isData(address) {
		request := &tfprotov6.ValidateDataResourceConfigRequest{TypeName: name, Config: config}
		return call(tf, server.ValidateDataResourceConfig, request).Diagnostics
	}
	request := &tfprotov6.ValidateResourceConfigRequest{TypeName: name, Config: config}
	return call(tf, server.ValidateResourceConfig, request).Diagnostics
}

// Plan makes a plan and leaves the state as it is.
func (tf *Terraform) Plan(config string, with ...Option) *Plan {
	tf.t.Helper()
	plan := &Plan{Changes: map[string]*Change{}, Refreshed: tf.resources(), tf: tf, config: tf.parse(config)}
	moved, found := tf.move(plan.config, plan.Refreshed)
	plan.Diagnostics = append(found, tf.validate(plan.config)...)
	if plan.failed() {
		return plan
	}
	addresses := slices.Sorted(maps.Keys(plan.config.blocks))
	for address := range plan.Refreshed {
		if plan.config.blocks[address] == nil {
			addresses = append(addresses, address)
		}
	}
	type outcome struct {
		held   *Instance
		change *Change
	}
	outcomes, problems := walk(tf, plan.config, addresses, func(server Server, address string) (outcome, Diagnostics) {
		block := plan.config.blocks[address]
		if isData(address) {
			read, found := tf.readData(server, address, block)
			return outcome{held: read}, found
		}
		held, imported, found := tf.refresh(server, address, plan.Refreshed[address], plan.config.imports, with)
		if found.failed() {
			return outcome{held: plan.Refreshed[address]}, found
		}
		change, problems := tf.plan(server, address, held, block, with)
		if change != nil {
			change.Imported, change.MovedFrom = imported, moved[address]
		}
		return outcome{held, change}, append(found, problems...)
	})
	for address, one := range outcomes {
		keep(plan.Refreshed, address, one.held)
		if one.change != nil {
			plan.Changes[address] = one.change
		}
	}
	plan.Diagnostics = append(plan.Diagnostics, problems...)
	return plan
}

// resources is the state without data sources, which every plan reads anew.
func (tf *Terraform) resources() map[string]*Instance {
	held := maps.Clone(tf.State)
	maps.DeleteFunc(held, func(address string, _ *Instance) bool { return isData(address) })
	return held
}

// move lets moved blocks have their effect, before the provider is configured. It returns where each moved instance
// was.
func (tf *Terraform) move(c configuration, state map[string]*Instance) (map[string]string, Diagnostics) {
	tf.t.Helper()
	from := map[string]string{}
	var found Diagnostics
	for to, source := range c.moves {
		held := state[source]
		if held == nil || state[to] != nil {
			continue
		}
		from[to] = source
		delete(state, source)
		if held.Type == typeOf(to) && held.Provider == "" {
			state[to] = held
			continue
		}
		request := &tfprotov6.MoveResourceStateRequest{
			SourceProviderAddress: held.Provider, SourceTypeName: held.Type, TargetTypeName: typeOf(to),
			SourceState: &tfprotov6.RawState{JSON: held.JSON}, SourcePrivate: held.Private,
		}
		if held.IdentityJSON != nil {
			request.SourceIdentity = &tfprotov6.RawState{JSON: held.IdentityJSON}
		}
		answer := call(tf, tf.start().MoveResourceState, request)
		found = append(found, diagnosticsOf(to, answer.Diagnostics)...)
		if !found.failed() {
			state[to] = tf.instance(to, answer.TargetState, answer.TargetPrivate, answer.TargetIdentity)
		}
	}
	return from, found
}

// refresh reads what the state has, or what an import block takes into it.
func (tf *Terraform) refresh(
	server Server, address string, held *Instance, imports map[string]importBlock, with []Option,
) (*Instance, bool, Diagnostics) {
	tf.t.Helper()
	block, asked := imports[address]
	imported := asked && held == nil
	if imported {
		var found Diagnostics
		if held, found = tf.adopt(server, address, block); found.failed() {
			return nil, false, found
		}
	}
	if held == nil || slices.Contains(with, WithoutRefresh()) && !imported {
		return held, imported, nil
	}
	read, found := tf.read(server, address, held)
	if imported && read == nil && !found.failed() {
		found = append(found, Diagnostic{Address: address, Summary: "Cannot import non-existent remote object"})
	}
	return read, imported, found
}

// adopt asks the provider for what an import block names.
func (tf *Terraform) adopt(server Server, address string, block importBlock) (*Instance, Diagnostics) {
	tf.t.Helper()
	request := &tfprotov6.ImportResourceStateRequest{TypeName: typeOf(address), ID: block.id}
	if block.identity != nil {
		request.Identity = tf.identity(address, block.identity)
	}
	answer := call(tf, server.ImportResourceState, request)
	found := diagnosticsOf(address, answer.Diagnostics)
	if found.failed() {
		return nil, found
	}
	if len(answer.ImportedResources) != 1 {
		tf.t.Fatalf("an import gave %d resources", len(answer.ImportedResources))
	}
	one := answer.ImportedResources[0]
	return tf.instance(address, one.State, one.Private, one.Identity), found
}

// read asks the provider how a resource is now. It returns nil for one that is gone.
func (tf *Terraform) read(server Server, address string, held *Instance) (*Instance, Diagnostics) {
	tf.t.Helper()
	p, found := tf.load(server, address, held)
	if found.failed() {
		return nil, found
	}
	answer := call(tf, server.ReadResource, &tfprotov6.ReadResourceRequest{
		TypeName: typeOf(address), CurrentState: tf.encode(p.prior), Private: p.private, CurrentIdentity: p.identity,
	})
	found = append(found, diagnosticsOf(address, answer.Diagnostics)...)
	if found.failed() {
		return nil, found
	}
	read := tf.instance(address, answer.NewState, answer.Private, answer.NewIdentity)
	if read != nil {
		read.Tainted = held.Tainted
	}
	return read, found
}

func (tf *Terraform) readData(server Server, address string, config map[string]any) (*Instance, Diagnostics) {
	tf.t.Helper()
	block := value(config, tf.schema(address).ValueType())
	if !block.IsFullyKnown() {
		return nil, nil
	}
	request := &tfprotov6.ReadDataSourceRequest{TypeName: typeOf(address), Config: tf.encode(block)}
	answer := call(tf, server.ReadDataSource, request)
	found := diagnosticsOf(address, answer.Diagnostics)
	if found.failed() {
		return nil, found
	}
	return tf.instance(address, answer.State, nil, nil), found
}

// load reads an instance of the state in the provider's present schema. There is nothing to load of none.
func (tf *Terraform) load(server Server, address string, held *Instance) (proposal, Diagnostics) {
	tf.t.Helper()
	schema := tf.schema(address)
	if held == nil {
		return proposal{prior: tftypes.NewValue(schema.ValueType(), nil)}, nil
	}
	upgraded := call(tf, server.UpgradeResourceState, &tfprotov6.UpgradeResourceStateRequest{
		TypeName: typeOf(address), Version: schema.Version, RawState: &tfprotov6.RawState{JSON: held.JSON},
	})
	p := proposal{prior: tf.decode(upgraded.UpgradedState, schema.ValueType()), private: held.Private}
	if held.IdentityJSON != nil {
		p.identity = tf.identity(address, held.Identity())
	}
	return p, diagnosticsOf(address, upgraded.Diagnostics)
}

func (tf *Terraform) identity(address string, of map[string]any) *tfprotov6.ResourceIdentityData {
	tf.t.Helper()
	identity := value(of, tf.identities[typeOf(address)].ValueType())
	return &tfprotov6.ResourceIdentityData{IdentityData: tf.encode(identity)}
}

// instance is what the state keeps of a provider's answer, nil for a null one.
func (tf *Terraform) instance(
	address string, state *tfprotov6.DynamicValue, private []byte, identity *tfprotov6.ResourceIdentityData,
) *Instance {
	tf.t.Helper()
	text := encoded(tf.decode(state, tf.schema(address).ValueType()))
	if text == nil {
		return nil
	}
	made := &Instance{Type: typeOf(address), JSON: text, Private: private}
	if identity != nil {
		made.IdentityJSON = encoded(tf.decode(identity.IdentityData, tf.identities[typeOf(address)].ValueType()))
	}
	return made
}

// plan decides on the action for one resource.
func (tf *Terraform) plan(
	server Server, address string, held *Instance, block map[string]any, with []Option,
) (*Change, Diagnostics) {
	tf.t.Helper()
	p, found := tf.load(server, address, held)
	if found.failed() {
		return nil, found
	}
	state, null := p.prior, tftypes.NewValue(p.prior.Type(), nil)
	if block == nil || slices.Contains(with, Destroying()) {
		if held == nil {
			return nil, found
		}
		p.config = null
		change, problems := tf.propose(server, address, p)
		if change != nil {
			change.Action = Delete
		}
		return change, append(found, problems...)
	}
	p.config = value(block, state.Type())
	again := held != nil && held.Tainted
	if again {
		p = proposal{prior: null, config: p.config}
	}
	change, problems := tf.propose(server, address, p)
	if change == nil {
		return nil, append(found, problems...)
	}
	if change.Action == Replace || held != nil && slices.Contains(with, Replacing(address)) {
		again = true // it is planned once more, as a creation
		p = proposal{prior: null, config: p.config, private: change.private}
		var more Diagnostics
		change, more = tf.propose(server, address, p)
		if more.failed() { // its warnings were those of the first plan, so Terraform drops them
			problems = append(problems, more...)
		}
		if change == nil {
			return nil, append(found, problems...)
		}
	}
	if again {
		change.Action, change.Before = Replace, object(state)
	}
	return change, append(found, problems...)
}

// proposal is what a provider is asked to plan.
type proposal struct {
	prior, config tftypes.Value
	identity      *tfprotov6.ResourceIdentityData
	private       []byte
}

// propose asks the provider for a plan, and holds the answer against what it may be. It returns no change where that
// failed.
func (tf *Terraform) propose(server Server, address string, p proposal) (*Change, Diagnostics) {
	tf.t.Helper()
	schema := tf.schema(address)
	answer := call(tf, server.PlanResourceChange, &tfprotov6.PlanResourceChangeRequest{
		TypeName:         typeOf(address),
		PriorState:       tf.encode(p.prior),
		ProposedNewState: tf.encode(proposedNew(p.prior, p.config, schema.Block)),
		Config:           tf.encode(p.config),
		PriorPrivate:     p.private, PriorIdentity: p.identity,
	})
	found := diagnosticsOf(address, answer.Diagnostics)
	if found.failed() {
		return nil, found
	}
	planned := tf.decode(answer.PlannedState, schema.ValueType())
	change := &Change{
		Action: Update, Before: object(p.prior), After: object(planned),
		config: p.config, planned: planned, identity: answer.PlannedIdentity, private: answer.PlannedPrivate,
	}
	found = append(found, checkPlanned(address, p, planned, schema.Block)...)
	switch {
	case change.Before == nil:
		change.Action = Create
	case reflect.DeepEqual(change.Before, change.After):
		change.Action = NoOp
	case slices.ContainsFunc(answer.RequiresReplace, change.touches):
		change.Action = Replace
	}
	return change, found
}

// touches says whether the change alters what is at a path.
func (c *Change) touches(path *tftypes.AttributePath) bool {
	name, _ := path.Steps()[0].(tftypes.AttributeName)
	return !reflect.DeepEqual(c.Before[string(name)], c.After[string(name)])
}

// proposedNew is the configuration, and what was before for computed attributes that it leaves out.
func proposedNew(prior, config tftypes.Value, block *tfprotov6.SchemaBlock) tftypes.Value {
	if config.IsNull() {
		return config
	}
	had, members := members(prior), members(config)
	for _, attribute := range block.Attributes {
		if attribute.Computed && members[attribute.Name].IsNull() && had != nil {
			members[attribute.Name] = had[attribute.Name]
		}
	}
	return tftypes.NewValue(config.Type(), members)
}

func members(of tftypes.Value) map[string]tftypes.Value {
	if of.IsNull() {
		return nil
	}
	var made map[string]tftypes.Value
	must(of.As(&made))
	return maps.Clone(made) // As gives away the value's own
}

// checkPlanned finds what Terraform would refuse in a plan:
// https://github.com/hashicorp/terraform/blob/main/internal/plans/objchange/plan_valid.go.
func checkPlanned(address string, p proposal, planned tftypes.Value, block *tfprotov6.SchemaBlock) Diagnostics {
	if planned.IsNull() != p.config.IsNull() {
		return Diagnostics{bug(address, "the plan is null: %v, the configuration: %v", planned.IsNull(), p.config.IsNull())}
	}
	prior, config, plan := object(p.prior), object(p.config), object(planned)
	var found Diagnostics
	for _, attribute := range block.Attributes {
		name := attribute.Name
		switch {
		case config == nil, config[name] == Unknown, reflect.DeepEqual(plan[name], config[name]):
		case attribute.Computed && config[name] == nil:
		case prior != nil && config[name] != nil && reflect.DeepEqual(plan[name], prior[name]):
			// The provider takes the two for the same.
		default:
			const format = "%s is planned to be %v, and configured to be %v"
			found = append(found, bug(address, format, name, plan[name], config[name]))
		}
	}
	return found
}

// Summary is the line that Terraform ends a plan with.
func (p *Plan) Summary() string {
	count := map[Action]int{}
	imported, moved := 0, 0
	for _, change := range p.Changes {
		count[change.Action]++
		if change.Imported {
			imported++
		}
		if change.MovedFrom != "" {
			moved++
		}
	}
	if imported+moved+len(p.Changes)-count[NoOp] == 0 {
		return "No changes."
	}
	text := fmt.Sprintf("%d to add, %d to change, %d to destroy.",
		count[Create]+count[Replace], count[Update], count[Delete]+count[Replace])
	if imported > 0 {
		text = fmt.Sprintf("%d to import, ", imported) + text
	}
	return "Plan: " + text
}

// Data are the attributes of a data source that was read, nil where it was not.
func (p *Plan) Data(address string) map[string]any {
	if read := p.Refreshed["data."+address]; read != nil {
		return read.Attributes()
	}
	return nil
}

package protocol

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
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

	planned resource
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
func (tf *Terraform) Validate(config string) Diagnostics { return tf.validate(tf.parse(config)) }

func (tf *Terraform) validate(c configuration) Diagnostics {
	server := tf.start()
	var found Diagnostics
	for _, address := range slices.Sorted(maps.Keys(c.blocks)) {
		v := tf.visit(server, c, address, nil)
		if config := encode(v.config); isData(address) {
			request := &tfprotov6.ValidateDataResourceConfigRequest{TypeName: v.typeName, Config: config}
			ask(v, server.ValidateDataResourceConfig, request)
		} else {
			request := &tfprotov6.ValidateResourceConfigRequest{TypeName: v.typeName, Config: config}
			ask(v, server.ValidateResourceConfig, request)
		}
		found = append(found, v.Diagnostics...)
	}
	return found
}

// Plan makes a plan and leaves the state as it is.
func (tf *Terraform) Plan(config string, with ...Option) *Plan {
	p := &Plan{Changes: map[string]*Change{}, Refreshed: tf.resources(), tf: tf, config: tf.parse(config)}
	moved := p.move()
	p.Diagnostics = append(p.Diagnostics, tf.validate(p.config)...)
	if p.failed() {
		return p
	}
	addresses := slices.AppendSeq(slices.Collect(maps.Keys(p.config.blocks)), maps.Keys(p.Refreshed))
	slices.Sort(addresses)
	visits, found := tf.walk(p.config, p.Refreshed, slices.Compact(addresses), func(v *visit) {
		if isData(v.address) {
			v.readData()
			return
		}
		imported := v.refresh(p.config.imports, with)
		if v.failed() {
			return
		}
		if slices.Contains(with, Destroying()) {
			v.config = cty.NullVal(v.kind)
		}
		v.plan(slices.Contains(with, Replacing(v.address)))
		if v.change != nil {
			v.change.Imported, v.change.MovedFrom = imported, moved[v.address]
		}
	})
	for _, v := range visits {
		if v.change != nil {
			p.Changes[v.address] = v.change
		}
	}
	p.Diagnostics = append(p.Diagnostics, found...)
	return p
}

// resources is the state without data sources, which every plan reads anew.
func (tf *Terraform) resources() map[string]*Instance {
	held := maps.Clone(tf.State)
	maps.DeleteFunc(held, func(address string, _ *Instance) bool { return isData(address) })
	return held
}

// move lets moved blocks have their effect, before the provider is configured. It returns where each moved instance
// was.
func (p *Plan) move() map[string]string {
	moved := map[string]string{}
	for to, from := range p.config.moves {
		held := p.Refreshed[from]
		if held == nil || p.Refreshed[to] != nil {
			continue
		}
		moved[to] = from
		delete(p.Refreshed, from)
		v := p.tf.visit(p.tf.start(), p.config, to, held)
		if held.Type != v.typeName || held.Provider != "" {
			v.move()
		}
		p.Refreshed[to] = v.held
		p.Diagnostics = append(p.Diagnostics, v.Diagnostics...)
	}
	return moved
}

// move makes the resource out of one of another type or provider.
func (v *visit) move() {
	request := &tfprotov6.MoveResourceStateRequest{
		SourceProviderAddress: v.held.Provider, SourceTypeName: v.held.Type, TargetTypeName: v.typeName,
		SourceState: &tfprotov6.RawState{JSON: v.held.JSON}, SourcePrivate: v.held.Private,
	}
	if v.held.IdentityJSON != nil {
		request.SourceIdentity = &tfprotov6.RawState{JSON: v.held.IdentityJSON}
	}
	answer := ask(v, v.server.MoveResourceState, request)
	v.current = v.resource(answer.TargetState, answer.TargetPrivate, answer.TargetIdentity)
	v.held = v.instance()
}

// refresh reads what the state has, or what an import block takes into it, and says whether one does.
func (v *visit) refresh(imports map[string]importBlock, with []Option) (imported bool) {
	block, asked := imports[v.address]
	imported = asked && v.current.value.IsNull()
	if imported {
		v.adopt(block)
	}
	if v.current.value.IsNull() || slices.Contains(with, WithoutRefresh()) && !imported {
		return imported
	}
	v.read()
	if imported && v.current.value.IsNull() && !v.failed() {
		v.fail("Cannot import non-existent remote object", "")
	}
	if imported && v.failed() {
		v.current = resource{value: cty.NullVal(v.kind)}
	}
	return imported
}

// adopt asks the provider for what an import block names.
func (v *visit) adopt(block importBlock) {
	request := &tfprotov6.ImportResourceStateRequest{TypeName: v.typeName, ID: block.id}
	if !block.identity.IsNull() {
		request.Identity = &tfprotov6.ResourceIdentityData{IdentityData: encode(block.identity)}
	}
	answer := ask(v, v.server.ImportResourceState, request)
	if v.failed() {
		return
	}
	if len(answer.ImportedResources) != 1 {
		v.t.Fatalf("an import gave %d resources", len(answer.ImportedResources))
	}
	one := answer.ImportedResources[0]
	v.current = v.resource(one.State, one.Private, one.Identity)
}

// read asks the provider how a resource is now.
func (v *visit) read() {
	answer := ask(v, v.server.ReadResource, &tfprotov6.ReadResourceRequest{
		TypeName: v.typeName, CurrentState: encode(v.current.value), Private: v.current.private,
		CurrentIdentity: v.current.identity,
	})
	if !v.failed() {
		v.current = v.resource(answer.NewState, answer.Private, answer.NewIdentity)
	}
}

func (v *visit) readData() {
	if !v.config.IsWhollyKnown() {
		return
	}
	request := &tfprotov6.ReadDataSourceRequest{TypeName: v.typeName, Config: encode(v.config)}
	if answer := ask(v, v.server.ReadDataSource, request); !v.failed() {
		v.current = v.resource(answer.State, nil, nil)
	}
}

// load reads what the state has in the provider's present schema.
func (v *visit) load() {
	if v.held == nil {
		return
	}
	answer := ask(v, v.server.UpgradeResourceState, &tfprotov6.UpgradeResourceStateRequest{
		TypeName: v.typeName, Version: v.version, RawState: &tfprotov6.RawState{JSON: v.held.JSON},
	})
	v.current, v.tainted = v.resource(answer.UpgradedState, v.held.Private, nil), v.held.Tainted
	if v.held.IdentityJSON != nil {
		identity, err := ctyjson.Unmarshal(v.held.IdentityJSON, v.identity)
		must(err)
		v.current.identity = &tfprotov6.ResourceIdentityData{IdentityData: encode(identity)}
	}
}

// resource reads a provider's answer. There is nothing more to a resource that is gone.
func (v *visit) resource(
	state *tfprotov6.DynamicValue, private []byte, identity *tfprotov6.ResourceIdentityData,
) resource {
	value := decode(state, v.kind)
	if value.IsNull() {
		return resource{value: value}
	}
	return resource{value, private, identity}
}

// instance is what the state keeps of the current resource, nil for a null one.
func (v *visit) instance() *Instance {
	if v.current.value.IsNull() {
		return nil
	}
	made := &Instance{
		Type: v.typeName, JSON: toJSON(v.current.value), Private: v.current.private, Tainted: v.tainted,
	}
	if v.current.identity != nil {
		made.IdentityJSON = toJSON(decode(v.current.identity.IdentityData, v.identity))
	}
	return made
}

// plan decides on the action for one resource.
func (v *visit) plan(replacing bool) {
	creates, deletes := v.current.value.IsNull(), v.config.IsNull()
	if creates && deletes {
		return
	}
	if creates || deletes {
		v.propose(v.current)
		return
	}
	asNew := resource{value: cty.NullVal(v.kind)}
	if v.tainted {
		v.propose(asNew)
	} else if v.propose(v.current); v.change != nil && (v.change.Action == Replace || replacing) {
		reported := v.Diagnostics
		asNew.private = v.change.planned.private
		v.propose(asNew)
		if !v.failed() { // its warnings were those of the first plan, so Terraform drops them
			v.Diagnostics = reported
		}
	}
	if v.change != nil && v.change.Action == Create {
		v.change.Action, v.change.Before = Replace, object(v.current.value)
	}
}

// propose asks the provider for a change, and holds the answer against what it may be. There is none where that
// failed.
func (v *visit) propose(prior resource) {
	v.change = nil
	answer := ask(v, v.server.PlanResourceChange, &tfprotov6.PlanResourceChangeRequest{
		TypeName: v.typeName, PriorState: encode(prior.value), Config: encode(v.config),
		ProposedNewState: encode(v.proposedNew(prior.value)), PriorPrivate: prior.private, PriorIdentity: prior.identity,
	})
	if v.failed() {
		return
	}
	planned := v.resource(answer.PlannedState, answer.PlannedPrivate, answer.PlannedIdentity)
	v.change = &Change{Action: Update, Before: object(prior.value), After: object(planned.value), planned: planned}
	v.checkPlanned()
	switch {
	case v.config.IsNull():
		v.change.Action = Delete
	case prior.value.IsNull():
		v.change.Action = Create
	case reflect.DeepEqual(v.change.Before, v.change.After):
		v.change.Action = NoOp
	case slices.ContainsFunc(answer.RequiresReplace, v.change.touches):
		v.change.Action = Replace
	}
}

// touches says whether the change alters what is at a path.
func (c *Change) touches(path *tftypes.AttributePath) bool {
	name, _ := path.Steps()[0].(tftypes.AttributeName)
	return !reflect.DeepEqual(c.Before[string(name)], c.After[string(name)])
}

// proposedNew is the configuration, and what was before for computed attributes that it leaves out.
func (v *visit) proposedNew(prior cty.Value) cty.Value {
	if v.config.IsNull() || prior.IsNull() {
		return v.config
	}
	members := v.config.AsValueMap()
	for _, a := range v.attributes {
		if a.Computed && members[a.Name].IsNull() {
			members[a.Name] = prior.GetAttr(a.Name)
		}
	}
	return cty.ObjectVal(members)
}

// checkPlanned finds what Terraform would refuse in a plan:
// https://github.com/hashicorp/terraform/blob/main/internal/plans/objchange/plan_valid.go.
func (v *visit) checkPlanned() {
	config, prior, planned := object(v.config), v.change.Before, v.change.After
	if (planned == nil) != (config == nil) {
		v.bug("the plan is null: %v, the configuration: %v", planned == nil, config == nil)
		return
	}
	for _, a := range v.attributes {
		plan, configured := planned[a.Name], config[a.Name]
		switch {
		case config == nil, configured == Unknown, reflect.DeepEqual(plan, configured):
		case a.Computed && configured == nil:
		case prior != nil && configured != nil && reflect.DeepEqual(plan, prior[a.Name]):
			// The provider takes the two for the same.
		default:
			v.bug("%s is planned to be %v, and configured to be %v", a.Name, plan, configured)
		}
	}
}

// Summary is the line that Terraform ends a plan with.
func (p *Plan) Summary() string {
	count := map[Action]int{}
	imports, unchanged := 0, true
	for _, change := range p.Changes {
		count[change.Action]++
		if change.Imported {
			imports++
		}
		unchanged = unchanged && change.Action == NoOp && !change.Imported && change.MovedFrom == ""
	}
	if unchanged {
		return "No changes."
	}
	imported := ""
	if imports > 0 {
		imported = fmt.Sprintf("%d to import, ", imports)
	}
	return fmt.Sprintf("Plan: %s%d to add, %d to change, %d to destroy.",
		imported, count[Create]+count[Replace], count[Update], count[Delete]+count[Replace])
}

// Data are the attributes of a data source that was read, nil where it was not.
func (p *Plan) Data(address string) map[string]any { return p.Refreshed["data."+address].Attributes() }

// Package protocol drives a provider through Terraform's plugin protocol as Terraform itself does, without Terraform:
// in the test's own process, so that a breakpoint hits and coverage counts, and inside a synctest bubble, so that
// retries, polls and half-hour timeouts take no time.
//
// Configurations are HCL, of resources, data sources, and import and moved blocks, without references. What a plan
// and an apply do around the provider's calls follows Terraform's documentation of resource instance change
// (https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md): each walk has a
// provider process of its own, an apply plans once more, a failed creation is tainted, and what a provider answers is
// held against what it may.
package protocol

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"golang.org/x/sync/errgroup"
)

// Server is a provider's server: all that Terraform calls.
type Server interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
}

// T is the part of a test that is needed. Besides *testing.T, those of libraries for random tests have it.
type T interface {
	Context() context.Context
	Error(...any)
	Fatal(...any)
	Fatalf(string, ...any)
}

// Terraform stands in for Terraform with one provider and a state.
type Terraform struct {
	// State is what Terraform keeps from one run to the next, by address ("sentinel_aad_connector.entra").
	State map[string]*Instance

	t         T
	start     func() Server
	provider  *schema
	schemas   map[string]*schema // by type, with "data." or "list." before those that are no resources
	functions map[string]*tfprotov6.Function
	running   atomic.Pointer[Server]
}

// Instance is one resource in the state.
type Instance struct {
	// Type is the resource's, and Provider the address of its provider where that is another one.
	Type, Provider string
	// JSON holds the attributes as a state file does.
	JSON json.RawMessage
	// Private is what the provider keeps beside them.
	Private []byte
	// IdentityJSON holds the identity, if there is one.
	IdentityJSON json.RawMessage
	// Tainted says that the next plan replaces it.
	Tainted bool
}

// Attributes decodes the attributes, nil where there is no instance.
func (i *Instance) Attributes() map[string]any {
	if i == nil {
		return nil
	}
	return plainJSON(i.JSON)
}

// Identity decodes the identity.
func (i *Instance) Identity() map[string]any { return plainJSON(i.IdentityJSON) }

// New makes a Terraform with an empty state. start makes the provider's server, as each walk starts a provider
// process of its own.
func New(t T, start func() Server) *Terraform {
	tf := &Terraform{State: map[string]*Instance{}, t: t, start: start, schemas: map[string]*schema{}}
	v := &visit{Terraform: tf, server: start(), address: "provider"}
	answer := ask(v, v.server.GetProviderSchema, &tfprotov6.GetProviderSchemaRequest{})
	identities := ask(v, v.server.GetResourceIdentitySchemas, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if len(v.Diagnostics) > 0 {
		t.Fatalf("the schemas: %s", v.Diagnostics)
	}
	tf.functions, tf.provider = answer.Functions, newSchema("provider", answer.Provider)
	for prefix, schemas := range map[string]map[string]*tfprotov6.Schema{
		"": answer.ResourceSchemas, "data.": answer.DataSourceSchemas, "list.": answer.ListResourceSchemas,
	} {
		for name, s := range schemas {
			tf.schemas[prefix+name] = newSchema(name, s)
		}
	}
	for name, s := range identities.IdentitySchemas {
		tf.schemas[name].identity = kindOf(s.ValueType())
	}
	return tf
}

// Attributes are those of an instance in the state, nil where there is none.
func (tf *Terraform) Attributes(address string) map[string]any { return tf.State[address].Attributes() }

// Stop tells the provider of the walk that is under way to stop, as Ctrl-C does.
func (tf *Terraform) Stop() {
	if server := tf.running.Load(); server != nil {
		if _, err := (*server).StopProvider(context.Background(), &tfprotov6.StopProviderRequest{}); err != nil {
			tf.t.Error(err)
		}
	}
}

// configured starts a provider.
func (tf *Terraform) configured(c configuration) (Server, Diagnostics) {
	v := &visit{Terraform: tf, server: tf.start(), address: "provider"}
	config := encode(c.provider)
	ask(v, v.server.ValidateProviderConfig, &tfprotov6.ValidateProviderConfigRequest{Config: config})
	if !v.failed() {
		ask(v, v.server.ConfigureProvider, &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.14.0", Config: config})
	}
	return v.server, v.Diagnostics
}

// call calls the provider. An error of the call itself, which is no diagnostic, ends the test.
func call[Request, Answer any](
	tf *Terraform, method func(context.Context, Request) (Answer, error), request Request,
) Answer {
	answer, err := method(tf.t.Context(), request)
	if err != nil {
		tf.t.Fatal(err)
	}
	return answer
}

// parallelism is how many resources Terraform walks at a time.
const parallelism = 10

// visit is what a walk does about one resource or data source.
type visit struct {
	*Terraform
	*schema
	server  Server
	address string
	held    *Instance // what the state has of it before the visit and after, nil for nothing
	config  cty.Value // null where it is not configured
	current resource  // null where there is none
	tainted bool
	change  *Change // what is planned for it
	Diagnostics
}

// resource is a resource, or a data source, as a provider knows it.
type resource struct {
	value    cty.Value
	private  []byte
	identity *tfprotov6.ResourceIdentityData
}

func (tf *Terraform) visit(server Server, c configuration, address string, held *Instance) *visit {
	v := &visit{Terraform: tf, schema: tf.schema(address), server: server, address: address, held: held}
	v.config, v.current.value = cty.NullVal(v.kind), cty.NullVal(v.kind)
	if block, configured := c.blocks[address]; configured {
		v.config = block
	}
	return v
}

// ask calls the provider, and adds the diagnostics of its answer to those of the visit.
func ask[Request, Answer any](
	v *visit, method func(context.Context, Request) (*Answer, error), request Request,
) *Answer {
	answer := call(v.Terraform, method, request)
	diagnostics := reflect.ValueOf(answer).Elem().FieldByName("Diagnostics") // which every answer has
	v.Diagnostics = append(v.Diagnostics, diagnosticsOf(v.address, diagnostics.Interface().([]*tfprotov6.Diagnostic))...)
	return answer
}

// fail adds what Terraform itself says.
func (v *visit) fail(summary, detail string) {
	v.Diagnostics = append(v.Diagnostics, Diagnostic{Address: v.address, Summary: summary, Detail: detail})
}

// bug adds what Terraform says of a provider that does what it must not.
func (v *visit) bug(format string, values ...any) {
	v.fail("Provider produced inconsistent result", fmt.Sprintf(format, values...))
}

// walk configures a provider and visits each address, side by side. The state gets what the visits leave.
func (tf *Terraform) walk(
	c configuration, state map[string]*Instance, addresses []string, do func(*visit),
) ([]*visit, Diagnostics) {
	if len(addresses) == 0 {
		return nil, nil
	}
	server, found := tf.configured(c)
	if found.failed() {
		return nil, found
	}
	tf.running.Store(&server)
	defer tf.running.Store(nil)

	var all []*visit
	var visits errgroup.Group
	visits.SetLimit(parallelism)
	for _, address := range addresses {
		v := tf.visit(server, c, address, state[address])
		all = append(all, v)
		visits.Go(func() error {
			if v.load(); !v.failed() {
				do(v)
				v.held = v.instance()
			}
			return nil
		})
	}
	_ = visits.Wait() // which has no errors
	for _, v := range all {
		found = append(found, v.Diagnostics...)
		delete(state, v.address)
		if v.held != nil {
			state[v.address] = v.held
		}
	}
	return all, found
}

// Refresh reads every resource of the state and keeps what it finds, as "terraform apply -refresh-only" does.
func (tf *Terraform) Refresh(config string) Diagnostics {
	_, found := tf.walk(tf.parse(config), tf.State, slices.Sorted(maps.Keys(tf.resources())), (*visit).read)
	return found
}

// Call calls a function of the provider. Its error is the function's.
func (tf *Terraform) Call(function string, arguments ...any) (any, error) {
	definition := tf.functions[function]
	if definition == nil {
		tf.t.Fatalf("there is no function %s", function)
	}
	request := &tfprotov6.CallFunctionRequest{Name: function}
	for i, argument := range arguments {
		text, err := json.Marshal(argument)
		must(err)
		value, err := ctyjson.Unmarshal(text, kindOf(definition.Parameters[i].Type))
		must(err)
		request.Arguments = append(request.Arguments, encode(value))
	}
	called := call(tf, tf.start().CallFunction, request)
	if called.Error != nil {
		return nil, errors.New(called.Error.Text)
	}
	return plain(decode(called.Result, kindOf(definition.Return.Type))), nil
}

// Listed is a result of a list resource.
type Listed struct {
	DisplayName        string
	Identity, Resource map[string]any
	Diagnostics        Diagnostics
}

// List runs the list resource of a type as "terraform query" does. settings are the lines of its config block; limit
// 0 means none.
func (tf *Terraform) List(config, typeName, settings string, limit int64) []Listed {
	v := &visit{Terraform: tf, schema: tf.schemas[typeName], address: typeName}
	v.server, v.Diagnostics = tf.configured(tf.parse(config))
	block := encode(tf.evaluate(tf.body(settings), tf.schemas["list."+typeName]))
	if !v.failed() {
		request := &tfprotov6.ValidateListResourceConfigRequest{TypeName: typeName, Config: block}
		ask(v, v.server.ValidateListResourceConfig, request)
	}
	if v.failed() {
		return []Listed{{Diagnostics: v.Diagnostics}}
	}
	stream := call(tf, v.server.ListResource, &tfprotov6.ListResourceRequest{
		TypeName: typeName, Config: block, IncludeResource: true, Limit: limit,
	})
	var all []Listed
	for result := range stream.Results {
		one := Listed{DisplayName: result.DisplayName, Diagnostics: diagnosticsOf(typeName, result.Diagnostics)}
		if result.Identity != nil {
			one.Identity = object(decode(result.Identity.IdentityData, v.identity))
		}
		one.Resource = object(decode(result.Resource, v.kind))
		all = append(all, one)
	}
	return all
}

func isData(address string) bool { return strings.HasPrefix(address, "data.") }

// schema is the one of what is at an address.
func (tf *Terraform) schema(address string) *schema {
	found := tf.schemas[address[:strings.LastIndex(address, ".")]]
	if found == nil {
		tf.t.Fatalf("%s: the provider has no such type", address)
	}
	return found
}

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
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Server is a provider's server: all that Terraform calls.
type Server interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
}

// T is the part of a test that is needed. Besides *testing.T, those of libraries for random tests have it.
type T interface {
	Helper()
	Context() context.Context
	Error(...any)
	Fatal(...any)
	Fatalf(string, ...any)
}

// Terraform stands in for Terraform with one provider and a state.
type Terraform struct {
	// State is what Terraform keeps from one run to the next, by address ("sentinel_aad_connector.entra").
	State map[string]*Instance

	t     T
	start func() Server

	schemas    *tfprotov6.GetProviderSchemaResponse
	identities map[string]*tfprotov6.ResourceIdentitySchema

	mu      sync.Mutex
	running []Server
}

// New makes a Terraform with an empty state. start makes the provider's server, as each walk starts a provider
// process of its own.
func New(t T, start func() Server) *Terraform {
	t.Helper()
	tf := &Terraform{State: map[string]*Instance{}, t: t, start: start}
	server := start()
	schemas := call(tf, server.GetProviderSchema, &tfprotov6.GetProviderSchemaRequest{})
	identities := call(tf, server.GetResourceIdentitySchemas, &tfprotov6.GetResourceIdentitySchemasRequest{})
	for _, d := range append(schemas.Diagnostics, identities.Diagnostics...) {
		t.Fatalf("the schemas: %s: %s", d.Summary, d.Detail)
	}
	tf.schemas, tf.identities = schemas, identities.IdentitySchemas
	return tf
}

// Instance is one resource in the state.
type Instance struct {
	// Type is the resource's, and Provider the address of its provider where that is another one.
	Type, Provider string
	// JSON holds the attributes as a state file does.
	JSON []byte
	// Private is what the provider keeps beside them.
	Private []byte
	// IdentityJSON holds the identity, if there is one.
	IdentityJSON []byte
	// Tainted says that the next plan replaces it.
	Tainted bool
}

// Attributes decodes the attributes.
func (i *Instance) Attributes() map[string]any { return decoded(i.JSON) }

// Identity decodes the identity.
func (i *Instance) Identity() map[string]any { return decoded(i.IdentityJSON) }

// Attributes are those of an instance in the state, nil where there is none.
func (tf *Terraform) Attributes(address string) map[string]any {
	if instance := tf.State[address]; instance != nil {
		return instance.Attributes()
	}
	return nil
}

// Stop tells the providers of the walk that is under way to stop, as Ctrl-C does.
func (tf *Terraform) Stop() {
	tf.mu.Lock()
	defer tf.mu.Unlock()
	for _, server := range tf.running {
		if _, err := server.StopProvider(context.Background(), &tfprotov6.StopProviderRequest{}); err != nil {
			tf.t.Error(err)
		}
	}
}

// configured starts a provider.
func (tf *Terraform) configured(c configuration) (Server, Diagnostics) {
	tf.t.Helper()
	server := tf.start()
	config := tf.dynamic(c.provider, tf.schemas.Provider)
	validated := call(tf, server.ValidateProviderConfig, &tfprotov6.ValidateProviderConfigRequest{Config: config})
	found := diagnosticsOf("provider", validated.Diagnostics)
	if found.failed() {
		return server, found
	}
	request := &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.14.0", Config: config}
	configured := call(tf, server.ConfigureProvider, request)
	return server, append(found, diagnosticsOf("provider", configured.Diagnostics)...)
}

// call calls the provider. An error of the call itself, which is no diagnostic, ends the test.
func call[Request, Answer any](
	tf *Terraform, method func(context.Context, Request) (Answer, error), request Request,
) Answer {
	tf.t.Helper()
	answer, err := method(tf.t.Context(), request)
	if err != nil {
		tf.t.Fatal(err)
	}
	return answer
}

// parallelism is how many resources Terraform walks at a time.
const parallelism = 10

// walk configures a provider and calls visit for each address, side by side, until the last has ended.
func walk[Result any](
	tf *Terraform, c configuration, addresses []string, visit func(Server, string) (Result, Diagnostics),
) (map[string]Result, Diagnostics) {
	tf.t.Helper()
	if len(addresses) == 0 {
		return nil, nil
	}
	server, found := tf.configured(c)
	if found.failed() {
		return nil, found
	}
	tf.mu.Lock()
	tf.running = append(tf.running, server)
	tf.mu.Unlock()
	defer func() {
		tf.mu.Lock()
		defer tf.mu.Unlock()
		tf.running = slices.DeleteFunc(tf.running, func(s Server) bool { return s == server })
	}()

	var visits sync.WaitGroup
	var mu sync.Mutex
	places := make(chan struct{}, parallelism)
	results, byAddress := map[string]Result{}, map[string]Diagnostics{}
	for _, address := range addresses {
		places <- struct{}{}
		visits.Go(func() {
			defer func() { <-places }()
			result, made := visit(server, address)
			mu.Lock()
			defer mu.Unlock()
			results[address], byAddress[address] = result, made
		})
	}
	visits.Wait()
	for _, address := range addresses {
		found = append(found, byAddress[address]...)
	}
	return results, found
}

// keep puts what there is of a resource into a state, and removes what is nil.
func keep(state map[string]*Instance, address string, instance *Instance) {
	delete(state, address)
	if instance != nil {
		state[address] = instance
	}
}

// Refresh reads every resource of the state and keeps what it finds, as "terraform apply -refresh-only" does.
func (tf *Terraform) Refresh(config string) Diagnostics {
	tf.t.Helper()
	addresses := slices.Sorted(maps.Keys(tf.resources()))
	read, found := walk(tf, tf.parse(config), addresses, func(server Server, address string) (*Instance, Diagnostics) {
		read, found := tf.read(server, address, tf.State[address])
		if found.failed() {
			read = tf.State[address]
		}
		return read, found
	})
	for address, instance := range read {
		keep(tf.State, address, instance)
	}
	return found
}

// Call calls a function of the provider. Its error is the function's.
func (tf *Terraform) Call(function string, arguments ...any) (any, error) {
	tf.t.Helper()
	definition := tf.schemas.Functions[function]
	if definition == nil {
		tf.t.Fatalf("there is no function %s", function)
	}
	var values []*tfprotov6.DynamicValue
	for i, argument := range arguments {
		values = append(values, tf.encode(value(argument, definition.Parameters[i].Type)))
	}
	request := &tfprotov6.CallFunctionRequest{Name: function, Arguments: values}
	called := call(tf, tf.start().CallFunction, request)
	if called.Error != nil {
		return nil, errors.New(called.Error.Text)
	}
	return plain(tf.decode(called.Result, definition.Return.Type)), nil
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
	tf.t.Helper()
	server, found := tf.configured(tf.parse(config))
	if found.failed() {
		return []Listed{{Diagnostics: found}}
	}
	block := tf.dynamic(tf.attributes(tf.syntax(settings)), tf.schemas.ListResourceSchemas[typeName])
	check := &tfprotov6.ValidateListResourceConfigRequest{TypeName: typeName, Config: block}
	validated := call(tf, server.ValidateListResourceConfig, check)
	if found := diagnosticsOf(typeName, validated.Diagnostics); found.failed() {
		return []Listed{{Diagnostics: found}}
	}
	stream := call(tf, server.ListResource, &tfprotov6.ListResourceRequest{
		TypeName: typeName, Config: block, IncludeResource: true, Limit: limit,
	})
	var all []Listed
	for result := range stream.Results {
		one := Listed{DisplayName: result.DisplayName, Diagnostics: diagnosticsOf(typeName, result.Diagnostics)}
		if result.Identity != nil {
			one.Identity = object(tf.decode(result.Identity.IdentityData, tf.identities[typeName].ValueType()))
		}
		if result.Resource != nil {
			one.Resource = object(tf.decode(result.Resource, tf.schemas.ResourceSchemas[typeName].ValueType()))
		}
		all = append(all, one)
	}
	return all
}

func isData(address string) bool { return strings.HasPrefix(address, "data.") }

// typeOf is the type of a resource or data source.
func typeOf(address string) string {
	kind, _, _ := strings.Cut(strings.TrimPrefix(address, "data."), ".")
	return kind
}

// schema is the one of what is at an address.
func (tf *Terraform) schema(address string) *tfprotov6.Schema {
	tf.t.Helper()
	schema := tf.schemas.ResourceSchemas[typeOf(address)]
	if isData(address) {
		schema = tf.schemas.DataSourceSchemas[typeOf(address)]
	}
	if schema == nil {
		tf.t.Fatalf("%s: the provider has no such type", address)
	}
	return schema
}

func (tf *Terraform) decode(dynamic *tfprotov6.DynamicValue, kind tftypes.Type) tftypes.Value {
	tf.t.Helper()
	if dynamic == nil {
		return tftypes.NewValue(kind, nil)
	}
	decoded, err := dynamic.Unmarshal(kind)
	if err != nil {
		tf.t.Fatal(err)
	}
	return decoded
}

func (tf *Terraform) encode(value tftypes.Value) *tfprotov6.DynamicValue {
	tf.t.Helper()
	encoded, err := tfprotov6.NewDynamicValue(value.Type(), value)
	if err != nil {
		tf.t.Fatal(err)
	}
	return &encoded
}

package protocol

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"github.com/zclconf/go-cty/cty/msgpack"
)

// unknown stands for a value that only an apply will tell. In a configuration it is written as the variable "unknown".
type unknown struct{}

// MarshalText is how Terraform prints it.
func (unknown) MarshalText() ([]byte, error) { return []byte("(known after apply)"), nil }

// Unknown is what a plan's values have where only an apply will tell.
var Unknown any = unknown{}

// schema describes a resource, a data source, a list resource or the provider's own block.
type schema struct {
	typeName   string
	version    int64
	attributes []*tfprotov6.SchemaAttribute
	block      hcldec.ObjectSpec // how it is configured
	kind       cty.Type          // of its values
	identity   cty.Type          // of a resource's
}

func newSchema(typeName string, s *tfprotov6.Schema) *schema {
	block := specOf(s.Block)
	kind := hcldec.ImpliedType(block).WithoutOptionalAttributesDeep()
	return &schema{typeName: typeName, version: s.Version, attributes: s.Block.Attributes, block: block, kind: kind}
}

func specOf(block *tfprotov6.SchemaBlock) hcldec.ObjectSpec {
	spec := hcldec.ObjectSpec{}
	for _, a := range block.Attributes {
		spec[a.Name] = &hcldec.AttrSpec{Name: a.Name, Type: kindOf(a.ValueType())}
	}
	for _, b := range block.BlockTypes { // all of which are single ones
		spec[b.TypeName] = &hcldec.BlockSpec{TypeName: b.TypeName, Nested: specOf(b.Block)}
	}
	return spec
}

// kindOf converts a type. An object may lack attributes in a configuration.
func kindOf(of tftypes.Type) cty.Type {
	text, err := json.Marshal(of)
	must(err)
	kind, err := ctyjson.UnmarshalType(text)
	must(err)
	if !kind.IsObjectType() {
		return kind
	}
	attributes := kind.AttributeTypes()
	return cty.ObjectWithOptionalAttrs(attributes, slices.Collect(maps.Keys(attributes)))
}

func encode(value cty.Value) *tfprotov6.DynamicValue {
	text, err := msgpack.Marshal(value, value.Type())
	must(err)
	return &tfprotov6.DynamicValue{MsgPack: text}
}

// decode is the reverse of encode. Where there is nothing, the value is null.
func decode(dynamic *tfprotov6.DynamicValue, kind cty.Type) cty.Value {
	kind = kind.WithoutOptionalAttributesDeep()
	if dynamic == nil {
		return cty.NullVal(kind)
	}
	value, err := msgpack.Unmarshal(dynamic.MsgPack, kind)
	must(err)
	return value
}

// toJSON encodes a value as a state file does, nil for null. What is unknown becomes null.
func toJSON(value cty.Value) []byte {
	if value.IsNull() {
		return nil
	}
	text, err := ctyjson.Marshal(cty.UnknownAsNull(value), value.Type())
	must(err)
	return text
}

// plain converts a value to what JSON decodes to: nil, bool, string, a number, []any, map[string]any, or Unknown. Sets
// come out sorted, and whole numbers as int64.
func plain(of cty.Value) any {
	kind := of.Type()
	switch {
	case !of.IsKnown():
		return Unknown
	case of.IsNull():
		return nil
	case kind.IsObjectType() || kind.IsMapType():
		made := map[string]any{}
		for name, member := range of.AsValueMap() {
			made[name] = plain(member)
		}
		return made
	case of.CanIterateElements():
		made := []any{}
		for _, element := range of.AsValueSlice() {
			made = append(made, plain(element))
		}
		return made
	case kind == cty.Bool:
		return of.True()
	case kind == cty.String:
		return of.AsString()
	}
	if whole, accuracy := of.AsBigFloat().Int64(); accuracy == 0 {
		return whole
	}
	fraction, _ := of.AsBigFloat().Float64()
	return fraction
}

// object is plain for an object, nil for a null one.
func object(of cty.Value) map[string]any {
	made, _ := plain(of).(map[string]any)
	return made
}

// plainJSON reads the JSON of a state.
func plainJSON(text []byte) map[string]any {
	if text == nil {
		return nil
	}
	var value ctyjson.SimpleJSONValue
	must(json.Unmarshal(text, &value))
	return object(value.Value)
}

// must is for conversions that only a bug in this package can make fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

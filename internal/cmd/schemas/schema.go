package main

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// The shapes of Terraform's JSON, https://developer.hashicorp.com/terraform/cli/commands/providers/schema.
type (
	providerSchemas struct {
		Provider      schema              `json:"provider"`
		Resources     map[string]schema   `json:"resource_schemas"`
		DataSources   map[string]schema   `json:"data_source_schemas"`
		ListResources map[string]schema   `json:"list_resource_schemas"`
		Functions     map[string]function `json:"functions"`
		Identities    map[string]identity `json:"resource_identity_schemas"`
	}
	schema struct {
		Version int64 `json:"version"`
		Block   block `json:"block"`
	}
	block struct {
		Attributes      map[string]attribute   `json:"attributes,omitempty"`
		Blocks          map[string]nestedBlock `json:"block_types,omitempty"`
		Description     string                 `json:"description,omitempty"`
		DescriptionKind string                 `json:"description_kind"`
		Deprecated      bool                   `json:"deprecated,omitempty"`
	}
	nestedBlock struct {
		Nesting string `json:"nesting_mode"`
		Block   block  `json:"block"`
	}
	attribute struct {
		Type            tftypes.Type `json:"type,omitempty"`
		Nested          *nested      `json:"nested_type,omitempty"`
		Description     string       `json:"description,omitempty"`
		DescriptionKind string       `json:"description_kind"`
		Deprecated      bool         `json:"deprecated,omitempty"`
		Required        bool         `json:"required,omitempty"`
		Optional        bool         `json:"optional,omitempty"`
		Computed        bool         `json:"computed,omitempty"`
		Sensitive       bool         `json:"sensitive,omitempty"`
		WriteOnly       bool         `json:"write_only,omitempty"`
	}
	nested struct {
		Attributes map[string]attribute `json:"attributes"`
		Nesting    string               `json:"nesting_mode"`
	}
	function struct {
		Description string       `json:"description,omitempty"`
		Summary     string       `json:"summary,omitempty"`
		Return      tftypes.Type `json:"return_type"`
		Parameters  []parameter  `json:"parameters,omitempty"`
	}
	parameter struct {
		Name        string       `json:"name"`
		Description string       `json:"description,omitempty"`
		Nullable    bool         `json:"is_nullable,omitempty"`
		Type        tftypes.Type `json:"type"`
	}
	identity struct {
		Version    int64                        `json:"version"`
		Attributes map[string]identityAttribute `json:"attributes"`
	}
	identityAttribute struct {
		Type              tftypes.Type `json:"type"`
		Description       string       `json:"description,omitempty"`
		RequiredForImport bool         `json:"required_for_import,omitempty"`
		OptionalForImport bool         `json:"optional_for_import,omitempty"`
	}
)

// The names of the nestings that the protocol numbers.
var (
	attributeNestings = map[tfprotov6.SchemaObjectNestingMode]string{
		tfprotov6.SchemaObjectNestingModeSingle: "single", tfprotov6.SchemaObjectNestingModeList: "list",
		tfprotov6.SchemaObjectNestingModeSet: "set", tfprotov6.SchemaObjectNestingModeMap: "map",
	}
	blockNestings = map[tfprotov6.SchemaNestedBlockNestingMode]string{
		tfprotov6.SchemaNestedBlockNestingModeSingle: "single", tfprotov6.SchemaNestedBlockNestingModeList: "list",
		tfprotov6.SchemaNestedBlockNestingModeSet: "set", tfprotov6.SchemaNestedBlockNestingModeMap: "map",
		tfprotov6.SchemaNestedBlockNestingModeGroup: "group",
	}
)

func each[From, To any](from map[string]From, convert func(From) To) map[string]To {
	to := map[string]To{}
	for name, value := range from {
		to[name] = convert(value)
	}
	return to
}

func schemaOf(s *tfprotov6.Schema) schema { return schema{s.Version, blockOf(s.Block)} }

func blockOf(b *tfprotov6.SchemaBlock) block {
	converted := block{
		Attributes: attributesOf(b.Attributes), Blocks: map[string]nestedBlock{},
		Description: b.Description, DescriptionKind: kindOf(b.DescriptionKind), Deprecated: b.Deprecated,
	}
	for _, inner := range b.BlockTypes {
		converted.Blocks[inner.TypeName] = nestedBlock{blockNestings[inner.Nesting], blockOf(inner.Block)}
	}
	return converted
}

func attributesOf(attributes []*tfprotov6.SchemaAttribute) map[string]attribute {
	converted := map[string]attribute{}
	for _, a := range attributes {
		into := attribute{
			Type: a.Type, Description: a.Description, DescriptionKind: kindOf(a.DescriptionKind), Deprecated: a.Deprecated,
			Required: a.Required, Optional: a.Optional, Computed: a.Computed, Sensitive: a.Sensitive, WriteOnly: a.WriteOnly,
		}
		if a.NestedType != nil {
			into.Nested = &nested{attributesOf(a.NestedType.Attributes), attributeNestings[a.NestedType.Nesting]}
		}
		converted[a.Name] = into
	}
	return converted
}

func kindOf(kind tfprotov6.StringKind) string {
	if kind == tfprotov6.StringKindMarkdown {
		return "markdown"
	}
	return "plain"
}

func functionOf(f *tfprotov6.Function) function {
	converted := function{Description: f.Description, Summary: f.Summary, Return: f.Return.Type}
	for _, p := range f.Parameters {
		converted.Parameters = append(converted.Parameters, parameter{p.Name, p.Description, p.AllowNullValue, p.Type})
	}
	return converted
}

func identityOf(s *tfprotov6.ResourceIdentitySchema) identity {
	converted := identity{s.Version, map[string]identityAttribute{}}
	for _, a := range s.IdentityAttributes {
		converted.Attributes[a.Name] = identityAttribute{a.Type, a.Description, a.RequiredForImport, a.OptionalForImport}
	}
	return converted
}

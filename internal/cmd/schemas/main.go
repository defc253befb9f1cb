// Command schemas prints the provider's schemas as "terraform providers schema -json" does, for the documentation. The
// provider is asked itself, since an older Terraform leaves out what it does not know, such as list resources.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/provider"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/serve"
)

// name is the address under which the documentation's generator looks.
const name = "registry.terraform.io/hashicorp/sentinel"

func main() {
	schemas, err := read(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	document := tfjson.ProviderSchemas{FormatVersion: "1.0", Schemas: map[string]*tfjson.ProviderSchema{name: schemas}}
	if err := json.NewEncoder(os.Stdout).Encode(document); err != nil {
		log.Fatal(err)
	}
}

func read(ctx context.Context) (*tfjson.ProviderSchema, error) {
	server := serve.NewServer(provider.New("docs")())
	answer, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, err
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return nil, err
	}
	return &tfjson.ProviderSchema{
		ConfigSchema:            schemaOf(answer.Provider),
		ResourceSchemas:         each(answer.ResourceSchemas, schemaOf),
		DataSourceSchemas:       each(answer.DataSourceSchemas, schemaOf),
		ListResourceSchemas:     each(answer.ListResourceSchemas, schemaOf),
		Functions:               each(answer.Functions, functionOf),
		ResourceIdentitySchemas: each(identities.IdentitySchemas, identityOf),
	}, nil
}

func each[From, To any](from map[string]From, convert func(From) To) map[string]To {
	to := map[string]To{}
	for name, value := range from {
		to[name] = convert(value)
	}
	return to
}

func schemaOf(s *tfprotov6.Schema) *tfjson.Schema {
	return &tfjson.Schema{Version: uint64(s.Version), Block: blockOf(s.Block)}
}

// blockOf, like the functions below, converts what the provider's schemas have: a test compares all of it with what
// Terraform prints.
func blockOf(b *tfprotov6.SchemaBlock) *tfjson.SchemaBlock {
	blocks := map[string]*tfjson.SchemaBlockType{}
	for _, inner := range b.BlockTypes {
		blocks[inner.TypeName] = &tfjson.SchemaBlockType{
			NestingMode: lower[tfjson.SchemaNestingMode](inner.Nesting), Block: blockOf(inner.Block),
		}
	}
	return &tfjson.SchemaBlock{
		Attributes: attributesOf(b.Attributes), NestedBlocks: blocks,
		Description: b.Description, DescriptionKind: lower[tfjson.SchemaDescriptionKind](b.DescriptionKind),
	}
}

func attributesOf(attributes []*tfprotov6.SchemaAttribute) map[string]*tfjson.SchemaAttribute {
	converted := map[string]*tfjson.SchemaAttribute{}
	for _, a := range attributes {
		into := &tfjson.SchemaAttribute{
			Description: a.Description, DescriptionKind: lower[tfjson.SchemaDescriptionKind](a.DescriptionKind),
			Required: a.Required, Optional: a.Optional, Computed: a.Computed, Sensitive: a.Sensitive,
		}
		if nested := a.NestedType; nested != nil {
			into.AttributeNestedType = &tfjson.SchemaNestedAttributeType{
				Attributes: attributesOf(nested.Attributes), NestingMode: lower[tfjson.SchemaNestingMode](nested.Nesting),
			}
		} else {
			into.AttributeType = typeOf(a.Type)
		}
		converted[a.Name] = into
	}
	return converted
}

func functionOf(f *tfprotov6.Function) *tfjson.FunctionSignature {
	var parameters []*tfjson.FunctionParameter
	for _, p := range f.Parameters {
		parameters = append(parameters,
			&tfjson.FunctionParameter{Name: p.Name, Description: p.Description, Type: typeOf(p.Type)})
	}
	return &tfjson.FunctionSignature{
		Description: f.Description, Summary: f.Summary, Parameters: parameters, ReturnType: typeOf(f.Return.Type),
	}
}

func identityOf(s *tfprotov6.ResourceIdentitySchema) *tfjson.IdentitySchema {
	attributes := map[string]*tfjson.IdentityAttribute{}
	for _, a := range s.IdentityAttributes {
		attributes[a.Name] = &tfjson.IdentityAttribute{
			IdentityType: typeOf(a.Type), Description: a.Description,
			RequiredForImport: a.RequiredForImport, OptionalForImport: a.OptionalForImport,
		}
	}
	return &tfjson.IdentitySchema{Version: uint64(s.Version), Attributes: attributes}
}

// lower: Terraform writes in lower case what the protocol has in upper case.
func lower[Word ~string](of fmt.Stringer) Word { return Word(strings.ToLower(of.String())) }

// typeOf goes by way of JSON, in which both libraries write a type alike.
func typeOf(t tftypes.Type) (converted cty.Type) {
	text, err := json.Marshal(t)
	if err := errors.Join(err, json.Unmarshal(text, &converted)); err != nil {
		panic(err)
	}
	return converted
}

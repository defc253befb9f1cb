package protocol

import (
	"encoding/json"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// configuration is what HCL says, references and functions left out.
type configuration struct {
	provider map[string]any
	blocks   map[string]map[string]any // resources and data sources, by address
	imports  map[string]importBlock    // by the address that they import to
	moves    map[string]string         // from the address on the right to the one on the left
}

type importBlock struct {
	id       string
	identity map[string]any
}

func (tf *Terraform) parse(text string) configuration {
	tf.t.Helper()
	c := configuration{
		provider: map[string]any{},
		blocks:   map[string]map[string]any{},
		imports:  map[string]importBlock{},
		moves:    map[string]string{},
	}
	for _, block := range tf.syntax(text).Blocks {
		switch block.Type {
		case "provider":
			c.provider = tf.attributes(block.Body)
		case "resource":
			c.blocks[strings.Join(block.Labels, ".")] = tf.attributes(block.Body)
		case "data":
			c.blocks["data."+strings.Join(block.Labels, ".")] = tf.attributes(block.Body)
		case "import":
			to, rest := tf.address(block.Body, "to"), tf.attributes(block.Body, "to")
			id, _ := rest["id"].(string)
			identity, _ := rest["identity"].(map[string]any)
			c.imports[to] = importBlock{id, identity}
		case "moved":
			c.moves[tf.address(block.Body, "to")] = tf.address(block.Body, "from")
		case "terraform":
		default:
			tf.t.Fatalf("the configuration has a %s block", block.Type)
		}
	}
	return c
}

func (tf *Terraform) syntax(text string) *hclsyntax.Body {
	tf.t.Helper()
	file, problems := hclparse.NewParser().ParseHCL([]byte(text), "main.tf")
	if problems.HasErrors() {
		tf.t.Fatalf("the configuration: %v\n%s", problems, text)
	}
	return file.Body.(*hclsyntax.Body)
}

// attributes evaluates a block. A block inside it becomes an object, Terraform's own "lifecycle" is left out.
func (tf *Terraform) attributes(body *hclsyntax.Body, but ...string) map[string]any {
	tf.t.Helper()
	scope := &hcl.EvalContext{Variables: map[string]cty.Value{"unknown": cty.DynamicVal}}
	made := map[string]any{}
	for name, attribute := range body.Attributes {
		if len(but) > 0 && name == but[0] {
			continue
		}
		evaluated, problems := attribute.Expr.Value(scope)
		if problems.HasErrors() {
			tf.t.Fatalf("%s: %v", name, problems)
		}
		made[name] = fromCty(evaluated)
	}
	for _, block := range body.Blocks {
		if block.Type != "lifecycle" {
			made[block.Type] = tf.attributes(block.Body)
		}
	}
	return made
}

func fromCty(of cty.Value) any {
	switch {
	case !of.IsKnown():
		return Unknown
	case of.IsNull():
		return nil
	case of.Type().IsObjectType() || of.Type().IsMapType():
		made := map[string]any{}
		for name, member := range of.AsValueMap() {
			made[name] = fromCty(member)
		}
		return made
	case of.CanIterateElements():
		made := []any{}
		for _, element := range of.AsValueSlice() {
			made = append(made, fromCty(element))
		}
		return made
	}
	text, err := ctyjson.Marshal(of, of.Type())
	must(err)
	var made any
	must(json.Unmarshal(text, &made))
	return made
}

// address reads an attribute that names a resource.
func (tf *Terraform) address(body *hclsyntax.Body, name string) string {
	tf.t.Helper()
	attribute := body.Attributes[name]
	if attribute == nil {
		tf.t.Fatalf("the block has no %q", name)
	}
	traversal, problems := hcl.AbsTraversalForExpr(attribute.Expr)
	if problems.HasErrors() || len(traversal) != 2 {
		tf.t.Fatalf("%s is not an address", name)
	}
	return traversal.RootName() + "." + traversal[1].(hcl.TraverseAttr).Name
}

// dynamic is a block as the provider gets it.
func (tf *Terraform) dynamic(block map[string]any, schema *tfprotov6.Schema) *tfprotov6.DynamicValue {
	tf.t.Helper()
	return tf.encode(value(block, schema.ValueType()))
}

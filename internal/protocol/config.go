package protocol

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// file is what a configuration may hold.
type file struct {
	Terraform []struct {
		Body hcl.Body `hcl:",remain"`
	} `hcl:"terraform,block"`
	Provider *struct {
		Name string   `hcl:",label"`
		Body hcl.Body `hcl:",remain"`
	} `hcl:"provider,block"`
	Resources   []block `hcl:"resource,block"`
	DataSources []block `hcl:"data,block"`
	Imports     []struct {
		To       hcl.Expression `hcl:"to"`
		ID       string         `hcl:"id,optional"`
		Identity hcl.Expression `hcl:"identity,optional"`
	} `hcl:"import,block"`
	Moves []struct {
		From hcl.Expression `hcl:"from"`
		To   hcl.Expression `hcl:"to"`
	} `hcl:"moved,block"`
}

type block struct {
	Type string   `hcl:",label"`
	Name string   `hcl:",label"`
	Body hcl.Body `hcl:",remain"`
}

// configuration is what a file says.
type configuration struct {
	provider cty.Value
	blocks   map[string]cty.Value   // resources and data sources, by address
	imports  map[string]importBlock // by the address that they import to
	moves    map[string]string      // from the address on the right to the one on the left
}

type importBlock struct {
	id       string
	identity cty.Value
}

func (tf *Terraform) parse(text string) configuration {
	var f file
	tf.check(gohcl.DecodeBody(tf.body(text), scope, &f))
	provider := hcl.EmptyBody()
	if f.Provider != nil {
		provider = f.Provider.Body
	}
	c := configuration{
		tf.evaluate(provider, tf.provider), map[string]cty.Value{}, map[string]importBlock{}, map[string]string{},
	}
	for prefix, blocks := range map[string][]block{"": f.Resources, "data.": f.DataSources} {
		for _, b := range blocks {
			address := prefix + b.Type + "." + b.Name
			c.blocks[address] = tf.evaluate(b.Body, tf.schema(address))
		}
	}
	address := func(of hcl.Expression) string { return string(of.Range().SliceBytes([]byte(text))) }
	for _, b := range f.Imports {
		to := address(b.To)
		identity, problems := b.Identity.Value(scope)
		tf.check(problems)
		identity, err := convert.Convert(identity, tf.schema(to).identity)
		must(err)
		c.imports[to] = importBlock{b.ID, identity}
	}
	for _, b := range f.Moves {
		c.moves[address(b.To)] = address(b.From)
	}
	return c
}

var scope = &hcl.EvalContext{Variables: map[string]cty.Value{"unknown": cty.DynamicVal}}

func (tf *Terraform) body(text string) hcl.Body {
	file, problems := hclsyntax.ParseConfig([]byte(text), "main.tf", hcl.InitialPos)
	if problems.HasErrors() {
		tf.t.Fatalf("the configuration: %v\n%s", problems, text)
	}
	return file.Body
}

func (tf *Terraform) evaluate(body hcl.Body, s *schema) cty.Value {
	value, problems := hcldec.Decode(body, s.block, scope)
	tf.check(problems)
	return value
}

func (tf *Terraform) check(problems hcl.Diagnostics) {
	if problems.HasErrors() {
		tf.t.Fatalf("the configuration: %v", problems)
	}
}

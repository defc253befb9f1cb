// Package signin chooses how to sign in to Entra ID, and makes credentials that only return tokens of one tenant.
package signin

// Input is a value that the user gave, with its source, so that errors can name the source and never the value.
type Input struct {
	Value string
	// Source is the place in the user's words: "tenant_id in the provider block", "ARM_TENANT_ID".
	Source string
	// InBlock says that the value is from the provider's configuration itself, which overrides the environment, also in
	// the choice of the method.
	InBlock bool
}

func (i Input) given() bool { return i.Value != "" }

// both combines two values that are needed together. It counts as in the block if either does.
func both(a, b Input) Input {
	if !a.given() || !b.given() {
		return Input{}
	}
	return Input{Value: b.Value, Source: a.Source + " and " + b.Source, InBlock: a.InBlock || b.InBlock}
}

// bothInBlock is both, but counts as in the block only if both values do, because one of them alone selects another
// method.
func bothInBlock(a, b Input) Input {
	input := both(a, b)
	input.InBlock = a.InBlock && b.InBlock
	return input
}

// Config is what the user configured about signing in, by the names of the provider's attributes. A switch is given if
// it is on.
type Config map[string]Input

// either returns the one of several inputs that is given: the first in the block, or else the first.
func (c Config) either(names ...string) (chosen Input) {
	for _, name := range names {
		if input := c[name]; input.given() && (!chosen.given() || input.InBlock && !chosen.InBlock) {
			chosen = input
		}
	}
	return chosen
}

package protocol

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// unknown stands for a value that only an apply will tell. In a configuration it is written as the variable "unknown".
type unknown struct{}

// Unknown is what a plan's values have where only an apply will tell.
var Unknown any = unknown{}

// value makes a value of a type out of what JSON decodes to: nil, bool, string, a number, []any, map[string]any, or
// Unknown. What an object lacks is null.
func value(of any, kind tftypes.Type) tftypes.Value {
	if of == nil {
		return tftypes.NewValue(kind, nil)
	}
	if of == Unknown {
		return tftypes.NewValue(kind, tftypes.UnknownValue)
	}
	switch kind := kind.(type) {
	case tftypes.Object:
		given := of.(map[string]any)
		members := map[string]tftypes.Value{}
		for name, member := range kind.AttributeTypes {
			members[name] = value(given[name], member)
		}
		for name := range given {
			if kind.AttributeTypes[name] == nil {
				panic(fmt.Sprintf("there is no attribute %q", name))
			}
		}
		return tftypes.NewValue(kind, members)
	case tftypes.Map:
		members := map[string]tftypes.Value{}
		for name, member := range of.(map[string]any) {
			members[name] = value(member, kind.ElementType)
		}
		return tftypes.NewValue(kind, members)
	case tftypes.Set:
		return tftypes.NewValue(kind, values(of, kind.ElementType))
	case tftypes.List:
		return tftypes.NewValue(kind, values(of, kind.ElementType))
	}
	return tftypes.NewValue(kind, scalar(of, kind))
}

func values(of any, kind tftypes.Type) []tftypes.Value {
	made := []tftypes.Value{}
	for _, element := range of.([]any) {
		made = append(made, value(element, kind))
	}
	return made
}

// scalar converts as Terraform does where a configuration has a value of another type.
func scalar(of any, kind tftypes.Type) any {
	text := fmt.Sprint(of)
	switch {
	case kind.Is(tftypes.Number):
		number, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
		if err != nil {
			panic(err)
		}
		return number
	case kind.Is(tftypes.Bool):
		return text == "true"
	default:
		return text
	}
}

// plain is the reverse of value. Sets come out sorted, and whole numbers as int64.
func plain(of tftypes.Value) any {
	if !of.IsKnown() {
		return Unknown
	}
	if of.IsNull() {
		return nil
	}
	switch kind := of.Type(); {
	case kind.Is(tftypes.Object{}), kind.Is(tftypes.Map{}):
		members := map[string]tftypes.Value{}
		must(of.As(&members))
		made := map[string]any{}
		for name, member := range members {
			made[name] = plain(member)
		}
		return made
	case kind.Is(tftypes.Set{}), kind.Is(tftypes.List{}):
		var elements []tftypes.Value
		must(of.As(&elements))
		made := []any{}
		for _, element := range elements {
			made = append(made, plain(element))
		}
		if kind.Is(tftypes.Set{}) {
			slices.SortFunc(made, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
		return made
	case kind.Is(tftypes.Number):
		number := new(big.Float)
		must(of.As(&number))
		if whole, accuracy := number.Int64(); accuracy == big.Exact {
			return whole
		}
		fraction, _ := number.Float64()
		return fraction
	case kind.Is(tftypes.Bool):
		var made bool
		must(of.As(&made))
		return made
	default:
		var made string
		must(of.As(&made))
		return made
	}
}

// object is plain for an object, nil for a null one.
func object(of tftypes.Value) map[string]any {
	made, _ := plain(of).(map[string]any)
	return made
}

func encoded(of tftypes.Value) []byte {
	if of.IsNull() {
		return nil
	}
	text, err := json.Marshal(plain(of))
	must(err)
	return text
}

// decoded reads the JSON of a state, numbers as plain does.
func decoded(text []byte) map[string]any {
	if text == nil {
		return nil
	}
	var made map[string]any
	must(json.Unmarshal(text, &made))
	return wholeNumbers(made).(map[string]any)
}

func wholeNumbers(of any) any {
	switch of := of.(type) {
	case map[string]any:
		for name, member := range of {
			of[name] = wholeNumbers(member)
		}
	case []any:
		for i, element := range of {
			of[i] = wholeNumbers(element)
		}
	case float64:
		if whole := int64(of); float64(whole) == of {
			return whole
		}
	}
	return of
}

// must is for conversions that only a bug in this package can make fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

package kql

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// scope is what the expressions of an operator can refer to.
type scope struct {
	columns  []Column
	operator string
	now      time.Time
}

// compiled is an expression with a known type.
type compiled struct {
	kind Kind
	of   func(Row) any
}

// function is a function or an operator.
type function struct {
	// result returns the type of the result, or "" where the arguments don't fit.
	result func(arguments []Kind) Kind
	call   func(s scope, row Row, arguments []any) any
}

// functions are all functions and operators by name.
var functions = map[string]function{
	"ingestion_time": {takes(Datetime), func(_ scope, row Row, _ []any) any { return row.Ingested }},
	"ago":            {takes(Datetime, Timespan), func(s scope, _ Row, a []any) any { return subtract(s.now, a[0]) }},
	"iff": {chooses, func(_ scope, _ Row, a []any) any {
		if a[0] == true {
			return a[1]
		}
		return a[2]
	}},
	"coalesce": {sameKind, func(_ scope, _ Row, a []any) any {
		i := slices.IndexFunc(a, func(value any) bool { return value != nil })
		if i < 0 {
			return nil
		}
		return a[i]
	}},
	"and": {takes(Bool, Bool, Bool), func(_ scope, _ Row, a []any) any { return both(a[0], a[1]) }},
	"==":  {alike, func(_ scope, _ Row, a []any) any { return equal(a[0], a[1]) }},
	"in":  {alike, func(_ scope, _ Row, a []any) any { return isIn(a[0], a[1:]) }},
	">":   {ordered, func(_ scope, _ Row, a []any) any { return greater(a[0], a[1]) }},
	"-":   {takes(Timespan, Datetime, Datetime), func(_ scope, _ Row, a []any) any { return subtract(a[0], a[1]) }},
	"/":   {takes(Real, Timespan, Timespan), func(_ scope, _ Row, a []any) any { return divide(a[0], a[1]) }},
}

// compile resolves names and checks types, so that a query fails also where there are no rows.
func (s scope) compile(x expression) (compiled, error) {
	switch {
	case x.kind != "":
		return compiled{x.kind, func(Row) any { return x.literal }}, nil
	case !x.call:
		i := indexOf(s.columns, x.at.text)
		if i < 0 {
			return compiled{}, &SemanticError{codeUnresolved, fmt.Sprintf(
				"'%s' operator: Failed to resolve scalar expression named '%s'", s.operator, x.at.text)}
		}
		return compiled{s.columns[i].Type, func(r Row) any { return r.Values[i] }}, nil
	}
	arguments, kinds, err := s.compileAll(x.arguments)
	if err != nil {
		return compiled{}, err
	}
	called, known := functions[x.at.text]
	if !known {
		return compiled{}, unsupported(x.at, "the function is not supported")
	}
	kind := called.result(kinds)
	if kind == "" {
		return compiled{}, unsupported(x.at, "it takes no arguments of the types %v", kinds)
	}
	return compiled{kind, func(r Row) any { return called.call(s, r, evaluateAll(arguments, r)) }}, nil
}

func (s scope) compileAll(all []expression) (values []compiled, kinds []Kind, err error) {
	for _, x := range all {
		value, err := s.compile(x)
		if err != nil {
			return nil, nil, err
		}
		values, kinds = append(values, value), append(kinds, value.kind)
	}
	return values, kinds, nil
}

func takes(result Kind, arguments ...Kind) func([]Kind) Kind {
	return func(given []Kind) Kind { return onlyIf(slices.Equal(given, arguments), result) }
}

func onlyIf(condition bool, kind Kind) Kind {
	if condition {
		return kind
	}
	return ""
}

func chooses(given []Kind) Kind {
	if len(given) != 3 || given[0] != Bool {
		return ""
	}
	return sameKind(given[1:])
}

func sameKind(given []Kind) Kind {
	if len(given) == 0 || slices.ContainsFunc(given, func(kind Kind) bool { return kind != given[0] }) {
		return ""
	}
	return given[0]
}

// alike accepts values that compare with the first one.
func alike(given []Kind) Kind {
	for _, kind := range given[1:] {
		if kind != given[0] && (!isNumber(kind) || !isNumber(given[0])) {
			return ""
		}
	}
	return Bool
}

func ordered(given []Kind) Kind { return onlyIf(given[0] != Bool && given[0] != String, alike(given)) }

func isNumber(kind Kind) bool { return kind == Long || kind == Real }

// subtract takes a time or a timespan from a time. Null makes the result null.
func subtract(from, what any) any {
	moment, known := from.(time.Time)
	switch what := what.(type) {
	case time.Time:
		if known {
			return moment.Sub(what)
		}
	case time.Duration:
		return moment.Add(-what)
	}
	return nil
}

// divide divides timespans. Null makes the result null.
func divide(a, b any) any {
	if a == nil || b == nil {
		return nil
	}
	return number(a) / number(b)
}

// number is a number or a timespan in nanoseconds.
func number(value any) float64 {
	switch value := value.(type) {
	case int64:
		return float64(value)
	case float64:
		return value
	case time.Duration:
		return float64(value)
	default:
		return 0
	}
}

// both is false if either side is, whatever the other one is.
func both(a, b any) any {
	switch {
	case a == false || b == false:
		return false
	case a == nil || b == nil:
		return nil
	default:
		return true
	}
}

// equal is null for two nulls and false for one
// (https://learn.microsoft.com/kusto/query/scalar-data-types/null-values).
func equal(a, b any) any {
	switch {
	case a == nil && b == nil:
		return nil
	case a == nil || b == nil:
		return false
	default:
		return order(a, b) == 0
	}
}

// isIn finds no null in a list; that is inferred.
func isIn(value any, members []any) bool {
	return slices.ContainsFunc(members, func(member any) bool { return equal(value, member) == true })
}

// greater is null if either side is.
func greater(a, b any) any {
	if a == nil || b == nil {
		return nil
	}
	return order(a, b) > 0
}

// order compares two values of one type, or two numbers. Neither is null.
func order(a, b any) int {
	switch a := a.(type) {
	case time.Time:
		b, _ := b.(time.Time)
		return a.Compare(b)
	case string:
		b, _ := b.(string)
		return cmp.Compare(a, b)
	case int64:
		if b, both := b.(int64); both {
			return cmp.Compare(a, b)
		}
	case bool:
		if a == b {
			return 0
		}
		return 1
	}
	return cmp.Compare(number(a), number(b))
}

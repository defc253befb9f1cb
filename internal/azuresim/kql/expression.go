package kql

import (
	"slices"
	"time"
)

// scope is what the expressions of an operator can refer to.
type scope struct {
	columns  []Column
	operator string
	now      time.Time
}

// value is a resolved expression.
type value struct {
	kind Kind
	of   func(Row) any
}

func constant(kind Kind, of any) value { return value{kind, func(Row) any { return of }} }

func evaluate(all []value, row Row) []any {
	values := make([]any, len(all))
	for i, value := range all {
		values[i] = value.of(row)
	}
	return values
}

// precedence says which operators bind more tightly.
var precedence = map[string]int{"or": 1, "and": 2, "==": 3, ">": 3, "in": 3, "-": 4, "/": 5}

// resolve resolves names and checks types, so that a query fails also where there are no rows. It splits an expression
// at the operator that binds least, the last of several.
func (x expression) resolve(s scope) value {
	if len(x.Rest) == 0 {
		return x.First.resolve(s)
	}
	last := 0
	for i, next := range x.Rest {
		if precedence[next.Operator.Value] <= precedence[x.Rest[last].Operator.Value] {
			last = i
		}
	}
	left, right := expression{x.First, x.Rest[:last]}, expression{x.Rest[last].Right, x.Rest[last+1:]}
	return call(x.Rest[last].Operator, left.resolve(s), right.resolve(s))
}

func (x operand) resolve(s scope) value {
	inner := s.all(x.Inner)
	switch {
	case len(inner) == 1:
		return inner[0]
	case len(inner) > 1:
		return value{several, func(row Row) any { return evaluate(inner, row) }}
	case x.Literal != nil:
		return x.Literal.value()
	case !x.Call:
		return s.column(x.Name)
	}
	arguments := s.all(x.Arguments)
	switch x.Name.Value {
	case "ago":
		arguments = slices.Insert(arguments, 0, constant(Datetime, s.now))
	case "ingestion_time":
		arguments = slices.Insert(arguments, 0, value{Datetime, func(row Row) any { return row[Ingested] }})
	}
	return call(x.Name, arguments...)
}

func (s scope) column(name token) value {
	for _, column := range s.columns {
		if column.Name == name.Value {
			return value{column.Type, func(row Row) any { return row[column.Name] }}
		}
	}
	panic(unresolved("'%s' operator: Failed to resolve scalar expression named '%s'", s.operator, name.Value))
}

func (s scope) all(expressions []expression) []value {
	var values []value
	for _, x := range expressions {
		values = append(values, x.resolve(s))
	}
	return values
}

func call(name token, arguments ...value) value {
	called := find(functions, name, arguments)
	return value{called.returns, func(row Row) any { return called.of(evaluate(arguments, row)) }}
}

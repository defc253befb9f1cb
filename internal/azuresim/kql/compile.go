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

// compiled is an expression with a known type.
type compiled struct {
	kind Kind
	of   func(Row) any
}

// evaluateAll returns the values of a row.
func evaluateAll(all []compiled, row Row) []any {
	values := make([]any, len(all))
	for i, value := range all {
		values[i] = value.of(row)
	}
	return values
}

// compile resolves names and checks types, so that a query fails also where there are no rows.
func (x expression) compile(s scope) compiled {
	left := x.Left.compile(s)
	if x.Right == nil {
		return left
	}
	return call(x.Operator, left, x.Right.compile(s))
}

// compile finds no null in a list; that is inferred.
func (x comparison) compile(s scope) compiled {
	left := x.Left.compile(s)
	switch {
	case x.Right != nil:
		return call(x.Operator, left, x.Right.compile(s))
	case x.Members == nil:
		return left
	}
	var equals []compiled
	for _, member := range compileAll(s, x.Members) {
		equals = append(equals, call(x.In, left, member))
	}
	return compiled{Bool, func(r Row) any { return slices.Contains(evaluateAll(equals, r), any(true)) }}
}

func (x calculation) compile(s scope) compiled {
	left := x.Left.compile(s)
	if x.Right == nil {
		return left
	}
	return call(x.Operator, left, x.Right.compile(s))
}

func (x operand) compile(s scope) compiled {
	switch {
	case x.Inner != nil:
		return x.Inner.compile(s)
	case x.Literal != nil:
		value, kind := x.Literal.value()
		return compiled{kind, func(Row) any { return value }}
	case !x.Call:
		return s.column(x.Name)
	}
	arguments := compileAll(s, x.Arguments)
	switch x.Name.Value {
	case "ago":
		arguments = slices.Insert(arguments, 0, compiled{Datetime, func(Row) any { return s.now }})
	case "ingestion_time":
		arguments = slices.Insert(arguments, 0, compiled{Datetime, func(r Row) any { return r.Ingested }})
	}
	return call(x.Name, arguments...)
}

func (s scope) column(name token) compiled {
	i := indexOf(s.columns, name.Value)
	if i < 0 {
		panic(unresolved("'%s' operator: Failed to resolve scalar expression named '%s'", s.operator, name.Value))
	}
	return compiled{s.columns[i].Type, func(r Row) any { return r.Values[i] }}
}

func call(name token, arguments ...compiled) compiled {
	chosen, kind := choose(functions, name, arguments)
	return compiled{kind, func(r Row) any { return chosen(evaluateAll(arguments, r)) }}
}

func compileAll(s scope, all []expression) []compiled {
	var values []compiled
	for _, x := range all {
		values = append(values, x.compile(s))
	}
	return values
}

package kql

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// function is a function or an operator of values, or an aggregate of the values of several rows, for arguments of some
// types.
type function[V any] struct {
	takes   []Kind
	returns Kind
	call    func(V) any
}

// These stand for a type, which is the same wherever they are in a function.
const (
	scalar   Kind = "scalar"
	sortable Kind = "sortable"
)

var variables = map[Kind][]Kind{
	scalar:   {String, Long, Real, Datetime, Timespan},
	sortable: {Long, Real, Datetime},
}

// functions are all functions and operators of values. A condition is only ever asked whether it is true, so that its
// null may be false. The first argument of ago is the present, and that of ingestion_time is the row's.
var functions = map[string][]function[[]any]{
	"ingestion_time": {{[]Kind{Datetime}, Datetime, func(v []any) any { return v[0] }}},
	"ago":            {{[]Kind{Datetime, Timespan}, Datetime, strict(before)}},
	"iff": {{[]Kind{Bool, scalar, scalar}, scalar, func(v []any) any {
		if v[0] == true {
			return v[1]
		}
		return v[2]
	}}},
	"coalesce": {{[]Kind{scalar, scalar}, scalar, func(v []any) any { return cmp.Or(v...) }}},
	"and":      {{[]Kind{Bool, Bool}, Bool, func(v []any) any { return v[0] == true && v[1] == true }}},
	"==":       {{[]Kind{scalar, scalar}, Bool, equal}},
	"in":       {{[]Kind{scalar, scalar}, Bool, equal}},
	">":        {{[]Kind{sortable, sortable}, Bool, strict(greater)}, {[]Kind{Real, Long}, Bool, strict(greater)}},
	"-":        {{[]Kind{Datetime, Datetime}, Timespan, strict(time.Time.Sub)}},
	"/":        {{[]Kind{Timespan, Timespan}, Real, strict(ratio)}},
}

// aggregates are all aggregation functions. Nulls don't count. Of no values, counts and sums are 0 and the rest is null
// (https://learn.microsoft.com/kusto/query/summarize-operator).
var aggregates = map[string][]function[[][]any]{
	"count":      {{nil, Long, func(rows [][]any) any { return int64(len(rows)) }}},
	"countif":    {{[]Kind{Bool}, Long, func(rows [][]any) any { return int64(len(matching(rows, 0))) }}},
	"max":        {{[]Kind{sortable}, sortable, greatest}},
	"percentile": {{[]Kind{sortable, Long}, sortable, percentile}},
	"sum":        {{[]Kind{Long}, Long, sum[int64]}, {[]Kind{Real}, Real, sum[float64]}},
	"sumif":      {{[]Kind{Real, Bool}, Real, func(rows [][]any) any { return sum[float64](matching(rows, 1)) }}},
}

// choose returns the function for arguments of some types, and the type of its result.
func choose[V any](from map[string][]function[V], name token, arguments []compiled) (call func(V) any, result Kind) {
	for _, f := range from[name.Value] {
		if result := f.result(arguments); result != "" {
			return f.call, result
		}
	}
	panic(unsupported(name, "there is no function of this name for arguments of these types"))
}

// result returns the type of the result, or "" where the arguments don't fit.
func (f function[V]) result(arguments []compiled) Kind {
	if len(arguments) != len(f.takes) {
		return ""
	}
	var variable Kind
	for i, argument := range arguments {
		switch kind := argument.kind; {
		case kind == f.takes[i]:
		case slices.Contains(variables[f.takes[i]], kind) && cmp.Or(variable, kind) == kind:
			variable = kind
		default:
			return ""
		}
	}
	if variables[f.returns] != nil {
		return variable
	}
	return f.returns
}

// strict makes a function of two values null where one of them is.
func strict[A, B, C any](f func(A, B) C) func([]any) any {
	return func(v []any) any {
		a, isA := v[0].(A)
		b, isB := v[1].(B)
		if !isA || !isB {
			return nil
		}
		return f(a, b)
	}
}

func before(moment time.Time, span time.Duration) time.Time { return moment.Add(-span) }

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

func greater(a, b any) bool { return order(a, b) > 0 }

// equal is false for nulls. That it is null for two makes no difference to a condition
// (https://learn.microsoft.com/kusto/query/scalar-data-types/null-values).
func equal(v []any) any { return v[0] != nil && v[1] != nil && order(v[0], v[1]) == 0 }

// order compares two values of one type, or two numbers. Neither is null.
func order(a, b any) int {
	switch a := a.(type) {
	case time.Time:
		b, _ := b.(time.Time)
		return a.Compare(b)
	case string:
		b, _ := b.(string)
		return cmp.Compare(a, b)
	default:
		return cmp.Compare(number(a), number(b))
	}
}

// number is a long, a real, or a timespan in nanoseconds.
func number(value any) float64 {
	switch value := value.(type) {
	case int64:
		return float64(value)
	case time.Duration:
		return float64(value)
	default:
		n, _ := value.(float64)
		return n
	}
}

// matching are the rows of which a condition holds, which is one of their values.
func matching(rows [][]any, condition int) [][]any {
	return slices.DeleteFunc(rows, func(row []any) bool { return row[condition] != true })
}

// known are the first values of rows without nulls.
func known(rows [][]any) []any {
	var values []any
	for _, row := range rows {
		if row[0] != nil {
			values = append(values, row[0])
		}
	}
	return values
}

func greatest(rows [][]any) any {
	values := known(rows)
	if len(values) == 0 {
		return nil
	}
	return slices.MaxFunc(values, order)
}

// percentile is the one of the nearest rank. Kusto estimates it.
func percentile(rows [][]any) any {
	values := known(rows)
	if len(values) == 0 {
		return nil
	}
	slices.SortFunc(values, order)
	rank := int(math.Ceil(number(rows[0][1]) / 100 * float64(len(values))))
	return values[min(max(rank, 1), len(values))-1]
}

func sum[N int64 | float64](rows [][]any) any {
	var total N
	for _, row := range rows {
		n, _ := row[0].(N)
		total += n
	}
	return total
}

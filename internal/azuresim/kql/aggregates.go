package kql

import (
	"math"
	"slices"
)

// total summarizes the rows of a group.
type total func(rows []Row) any

// aggregate is an aggregation function.
type aggregate struct {
	// result returns the type of the result, or "" where the arguments don't fit.
	result func(arguments []Kind) Kind
	over   func(rows []Row, arguments []compiled) any
}

// aggregates are all aggregation functions by name. Nulls don't count. Of no values, counts and sums are 0 and the rest
// is null (https://learn.microsoft.com/kusto/query/summarize-operator).
var aggregates = map[string]aggregate{
	"count":   {takes(Long), func(rows []Row, _ []compiled) any { return int64(len(rows)) }},
	"countif": {takes(Long, Bool), func(rows []Row, a []compiled) any { return int64(len(matching(rows, a[0]))) }},
	"max":     {of(isSortable), func(rows []Row, a []compiled) any { return greatest(values(rows, a[0])) }},
	"percentile": {of(isSortable, Long), func(rows []Row, a []compiled) any {
		if len(rows) == 0 {
			return nil
		}
		return percentile(values(rows, a[0]), number(a[1].of(rows[0])))
	}},
	"sum":   {of(isNumber), func(rows []Row, a []compiled) any { return sum(rows, a[0]) }},
	"sumif": {of(isNumber, Bool), func(rows []Row, a []compiled) any { return sum(matching(rows, a[1]), a[0]) }},
}

// compileAggregate compiles a call of an aggregation function.
func (s scope) compileAggregate(x expression) (Kind, total, error) {
	called, known := aggregates[x.at.text]
	if !x.call || !known {
		return "", nil, unsupported(x.at, "the aggregation function is not supported")
	}
	arguments, kinds, err := s.compileAll(x.arguments)
	if err != nil {
		return "", nil, err
	}
	kind := called.result(kinds)
	if kind == "" {
		return "", nil, unsupported(x.at, "it takes no arguments of the types %v", kinds)
	}
	return kind, func(rows []Row) any { return called.over(rows, arguments) }, nil
}

// of accepts a value of some types, which is that of the result, and then the given arguments.
func of(fits func(Kind) bool, more ...Kind) func([]Kind) Kind {
	return func(given []Kind) Kind {
		if len(given) == 0 || !fits(given[0]) || !slices.Equal(given[1:], more) {
			return ""
		}
		return given[0]
	}
}

func isSortable(kind Kind) bool { return kind != String && kind != Bool }

func matching(rows []Row, condition compiled) []Row {
	var kept []Row
	for _, row := range rows {
		if condition.of(row) == true {
			kept = append(kept, row)
		}
	}
	return kept
}

// values are those of an expression that are not null.
func values(rows []Row, of compiled) []any {
	var known []any
	for _, row := range rows {
		if value := of.of(row); value != nil {
			known = append(known, value)
		}
	}
	return known
}

func greatest(values []any) any {
	if len(values) == 0 {
		return nil
	}
	return slices.MaxFunc(values, order)
}

// percentile is the one of the nearest rank. Kusto estimates it.
func percentile(values []any, percent float64) any {
	if len(values) == 0 {
		return nil
	}
	slices.SortFunc(values, order)
	rank := int(math.Ceil(percent / 100 * float64(len(values))))
	return values[min(max(rank, 1), len(values))-1]
}

func sum(rows []Row, of compiled) any {
	var whole int64
	var total float64
	for _, value := range values(rows, of) {
		n, _ := value.(int64)
		whole += n
		total += number(value)
	}
	if of.kind == Long {
		return whole
	}
	return total
}

package kql

import (
	"math"
	"slices"
	"time"
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
	"max":     {sortable(), func(rows []Row, a []compiled) any { return greatest(values(rows, a[0])) }},
	"min":     {sortable(), func(rows []Row, a []compiled) any { return least(values(rows, a[0])) }},
	"maxif": {
		sortable(Bool),
		func(rows []Row, a []compiled) any { return greatest(values(matching(rows, a[1]), a[0])) },
	},
	"minif": {sortable(Bool), func(rows []Row, a []compiled) any { return least(values(matching(rows, a[1]), a[0])) }},
	"percentile": {sortable(Long), func(rows []Row, a []compiled) any {
		if len(rows) == 0 {
			return nil
		}
		return percentile(values(rows, a[0]), number(a[1].of(rows[0])))
	}},
	"sum":   {summable(), func(rows []Row, a []compiled) any { return sum(rows, a[0]) }},
	"sumif": {summable(Bool), func(rows []Row, a []compiled) any { return sum(matching(rows, a[1]), a[0]) }},
}

// compileAggregate compiles a call of an aggregation function. A result without a name is called count_, or max_ and
// the column.
func (s scope) compileAggregate(i item) (name string, kind Kind, over total, err error) {
	called, known := aggregates[i.value.at.text]
	if !i.value.call || !known {
		return "", "", nil, unsupported(i.value.at, "the aggregation function is not supported")
	}
	arguments, kinds, err := s.compileAll(i.value.arguments)
	if err != nil {
		return "", "", nil, err
	}
	if kind = called.result(kinds); kind == "" {
		return "", "", nil, unsupported(i.value.at, "it takes no arguments of the types %v", kinds)
	}
	if name = i.name; name == "" {
		name = i.value.at.text + "_"
		if first := i.value.arguments; len(first) > 0 && first[0].isColumn() {
			name += first[0].at.text
		}
	}
	return name, kind, func(rows []Row) any { return called.over(rows, arguments) }, nil
}

// sortable accepts a value that has an order, and then the given arguments.
func sortable(more ...Kind) func([]Kind) Kind {
	return func(given []Kind) Kind {
		if len(given) == 0 || given[0] == String || given[0] == Bool || !slices.Equal(given[1:], more) {
			return ""
		}
		return given[0]
	}
}

// summable accepts a number or a timespan, and then the given arguments.
func summable(more ...Kind) func([]Kind) Kind {
	return func(given []Kind) Kind {
		if len(given) == 0 || !isNumber(given[0]) && given[0] != Timespan || !slices.Equal(given[1:], more) {
			return ""
		}
		return given[0]
	}
}

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

func least(values []any) any {
	if len(values) == 0 {
		return nil
	}
	return slices.MinFunc(values, order)
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
	total := map[Kind]any{Long: int64(0), Real: 0.0, Timespan: time.Duration(0)}[of.kind]
	for _, value := range values(rows, of) {
		total = arithmetic("+", total, value)
	}
	return total
}

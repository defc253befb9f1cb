package kql

import (
	"math"
	"slices"
	"strings"
	"time"
)

// function is a function or an operator of values, or an aggregate of the values of several rows.
type function[V any] struct {
	returns Kind
	of      func(V) any
}

// functions are all functions and operators by the types that they take. The first argument of ago is the present, and
// that of ingestion_time is the row's.
var functions = map[string]function[[]any]{
	"ingestion_time(datetime)":    {Datetime, func(v []any) any { return v[0] }},
	"ago(datetime,timespan)":      {Datetime, strict(func(now time.Time, ago time.Duration) any { return now.Add(-ago) })},
	"iff(bool,real,real)":         {Real, iff},
	"coalesce(datetime,datetime)": {Datetime, func(v []any) any { return iff([]any{v[0] != nil, v[0], v[1]}) }},
	"and(bool,bool)":              {boolean, func(v []any) any { return v[0] == true && v[1] == true }},
	"or(bool,bool)":               {boolean, func(v []any) any { return v[0] == true || v[1] == true }},
	"==(long,long)":               {boolean, strict(func(a, b int64) any { return a == b })},
	"in(string,string)":           {boolean, strict(func(a, b string) any { return a == b })},
	"in(string,list)":             {boolean, strict(isAmong)},
	">(real,long)":                {boolean, strict(func(a float64, b int64) any { return a > float64(b) })},
	">(datetime,datetime)":        {boolean, strict(func(a, b time.Time) any { return a.After(b) })},
	"-(datetime,datetime)":        {timespan, strict(func(a, b time.Time) any { return a.Sub(b) })},
	"/(timespan,timespan)":        {Real, strict(func(a, b time.Duration) any { return float64(a) / float64(b) })},
}

// aggregates are all aggregation functions. Nulls don't count. Of no values, counts and sums are 0 and the rest is null
// (https://learn.microsoft.com/kusto/query/summarize-operator).
var aggregates = map[string]function[[][]any]{
	"countif(bool)":         {Long, func(rows [][]any) any { return int64(len(known[bool](matching(rows, 0)))) }},
	"max(datetime)":         {Datetime, latest},
	"percentile(real,long)": {Real, percentile},
	"sum(long)":             {Long, func(rows [][]any) any { return sum(known[int64](rows)) }},
	"sumif(real,bool)":      {Real, func(rows [][]any) any { return sum(known[float64](matching(rows, 1))) }},
}

func find[V any](among map[string]function[V], name token, arguments []value) function[V] {
	var kinds []string
	for _, argument := range arguments {
		kinds = append(kinds, string(argument.kind))
	}
	found, exists := among[name.Value+"("+strings.Join(kinds, ",")+")"]
	if !exists {
		panic(unsupported(name, "there is no function of this name for arguments of these types"))
	}
	return found
}

// strict makes a function of two values null where one of them is.
func strict[A, B any](f func(A, B) any) func([]any) any {
	return func(v []any) any {
		a, isA := v[0].(A)
		b, isB := v[1].(B)
		if !isA || !isB {
			return nil
		}
		return f(a, b)
	}
}

func isAmong(text string, all []any) any { return slices.Contains(all, any(text)) }

func iff(v []any) any {
	if v[0] == true {
		return v[1]
	}
	return v[2]
}

// matching returns the rows whose value at the index condition is true.
func matching(rows [][]any, condition int) [][]any {
	return slices.DeleteFunc(rows, func(row []any) bool { return row[condition] != true })
}

// known are the first values of rows without nulls.
func known[T any](rows [][]any) []T {
	var values []T
	for _, row := range rows {
		if value, isKnown := row[0].(T); isKnown {
			values = append(values, value)
		}
	}
	return values
}

func sum[N int64 | float64](values []N) (total N) {
	for _, n := range values {
		total += n
	}
	return total
}

func latest(rows [][]any) any {
	values := known[time.Time](rows)
	if len(values) == 0 {
		return nil
	}
	return slices.MaxFunc(values, time.Time.Compare)
}

// percentile is the one of the nearest rank. Kusto estimates it.
func percentile(rows [][]any) any {
	values := slices.Sorted(slices.Values(known[float64](rows)))
	if len(values) == 0 {
		return nil
	}
	percent, _ := rows[0][1].(int64)
	rank := int(math.Ceil(float64(percent) / 100 * float64(len(values))))
	return values[min(max(rank, 1), len(values))-1]
}

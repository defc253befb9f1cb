package kql

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// evaluation is one run of a query. Its steps panic with their errors, which try returns.
type evaluation struct {
	tables   map[string]Table
	now      time.Time
	warnings []string
}

func (e *evaluation) try(p *pipeline) (result Table, err error) {
	defer func() {
		switch problem := recover().(type) {
		case nil:
		case *Error:
			err = problem
		default:
			panic(problem)
		}
	}()
	result = e.source(p)
	for _, next := range p.Operators {
		result = next.apply(scope{result.Columns, next.name(), e.now}, result)
	}
	return result, nil
}

// source has the service's message for a missing table, which names the operator that reads it.
func (e *evaluation) source(p *pipeline) Table {
	switch table, found := e.tables[p.Table]; {
	case p.Datatable != nil:
		return p.Datatable.table()
	case p.Table == "":
		return e.union(p)
	case found:
		return table
	case len(p.Operators) > 0:
		panic(unresolved("'%s' operator: Failed to resolve table or column expression named '%s'",
			p.Operators[0].name(), p.Table))
	default:
		panic(unresolved("Failed to resolve table or column expression named '%s'", p.Table))
	}
}

func (d *datatable) table() Table {
	checkNames(d.Name, d.Columns)
	if len(d.Values)%len(d.Columns) != 0 {
		panic(unsupported(d.Name, "%d values don't fill rows of %d columns", len(d.Values), len(d.Columns)))
	}
	filled := Table{Columns: d.Columns}
	for literals := range slices.Chunk(d.Values, len(d.Columns)) {
		var row Row
		for i, literal := range literals {
			value, kind := literal.value()
			if want := d.Columns[i].Type; kind != want {
				panic(unsupported(literal.Token, "a %s in a column of type %s", kind, want))
			}
			row.Values = append(row.Values, value)
		}
		filled.Rows = append(filled.Rows, row)
	}
	return filled
}

// union leaves out the legs with a name that doesn't resolve, but needs one at least. A missing value is null, or ""
// for a string, which is never null.
func (e *evaluation) union(p *pipeline) Table {
	var all []Table
	var joined Table
	for _, leg := range p.Legs {
		result, err := e.try(&leg)
		if refused, isError := errors.AsType[*Error](err); isError {
			if refused.Code == SyntaxCode {
				panic(refused)
			}
			e.warnings = append(e.warnings, refused.Message)
			continue
		}
		all = append(all, result)
		for _, c := range result.Columns {
			switch i := indexOf(joined.Columns, c.Name); {
			case i < 0:
				joined.Columns = append(joined.Columns, c)
			case joined.Columns[i] != c:
				panic(unsupported(p.Union, "the column %s is a %s in one leg and a %s in another",
					c.Name, joined.Columns[i].Type, c.Type))
			}
		}
	}
	if len(all) == 0 {
		panic(&Error{Code: "SEM0529", Message: "union: must have at least one operand that can be evaluated successfully " +
			"when running with 'Fuzzy' mode."})
	}
	for _, one := range all {
		for _, row := range one.Rows {
			var widened Row
			for _, c := range joined.Columns {
				var value any
				if i := indexOf(one.Columns, c.Name); i >= 0 {
					value = row.Values[i]
				} else if c.Type == String {
					value = ""
				}
				widened.Values = append(widened.Values, value)
			}
			joined.Rows = append(joined.Rows, widened)
		}
	}
	return joined
}

func indexOf(columns []Column, name string) int {
	return slices.IndexFunc(columns, func(c Column) bool { return c.Name == name })
}

func checkNames(at token, columns []Column) {
	for i, c := range columns {
		if indexOf(columns, c.Name) != i {
			panic(unsupported(at, "two columns have the same name"))
		}
	}
}

func (o where) name() string     { return o.Name.Value }
func (o compute) name() string   { return o.Name.Value }
func (o summarize) name() string { return o.Name.Value }

// apply treats null as false.
func (o where) apply(s scope, from Table) Table {
	condition := o.Condition.compile(s)
	if condition.kind != Bool {
		panic(unsupported(o.Name, "expected a condition, not a %s", condition.kind))
	}
	kept := Table{Columns: from.Columns}
	for _, row := range from.Rows {
		if condition.of(row) == true {
			kept.Rows = append(kept.Rows, row)
		}
	}
	return kept
}

// apply returns the new columns, after the others if it extends. That no value sees the other new columns is inferred.
func (o compute) apply(s scope, from Table) Table {
	extends := o.name() == "extend"
	columns, values := s.compileItems(o.Items)
	if extends {
		columns = slices.Concat(from.Columns, columns)
	}
	checkNames(o.Name, columns)
	result := Table{Columns: columns}
	for _, row := range from.Rows {
		computed := Row{Values: evaluateAll(values, row)}
		if extends {
			computed = Row{slices.Concat(row.Values, computed.Values), row.Ingested}
		}
		result.Rows = append(result.Rows, computed)
	}
	return result
}

func (s scope) compileItems(items []item) (columns []Column, values []compiled) {
	for _, item := range items {
		var value compiled
		if item.Value == nil {
			value = s.column(item.Name)
		} else {
			value = item.Value.compile(s)
			if value.kind == Bool || value.kind == Timespan {
				panic(unsupported(item.Name, "a column can't be a %s", value.kind))
			}
		}
		columns, values = append(columns, Column{item.Name.Value, value.kind}), append(values, value)
	}
	return columns, values
}

// apply returns a row for each group. Without by there is exactly one, also if there is nothing to summarize.
func (o summarize) apply(s scope, from Table) Table {
	columns, keys := s.compileItems(o.By)
	var cells []func(group []Row) any
	for _, key := range keys {
		cells = append(cells, func(group []Row) any { return key.of(group[0]) })
	}
	for _, total := range o.Totals {
		arguments := compileAll(s, total.Arguments)
		chosen, kind := choose(aggregates, total.Aggregate, arguments)
		columns = append(columns, Column{total.Name, kind})
		cells = append(cells, func(group []Row) any {
			var values [][]any
			for _, row := range group {
				values = append(values, evaluateAll(arguments, row))
			}
			return chosen(values)
		})
	}
	checkNames(o.Name, columns)
	result := Table{Columns: columns}
	for _, group := range groups(keys, from.Rows) {
		var row Row
		for _, cell := range cells {
			row.Values = append(row.Values, cell(group))
		}
		result.Rows = append(result.Rows, row)
	}
	return result
}

// groups are in the order of their first rows.
func groups(keys []compiled, rows []Row) [][]Row {
	if len(keys) == 0 {
		return [][]Row{rows}
	}
	var found [][]Row
	positions := map[string]int{}
	for _, row := range rows {
		key := fmt.Sprintf("%#v", evaluateAll(keys, row))
		i, known := positions[key]
		if !known {
			i = len(found)
			positions[key] = i
			found = append(found, nil)
		}
		found[i] = append(found[i], row)
	}
	return found
}

package kql

import (
	"maps"
	"slices"
	"time"
)

// evaluation is one run of a query. Its steps panic with their errors, which run returns.
type evaluation struct {
	tables   map[string]Table
	now      time.Time
	warnings []string
}

func (e *evaluation) run(p pipeline) (result Table, refused *Error) {
	defer func() {
		switch problem := recover().(type) {
		case nil:
		case *Error:
			refused = problem
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
func (e *evaluation) source(p pipeline) Table {
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
	var filled Table
	for _, column := range d.Columns {
		filled.addColumn(d.Name, column)
	}
	if len(d.Values)%len(d.Columns) != 0 {
		panic(unsupported(d.Name, "%d values don't fill rows of %d columns", len(d.Values), len(d.Columns)))
	}
	for literals := range slices.Chunk(d.Values, len(d.Columns)) {
		row := Row{}
		for i, column := range d.Columns {
			value := literals[i].value()
			if value.kind != column.Type {
				panic(unsupported(literals[i].Token, "a %s in a column of type %s", value.kind, column.Type))
			}
			row[column.Name] = value.of(nil)
		}
		filled.Rows = append(filled.Rows, row)
	}
	return filled
}

// union leaves out the legs with a name that doesn't resolve, but needs one at least. A missing value is null.
func (e *evaluation) union(p pipeline) Table {
	var joined Table
	failed := 0
	for _, leg := range p.Legs {
		result, refused := e.run(leg)
		if refused != nil && refused.Code == SyntaxCode {
			panic(refused)
		}
		if refused != nil {
			e.warnings = append(e.warnings, refused.Message)
			failed++
		}
		for _, column := range result.Columns {
			if !slices.Contains(joined.Columns, column) {
				joined.addColumn(p.Union, column)
			}
		}
		for _, row := range result.Rows {
			row = maps.Clone(row)
			delete(row, Ingested)
			joined.Rows = append(joined.Rows, row)
		}
	}
	if failed == len(p.Legs) {
		panic(&Error{Code: "SEM0529", Message: "union: must have at least one operand that can be evaluated successfully " +
			"when running with 'Fuzzy' mode."})
	}
	return joined
}

// addColumn refuses a second column of a name.
func (t *Table) addColumn(at token, column Column) {
	if !slices.Contains([]Kind{String, Long, Real, Datetime}, column.Type) {
		panic(unsupported(at, "a column can't be a %s", column.Type))
	}
	if slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == column.Name }) {
		panic(unsupported(at, "two columns have the same name"))
	}
	t.Columns = append(t.Columns, column)
}

func (o where) name() string     { return o.Name.Value }
func (o compute) name() string   { return o.Name.Value }
func (o summarize) name() string { return o.Name.Value }

// apply treats null as false.
func (o where) apply(s scope, from Table) Table {
	condition := o.Condition.resolve(s)
	if condition.kind != boolean {
		panic(unsupported(o.Name, "expected a condition, not a %s", condition.kind))
	}
	from.Rows = slices.DeleteFunc(slices.Clone(from.Rows), func(row Row) bool { return condition.of(row) != true })
	return from
}

// apply returns the new columns, after the others if it extends. That no value sees the other new columns is inferred.
func (o compute) apply(s scope, from Table) Table {
	extends := o.name() == "extend"
	var result Table
	if extends {
		result.Columns = slices.Clone(from.Columns)
	}
	var values []value
	for _, item := range o.Items {
		values = append(values, item.resolve(s))
		result.addColumn(item.Name, Column{item.Name.Value, values[len(values)-1].kind})
	}
	for _, row := range from.Rows {
		computed := Row{}
		if extends {
			computed = maps.Clone(row)
		}
		for i, item := range o.Items {
			computed[item.Name.Value] = values[i].of(row)
		}
		result.Rows = append(result.Rows, computed)
	}
	return result
}

func (i item) resolve(s scope) value {
	if i.Value == nil {
		return s.column(i.Name)
	}
	return i.Value.resolve(s)
}

// apply returns a row for each group. Without by there is exactly one, also if there is nothing to summarize.
func (o summarize) apply(s scope, from Table) Table {
	result, groups := Table{Rows: []Row{{}}}, [][]Row{from.Rows}
	if o.By != nil {
		result, groups = o.By.group(s, from.Rows)
	}
	for _, total := range o.Totals {
		arguments := s.all(total.Arguments)
		aggregate := find(aggregates, total.Aggregate, arguments)
		result.addColumn(total.Name, Column{total.Name.Value, aggregate.returns})
		for i, group := range groups {
			var values [][]any
			for _, row := range group {
				values = append(values, evaluate(arguments, row))
			}
			result.Rows[i][total.Name.Value] = aggregate.of(values)
		}
	}
	return result
}

// group returns a row for each key, in the order of their first rows, and the rows that have it.
func (i item) group(s scope, rows []Row) (keys Table, groups [][]Row) {
	key := i.resolve(s)
	keys.addColumn(i.Name, Column{i.Name.Value, key.kind})
	positions := map[any]int{}
	for _, row := range rows {
		value := key.of(row)
		position, known := positions[value]
		if !known {
			position = len(groups)
			positions[value] = position
			keys.Rows, groups = append(keys.Rows, Row{i.Name.Value: value}), append(groups, nil)
		}
		groups[position] = append(groups[position], row)
	}
	return keys, groups
}

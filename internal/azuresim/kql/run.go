package kql

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// evaluation is one run of a query.
type evaluation struct {
	tables   map[string]Table
	now      time.Time
	warnings []string
}

// run evaluates a pipeline. The error for a missing table names the operator that reads it: the pipeline's first one,
// or else the one around the pipeline.
func (e *evaluation) run(p pipeline, reader string) (Table, error) {
	if len(p.operators) > 0 {
		reader = p.operators[0].name()
	}
	result, err := e.source(p, reader)
	for _, next := range p.operators {
		if err != nil {
			return Table{}, err
		}
		result, err = e.apply(next, result)
	}
	return result, err
}

func (e *evaluation) source(p pipeline, reader string) (Table, error) {
	if p.datatable != nil {
		return *p.datatable, nil
	}
	if len(p.legs) > 0 {
		return e.union(p)
	}
	table, found := e.tables[p.table]
	if !found {
		return Table{}, unresolvedTable(p.table, reader)
	}
	return table, nil
}

// unresolvedTable has the messages of the service; union words it differently.
func unresolvedTable(name, reader string) error {
	message := fmt.Sprintf("Failed to resolve table or column expression named '%s'", name)
	switch reader {
	case "":
	case "union":
		message = fmt.Sprintf("'union' operator: Failed to resolve table expression named '%s'", name)
	default:
		message = "'" + reader + "' operator: " + message
	}
	return &SemanticError{codeUnresolved, message}
}

// union evaluates all legs. A fuzzy union leaves out the legs with a name that doesn't resolve, but needs one at least.
func (e *evaluation) union(p pipeline) (Table, error) {
	var all []Table
	for _, leg := range p.legs {
		result, err := e.run(leg, "union")
		if lost, isSemantic := errors.AsType[*SemanticError](err); p.fuzzy && isSemantic {
			e.warnings = append(e.warnings, lost.Message)
			continue
		}
		if err != nil {
			return Table{}, err
		}
		all = append(all, result)
	}
	if len(all) == 0 {
		return Table{}, &SemanticError{codeNoOperand,
			"union: must have at least one operand that can be evaluated successfully when running with 'Fuzzy' mode."}
	}
	return concatenate(p.at, all)
}

// concatenate gives all rows the columns of all tables. A missing value is null, or "" for a string, which is never
// null.
func concatenate(at token, all []Table) (Table, error) {
	var result Table
	for _, one := range all {
		for _, c := range one.Columns {
			i := indexOf(result.Columns, c.Name)
			if i < 0 {
				result.Columns = append(result.Columns, c)
			} else if result.Columns[i].Type != c.Type {
				return Table{}, unsupported(at, "the column %s is a %s in one leg and a %s in another",
					c.Name, result.Columns[i].Type, c.Type)
			}
		}
	}
	for _, one := range all {
		for _, row := range one.Rows {
			var widened Row
			for _, c := range result.Columns {
				widened.Values = append(widened.Values, one.value(row, c))
			}
			result.Rows = append(result.Rows, widened)
		}
	}
	return result, nil
}

func (t Table) value(of Row, c Column) any {
	if i := indexOf(t.Columns, c.Name); i >= 0 {
		return of.Values[i]
	}
	if c.Type == String {
		return ""
	}
	return nil
}

func (e *evaluation) apply(o operator, to Table) (Table, error) {
	s := scope{columns: to.Columns, operator: o.name(), now: e.now}
	switch o.name() {
	case "where":
		return s.where(o.items[0].value, to)
	case "project":
		return s.project(o.items, to)
	case "extend":
		return s.extend(o.items, to)
	default:
		return s.summarize(o, to)
	}
}

// where treats null as false.
func (s scope) where(condition expression, from Table) (Table, error) {
	test, err := s.condition(condition)
	if err != nil {
		return Table{}, err
	}
	kept := Table{Columns: from.Columns}
	for _, row := range from.Rows {
		if test.of(row) == true {
			kept.Rows = append(kept.Rows, row)
		}
	}
	return kept, nil
}

func (s scope) project(items []item, from Table) (Table, error) {
	columns, values, err := s.compileItems(items)
	if err != nil {
		return Table{}, err
	}
	result := Table{Columns: columns}
	for _, row := range from.Rows {
		result.Rows = append(result.Rows, Row{Values: evaluateAll(values, row)})
	}
	return result, nil
}

// extend replaces a column of the same name. That no value sees the other new ones is inferred.
func (s scope) extend(items []item, from Table) (Table, error) {
	columns, values, err := s.compileItems(items)
	if err != nil {
		return Table{}, err
	}
	result := Table{Columns: slices.Clone(from.Columns)}
	at := make([]int, len(columns))
	for i, c := range columns {
		if at[i] = indexOf(result.Columns, c.Name); at[i] < 0 {
			at[i] = len(result.Columns)
			result.Columns = append(result.Columns, c)
		}
		result.Columns[at[i]] = c
	}
	for _, row := range from.Rows {
		extended := Row{Values: make([]any, len(result.Columns)), Ingested: row.Ingested}
		copy(extended.Values, row.Values)
		for i, value := range evaluateAll(values, row) {
			extended.Values[at[i]] = value
		}
		result.Rows = append(result.Rows, extended)
	}
	return result, nil
}

func (s scope) compileItems(items []item) ([]Column, []compiled, error) {
	var columns []Column
	var values []compiled
	for _, item := range items {
		if item.name == "" {
			return nil, nil, unsupported(item.at, "expected a name and =")
		}
		value, err := s.compile(item.value)
		if err != nil {
			return nil, nil, err
		}
		columns = append(columns, Column{item.name, value.kind})
		values = append(values, value)
	}
	if hasDuplicates(columns) {
		return nil, nil, unsupported(items[0].at, "two columns have the same name")
	}
	return columns, values, nil
}

func evaluateAll(values []compiled, row Row) []any {
	results := make([]any, 0, len(values))
	for _, value := range values {
		results = append(results, value.of(row))
	}
	return results
}

// summarize returns a row for each group. Without by there is exactly one, also if there is nothing to summarize.
func (s scope) summarize(o operator, from Table) (Table, error) {
	columns, keys, err := s.compileItems(o.by)
	if err != nil {
		return Table{}, err
	}
	var totals []total
	for _, item := range o.items {
		name, kind, over, err := s.compileAggregate(item)
		if err != nil {
			return Table{}, err
		}
		columns = append(columns, Column{name, kind})
		totals = append(totals, over)
	}
	if hasDuplicates(columns) {
		return Table{}, unsupported(o.items[0].at, "two columns have the same name")
	}
	result := Table{Columns: columns}
	for _, group := range groups(keys, from.Rows) {
		for _, over := range totals {
			group.key = append(group.key, over(group.rows))
		}
		result.Rows = append(result.Rows, Row{Values: group.key})
	}
	return result, nil
}

type group struct {
	key  []any
	rows []Row
}

// groups are in the order of their first rows.
func groups(keys []compiled, rows []Row) []*group {
	if len(keys) == 0 {
		return []*group{{rows: rows}}
	}
	var found []*group
	byKey := map[string]*group{}
	for _, row := range rows {
		key := evaluateAll(keys, row)
		text := fmt.Sprintf("%#v", key)
		if byKey[text] == nil {
			byKey[text] = &group{key: key}
			found = append(found, byKey[text])
		}
		byKey[text].rows = append(byKey[text].rows, row)
	}
	return found
}

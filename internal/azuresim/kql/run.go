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

func (e *evaluation) run(p pipeline) (Table, error) {
	result, err := e.source(p)
	for _, next := range p.operators {
		if err != nil {
			return Table{}, err
		}
		result, err = e.apply(next, result)
	}
	return result, err
}

// source has the service's message for a missing table, which names the operator that reads it.
func (e *evaluation) source(p pipeline) (Table, error) {
	if p.datatable != nil {
		return *p.datatable, nil
	}
	if len(p.legs) > 0 {
		return e.union(p)
	}
	table, found := e.tables[p.table]
	if !found {
		message := fmt.Sprintf("Failed to resolve table or column expression named '%s'", p.table)
		if len(p.operators) > 0 {
			message = "'" + p.operators[0].name() + "' operator: " + message
		}
		return Table{}, &SemanticError{codeUnresolved, message}
	}
	return table, nil
}

// union leaves out the legs with a name that doesn't resolve, but needs one at least.
func (e *evaluation) union(p pipeline) (Table, error) {
	var all []Table
	for _, leg := range p.legs {
		result, err := e.run(leg)
		if lost, isSemantic := errors.AsType[*SemanticError](err); isSemantic {
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
	test, err := s.compile(condition)
	if err == nil && test.kind != Bool {
		err = unsupported(condition.at, "expected a condition, not a %s", test.kind)
	}
	if err != nil {
		return Table{}, err
	}
	return Table{Columns: from.Columns, Rows: matching(from.Rows, test)}, nil
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

// extend adds columns. That no value sees the other new ones is inferred.
func (s scope) extend(items []item, from Table) (Table, error) {
	columns, values, err := s.compileItems(items)
	if err != nil {
		return Table{}, err
	}
	result := Table{Columns: slices.Concat(from.Columns, columns)}
	if hasDuplicates(result.Columns) {
		return Table{}, unsupported(items[0].value.at, "replacing a column is not supported")
	}
	for _, row := range from.Rows {
		values := slices.Concat(row.Values, evaluateAll(values, row))
		result.Rows = append(result.Rows, Row{values, row.Ingested})
	}
	return result, nil
}

func (s scope) compileItems(items []item) ([]Column, []compiled, error) {
	var columns []Column
	var values []compiled
	for _, item := range items {
		value, err := s.compile(item.value)
		if err != nil {
			return nil, nil, err
		}
		columns = append(columns, Column{item.name, value.kind})
		values = append(values, value)
	}
	if hasDuplicates(columns) {
		return nil, nil, unsupported(items[0].value.at, "two columns have the same name")
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
		kind, over, err := s.compileAggregate(item.value)
		if err != nil {
			return Table{}, err
		}
		columns = append(columns, Column{item.name, kind})
		totals = append(totals, over)
	}
	if hasDuplicates(columns) {
		return Table{}, unsupported(o.at, "two columns have the same name")
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

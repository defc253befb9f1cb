package azuresim

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// timeGenerated is the only column of the simulator's tables. Young tables can lack any other (Log Analytics facts,
// section 1).
const timeGenerated = "TimeGenerated"

// column is a column of a relation, and of an answer.
type column struct {
	Name string `json:"name"`
	Type kind   `json:"type"`
}

// row is a row of a relation. Its values are nil, string, int64, float64, bool, time.Time or time.Duration.
type row struct {
	values []any
	// ingested is what ingestion_time() answers: nil outside the context of a table, so after a union (Log Analytics facts,
	// section 3). That project and summarize leave that context as well is inferred, and the stricter way.
	ingested any
}

// relation is what every step of a query makes of the one before it.
type relation struct {
	columns []column
	rows    []row
}

// evaluation is a query being evaluated.
type evaluation struct {
	now    time.Time
	tables map[string]Table
	within interval // of TimeGenerated, beside the query's own filters

	warnings []string // what a fuzzy union could not resolve
	failures []string // the tables that fail in part
}

// semanticError is a query that means nothing in this workspace.
type semanticError struct{ code, message string }

func (e *semanticError) Error() string { return e.message }

// The codes of semantic errors. The second one's message is in the Log Analytics facts, section 1; the code is
// from a public client's list of errors.
const (
	codeUnresolved = "SEM0100"
	codeNoOperand  = "SEM0529"
)

// read evaluates a query. The first operator, or else the one around the query, is what comes upon a missing table.
func (q query) read(e *evaluation, operator string) (relation, error) {
	if len(q.operators) > 0 {
		operator = q.operators[0].name()
	}
	made, err := q.source.read(e, operator)
	for i := 0; err == nil && i < len(q.operators); i++ {
		next := q.operators[i]
		made, err = next.apply(compiler{columns: made.columns, operator: next.name(), now: e.now}, made)
	}
	return made, err
}

func (q query) tables(names map[string]bool) { q.source.tables(names) }

func (d datatable) read(*evaluation, string) (relation, error) { return relation(d), nil }
func (d datatable) tables(map[string]bool)                     {}

func (t tableSource) tables(names map[string]bool) { names[string(t)] = true }

func (t tableSource) read(e *evaluation, operator string) (relation, error) {
	name := string(t)
	table, found := e.tables[name] // unlike Resource Manager's, KQL's names have letter case
	if !found || table.Unresolved {
		return relation{}, unresolvedTable(name, operator)
	}
	read := relation{columns: []column{{timeGenerated, kindDatetime}}}
	if table.Failing {
		e.failures = append(e.failures, name)
	}
	if table.Denied || table.Failing {
		return read, nil
	}
	for _, record := range table.Records {
		if e.within.contains(record.Time) {
			one := row{values: []any{record.Time}, ingested: record.Ingested}
			read.rows = append(read.rows, slices.Repeat([]row{one}, record.Count)...)
		}
	}
	return read, nil
}

// unresolvedTable words a table that is missing as the service does (Log Analytics facts, section 1). A union words it
// differently, as a public client's tests show.
func unresolvedTable(name, operator string) error {
	message := fmt.Sprintf("Failed to resolve table or column expression named '%s'", name)
	switch operator {
	case "":
	case "union":
		message = fmt.Sprintf("'union' operator: Failed to resolve table expression named '%s'", name)
	default:
		message = "'" + operator + "' operator: " + message
	}
	return &semanticError{codeUnresolved, message}
}

func (u union) tables(names map[string]bool) {
	for _, leg := range u.legs {
		leg.tables(names)
	}
}

// read evaluates a union. A fuzzy one loses the legs with a name that can't be resolved, one at least must remain (Log
// Analytics facts, sections 1 and 4).
func (u union) read(e *evaluation, _ string) (relation, error) {
	var all []relation
	for _, leg := range u.legs {
		made, err := leg.read(e, "union")
		if lost, isSemantic := errors.AsType[*semanticError](err); u.fuzzy && isSemantic {
			e.warnings = append(e.warnings, lost.message)
			continue
		}
		if err != nil {
			return relation{}, err
		}
		all = append(all, made)
	}
	if len(all) == 0 {
		return relation{}, &semanticError{codeNoOperand,
			"union: must have at least one operand that can be evaluated successfully when running with 'Fuzzy' mode."}
	}
	return concatenate(u.at, all)
}

// concatenate gives all rows the columns of all relations. What a row lacks is null, or empty where it is a string.
func concatenate(at token, all []relation) (relation, error) {
	var made relation
	for _, one := range all {
		for _, c := range one.columns {
			i := indexOf(made.columns, c.Name)
			if i < 0 {
				made.columns = append(made.columns, c)
			} else if made.columns[i].Type != c.Type {
				return relation{}, notUnderstood(at, "the column %s is a %s in one leg and a %s in another", c.Name, made.columns[i].Type, c.Type)
			}
		}
	}
	for _, one := range all {
		for _, r := range one.rows {
			var widened row
			for _, c := range made.columns {
				widened.values = append(widened.values, one.valueOf(r, c))
			}
			made.rows = append(made.rows, widened)
		}
	}
	return made, nil
}

func (r relation) valueOf(of row, c column) any {
	if i := indexOf(r.columns, c.Name); i >= 0 {
		return of.values[i]
	}
	if c.Type == kindString {
		return "" // strings are never null in KQL
	}
	return nil
}

func indexOf(columns []column, name string) int {
	return slices.IndexFunc(columns, func(c column) bool { return c.Name == name })
}

func hasTwins(columns []column) bool {
	for i, c := range columns {
		if indexOf(columns, c.Name) != i {
			return true
		}
	}
	return false
}

func (where) name() string     { return "where" }
func (project) name() string   { return "project" }
func (extend) name() string    { return "extend" }
func (summarize) name() string { return "summarize" }

func (o where) apply(c compiler, r relation) (relation, error) {
	condition, err := c.compileCondition(o.condition)
	if err != nil {
		return relation{}, err
	}
	kept := relation{columns: r.columns}
	for _, one := range r.rows {
		if condition.of(one) == true {
			kept.rows = append(kept.rows, one)
		}
	}
	return kept, nil
}

func (o project) apply(c compiler, r relation) (relation, error) {
	var made relation
	var values []compiled
	for _, item := range o {
		value, err := c.compile(item.value)
		if err != nil {
			return relation{}, err
		}
		made.columns = append(made.columns, column{item.name.text, value.kind})
		values = append(values, value)
	}
	if hasTwins(made.columns) {
		return relation{}, notUnderstood(o[0].name, "two columns have one name")
	}
	for _, one := range r.rows {
		var projected row
		for _, value := range values {
			projected.values = append(projected.values, value.of(one))
		}
		made.rows = append(made.rows, projected)
	}
	return made, nil
}

// extend replaces a column of the same name. That no value sees the others is inferred.
func (o extend) apply(c compiler, r relation) (relation, error) {
	made := relation{columns: slices.Clone(r.columns)}
	for _, one := range r.rows {
		made.rows = append(made.rows, row{slices.Clone(one.values), one.ingested})
	}
	for _, item := range o {
		value, err := c.compile(item.value)
		if err != nil {
			return relation{}, err
		}
		at := indexOf(made.columns, item.name.text)
		if at < 0 {
			at = len(made.columns)
			made.columns = append(made.columns, column{})
		}
		made.columns[at] = column{item.name.text, value.kind}
		for i, one := range r.rows {
			made.rows[i].set(at, value.of(one))
		}
	}
	return made, nil
}

// set changes a value, or adds the one after the last.
func (r *row) set(at int, value any) {
	if at == len(r.values) {
		r.values = append(r.values, nil)
	}
	r.values[at] = value
}

// summarize without by makes one row also of none (Log Analytics facts, section 4).
func (o summarize) apply(c compiler, r relation) (relation, error) {
	made := relation{rows: []row{{}}}
	for _, aggregate := range o {
		of, value, err := aggregate.over(c, r.rows)
		if err != nil {
			return relation{}, err
		}
		made.columns = append(made.columns, column{aggregate.name, of})
		made.rows[0].values = append(made.rows[0].values, value)
	}
	if hasTwins(made.columns) {
		return relation{}, notUnderstood(o[0].function, "two columns have one name")
	}
	return made, nil
}

func (a aggregate) over(c compiler, rows []row) (kind, any, error) {
	switch a.function.text {
	case "count":
		return kindLong, int64(len(rows)), nil
	case "countif":
		condition, err := c.compileCondition(*a.argument)
		if err != nil {
			return "", nil, err
		}
		count := int64(0)
		for _, one := range rows {
			if condition.of(one) == true {
				count++
			}
		}
		return kindLong, count, nil
	}
	argument, err := c.compile(*a.argument)
	if err != nil {
		return "", nil, err
	}
	if argument.kind == kindString || argument.kind == kindBool {
		return "", nil, notUnderstood(a.function, "it finds no %s of a %s", a.function.text, argument.kind)
	}
	return argument.kind, extreme(rows, argument, a.function.is("max")), nil
}

// extreme is the greatest value or the least. Nulls don't count.
func extreme(rows []row, of compiled, greatest bool) any {
	var found any
	for _, one := range rows {
		value := of.of(one)
		if value == nil {
			continue
		}
		if found == nil || greatest && order(value, found) > 0 || !greatest && order(value, found) < 0 {
			found = value
		}
	}
	return found
}

// Package kql evaluates the small part of the Kusto Query Language that the provider's queries use. It does no I/O: a
// caller hands over the tables, and gets rows, warnings or an error.
//
// The grammar is in parse.go, and the functions and aggregates are tables in functions.go. Anything else is refused and
// never guessed at. The semantics follow the Kusto documentation (https://learn.microsoft.com/kusto/query/), and
// comments say where they are inferred.
package kql

import (
	"fmt"
	"slices"
	"time"
)

// Kind is a scalar data type.
type Kind string

// The data types of columns.
const (
	String   Kind = "string"
	Long     Kind = "long"
	Real     Kind = "real"
	Datetime Kind = "datetime"
)

// The data types that only a part of an expression has.
const (
	boolean  Kind = "bool"
	timespan Kind = "timespan"
	several  Kind = "list" // in parentheses, for in
)

// Column is a column of a table.
type Column struct {
	Name string `parser:"@Name ':'" json:"name"`
	Type Kind   `parser:"@( 'string' | 'long' | 'real' | 'datetime' )" json:"type"`
}

// Row is a row of a table: string, int64, float64, time.Time, or nil for null, by the name of the column.
type Row map[string]any

// Ingested is where the row of a table has the value of ingestion_time(), which is no column. Other rows lack it, such
// as those of a union. That project and summarize leave the table's context as well is inferred.
const Ingested = "ingestion_time()"

// Table is what a query reads, and what each of its steps produces.
type Table struct {
	Columns []Column
	Rows    []Row
}

// Result is the answer to a query.
type Result struct {
	Table
	// Warnings are the errors of the legs that a fuzzy union left out.
	Warnings []string
}

// Error says why a query is refused.
type Error struct {
	// Code is SyntaxCode, or that of a name that doesn't resolve.
	Code, Message string
	// Token is where a query can't be parsed, or uses what this package doesn't support. Lines count from 1 and positions
	// from 0.
	Token     string
	Line, Pos int
}

// SyntaxCode is the code of queries that can't be parsed or are not supported.
const SyntaxCode = "SYN0002"

func (e *Error) Error() string { return e.Message }

func unsupported(at token, reason string, values ...any) *Error {
	line, pos := at.Pos.Line, at.Pos.Column-1
	return &Error{SyntaxCode, fmt.Sprintf("Query could not be parsed at '%s' on line [%d,%d] (the simulator: %s)",
		at.Value, line, pos, fmt.Sprintf(reason, values...)), at.Value, line, pos}
}

func unresolved(message string, values ...any) *Error {
	return &Error{Code: "SEM0100", Message: fmt.Sprintf(message, values...)}
}

// Query is a parsed query.
type Query struct{ root *pipeline }

// Tables returns the names of the tables that the query reads, sorted.
func (q Query) Tables() []string {
	names := q.root.tables()
	slices.Sort(names)
	return slices.Compact(names)
}

func (p pipeline) tables() []string {
	if p.Table != "" {
		return []string{p.Table}
	}
	var names []string
	for _, leg := range p.Legs {
		names = append(names, leg.tables()...)
	}
	return names
}

// Run evaluates the query. Names of tables are case-sensitive. The error is an *Error.
func (q Query) Run(tables map[string]Table, now time.Time) (Result, error) {
	e := evaluation{tables: tables, now: now}
	result, refused := e.run(*q.root)
	if refused != nil {
		return Result{}, refused
	}
	return Result{result, e.warnings}, nil
}

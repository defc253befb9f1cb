// Package kql evaluates the small part of the Kusto Query Language that questions about arriving data need. It does no
// I/O: a caller hands over the tables, and gets rows, warnings or an error.
//
//	query      = source { "|" operator }
//	source     = table | "datatable" "(" column ":" type, ... ")" "[" literal, ... "]"
//	           | "union" "isfuzzy" "=" "true" "(" query ")", ...
//	operator   = "where" expression | "project" column, ... | "extend" column, ...
//	           | "summarize" name "=" aggregate "(" expression, ... ")", ... [ "by" column, ... ]
//	column     = name [ "=" expression ]
//	expression = literal | name | function "(" expression, ... ")" | "(" expression ")"
//	           | expression ( "and" | "==" | ">" | "-" | "/" ) expression | expression "in" "(" expression, ... ")"
//
// The functions are in functions.go and the aggregates in aggregates.go; adding one means adding an entry. Anything
// else is refused and never guessed at. The semantics follow the Kusto documentation
// (https://learn.microsoft.com/kusto/query/), and comments say where they are inferred.
package kql

import (
	"fmt"
	"slices"
	"time"
)

// Kind is a scalar data type.
type Kind string

// The supported data types.
const (
	String   Kind = "string"
	Long     Kind = "long"
	Real     Kind = "real"
	Bool     Kind = "bool"
	Datetime Kind = "datetime"
	Timespan Kind = "timespan"
)

var kinds = []Kind{String, Long, Real, Bool, Datetime, Timespan}

// Column is a column of a table.
type Column struct {
	Name string `json:"name"`
	Type Kind   `json:"type"`
}

// Row is a row of a table. Its values are string, int64, float64, bool, time.Time, time.Duration, or nil for null.
type Row struct {
	Values []any
	// Ingested is the value of ingestion_time(). It is nil outside a table's context, such as after a union. That
	// project and summarize leave that context as well is inferred.
	Ingested any
}

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

// SyntaxError is a query that can't be parsed, or that uses what this package doesn't support. Lines count from 1 and
// positions from 0.
type SyntaxError struct {
	Token     string
	Line, Pos int
	Reason    string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("Query could not be parsed at '%s' on line [%d,%d] (the simulator: %s)",
		e.Token, e.Line, e.Pos, e.Reason)
}

func unsupported(at token, reason string, values ...any) error {
	return &SyntaxError{at.text, at.line, at.pos, fmt.Sprintf(reason, values...)}
}

// SemanticError is a query with a name that doesn't resolve.
type SemanticError struct{ Code, Message string }

func (e *SemanticError) Error() string { return e.Message }

const (
	codeUnresolved = "SEM0100"
	codeNoOperand  = "SEM0529"
)

// Query is a parsed query.
type Query struct{ root pipeline }

// Tables returns the names of the tables that the query reads, sorted.
func (q Query) Tables() []string {
	names := q.root.tables(nil)
	slices.Sort(names)
	return slices.Compact(names)
}

// Run evaluates the query. Names of tables are case-sensitive.
func (q Query) Run(tables map[string]Table, now time.Time) (Result, error) {
	e := evaluation{tables: tables, now: now}
	result, err := e.run(q.root)
	return Result{result, e.warnings}, err
}

func indexOf(columns []Column, name string) int {
	return slices.IndexFunc(columns, func(c Column) bool { return c.Name == name })
}

func hasDuplicates(columns []Column) bool {
	for i, c := range columns {
		if indexOf(columns, c.Name) != i {
			return true
		}
	}
	return false
}

package kql

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// records are rows of the given ages, ingested five minutes later.
func records(ages ...time.Duration) Table {
	table := Table{Columns: []Column{{"TimeGenerated", Datetime}}}
	for _, age := range ages {
		table.Rows = append(table.Rows, Row{"TimeGenerated": now.Add(-age), Ingested: now.Add(5*time.Minute - age)})
	}
	return table
}

var tables = map[string]Table{
	"Busy":  records(2*time.Hour, 2*time.Hour, 8*day, 40*day),
	"Late":  records(9 * day),
	"Empty": records(),
	"Ahead": records(-time.Hour),
	"Usage": {
		Columns: []Column{{"DataType", String}, {"EndTime", Datetime}, {"Quantity", Real}},
		Rows: []Row{
			{"DataType": "Busy", "EndTime": now.Add(-8 * day), "Quantity": 1.5},
			{"DataType": "Late", "EndTime": now.Add(-9 * day), "Quantity": 4.0},
			{"DataType": "Busy", "EndTime": now.Add(-time.Hour), "Quantity": 2.0},
		},
	},
}

func run(text string) (Result, error) {
	query, err := Parse(text)
	if err != nil {
		return Result{}, err
	}
	return query.Run(tables, now)
}

// answer returns the lines of the rows and the warnings, or the code or the place of an error.
func answer(text string) string {
	result, err := run(text)
	if refused, isError := errors.AsType[*Error](err); isError {
		message, _, _ := strings.Cut(refused.Message, " (the simulator: ")
		return strings.TrimPrefix(refused.Code+" "+message, "SYN0002 ")
	}
	var lines []string
	for _, row := range result.Rows {
		var values []string
		for _, column := range result.Columns {
			value := row[column.Name]
			if moment, isTime := value.(time.Time); isTime {
				value = moment.Format(time.RFC3339)
			}
			values = append(values, fmt.Sprint(value))
		}
		lines = append(lines, strings.Join(values, " "))
	}
	for _, warning := range result.Warnings {
		lines = append(lines, "! "+warning)
	}
	return cmp.Or(strings.Join(lines, "\n"), "nothing")
}

// Each paragraph of queries.kql is a query and its answer.
func TestQueries(t *testing.T) {
	file, err := os.ReadFile("testdata/queries.kql")
	if err != nil {
		t.Fatal(err)
	}
	for paragraph := range strings.SplitSeq(strings.TrimSpace(string(file)), "\n\n") {
		if strings.HasPrefix(paragraph, "#") {
			continue
		}
		query, want, _ := strings.Cut(paragraph, "\n> ")
		want = strings.ReplaceAll(want, "\n> ", "\n")
		if got := answer(query); got != want {
			t.Errorf("%s\nis answered with\n%s\nand not with\n%s", query, got, want)
		}
	}
}

func TestColumnsAndTables(t *testing.T) {
	const union = "union isfuzzy=true (Late | project A = 1), (Usage | summarize MB = sumif(Quantity, Quantity > 0) by " +
		"DataType), (Missing), (union isfuzzy=true (Late | project A = 2), (Empty)) | extend T = ago(1d)"
	result, err := run(union)
	want := []Column{{"A", Long}, {"DataType", String}, {"MB", Real}, {"TimeGenerated", Datetime}, {"T", Datetime}}
	if err != nil || !slices.Equal(result.Columns, want) {
		t.Errorf("columns %v, error %v", result.Columns, err)
	}
	query, err := Parse(union)
	if got := query.Tables(); err != nil || !slices.Equal(got, []string{"Empty", "Late", "Missing", "Usage"}) {
		t.Errorf("tables %v, error %v", got, err)
	}
}

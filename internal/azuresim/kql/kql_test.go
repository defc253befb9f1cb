package kql

import (
	"errors"
	"fmt"
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

// answer returns rows and warnings as text, such as "1 x; 2 <nil>; ! a warning", or the code or the place of an
// error.
func answer(text string) string {
	result, err := run(text)
	if refused, isError := errors.AsType[*Error](err); isError {
		message, _, _ := strings.Cut(refused.Message, " (the simulator: ")
		return strings.TrimPrefix(refused.Code+" "+message, "SYN0002 Query could not be parsed at ")
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
	return strings.Join(lines, "; ")
}

// What the provider asks is tested with its queries, in package loganalytics.
func TestQueries(t *testing.T) {
	for query, want := range map[string]string{
		// Times.
		"Late": "2026-11-14T12:00:00Z",
		"Busy | where TimeGenerated > ago(7200s)":                                 "",
		"Busy | where TimeGenerated > ago(7201s) | project A = 1":                 "1; 1",
		"Ahead | project Hours = (ago(0s) - TimeGenerated) / 1h, Then = ago(90m)": "-1 2026-11-23T10:30:00Z",
		"Late | project Days = (ago(0s) - TimeGenerated) / 1d, H = 1h / 30m":      "9 2",

		// Aggregates.
		"Empty | summarize C = countif(TimeGenerated > ago(1d)), M = max(TimeGenerated)": "0 <nil>",
		"Busy | summarize C = countif(TimeGenerated > ago(9d)), M = max(TimeGenerated)": "3 " +
			"2026-11-23T10:00:00Z",
		"datatable(A:long, B:real)[] | summarize S = sum(A), I = sumif(B, B > 1), P = percentile(B, 95)": "0 0 <nil>",
		`datatable(A:string, B:long)["x", 3, "y", 1, "x", 2] | summarize S = sum(B) by N = A`:            "x 5; y 1",
		"Usage | summarize MB = sumif(Quantity, Quantity > 1), P = percentile(Quantity, 50)":             "7.5 2",
		`Usage | where DataType in ("None") | summarize M = max(EndTime) by DataType`:                    "",
		`Usage | where DataType in ("Late", "None") | summarize M = max(EndTime) by DataType`: "Late " +
			"2026-11-14T12:00:00Z",

		// Unions.
		`union isfuzzy=true (datatable(A:long, S:string)[1, "x"]), ` +
			`(datatable(B:real, A:long)[real(null), 2])`: "1 x <nil>; 2 <nil> <nil>",

		// Ingestion time is null outside a table's context.
		"union isfuzzy=true (Late) | extend I = ingestion_time()":                "2026-11-14T12:00:00Z <nil>",
		"Late | extend I = ingestion_time()":                                     "2026-11-14T12:00:00Z 2026-11-14T12:05:00Z",
		"Late | where ingestion_time() > ago(9d) | project I = ingestion_time()": "2026-11-14T12:05:00Z",
		"Late | project TimeGenerated | extend I = ingestion_time()":             "2026-11-14T12:00:00Z <nil>",

		// Null: https://learn.microsoft.com/kusto/query/scalar-data-types/null-values
		"datatable(A:real)[real(null)] | summarize S = sumif(A, A > 0), P = percentile(A, 95), " +
			"C = countif(A > 0)": "0 <nil> 0",
		"Late | project A = (ago(0s) - datetime(null)) / 1s, B = coalesce(datetime(null), ago(0s))": "<nil> " +
			"2026-11-23T12:00:00Z",
		"datatable(D:datetime)[datetime(null)] | where D > ago(1d) and D > ago(2d)": "",

		// Legs that are left out.
		`union isfuzzy=true (Late), (Missing | where TimeGenerated > ago(1d)), (late), (Empty | where User > ago(1d))`: "" +
			"2026-11-14T12:00:00Z; ! 'where' operator: Failed to resolve table or column expression named 'Missing'; " +
			"! Failed to resolve table or column expression named 'late'; " +
			"! 'where' operator: Failed to resolve scalar expression named 'User'",
		"union isfuzzy=true (Late), (union isfuzzy=true (A)), (Empty)": "2026-11-14T12:00:00Z; " +
			"! Failed to resolve table or column expression named 'A'; ! union: must have at least one operand that can be " +
			"evaluated successfully when running with 'Fuzzy' mode.",

		// A name that doesn't resolve is refused with the service's message.
		"Missing": "SEM0100 Failed to resolve table or column expression named 'Missing'",
		"union isfuzzy=true (Missing), (A)": "SEM0529 union: must have at least one operand that can be evaluated " +
			"successfully when running with 'Fuzzy' mode.",
		"Empty | extend X = Y": "SEM0100 'extend' operator: " +
			"Failed to resolve scalar expression named 'Y'",
		"Empty | summarize M = max(User)": "SEM0100 'summarize' operator: " +
			"Failed to resolve scalar expression named 'User'",
		"Empty | project timegenerated": "SEM0100 'project' operator: " +
			"Failed to resolve scalar expression named 'timegenerated'",
		"Late | project A = 1 | extend B = C": "SEM0100 'extend' operator: Failed to resolve scalar expression named 'C'",

		// What is not supported is refused with its place.
		"":                                       "'' on line [1,0]",
		"Busy\n| take 10":                        "'take' on line [2,2]",
		"not a query":                            "'a' on line [1,4]",
		"Busy | summarize N = count()":           "'count' on line [1,21]",
		"Busy | summarize max(TimeGenerated)":    "'(' on line [1,20]",
		"Usage | summarize S = sum(DataType)":    "'sum' on line [1,22]",
		"Busy | where TimeGenerated > later()":   "'later' on line [1,29]",
		`Busy | where TimeGenerated > ago("7d")`: "'ago' on line [1,29]",
		"Busy | where TimeGenerated > 7d":        "'>' on line [1,27]",
		"Busy | where TimeGenerated":             "'where' on line [1,7]",
		`Busy | where "a" in (1)`:                "'in' on line [1,17]",
		"Busy | extend TimeGenerated = 1":        "'TimeGenerated' on line [1,14]",
		"Busy | extend X = iff(1 == 1, 1, 2)":    "'iff' on line [1,18]",
		"Busy | extend X = 1 == 2":               "'X' on line [1,14]",
		"Busy | extend by = 1":                   "'by' on line [1,14]",
		"union Busy, Late":                       "'Busy' on line [1,6]",
		"union isfuzzy=true (datatable(A:long)[1]), (datatable(A:string)[])": "'union' on line [1,0]",
		"union isfuzzy=true (Busy), (Busy | extend X = 7d)":                  "'X' on line [1,42]",
		"let x = 1; Busy":                           "'let' on line [1,0]",
		"datatable(A:dynamic)[]":                    "'dynamic' on line [1,12]",
		"datatable(A:long)[real(null)]":             "'real(null)' on line [1,18]",
		"datatable(A:long, B:long)[1]":              "'datatable' on line [1,0]",
		"datatable(A:long)[99999999999999999999]":   "'99999999999999999999' on line [1,18]",
		"Busy | where TimeGenerated > ago(999999d)": "'999999d' on line [1,33]",
	} {
		if got := answer(query); got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
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

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
		table.Rows = append(table.Rows, Row{[]any{now.Add(-age)}, now.Add(5*time.Minute - age)})
	}
	return table
}

var tables = map[string]Table{
	"Busy":  records(2*time.Hour, 2*time.Hour, 2*time.Hour, 8*day, 8*day, 40*day),
	"Late":  records(9 * day),
	"Empty": records(),
	"Ahead": records(-time.Hour),
	"Usage": {
		Columns: []Column{{"DataType", String}, {"EndTime", Datetime}, {"Quantity", Real}, {"IsBillable", Bool}},
		Rows: []Row{
			{Values: []any{"Busy", now.Add(-8 * day), 1.5, true}},
			{Values: []any{"Late", now.Add(-9 * day), 4.0, true}},
			{Values: []any{"Busy", now.Add(-time.Hour), 2.0, false}},
		},
	},
}

// arrivals asks for several tables as the provider does.
func arrivals(tables ...string) string {
	legs := []string{"(datatable(TableName:string, RecordCount:long, LastRecord:datetime, LastIngested:datetime)[])"}
	for _, table := range tables {
		legs = append(legs, fmt.Sprintf(`(%[1]s | where TimeGenerated > ago(37d)
			| summarize RecordCount = countif(TimeGenerated > ago(7d)),
				LastRecord = max(TimeGenerated), LastIngested = max(ingestion_time())
			| extend TableName = "%[1]s")`, table))
	}
	return "union isfuzzy=true " + strings.Join(legs, ", ") + " | project TableName, RecordCount, LastRecord, LastIngested"
}

func run(text string) (Result, error) {
	query, err := Parse(text)
	if err != nil {
		return Result{}, err
	}
	return query.Run(tables, now)
}

// evaluate returns rows and warnings as text, such as "1 x; 2 <nil>; ! a warning", or the code or the place of an
// error.
func evaluate(text string) string {
	result, err := run(text)
	if refused, isError := errors.AsType[*Error](err); isError {
		message, _, _ := strings.Cut(refused.Message, " (the simulator: ")
		return strings.TrimPrefix(refused.Code+" "+message, "SYN0002 Query could not be parsed at ")
	}
	var lines []string
	for _, row := range result.Rows {
		var values []string
		for _, value := range row.Values {
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

func TestQueries(t *testing.T) {
	for query, want := range map[string]string{
		arrivals("Busy", "Late", "Empty"): "Busy 3 2026-11-23T10:00:00Z 2026-11-23T10:05:00Z; " +
			"Late 0 2026-11-14T12:00:00Z 2026-11-14T12:05:00Z; Empty 0 <nil> <nil>",

		// Times.
		"Late": "2026-11-14T12:00:00Z",
		"Busy | where TimeGenerated > ago(3h) | summarize N = count()":            "3",
		"Busy | where TimeGenerated > ago(2h) | summarize N = count()":            "0",
		"Busy | where TimeGenerated > ago(7201s) | summarize N = count()":         "3",
		"Ahead | project Hours = (ago(0s) - TimeGenerated) / 1h, Then = ago(90m)": "-1 2026-11-23T10:30:00Z",
		"Late | project Days = (ago(0s) - TimeGenerated) / 1d, H = 1h / 30m":      "9 2",

		// Aggregates.
		"Empty | summarize N = count(), C = countif(TimeGenerated > ago(1d)), M = max(TimeGenerated)": "0 0 <nil>",
		"Busy | summarize N = count(), C = countif(TimeGenerated > ago(1d)), M = max(TimeGenerated)": "6 3 " +
			"2026-11-23T10:00:00Z",
		"datatable(A:long)[3, 1, long(null), 2] | summarize M = max(A), S = sum(A), P = percentile(A, 50)": "3 6 2",
		"datatable(A:real)[] | summarize S = sum(A), I = sumif(A, A > 1), P = percentile(A, 95)":           "0 0 <nil>",
		"datatable(A:real)[real(null)] | summarize P = percentile(A, 95)":                                  "<nil>",
		"Usage | summarize Last = max(EndTime), MB = sumif(Quantity, IsBillable) by TableName = DataType": "Busy " +
			"2026-11-23T11:00:00Z 1.5; Late 2026-11-14T12:00:00Z 4",
		`Usage | where DataType in ("Late", "Other") | summarize MB = sum(Quantity) by DataType`: "Late 4",
		`Usage | where DataType == "None" | summarize N = count() by DataType`:                   "",
		`datatable(A:long, B:string)[1, "1", 1, "2"] | summarize N = count() by A, B`:            "1 1 1; 1 2 1",

		// Unions.
		`union isfuzzy=true (datatable(A:long, S:string)[1, "x"]), ` +
			`(datatable(B:real, A:long)[real(null), 2])`: "1 x <nil>; 2  <nil>",

		// Ingestion time is null outside a table's context.
		"union isfuzzy=true (Late) | extend I = ingestion_time()":                "2026-11-14T12:00:00Z <nil>",
		"Late | extend I = ingestion_time()":                                     "2026-11-14T12:00:00Z 2026-11-14T12:05:00Z",
		"Late | where ingestion_time() > ago(9d) | project I = ingestion_time()": "2026-11-14T12:05:00Z",
		"Late | project TimeGenerated | extend I = ingestion_time()":             "2026-11-14T12:00:00Z <nil>",

		// Expressions.
		"Usage | where Quantity > 1 and DataType == \"Busy\" and IsBillable | project EndTime": "2026-11-15T12:00:00Z",

		"datatable(A:long)[long(null), 2] | project B = coalesce(A, 7), C = coalesce(long(null), A)":   "7 <nil>; 2 2",
		`datatable(A:long)[1, 2] | extend B = iff(A == 1, "one", "more"), In = iff(A in (2, 3), 1, 0)`: "1 one 0; 2 more 1",

		// Null: https://learn.microsoft.com/kusto/query/scalar-data-types/null-values
		"datatable(A:long)[5, long(null)] | summarize G = countif(A > 3), E = countif(A == long(null)), " +
			"F = countif(A == 5), In = countif(A in (5)), And = countif(A > 1 and A == 5)": "1 0 1 1 1",
		"datatable(A:long)[long(null)] | project T = (ago(0s) - datetime(null)) / 1s": "<nil>",
		"datatable(D:datetime)[datetime(null)] | where D > ago(1d)":                   "",

		// Legs that are left out.
		arrivals("Busy", "Missing", "busy"): "Busy 3 2026-11-23T10:00:00Z 2026-11-23T10:05:00Z; " +
			"! 'where' operator: Failed to resolve table or column expression named 'Missing'; " +
			"! 'where' operator: Failed to resolve table or column expression named 'busy'",
		`union isfuzzy=true (Late), (Busy | where UserId == "x")`: "2026-11-14T12:00:00Z; " +
			"! 'where' operator: Failed to resolve scalar expression named 'UserId'",
		"union isfuzzy=true (Late), (union isfuzzy=true (A)), (Empty)": "2026-11-14T12:00:00Z; " +
			"! Failed to resolve table or column expression named 'A'; ! union: must have at least one operand that can be " +
			"evaluated successfully when running with 'Fuzzy' mode.",

		// A name that doesn't resolve is refused with the service's message.
		"Missing": "SEM0100 Failed to resolve table or column expression named 'Missing'",
		"busy | project TimeGenerated": "SEM0100 'project' operator: Failed to resolve table or column " +
			"expression named 'busy'",
		"union isfuzzy=true (Missing), (A)": "SEM0529 union: must have at least one operand that can be evaluated " +
			"successfully when running with 'Fuzzy' mode.",
		"Empty | extend X = Y": "SEM0100 'extend' operator: Failed to resolve scalar expression named 'Y'",
		"Empty | summarize M = max(User)": "SEM0100 'summarize' operator: Failed to resolve scalar expression named " +
			"'User'",
		"Empty | summarize N = count() by X": "SEM0100 'summarize' operator: Failed to resolve scalar expression named 'X'",
		"Empty | project timegenerated": "SEM0100 'project' operator: Failed to resolve scalar expression named " +
			"'timegenerated'",
		"Empty | summarize N = count() | where TimeGenerated > ago(1d)": "SEM0100 'where' operator: Failed to resolve " +
			"scalar expression named 'TimeGenerated'",

		// What is not supported is refused with its place.
		"":                "'' on line [1,0]",
		"Busy |":          "'' on line [1,6]",
		"Busy\n| take 10": "'take' on line [2,2]",
		"not a query":     "'a' on line [1,4]",
		"Busy | summarize N = count() by T = bin(TimeGenerated, 1h)":         "'bin' on line [1,36]",
		"Busy | summarize A = arg_max(TimeGenerated, *)":                     "',' on line [1,42]",
		"Busy | summarize N = dcount(TimeGenerated)":                         "'dcount' on line [1,21]",
		"Busy | summarize count()":                                           "'(' on line [1,22]",
		"Busy | summarize P = percentile(TimeGenerated)":                     "'percentile' on line [1,21]",
		"Busy | summarize M = max(TimeGenerated), M = max(TimeGenerated)":    "'summarize' on line [1,7]",
		"Usage | summarize S = sum(DataType)":                                "'sum' on line [1,22]",
		`Busy | summarize M = max("x")`:                                      "'max' on line [1,21]",
		"Busy | where TimeGenerated > later()":                               "'later' on line [1,29]",
		`Busy | where TimeGenerated > ago("7d")`:                             "'ago' on line [1,29]",
		"Busy | where TimeGenerated > ago(7days)":                            "'7' on line [1,33]",
		"Busy | where TimeGenerated > 7d":                                    "'>' on line [1,27]",
		"Busy | where TimeGenerated":                                         "'where' on line [1,7]",
		`Busy | where "a" > "b"`:                                             "'>' on line [1,17]",
		`Busy | where "a" in (1)`:                                            "'in' on line [1,17]",
		"Busy | where true":                                                  "'true' on line [1,13]",
		"Busy | project A = TimeGenerated, A = TimeGenerated":                "'project' on line [1,7]",
		"Busy | extend TimeGenerated = 1":                                    "'extend' on line [1,7]",
		"Busy | extend X = 2 - 1":                                            "'-' on line [1,20]",
		`Busy | extend X = iff(1 == 1, 1, "one")`:                            "'iff' on line [1,18]",
		"Busy | extend X = 1 > 2":                                            "'X' on line [1,14]",
		"Busy | extend by = 1":                                               "'by' on line [1,14]",
		"Busy | union Late":                                                  "'union' on line [1,7]",
		"union Busy, Late":                                                   "'Busy' on line [1,6]",
		"union isfuzzy=true (datatable(A:long)[1]), (datatable(A:string)[])": "'union' on line [1,0]",
		"let x = 1; Busy":                                                    "'let' on line [1,0]",
		"workspace(\"other\").Busy":                                          "'(' on line [1,9]",
		"datatable(and:long)[]":                                              "'and' on line [1,10]",
		"datatable(A:dynamic)[]":                                             "'dynamic' on line [1,12]",
		"datatable(A:long)[real(null)]":                                      "'real(null)' on line [1,18]",
		"datatable(A:long, B:long)[1]":                                       "'datatable' on line [1,0]",
		"datatable(A:long)[99999999999999999999]":                            "'99999999999999999999' on line [1,18]",
		"Busy | where TimeGenerated > ago(999999d)":                          "'999999d' on line [1,33]",
		"Busy | extend X = 7d":                                               "'X' on line [1,14]",
		"datatable(S:string)[\"open]":                                        "'\"' on line [1,20]",
		"Busy | where " + strings.Repeat("(", 1000):                          "'' on line [1,1013]",
		"Busy | where " + strings.Repeat("(", 1_000_000):                     "'(' on line [1,13]",
		"Busy | where \xff":                                                  "'\xff' on line [1,13]",
	} {
		if got := evaluate(query); got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
}

func TestColumnsAndTables(t *testing.T) {
	const union = "union isfuzzy=true (Late | project A = 1), (Usage | summarize MB = sum(Quantity) by DataType), " +
		"(Missing), (union isfuzzy=true (Late | project A = 2), (Empty)) | extend T = ago(1d)"
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

// No query makes it panic, and every error has a message.
func FuzzQuery(f *testing.F) {
	for _, text := range []string{
		"", "Busy", arrivals("Busy", "Missing"), "((((", "Busy | where 1s > 2s", "\xff\x00",
		`datatable(S:string, D:datetime, T:timespan, N:long, R:real)["a", datetime(null), 1h, 1, real(null)]` +
			` | where N > R and S == "a" | project A = coalesce(R, T / 1s)`,
		`Usage | where DataType in ("a")` +
			` | summarize S = sum(Quantity), P = percentile(Quantity, 95) by iff(IsBillable, 1, 2)`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		result, err := run(text)
		if err != nil {
			if err.Error() == "" {
				t.Errorf("%q: an error without words", text)
			}
			return
		}
		for _, row := range result.Rows {
			if len(row.Values) != len(result.Columns) {
				t.Fatalf("%q: a row of %d values under %d columns", text, len(row.Values), len(result.Columns))
			}
		}
	})
}

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
			| project TimeGenerated, Ingested = ingestion_time()
			| summarize RecordCount = countif(TimeGenerated > ago(7d)),
				LastRecord = max(TimeGenerated), LastIngested = max(Ingested)
			| extend TableName = "%[1]s")`, table))
	}
	return "union isfuzzy=true " + strings.Join(legs, ", ") + " | project TableName, RecordCount, LastRecord, LastIngested"
}

func evaluate(text string) (Result, error) {
	query, err := Parse(text)
	if err != nil {
		return Result{}, err
	}
	return query.Run(tables, now)
}

// shown writes rows as text: "1 x; 2 y", null as <nil>.
func shown(table Table) string {
	var rows []string
	for _, row := range table.Rows {
		var values []string
		for _, value := range row.Values {
			if moment, isTime := value.(time.Time); isTime {
				value = moment.Format(time.RFC3339)
			}
			values = append(values, fmt.Sprint(value))
		}
		rows = append(rows, strings.Join(values, " "))
	}
	return strings.Join(rows, "; ")
}

func TestQueries(t *testing.T) {
	for query, want := range map[string]string{
		// The two queries that matter.
		arrivals("Busy", "Late", "Empty"): "Busy 3 2026-11-23T10:00:00Z 2026-11-23T10:05:00Z; " +
			"Late 0 2026-11-14T12:00:00Z 2026-11-14T12:05:00Z; Empty 0 <nil> <nil>",
		"Busy | summarize Time = max(TimeGenerated) | where isnotempty(Time)":  "2026-11-23T10:00:00Z",
		"Empty | summarize Time = max(TimeGenerated) | where isnotempty(Time)": "",

		// Times.
		"Late":                     "2026-11-14T12:00:00Z",
		"Busy | summarize count()": "6",
		"Busy | where TimeGenerated > ago(3h) | summarize count()":                                                     "3",
		"Busy | where TimeGenerated >= ago(2h) | summarize count()":                                                    "3",
		"Busy | where TimeGenerated > ago(2h) | summarize count()":                                                     "0",
		"Busy | where TimeGenerated < ago(2h) and TimeGenerated > ago(30d) | summarize count()":                        "2",
		"Busy | where TimeGenerated > datetime(2026-11-23) | summarize count()":                                        "3",
		"Busy | where TimeGenerated > ago(7200001ms) and TimeGenerated <= ago(1.5h) | summarize N = count()":           "3",
		"Ahead | where TimeGenerated > now() | summarize count()":                                                      "1",
		"Ahead | project Off = now() - TimeGenerated, Then = TimeGenerated + 2h, Hours = (TimeGenerated - now()) / 1h": "-1h0m0s 2026-11-23T15:00:00Z 1",

		// Aggregates.
		"Empty | summarize N = count(), C = countif(TimeGenerated > ago(1d)), Max = max(TimeGenerated), Min = min(TimeGenerated)": "0 0 <nil> <nil>",
		"Busy | summarize count(), countif(TimeGenerated > ago(1d)), max(TimeGenerated), min(TimeGenerated)":                      "6 3 2026-11-23T10:00:00Z 2026-10-14T12:00:00Z",
		"Busy | summarize maxif(TimeGenerated, TimeGenerated < ago(1d)), minif(TimeGenerated, TimeGenerated > ago(1d))":           "2026-11-15T12:00:00Z 2026-11-23T10:00:00Z",
		"datatable(A:long)[3, 1, long(null), 2] | summarize max(A), min(A), sum(A), percentile(A, 50)":                            "3 1 6 2",
		"datatable(A:real)[] | summarize sum(A), sumif(A, true), percentile(A, 95), maxif(A, true)":                               "0 0 <nil> <nil>",
		"datatable(A:timespan)[1s, 2m] | summarize sum(A), percentile(A, 95)":                                                     "2m1s 2m0s",
		"Usage | summarize Last = max(EndTime), MB = sumif(Quantity, IsBillable) by TableName = DataType":                         "Busy 2026-11-23T11:00:00Z 1.5; Late 2026-11-14T12:00:00Z 4",
		"Usage | where DataType in ('Late', 'Other') | summarize sum(Quantity) by DataType":                                       "Late 4",
		"Usage | where false | summarize count() by DataType":                                                                     "",
		"datatable(A:long, B:string)[1, '1', 1, '2'] | summarize count() by A, B":                                                 "1 1 1; 1 2 1",

		// Unions.
		"union Late, Ahead":                "2026-11-14T12:00:00Z; 2026-11-23T13:00:00Z",
		"union isfuzzy=true Late, Missing": "2026-11-14T12:00:00Z",
		"union (datatable(A:long, S:string)[1, 'x']), (datatable(B:real)[1.5, 2])": "1 x <nil>; <nil>  1.5; <nil>  2",
		"union (datatable(D:datetime)[datetime(null)]), Late | summarize max(D)":   "<nil>",
		"(((Late)))": "2026-11-14T12:00:00Z",

		// Ingestion time is null outside a table's context.
		"union Late | extend I = ingestion_time()":                               "2026-11-14T12:00:00Z <nil>",
		"Late | extend I = ingestion_time()":                                     "2026-11-14T12:00:00Z 2026-11-14T12:05:00Z",
		"Late | where ingestion_time() > ago(9d) | project I = ingestion_time()": "2026-11-14T12:05:00Z",
		"Late | project TimeGenerated | extend I = ingestion_time()":             "2026-11-14T12:00:00Z <nil>",

		// Expressions.
		`datatable(S:string, B:bool, D:datetime, T:timespan)["a\"b", true, datetime(null), 1.5d] // the end`:                      `a"b true <nil> 36h0m0s`,
		"datatable(S:string)['', 'x'] | where isempty(S)":                                                                         "",
		"datatable(A:long, B:real)[1, 2, 3, 2.5] | where A < B":                                                                   "1 2",
		"datatable(A:long)[1, 2] | where A != 1 | extend A = 'two', B = A == 2":                                                   "two true",
		"datatable(D:datetime)[datetime(null)] | where isempty(D) and (true == true)":                                             "<nil>",
		"datatable(A:long)[7] | project X = 1 + A * 2, Y = A / 2, Z = A / 2.0, Zero = A / 0, D = 1d / 2":                          "15 3 3.5 <nil> 12h0m0s",
		"datatable(A:long)[long(null), 2] | project B = coalesce(A, 7), C = coalesce(long(null), A)":                              "7 <nil>; 2 2",
		"datatable(A:long)[1, 2, 3] | where A == 1 or A == 3 and not(A == 1) | extend B = iff(A == 1, 'one', 'more')":             "1 one; 3 more",
		"datatable(A:long)[1, long(null)] | project In = A in (1, 2), NotIn = A !in (1, 2), Null = isnull(A), Not = isnotnull(A)": "true false false true; false true true false",

		// Null: https://learn.microsoft.com/kusto/query/scalar-data-types/null-values
		"datatable(A:long)[5, long(null)] | project A > 3 | project A": "error",
		"datatable(A:long)[5, long(null)] | extend G = A > 3, GN = A > 3 or isnull(A), E = A == long(null), N = A != long(null), E5 = A == 5, N5 = A != 5": "5 true true false true true false; " +
			"<nil> <nil> true <nil> <nil> false true",
		"datatable(A:long)[5, long(null)] | where A != 5":                                       "<nil>",
		"datatable(A:long)[5, long(null)] | where not(A > 3)":                                   "",
		"datatable(A:long)[long(null)] | extend B = A + 1, C = A > 1 and false, D = not(A > 1)": "<nil> <nil> false <nil>",
		"datatable(D:datetime)[datetime(null)] | where D > ago(1d)":                             "",
	} {
		result, err := evaluate(query)
		if want == "error" {
			if err == nil {
				t.Errorf("%s: %s", query, shown(result.Table))
			}
			continue
		}
		if got := shown(result.Table); err != nil || got != want {
			t.Errorf("%s: %s (%v), want %s", query, got, err, want)
		}
	}
}

func TestColumns(t *testing.T) {
	for query, want := range map[string][]Column{
		arrivals("Missing"): {{"TableName", String}, {"RecordCount", Long}, {"LastRecord", Datetime}, {"LastIngested", Datetime}},
		"Busy | summarize count(), countif(TimeGenerated > ago(1h)), max(TimeGenerated)": {
			{"count_", Long}, {"countif_", Long}, {"max_TimeGenerated", Datetime},
		},
		"Empty | project Age = now() - TimeGenerated, Ratio = 1h / 1s": {{"Age", Timespan}, {"Ratio", Real}},
		"Usage | summarize sum(Quantity) by DataType":                  {{"DataType", String}, {"sum_Quantity", Real}},
	} {
		if result, err := evaluate(query); err != nil || !slices.Equal(result.Columns, want) {
			t.Errorf("%s: columns %v, error %v", query, result.Columns, err)
		}
	}
}

func TestTables(t *testing.T) {
	query, err := Parse("union isfuzzy=true B, (A | where true), (union B, (C)), (datatable(D:long)[]) | where E == 1")
	if got := query.Tables(); err != nil || !slices.Equal(got, []string{"A", "B", "C"}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestFuzzyUnionsWarn(t *testing.T) {
	for text, want := range map[string][]string{
		arrivals("Busy", "Missing", "busy"): {
			"'where' operator: Failed to resolve table or column expression named 'Missing'",
			"'where' operator: Failed to resolve table or column expression named 'busy'",
		},
		"union isfuzzy=true Busy, Missing": {"'union' operator: Failed to resolve table expression named 'Missing'"},
		"union isfuzzy=true Busy, (Missing | summarize count())": {
			"'summarize' operator: Failed to resolve table or column expression named 'Missing'",
		},
		"union isfuzzy=true Busy, (Busy | where UserId == 'x')": {
			"'where' operator: Failed to resolve scalar expression named 'UserId'",
		},
		"union isfuzzy=true Busy, (union isfuzzy=true A), Late": {
			"'union' operator: Failed to resolve table expression named 'A'",
			"union: must have at least one operand that can be evaluated successfully when running with 'Fuzzy' mode.",
		},
	} {
		if result, err := evaluate(text); err != nil || !slices.Equal(result.Warnings, want) {
			t.Errorf("%s: warnings %q, error %v", text, result.Warnings, err)
		}
	}
}

func TestSemanticErrors(t *testing.T) {
	for text, want := range map[string]string{
		"Missing": "SEM0100 Failed to resolve table or column expression named 'Missing'",
		"(Missing) | where true": "SEM0100 'where' operator: Failed to resolve table or column expression " +
			"named 'Missing'",
		"busy | project TimeGenerated": "SEM0100 'project' operator: Failed to resolve table or column " +
			"expression named 'busy'",
		"union Busy, Missing":         "SEM0100 'union' operator: Failed to resolve table expression named 'Missing'",
		"union isfuzzy=false A, Busy": "SEM0100 'union' operator: Failed to resolve table expression named 'A'",
		"union isfuzzy=true Missing, A": "SEM0529 union: must have at least one operand that can be evaluated " +
			"successfully when running with 'Fuzzy' mode.",
		"Empty | extend X = Y":           "SEM0100 'extend' operator: Failed to resolve scalar expression named 'Y'",
		"Empty | summarize max(User)":    "SEM0100 'summarize' operator: Failed to resolve scalar expression named 'User'",
		"Empty | summarize count() by X": "SEM0100 'summarize' operator: Failed to resolve scalar expression named 'X'",
		"Empty | project timegenerated": "SEM0100 'project' operator: Failed to resolve scalar expression named " +
			"'timegenerated'",
		"Empty | summarize N = count() | where TimeGenerated > ago(1d)": "SEM0100 'where' operator: Failed to resolve " +
			"scalar expression named 'TimeGenerated'",
	} {
		_, err := evaluate(text)
		if bad, ok := errors.AsType[*SemanticError](err); !ok || bad.Code+" "+bad.Message != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// What is not supported is refused with the token and its place.
func TestSyntaxErrors(t *testing.T) {
	for text, at := range map[string]string{
		"":                "'' on line [1,0]",
		"Busy |":          "'' on line [1,6]",
		"Busy\n| take 10": "'take' on line [2,2]",
		"not a query":     "'a' on line [1,4]",
		"Busy | summarize count() by bin(TimeGenerated, 1h)":    "'bin' on line [1,28]",
		"Busy | summarize arg_max(TimeGenerated, *)":            "'*' on line [1,40]",
		"Busy | summarize dcount(TimeGenerated)":                "'dcount' on line [1,17]",
		"Busy | summarize (A, B) = max(TimeGenerated)":          "',' on line [1,19]",
		"Busy | summarize TimeGenerated":                        "'TimeGenerated' on line [1,17]",
		"Busy | summarize percentile(TimeGenerated)":            "'percentile' on line [1,17]",
		"Usage | summarize sum(DataType)":                       "'sum' on line [1,18]",
		"Busy | where TimeGenerated > later()":                  "'later' on line [1,29]",
		"Busy | where TimeGenerated > ago('7d')":                "'ago' on line [1,29]",
		"Busy | where TimeGenerated > ago(7days)":               "'7' on line [1,33]",
		"Busy | where TimeGenerated > ago(-7d)":                 "'-' on line [1,33]",
		"Busy | where TimeGenerated > 7d":                       "'>' on line [1,27]",
		"Busy | where TimeGenerated":                            "'TimeGenerated' on line [1,13]",
		"Busy | where 'a' < 'b'":                                "'<' on line [1,17]",
		"Busy | where 'a' in (1)":                               "'in' on line [1,17]",
		"Busy | project ingestion_time()":                       "'ingestion_time' on line [1,15]",
		"Busy | project A = TimeGenerated, A = TimeGenerated":   "'A' on line [1,15]",
		"Busy | extend X = 1 + 'one'":                           "'+' on line [1,20]",
		"Busy | extend X = TimeGenerated + TimeGenerated":       "'+' on line [1,32]",
		"Busy | extend X = iff(true, 1, 'one')":                 "'iff' on line [1,18]",
		"Busy | union Late":                                     "'union' on line [1,7]",
		"union withsource=T Busy":                               "'=' on line [1,16]",
		"union isfuzzy=maybe Busy":                              "'maybe' on line [1,14]",
		"union (datatable(A:long)[1]), (datatable(A:string)[])": "'union' on line [1,0]",
		"let x = 1; Busy":                                       "'let' on line [1,0]",
		"where":                                                 "'where' on line [1,0]",
		"Busy | extend by = 1":                                  "'by' on line [1,14]",
		"datatable(and:long)[]":                                 "'and' on line [1,10]",
		"Busy;":                                                 "';' on line [1,4]",
		"search 'x'":                                            "''x'' on line [1,7]",
		"range(1)":                                              "'range' on line [1,0]",
		"datatable(A:dynamic)[]":                                "'dynamic' on line [1,12]",
		"datatable(A:long)[1.5]":                                "'1.5' on line [1,18]",
		"datatable(A:long)[real(null)]":                         "'real(null)' on line [1,18]",
		"datatable(A:long, B:long)[1]":                          "'datatable' on line [1,0]",
		"datatable(A:long, A:long)[]":                           "'datatable' on line [1,0]",
		"datatable(A:long)[99999999999999999999]":               "'99999999999999999999' on line [1,18]",
		"datatable(A:timespan)[999999d]":                        "'999999d' on line [1,22]",
		"datatable(A:datetime)[datetime(yesterday)]":            "'datetime(yesterday)' on line [1,22]",
		"datatable(S:string)[\"open]":                           "'\"' on line [1,20]",
		"Busy | summarize max('x')":                             "'max' on line [1,17]",
		"workspace('other').Busy":                               "'workspace' on line [1,0]",
		strings.Repeat("(", 1000):                               "'(' on line [1,50]",
		"Busy | where \xff":                                     "'\xff' on line [1,13]",
	} {
		_, err := evaluate(text)
		if bad, ok := errors.AsType[*SyntaxError](err); !ok ||
			!strings.HasPrefix(bad.Error(), "Query could not be parsed at "+at+" (the simulator: ") {
			t.Errorf("%q: %v, want %s", text, err, at)
		}
	}
}

// No query makes it panic, and every error has a message.
func FuzzQuery(f *testing.F) {
	for _, text := range []string{
		"", "Busy", arrivals("Busy", "Missing"), "Busy | summarize Time = max(TimeGenerated) | where isnotempty(Time)",
		"datatable(S:string, B:bool, D:datetime, T:timespan, N:long, R:real)['a', true, datetime(2026-01-01), 1h, 1, 1.5] " +
			"| where N < R and S == \"a\" or not(B)",
		"union isfuzzy=false (((Busy))), Late | extend A = ingestion_time() | project B = A, " +
			"TimeGenerated // end", "((((", "Busy | where 1ms >= 2s", "\xff\x00",
		"Usage | where DataType !in ('a') | summarize sum(Quantity), percentile(Quantity, 95) by iff(IsBillable, 1, 2 / " +
			"0), D = EndTime - 1d * 2",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		result, err := evaluate(text)
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

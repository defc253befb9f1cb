package azuresim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// now is when the queries of these tests are evaluated.
var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// old are records of an age, ingested five minutes later.
func old(count int, age time.Duration) Record {
	return Record{Time: now.Add(-age), Ingested: now.Add(5*time.Minute - age), Count: count}
}

const day = 24 * time.Hour

func testTables() map[string]Table {
	return map[string]Table{
		"Busy":       {Plan: "Analytics", Records: []Record{old(3, 2*time.Hour), old(2, 8*day), old(1, 40*day)}},
		"Late":       {Plan: "Analytics", Records: []Record{old(1, 9*day)}},
		"Empty":      {Plan: "Analytics"},
		"Ahead":      {Plan: "Analytics", Records: []Record{old(1, -time.Hour)}},
		"Hidden":     {Plan: "Analytics", Denied: true, Records: []Record{old(5, time.Hour)}},
		"Known":      {Plan: "Analytics", Unresolved: true},
		"Failing":    {Plan: "Analytics", Failing: true, Records: []Record{old(5, time.Hour)}},
		"Basic":      {Plan: "Basic", Records: []Record{old(1, time.Hour)}},
		"Archive":    {Plan: "Auxiliary", Records: []Record{old(1, time.Hour)}},
		"KnownBasic": {Plan: "Basic", Unresolved: true},
	}
}

// arrivals asks for several tables as the provider does.
func arrivals(tables ...string) string {
	legs := []string{"(datatable(TableName:string, RecordCount:long, LastRecord:datetime, LastIngested:datetime)[])"}
	for _, table := range tables {
		legs = append(legs, fmt.Sprintf(`(%[1]s | where TimeGenerated > ago(37d) | project TimeGenerated, Ingested = ingestion_time()
			| summarize RecordCount = countif(TimeGenerated > ago(7d)), LastRecord = max(TimeGenerated), LastIngested = max(Ingested)
			| extend TableName = "%[1]s")`, table))
	}
	return "union isfuzzy=true " + strings.Join(legs, ", ") + " | project TableName, RecordCount, LastRecord, LastIngested"
}

// shown writes an answer's rows as JSON would have them, null as <nil>.
func shown(r relation) string {
	var rows []string
	for _, one := range r.rows {
		var values []string
		for _, value := range one.values {
			values = append(values, fmt.Sprint(wireForm(value)))
		}
		rows = append(rows, strings.Join(values, " "))
	}
	return strings.Join(rows, "; ")
}

func evaluate(text, timespan string) (relation, *evaluation, error) {
	e := &evaluation{now: now, tables: testTables()}
	made, err := e.evaluate(queryRequest{Query: text, Timespan: timespan})
	return made, e, err
}

func TestQueries(t *testing.T) {
	for _, test := range []struct{ query, timespan, want string }{
		// The two queries that matter.
		{arrivals("Busy", "Late", "Empty"), "P37D", "Busy 3 2026-11-23T10:00:00Z 2026-11-23T10:05:00Z; Late 0 2026-11-14T12:00:00Z 2026-11-14T12:05:00Z; Empty 0 <nil> <nil>"},
		{"Busy | summarize Time = max(TimeGenerated) | where isnotempty(Time)", "", "2026-11-23T10:00:00Z"},
		{"Empty | summarize Time = max(TimeGenerated) | where isnotempty(Time)", "", ""},

		// Windows.
		{"Busy", "P1D", "2026-11-23T10:00:00Z; 2026-11-23T10:00:00Z; 2026-11-23T10:00:00Z"},
		{"Busy | summarize count()", "", "6"},
		{"Busy | where TimeGenerated > ago(41d) | summarize count()", "P37D", "5"},
		{"Busy | where TimeGenerated > ago(3h) | summarize count()", "P37D", "3"},
		{"Busy | summarize count()", "2026-11-15T00:00:00Z/2026-11-15T23:00:00Z", "2"},
		{"Busy | summarize count()", "PT1H30M", "0"},
		{"Busy | summarize count()", "PT2.5H", "error"},
		{"Busy | summarize count()", "P1W", "3"},
		{"Busy | where TimeGenerated >= ago(2h) | summarize count()", "", "3"},
		{"Busy | where TimeGenerated > ago(2h) | summarize count()", "", "0"},
		{"Busy | where TimeGenerated < ago(2h) and TimeGenerated > ago(30d) | summarize count()", "", "2"},
		{"Busy | where TimeGenerated > datetime(2026-11-23) | summarize count()", "", "3"},
		{"Ahead | summarize count()", "P1D", "1"},
		{"Busy | where TimeGenerated > ago(7200001ms) and TimeGenerated <= ago(1.5h) and TimeGenerated <= ago(119m) | summarize count()", "", "3"},

		// Aggregates.
		{"Empty | summarize N = count(), C = countif(TimeGenerated > ago(1d)), Max = max(TimeGenerated), Min = min(TimeGenerated)", "", "0 0 <nil> <nil>"},
		{"Busy | summarize count(), countif(TimeGenerated > ago(1d)), max(TimeGenerated), min(TimeGenerated)", "", "6 3 2026-11-23T10:00:00Z 2026-10-14T12:00:00Z"},
		{"datatable(A:long)[3, 1, 2] | summarize max(A), min(A)", "", "3 1"},

		// Unions.
		{"union Late, Ahead", "", "2026-11-14T12:00:00Z; 2026-11-23T13:00:00Z"},
		{"union isfuzzy=true Late, Missing", "", "2026-11-14T12:00:00Z"},
		{"union (datatable(A:long, S:string)[1, 'x']), (datatable(B:real)[1.5])", "", "1 x <nil>; <nil>  1.5"},
		{"union Late | extend I = ingestion_time()", "", "2026-11-14T12:00:00Z <nil>"},
		{"Late | extend I = ingestion_time()", "", "2026-11-14T12:00:00Z 2026-11-14T12:05:00Z"},
		{"Late | where ingestion_time() > ago(9d) | project I = ingestion_time(), TimeGenerated", "", "2026-11-14T12:05:00Z 2026-11-14T12:00:00Z"},
		{"Late | project TimeGenerated | extend I = ingestion_time()", "", "2026-11-14T12:00:00Z <nil>"},
		{arrivals("Hidden", "Failing"), "", "Hidden 0 <nil> <nil>; Failing 0 <nil> <nil>"},
		{"Basic | summarize count()", "", "1"},
		{"union isfuzzy=true (datatable(A:long)[]), KnownBasic, Missing", "", ""},

		// Expressions.
		{`datatable(S:string, B:bool, D:datetime, T:timespan)["a\"b", true, datetime(null), 1.5d] // the end`, "", `a"b true <nil> 1.12:00:00`},
		{"datatable(S:string)['', 'x'] | where isempty(S)", "", ""},
		{"datatable(A:long, B:real)[1, 2, 3, 2.5] | where A < B", "", "1 2"},
		{"datatable(A:long)[1, 2] | where A != 1 | extend A = 'two', B = A == 2", "", "two true"},
		{"datatable(D:datetime)[datetime(null)] | where D > ago(1d)", "", ""},
		{"datatable(D:datetime)[datetime(null)] | where isempty(D) and (true == true)", "", "<nil>"},
		{"(((Late)))", "", "2026-11-14T12:00:00Z"},
	} {
		made, _, err := evaluate(test.query, test.timespan)
		got := shown(made)
		if err != nil && test.want == "error" {
			continue
		}
		if err != nil || got != test.want {
			t.Errorf("%s\nwithin %q: %s (%v), want %s", test.query, test.timespan, got, err, test.want)
		}
	}
}

func TestColumnsOfAnswers(t *testing.T) {
	made, _, err := evaluate(arrivals("Missing"), "")
	if err != nil {
		t.Fatal(err)
	}
	want := []column{{"TableName", "string"}, {"RecordCount", "long"}, {"LastRecord", "datetime"}, {"LastIngested", "datetime"}}
	if !slices.Equal(made.columns, want) || len(made.rows) != 0 {
		t.Errorf("columns = %v, rows = %v", made.columns, made.rows)
	}
	made, _, err = evaluate("Busy | summarize count(), countif(TimeGenerated > ago(1h)), max(TimeGenerated)", "")
	want = []column{{"count_", "long"}, {"countif_", "long"}, {"max_TimeGenerated", "datetime"}}
	if err != nil || !slices.Equal(made.columns, want) {
		t.Errorf("columns = %v, error %v", made.columns, err)
	}
}

func TestFuzzyUnionsWarn(t *testing.T) {
	for text, want := range map[string][]string{
		arrivals("Busy", "Missing", "Known", "busy"): {
			"'where' operator: Failed to resolve table or column expression named 'Missing'",
			"'where' operator: Failed to resolve table or column expression named 'Known'",
			"'where' operator: Failed to resolve table or column expression named 'busy'",
		},
		"union isfuzzy=true Busy, Missing":                        {"'union' operator: Failed to resolve table expression named 'Missing'"},
		"union isfuzzy=true Busy, (Missing | summarize count())":  {"'summarize' operator: Failed to resolve table or column expression named 'Missing'"},
		"union isfuzzy=true Busy, (Busy | where UserId == 'x')":   {"'where' operator: Failed to resolve scalar expression named 'UserId'"},
		"union isfuzzy=true Busy, (union isfuzzy=true A), Hidden": {"'union' operator: Failed to resolve table expression named 'A'", "union: must have at least one operand that can be evaluated successfully when running with 'Fuzzy' mode."},
	} {
		if _, e, err := evaluate(text, ""); err != nil || !slices.Equal(e.warnings, want) {
			t.Errorf("%s: warnings %q, error %v", text, e.warnings, err)
		}
	}
}

func TestSemanticErrors(t *testing.T) {
	for text, want := range map[string]string{
		"Missing":                       "SEM0100 Failed to resolve table or column expression named 'Missing'",
		"(Missing) | where true":        "SEM0100 'where' operator: Failed to resolve table or column expression named 'Missing'",
		"busy | project TimeGenerated":  "SEM0100 'project' operator: Failed to resolve table or column expression named 'busy'",
		"union Busy, Missing":           "SEM0100 'union' operator: Failed to resolve table expression named 'Missing'",
		"union isfuzzy=false A, Busy":   "SEM0100 'union' operator: Failed to resolve table expression named 'A'",
		"union isfuzzy=true Missing, A": "SEM0529 union: must have at least one operand that can be evaluated successfully when running with 'Fuzzy' mode.",
		"Empty | extend X = Y":          "SEM0100 'extend' operator: Failed to resolve scalar expression named 'Y'",
		"Empty | summarize max(User)":   "SEM0100 'summarize' operator: Failed to resolve scalar expression named 'User'",
		"Empty | project timegenerated": "SEM0100 'project' operator: Failed to resolve scalar expression named 'timegenerated'",
		"Empty | summarize N = count() | where TimeGenerated > ago(1d)": "SEM0100 'where' operator: Failed to resolve scalar expression named 'TimeGenerated'",
	} {
		_, _, err := evaluate(text, "")
		if bad, ok := errors.AsType[*semanticError](err); !ok || bad.code+" "+bad.message != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestPlansInQueries(t *testing.T) {
	for text, refused := range map[string]bool{
		"Basic": false, arrivals("Basic"): false, arrivals("Archive"): false, arrivals("Busy", "KnownBasic"): false,
		arrivals("Busy", "Basic"): true, arrivals("Archive", "Busy"): true, "union Basic, Archive": true, "union isfuzzy=true Basic, Missing": true,
	} {
		_, _, err := evaluate(text, "")
		if _, isPlan := errors.AsType[*planError](err); isPlan != refused {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// What the simulator does not know it refuses, naming the word and its place.
func TestWhatIsNotUnderstood(t *testing.T) {
	for text, at := range map[string]string{
		"":                "'' on line [1,0]",
		"Busy |":          "'' on line [1,6]",
		"Busy\n| take 10": "'take' on line [2,2]",
		"not a query":     "'a' on line [1,4]",
		"Busy | summarize count() by TimeGenerated":             "'by' on line [1,25]",
		"Busy | summarize arg_max(TimeGenerated, *)":            "'arg_max' on line [1,17]",
		"Busy | summarize (A, B) = max(TimeGenerated)":          "'(' on line [1,17]",
		"Busy | where TimeGenerated > now()":                    "'now' on line [1,29]",
		"Busy | where TimeGenerated > ago('7d')":                "'ago' on line [1,29]",
		"Busy | where TimeGenerated > ago(7days)":               "'7' on line [1,33]",
		"Busy | where TimeGenerated > ago(-7d)":                 "'-' on line [1,33]",
		"Busy | where TimeGenerated > 7d":                       "'>' on line [1,27]",
		"Busy | where TimeGenerated":                            "'TimeGenerated' on line [1,13]",
		"Busy | where true or false":                            "'or' on line [1,18]",
		"Busy | where 'a' < 'b'":                                "'<' on line [1,17]",
		"Busy | project ingestion_time()":                       "'(' on line [1,29]",
		"Busy | project A = TimeGenerated, A = TimeGenerated":   "'A' on line [1,15]",
		"Busy | extend TimeGenerated":                           "'' on line [1,27]",
		"Busy | extend X = 1 + 1":                               "'+' on line [1,20]",
		"Busy | union Late":                                     "'union' on line [1,7]",
		"union withsource=T Busy":                               "'=' on line [1,16]",
		"union isfuzzy=maybe Busy":                              "'maybe' on line [1,14]",
		"union (datatable(A:long)[1]), (datatable(A:string)[])": "'union' on line [1,0]",
		"let x = 1; Busy":                                       "'x' on line [1,4]",
		"Busy;":                                                 "';' on line [1,4]",
		"search 'x'":                                            "''x'' on line [1,7]",
		"range(1)":                                              "'range' on line [1,0]",
		"datatable(A:dynamic)[]":                                "'dynamic' on line [1,12]",
		"datatable(A:long)[1.5]":                                "'1.5' on line [1,18]",
		"datatable(A:long, B:long)[1]":                          "'datatable' on line [1,0]",
		"datatable(A:long, A:long)[]":                           "'datatable' on line [1,0]",
		"datatable(A:long)[99999999999999999999]":               "'99999999999999999999' on line [1,18]",
		"datatable(A:timespan)[999999d]":                        "'999999d' on line [1,22]",
		"datatable(A:datetime)[datetime(yesterday)]":            "'datetime(yesterday)' on line [1,22]",
		"datatable(S:string)[\"open]":                           "'\"' on line [1,20]",
		"Busy | summarize max('x')":                             "'max' on line [1,17]",
		"workspace('other').Busy":                               "'workspace' on line [1,0]",
		strings.Repeat("(", 1000):                               "'(' on line [1,51]",
		"Busy | where \xff":                                     "'\xff' on line [1,13]",
	} {
		_, _, err := evaluate(text, "")
		if bad, ok := errors.AsType[*syntaxError](err); !ok || !strings.HasPrefix(bad.Error(), "Query could not be parsed at "+at+" (the simulator: ") {
			t.Errorf("%q: %v, want %s", text, err, at)
		}
	}
}

func TestTimespans(t *testing.T) {
	for _, text := range []string{"P", "PT", "P1DT", "7d", "P1M", "P1Y", "P-1D", "P99999999D", "today/tomorrow", "2026-11-23T00:00:00Z/P1D", "/"} {
		if within, err := parseTimespan(text, now); err == nil {
			t.Errorf("%q was read as %v", text, within)
		}
	}
	for text, length := range map[string]time.Duration{"P7D": 7 * day, "PT12H": 12 * time.Hour, "P1DT1M": day + time.Minute, "PT604800S": 7 * day, "PT0.5S": time.Second / 2} {
		if within, err := parseTimespan(text, now); err != nil || !within.from.Equal(now.Add(-length)) || !within.to.IsZero() {
			t.Errorf("%q was read as %v, %v", text, within, err)
		}
	}
}

// Nothing that a query says makes the simulator panic, and every refusal has words.
func FuzzQuery(f *testing.F) {
	for _, text := range []string{
		"", "Busy", arrivals("Busy", "Missing"), "Busy | summarize Time = max(TimeGenerated) | where isnotempty(Time)",
		"datatable(S:string, B:bool, D:datetime, T:timespan, N:long, R:real)['a', true, datetime(2026-01-01), 1h, 1, 1.5] | where N < R and S == \"a\"",
		"union isfuzzy=false (((Busy))), Late | extend A = ingestion_time() | project B = A, TimeGenerated // end", "((((", "Busy | where 1ms >= 2s", "\xff\x00",
	} {
		f.Add(text, "P7D")
	}
	f.Fuzz(func(t *testing.T, text, timespan string) {
		made, _, err := evaluate(text, timespan)
		if err != nil {
			if badArgument(causeOf(err)).Inner.Message == "" {
				t.Errorf("%q: an error without words", text)
			}
			return
		}
		for _, one := range made.rows {
			if len(one.values) != len(made.columns) {
				t.Fatalf("%q: a row of %d values under %d columns", text, len(one.values), len(made.columns))
			}
		}
	})
}

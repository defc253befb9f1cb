package loganalytics

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest/golden"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/kql"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
)

var badTableNames = []string{
	"", " ", `x" or true //`, "x'y", "x | take 1", "x|y", "x\ny", "SigninLogs\n", "\nSigninLogs", "Sign in", "['x']",
	"x)", "x;y", "x-y", "x/y", "..", "1x", "SigninLogs\x00", "Sïgnin", strings.Repeat("x", 64),
}

func TestCheckTableName(t *testing.T) {
	good := []string{"_x", "My_CL", "x1", strings.Repeat("x", 63)}
	for _, category := range entralogs.All() {
		good = append(good, category.Table)
	}
	for _, name := range good {
		if err := CheckTableName(name); err != nil {
			t.Error(err)
		}
	}
}

// The queries as they are sent. Each table is scanned for its lookback, or for 14 days, which cost no more, and Usage
// tells the volume within each lookback.
func TestQueries(t *testing.T) {
	lookbacks := map[string]time.Duration{"Hour": time.Hour, "Odd": day + time.Second, "Week": 7 * day, "Also": 7 * day,
		"Longer": 15 * day, "Longest": Horizon}
	query, err := arrivalQuery(slices.Sorted(maps.Keys(lookbacks)), lookbacks, true)
	if err != nil {
		t.Error(err)
	}
	golden.Compare(t, "arrivals.kql", query+"\n")
	if query, err = SilenceQuery([]string{"SigninLogs", "AuditLogs"}, 36*time.Hour); err != nil {
		t.Error(err)
	}
	golden.Compare(t, "silence.kql", query+"\n")
}

// An alert and the status can't disagree: run against the same tables, the silence query has a row for each table that
// the arrival query finds silent or missing, with the same last record.
func TestBothQueriesHaveOneRule(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	usage := kql.Table{Columns: []kql.Column{{Name: "TimeGenerated", Type: kql.Datetime},
		{Name: "DataType", Type: kql.String}, {Name: "EndTime", Type: kql.Datetime}, {Name: "Quantity", Type: kql.Real}}}
	tables, names := map[string]kql.Table{}, []string{"Missing"}
	for name, ages := range map[string][]time.Duration{"Busy": {time.Hour, 3 * day}, "Edge": {day}, "Quiet": {3 * day},
		"Long": {40 * day}, "Older": {91 * day}, "Empty": {}, "Ahead": {-time.Hour}} {
		table := kql.Table{Columns: []kql.Column{{Name: "TimeGenerated", Type: kql.Datetime}}}
		for _, age := range ages {
			at := now.Add(-age)
			table.Rows = append(table.Rows, kql.Row{"TimeGenerated": at, kql.Ingested: at.Add(time.Minute)})
			usage.Rows = append(usage.Rows, kql.Row{"TimeGenerated": at, "DataType": name, "EndTime": at, "Quantity": 1.5})
		}
		tables[name], names = table, append(names, name)
	}
	tables["Usage"] = usage
	run := func(column string, text string, failed error) map[string]any {
		query, err := kql.Parse(text)
		if err != nil || failed != nil {
			t.Fatal(err, failed)
		}
		result, err := query.Run(tables, now)
		if err != nil {
			t.Fatal(err)
		}
		values := map[string]any{}
		for _, row := range result.Rows {
			values[row["TableName"].(string)] = row[column]
		}
		return values
	}
	check := func(what string, got, want map[string]any) {
		if !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	text, err := SilenceQuery(names, day)
	silent := run("LastRecord", text, err)
	check("the silent tables", silent, map[string]any{"Edge": now.Add(-day), "Quiet": now.Add(-3 * day),
		"Long": now.Add(-40 * day), "Older": nil, "Empty": nil, "Missing": nil})
	text, err = arrivalQuery(names, within(day, names...), false)
	check("the counts", run("RecordCount", text, err), map[string]any{"Busy": int64(1), "Ahead": int64(1),
		"Edge": int64(0), "Quiet": int64(0), "Long": int64(0), "Older": int64(0), "Empty": int64(0)})
	check("the last records in 14 days", run("LastRecord", text, err), map[string]any{"Busy": now.Add(-time.Hour),
		"Ahead": now.Add(time.Hour), "Edge": silent["Edge"], "Quiet": silent["Quiet"], "Long": nil, "Older": nil,
		"Empty": nil})
	lookbacks := map[string]time.Duration{"Busy": 7 * day, "Long": 60 * day, "Quiet": day}
	text, err = arrivalQuery(nil, lookbacks, true)
	check("the volumes", run("Volume", text, err), map[string]any{"Busy": 3.0, "Long": 1.5, "Quiet": 0.0})
}

// checkAll has Microsoft's language service check each query with all tables and without some, in one process.
//
//go:embed testdata/check.mjs
var checkAll string

// The queries are right in the eyes of Microsoft's own language service, whichever of the tables exist.
func TestQueriesPassTheLanguageService(t *testing.T) {
	const checker = "../../../shared/tools/kql"
	if _, err := os.Stat(checker); err != nil {
		t.Skip("skipped: the program that asks Microsoft's Kusto language service is not part of this repository")
	}
	var six []string
	for _, category := range entralogs.Connector() {
		six = append(six, category.Table)
	}
	lookbacks := week(six...)
	lookbacks["AADProvisioningLogs"], lookbacks["AADManagedIdentitySignInLogs"] = 30*day, 36*time.Hour
	text := func(query string, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return query
	}
	missing := slices.Concat([][]string{{}, six, {usageTable}, append(slices.Clone(six), usageTable)},
		slices.Collect(slices.Chunk(six, 1)))
	input, err := json.Marshal(map[string]any{"missing": missing, "queries": []string{text(SilenceQuery(six, day)),
		text(arrivalQuery(six, lookbacks, true)), text(arrivalQuery(six[:1], lookbacks, false)),
		text(arrivalQuery(nil, lookbacks, true))}})
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir() // the one beside the checkout may be read-only
	if err := os.CopyFS(folder, os.DirFS(checker)); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "sh", "-c",
		`npm ci --silent --no-audit --no-fund </dev/null && node --input-type=module --eval "$0"`, checkAll)
	command.Dir, command.Stdin = folder, bytes.NewReader(input)
	if problems, err := command.CombinedOutput(); err != nil || len(problems) > 0 {
		t.Errorf("%s, error %v", problems, err)
	}
}

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

// Each table is scanned for its lookback, or for 14 days, which cost no more.
func TestReach(t *testing.T) {
	for lookback, want := range map[time.Duration][2]string{7 * day: {"14d", "7d"}, 90 * day: {"90d", "90d"},
		15 * day: {"15d", "15d"}, time.Hour: {"14d", "3600s"}, day + time.Second: {"14d", "86401s"}} {
		query, err := arrivalQuery([]string{"T"}, map[string]time.Duration{"T": lookback}, true)
		if err != nil || !strings.Contains(query, "T | where TimeGenerated > ago("+want[0]+")") ||
			!strings.Contains(query, "countif(TimeGenerated > ago("+want[1]+"))") ||
			!strings.Contains(query, `sumif(Quantity, EndTime > ago(iff(DataType in ("T"), `+want[1]+`, 0d)))`) {
			t.Errorf("a lookback of %s gives:\n%s", lookback, query)
		}
	}
	several := map[string]time.Duration{"A": 7 * day, "B": 30 * day, "C": time.Hour, "D": 30 * day}
	query, err := arrivalQuery(nil, several, true)
	const nested = `iff(DataType in ("C"), 3600s, iff(DataType in ("A"), 7d, iff(DataType in ("B", "D"), 30d, 0d)))`
	if err != nil || !strings.Contains(query, nested) || !strings.Contains(query, `DataType in ("C", "A", "B", "D")`) {
		t.Errorf("several lookbacks give:\n%s", query)
	}
}

// An alert and the status can't disagree: run against the same tables, the silence query has a row for each table that
// the arrival query finds silent or missing, with the same last record.
func TestBothQueriesHaveOneRule(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	records := func(ages ...time.Duration) kql.Table {
		table := kql.Table{Columns: []kql.Column{{Name: "TimeGenerated", Type: kql.Datetime}}}
		for _, age := range ages {
			table.Rows = append(table.Rows, kql.Row{"TimeGenerated": now.Add(-age), kql.Ingested: now.Add(time.Minute - age)})
		}
		return table
	}
	usage := kql.Table{Columns: []kql.Column{{Name: "TimeGenerated", Type: kql.Datetime},
		{Name: "DataType", Type: kql.String}, {Name: "EndTime", Type: kql.Datetime}, {Name: "Quantity", Type: kql.Real}}}
	for table, age := range map[string]time.Duration{"Busy": time.Hour, "Long": 40 * day, "Older": 91 * day} {
		at := now.Add(-age)
		usage.Rows = append(usage.Rows, kql.Row{"TimeGenerated": at, "DataType": table, "EndTime": at, "Quantity": 1.5})
	}
	tables := map[string]kql.Table{
		"Busy": records(time.Hour, 3*day), "Edge": records(day), "Quiet": records(3 * day), "Long": records(40 * day),
		"Older": records(91 * day), "Empty": records(), "Ahead": records(-time.Hour), "Usage": usage,
	}
	names := []string{"Busy", "Edge", "Quiet", "Long", "Older", "Empty", "Ahead", "Missing"}
	lookbacks := within(day, names...)
	run := func(text string, failed error) map[string]kql.Row {
		query, err := kql.Parse(text)
		if err != nil || failed != nil {
			t.Fatal(err, failed)
		}
		result, err := query.Run(tables, now)
		if err != nil {
			t.Fatal(err)
		}
		rows := map[string]kql.Row{}
		for _, row := range result.Rows {
			name, _ := row["TableName"].(string)
			rows[name] = row
		}
		return rows
	}
	silent := run(SilenceQuery(names, day))
	want := []string{"Edge", "Empty", "Long", "Missing", "Older", "Quiet"}
	if got := slices.Sorted(maps.Keys(silent)); !slices.Equal(got, want) {
		t.Errorf("silent are %v", got)
	}
	for table, row := range run(arrivalQuery(names, lookbacks, false)) {
		if receiving := row["RecordCount"] != int64(0); receiving == (silent[table] != nil) {
			t.Errorf("%s is %v in one and %v in the other", table, row, silent[table])
		}
		if last := silent[table]; last != nil && row["LastRecord"] != nil && last["LastRecord"] != row["LastRecord"] {
			t.Errorf("%s has the last record %v in one and %v in the other", table, row["LastRecord"], last["LastRecord"])
		}
	}
	for table, want := range map[string]any{"Quiet": now.Add(-3 * day), "Long": now.Add(-40 * day), "Older": nil,
		"Empty": nil, "Missing": nil} {
		if got := silent[table]["LastRecord"]; got != want {
			t.Errorf("the last record of %s is %v, want %v", table, got, want)
		}
	}
	// The volume is that within each table's own lookback.
	lookbacks["Long"], lookbacks["Quiet"] = 60*day, 30*day
	volumes := run(arrivalQuery(nil, lookbacks, true))
	if len(volumes) != 2 || volumes["Busy"]["Volume"] != 1.5 || volumes["Long"]["Volume"] != 1.5 {
		t.Errorf("the volumes are %v", volumes)
	}
	if volumes := run(arrivalQuery(nil, within(day, names...), true)); volumes["Long"]["Volume"] != 0.0 {
		t.Errorf("the volumes of a day are %v", volumes)
	}
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

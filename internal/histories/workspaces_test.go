package histories_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

const (
	day = 24 * time.Hour
	// reach is how far back at least the newest record is looked for in the table itself.
	reach = 14 * day
	// horizon is the age at which nothing is seen any more.
	horizon = 90 * day
)

// record is records of one time. Its age is negative where the clock of what wrote it runs ahead.
type record struct {
	count         int
	age, ingested time.Duration // ago
}

// table is a random table, and the lookback that it is checked with.
type table struct {
	kind     string
	records  []record
	lookback string
}

// kinds of tables. Only the plain ones can be queried.
var kinds = map[string]azuresim.Table{
	"plain": {}, "absent": {}, "Basic": {Plan: "Basic"}, "Auxiliary": {Plan: "Auxiliary"},
	"denied": {Denied: true}, "unresolved": {Unresolved: true}, "failing": {Failing: true},
}

func (one table) seed() azuresim.Table {
	seed := kinds[one.kind]
	for _, r := range one.records {
		seed.Records = append(seed.Records, azuresim.Aged(r.count, r.age, r.ingested))
	}
	return seed
}

// isByUsage says whether queries of the table cost money: Usage tells in which hours data came.
func (one table) isByUsage() bool { return kinds[one.kind].Plan != "" }

// workspace is a random workspace.
type workspace struct {
	azuresim.Workspace
	tables      map[string]table
	usageDenied bool
}

// The status of a random workspace is what this file says in plain Go that it means.
func TestRandomWorkspaces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { rapid.SyncTest(t, checkWorkspace) })
}

func checkWorkspace(t *rapid.T) {
	time.Sleep(time.Duration(rapid.IntRange(0, 3599).Draw(t, "second of the hour")) * time.Second)
	world, w := acctest.NewSequentialWorld(), drawWorkspace(t)
	if err := world.Tenant.PutWorkspace(w.Workspace); err != nil {
		t.Fatal(err)
	}
	plan := world.Terraform(t).Plan(world.Provider() + w.config())
	warnings := 0
	for _, one := range w.tables {
		if one.kind == "failing" {
			warnings++
		}
	}
	if w.closed() {
		warnings = 1
	} else if warnings == len(w.tables) { // each fails for a reason that may pass
		if len(plan.Errors()) != 1 {
			t.Errorf("no table can be read, and the status says: %v", plan.Diagnostics)
		}
		return
	}
	status := plan.Data("sentinel_aad_connector_status.all")
	if len(plan.Errors()) > 0 || status == nil {
		t.Fatalf("the status can't be read: %v", plan.Errors())
	}
	w.check(t, status)
	if got := len(plan.Warnings()); got != warnings {
		t.Errorf("there are %d warnings, want %d: %v", got, warnings, plan.Warnings())
	}
}

func drawWorkspace(t *rapid.T) workspace {
	w := workspace{
		Workspace: azuresim.Workspace{
			ID: workspaces[0], ReadDenied: often(t, "workspace denied", 1), QueryDenied: often(t, "queries denied", 1),
			Tables: map[string]azuresim.Table{},
		},
		tables: map[string]table{}, usageDenied: often(t, "Usage denied", 2),
	}
	if w.usageDenied {
		w.Tables["Usage"] = azuresim.Table{Denied: true}
	}
	empty := !w.usageDenied
	names := []string{"SigninLogs", "AuditLogs", "AADRiskyUsers", "Custom_CL"}
	for _, name := range names[:rapid.IntRange(1, len(names)).Draw(t, "tables")] {
		one := drawTable(t)
		w.tables[name] = one
		if one.kind != "absent" {
			w.Tables[name] = one.seed()
		}
		empty = empty && len(one.records) == 0 && !slices.Contains([]string{"denied", "unresolved", "failing"}, one.kind)
	}
	w.NoContent = empty && often(t, "204", 5)
	return w
}

var lookbacks = map[string]time.Duration{
	"PT1H": time.Hour, "P1D": day, "P7D": 7 * day, "P30D": 30 * day, "P90D": 90 * day,
}

func (one table) length() time.Duration { return lookbacks[one.lookback] }

var ages = []time.Duration{
	-20 * time.Hour, -time.Minute, 0, time.Second, 10 * time.Minute,
	time.Hour - time.Second, time.Hour, time.Hour + time.Second, 5 * time.Hour,
	day, 3 * day, 7*day - time.Second, 7 * day, 10 * day, 14*day - time.Second, 14 * day, 20 * day,
	30*day + time.Second, 60 * day, 90*day - time.Second, 100 * day,
}

func drawTable(t *rapid.T) table {
	one := table{kind: chosen(t, "kind", append(slices.Sorted(maps.Keys(kinds)), "plain", "plain")...)}
	one.lookback = chosen(t, "lookback", slices.Sorted(maps.Keys(lookbacks))...)
	if one.kind == "absent" {
		return one
	}
	for range rapid.IntRange(0, 3).Draw(t, "times of records") {
		age, delay := chosen(t, "age", ages...), chosen(t, "delay", 0, time.Second, 5*time.Minute, 3*time.Hour)
		one.records = append(one.records, record{rapid.IntRange(1, 1000).Draw(t, "count"), age, max(0, age-delay)})
	}
	return one
}

func (w workspace) config() string {
	var own []string
	for name, one := range w.tables {
		own = append(own, fmt.Sprintf("%s = %q", name, one.lookback))
	}
	return fmt.Sprintf(`
data "sentinel_aad_connector_status" "all" {
  log_analytics_workspace_id = %q
  tables                     = %s
  lookbacks                  = { %s }
}
`, w.ID, quoted(slices.Collect(maps.Keys(w.tables))), strings.Join(own, ", "))
}

func (w workspace) closed() bool { return w.ReadDenied || w.QueryDenied }

// state is what a table's state means.
func (w workspace) state(one table) string {
	hour, found := one.lastHour()
	switch {
	case w.closed(), one.kind == "denied":
		return "denied"
	case one.kind == "absent", one.kind == "unresolved":
		return "missing"
	case one.kind == "failing", one.isByUsage() && w.usageDenied:
		return "not_queried"
	case one.isByUsage() && found && time.Since(hour) < one.length(),
		one.kind == "plain" && one.within(one.length()) > 0:
		return "receiving"
	}
	return "silent"
}

// within counts the records that are younger than an age.
func (one table) within(age time.Duration) int {
	n := 0
	for _, r := range one.records {
		if r.age < age && r.age <= horizon {
			n += r.count
		}
	}
	return n
}

// lastHour is the end of the last full hour in which data came.
func (one table) lastHour() (last time.Time, found bool) {
	for _, r := range one.records {
		end := time.Now().Add(-r.ingested).Truncate(time.Hour).Add(time.Hour)
		if age := time.Since(end); age >= 0 && age < horizon && end.After(last) {
			last, found = end, true
		}
	}
	return last, found
}

// lastRecord is the time of the newest record; if its clock runs ahead, that of the last arrival.
func (w workspace) lastRecord(one table) any {
	if w.closed() || one.kind == "absent" {
		return nil
	}
	seen := slices.DeleteFunc(slices.Clone(one.records), func(r record) bool { return r.age >= max(one.length(), reach) })
	if one.kind == "plain" && len(seen) > 0 {
		age, ingested := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
		for _, r := range seen {
			age, ingested = min(age, r.age), min(ingested, r.ingested)
		}
		return time.Now().Add(-max(age, ingested)).UTC().Format(time.RFC3339)
	}
	if hour, found := one.lastHour(); found && !w.usageDenied {
		return hour.UTC().Format(time.RFC3339)
	}
	return nil
}

func (w workspace) check(t *rapid.T, status map[string]any) {
	byState := map[string][]any{}
	for _, name := range slices.Sorted(maps.Keys(w.tables)) {
		one, row := w.tables[name], status["status"].(map[string]any)[name].(map[string]any)
		state := w.state(one)
		byState[state] = append(byState[state], name)
		var count any
		if one.kind == "plain" && !w.closed() {
			count = int64(one.within(one.length()))
		}
		want := []any{state, state == "receiving", count, w.lastRecord(one)}
		got := []any{row["state"], row["receiving"], row["record_count"], row["last_record_time"]}
		if !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v; it is %+v", name, got, want, one)
		}
	}
	receiving := len(byState["receiving"])
	want := fmt.Sprint(byState["receiving"], byState["silent"], byState["missing"], receiving > 0,
		receiving == len(w.tables))
	got := fmt.Sprint(status["receiving_tables"], status["silent_tables"], status["missing_tables"],
		status["any_receiving"], status["all_receiving"])
	if got != want {
		t.Errorf("receiving, silent, missing, any and all receiving are %s, want %s", got, want)
	}
}

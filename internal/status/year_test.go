package status_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/kql"
)

// traffic is how likely a table has a record in three hours: within office hours, outside of them on a working day, and
// on a weekend or holiday. A table may also have a monthly job.
type traffic struct {
	table                string
	office, night, leave float64
	monthly              bool
}

// company has fifty people, who work from Monday to Friday.
var company = []traffic{
	{table: "SigninLogs", office: 1, night: 0.9, leave: 0.7},
	{table: "AADNonInteractiveUserSignInLogs", office: 1, night: 1, leave: 1},
	{table: "AADServicePrincipalSignInLogs", office: 1, night: 1, leave: 1},
	{table: "AuditLogs", office: 1, night: 0.15, leave: 0.03},
	{table: "AADManagedIdentitySignInLogs", office: 0.04, monthly: true},
	{table: "AADProvisioningLogs", office: 0.08},
}

const basicTable = "AADNonInteractiveUserSignInLogs"

// incident keeps records of some tables out for some days, or of each day's last hours.
type incident struct {
	name      string
	first     int // day of the year, from 0
	days      int
	fromHour  int
	tables    []string
	basicOnly bool // nothing is kept out: the table moves to the Basic plan for good
}

var (
	all = []string{
		"SigninLogs", basicTable, "AADServicePrincipalSignInLogs", "AuditLogs", "AADManagedIdentitySignInLogs",
		"AADProvisioningLogs",
	}
	incidents = []incident{
		{
			name:   "The licence is lost, for 30 days",
			first:  70,
			days:   30,
			tables: slices.DeleteFunc(slices.Clone(all), func(t string) bool { return t == "AuditLogs" }),
		},
		{name: "The daily cap is reached at 15:00, ten days running", first: 130, days: 10, fromHour: 15, tables: all},
		{name: "An outage of two days", first: 160, days: 2, tables: all},
		{name: "A table is moved to the Basic plan", first: 190, days: 176, tables: []string{basicTable}, basicOnly: true},
		{name: "A table is split away, for 20 days", first: 230, days: 20, tables: []string{"SigninLogs"}},
	}
)

func (i incident) keepsOut(table string, day, hour int) bool {
	return !i.basicOnly && slices.Contains(i.tables, table) && day >= i.first && day < i.first+i.days && hour >= i.fromHour
}

// isLeave says whether nobody works on a day: on weekends, at Easter and from Christmas Eve to New Year.
func isLeave(day time.Time) bool {
	christmas := day.Month() == time.December && day.Day() >= 24 || day.Month() == time.January && day.Day() == 1
	easter := day.Month() == time.April && day.Day() >= 21 && day.Day() <= 24
	return christmas || easter || day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
}

// year makes the records of a table, also those of the days before, and those that there would be without incidents.
func year(of traffic, start time.Time) (records, undisturbed []azuresim.Record) {
	random := rand.New(rand.NewPCG(2000, uint64(len(of.table))))
	for day := -daysKept; day < 366; day++ {
		date := start.AddDate(0, 0, day)
		for hour := 0; hour < 24; hour += 3 {
			likely := of.night
			switch {
			case isLeave(date):
				likely = of.leave
			case hour >= 9 && hour < 18:
				likely = of.office
			}
			arrives := random.Float64() < likely || of.monthly && date.Day() == 1 && hour == 3
			at := date.Add(time.Duration(hour)*time.Hour + time.Duration(random.IntN(3000))*time.Second)
			record := azuresim.Record{Time: at, Ingested: at.Add(5 * time.Minute)}
			if !arrives {
				continue
			}
			undisturbed = append(undisturbed, record)
			if !slices.ContainsFunc(incidents, func(i incident) bool { return i.keepsOut(of.table, day, hour) }) {
				records = append(records, record)
			}
		}
	}
	return records, undisturbed
}

// daysKept is how far back the simulator has records, which is further than any lookback here.
const daysKept = 31

// watch is one way to look for silences, and what it found.
type watch struct {
	start       time.Time
	undisturbed map[string][]azuresim.Record
	// falseAlarms counts by table how often it was reported though it would have been without an incident.
	falseAlarms map[string]int
	// shown is by incident how long it took until a table was reported because of it.
	shown map[string]time.Duration
}

// report notes that a table was reported that has no record within the lookback.
func (w watch) report(table string, now time.Time, lookback time.Duration) {
	if len(between(w.undisturbed[table], now.Add(-lookback), now)) == 0 {
		w.falseAlarms[table]++
		return
	}
	for _, i := range incidents {
		begins := w.start.AddDate(0, 0, i.first).Add(time.Duration(i.fromHour) * time.Hour)
		ends := w.start.AddDate(0, 0, i.first+i.days)
		if i.basicOnly || !slices.Contains(i.tables, table) || now.Before(begins) || !now.Add(-lookback).Before(ends) {
			continue
		}
		if since, known := w.shown[i.name]; now.Before(ends) && (!known || now.Sub(begins) < since) {
			w.shown[i.name] = now.Sub(begins)
		}
		return
	}
	w.falseAlarms[table]++
}

// recommended are the lookbacks for tables that are quiet by nature.
var recommended = map[string]string{"AADProvisioningLogs": "P30D", "AADManagedIdentitySignInLogs": "P30D"}

// The guide's table of a simulated year is what the provider finds in one. The records are seeded, so it is always the
// same year.
func TestYear(t *testing.T) {
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		w.Sim.SetJournal(false)
		start := time.Now().UTC()
		records, undisturbed := map[string][]azuresim.Record{}, map[string][]azuresim.Record{}
		for _, of := range company {
			records[of.table], undisturbed[of.table] = year(of, start)
		}
		newWatch := func() watch { return watch{start, undisturbed, map[string]int{}, map[string]time.Duration{}} }
		plain, tuned, alert := newWatch(), newWatch(), newWatch()
		query, withoutBasic := silenceQuery(t, w, watched...), silenceQuery(t, w, watched[1:]...)
		config := status(w, fmt.Sprintf("lookbacks = { AADProvisioningLogs = %q, AADManagedIdentitySignInLogs = %q }",
			recommended["AADProvisioningLogs"], recommended["AADManagedIdentitySignInLogs"])) + fmt.Sprintf(`
data "sentinel_aad_connector_status" "plain" {
  log_analytics_workspace_id = %q
  tables                     = ["AADProvisioningLogs", "AADManagedIdentitySignInLogs"]
}`, workspaceID)
		for day := range 366 {
			isBasic := day >= incidents[3].first
			for hour := range 24 {
				if isBasic {
					query = withoutBasic
				}
				now := start.AddDate(0, 0, day).Add(time.Duration(hour) * time.Hour)
				for _, table := range silent(t, query, records, now) {
					alert.report(table, now, 24*time.Hour)
				}
			}
			time.Sleep(time.Until(start.AddDate(0, 0, day).Add(6 * time.Hour)))
			putDay(t, w, records, isBasic)
			plan := w.Terraform(t).Plan(config)
			if len(plan.Diagnostics) > 0 {
				t.Fatalf("day %d:\n%s", day, plan.Diagnostics)
			}
			for table, state := range statesOf(plan.Refreshed[address].Attributes()) {
				if state != "receiving" {
					tuned.report(table, time.Now(), lookbackOf(recommended[table]))
				}
				if state != "receiving" && recommended[table] == "" { // the other data source has the rest
					plain.report(table, time.Now(), lookbackOf(""))
				}
			}
			for table, state := range statesOf(plan.Refreshed["data.sentinel_aad_connector_status.plain"].Attributes()) {
				if state != "receiving" {
					plain.report(table, time.Now(), lookbackOf(""))
				}
			}
		}
		checkGuide(t, plain, tuned, alert)
	})
}

// watched are the tables of the alert, first the one that moves to the Basic plan, which the alert must then leave out.
var watched = []any{basicTable, "AADServicePrincipalSignInLogs", "SigninLogs"}

func lookbackOf(text string) time.Duration {
	if text == "P30D" {
		return 30 * day
	}
	return 7 * day
}

func putDay(t *testing.T, w *acctest.World, records map[string][]azuresim.Record, isBasic bool) {
	t.Helper()
	tables := map[string]azuresim.Table{}
	for table, of := range records {
		plan := "Analytics"
		if table == basicTable && isBasic {
			plan = "Basic"
		}
		tables[table] = azuresim.Table{Plan: plan, Records: between(of, time.Now().AddDate(0, 0, -daysKept), time.Now())}
	}
	put(t, w, azuresim.Workspace{Tables: tables})
}

// between returns the records that arrived between two times.
func between(records []azuresim.Record, from, to time.Time) []azuresim.Record {
	position := func(at time.Time) int {
		arrived := func(r azuresim.Record, at time.Time) int { return r.Ingested.Compare(at) }
		i, _ := slices.BinarySearchFunc(records, at, arrived)
		return i
	}
	return records[position(from):position(to)]
}

// silenceQuery is the function's, parsed.
func silenceQuery(t *testing.T, w *acctest.World, tables ...any) kql.Query {
	t.Helper()
	text, err := w.Terraform(t).Call("silence_query", tables, "P1D")
	if err != nil {
		t.Fatal(err)
	}
	query, err := kql.Parse(text.(string))
	if err != nil {
		t.Fatal(err)
	}
	return query
}

// silent runs an alert's query, which sees two days, and returns the tables that it has rows for.
func silent(t *testing.T, query kql.Query, records map[string][]azuresim.Record, now time.Time) []string {
	t.Helper()
	tables := map[string]kql.Table{}
	for name, of := range records {
		table := kql.Table{Columns: []kql.Column{{Name: "TimeGenerated", Type: kql.Datetime}}}
		for _, record := range between(of, now.AddDate(0, 0, -2), now) {
			table.Rows = append(table.Rows, kql.Row{Values: []any{record.Time}, Ingested: record.Ingested})
		}
		tables[name] = table
	}
	result, err := query.Run(tables, now)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range result.Rows {
		names = append(names, row.Values[0].(string))
	}
	return names
}

func checkGuide(t *testing.T, watches ...watch) {
	t.Helper()
	write := func(cells ...any) string { return fmt.Sprintf("|"+strings.Repeat(" %v |", len(cells))+"\n", cells...) }
	table := write("", "Daily plan, P7D for all", "Daily plan, P30D for quiet tables", "Hourly alert, P1D") +
		"|---|---|---|---|\n"
	for _, of := range company {
		cells := []any{fmt.Sprintf("False alarms of `%s`", of.table)}
		for i, w := range watches {
			if i == 2 && !slices.Contains(watched, any(of.table)) {
				cells = append(cells, "not watched")
			} else {
				cells = append(cells, w.falseAlarms[of.table])
			}
		}
		table += write(cells...)
	}
	for _, i := range incidents {
		cells := []any{i.name}
		for _, w := range watches {
			shown, known := w.shown[i.name]
			switch {
			case i.basicOnly && !known:
				cells = append(cells, "no alarm")
			case !known:
				cells = append(cells, "missed")
			case shown < 48*time.Hour:
				cells = append(cells, fmt.Sprintf("after %.0f hours", shown.Hours()))
			default:
				cells = append(cells, fmt.Sprintf("after %.0f days", shown.Hours()/24))
			}
		}
		table += write(cells...)
	}
	total := func(w watch) (sum int) {
		for _, count := range w.falseAlarms {
			sum += count
		}
		return sum
	}
	for file, text := range map[string]string{
		"guides/connected-but-silent.md":            table,
		"data-sources/aad_connector_status.md.tmpl": fmt.Sprintf("from %d to %d", total(watches[0]), total(watches[1])),
	} {
		page, err := os.ReadFile("../../templates/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(page), text) {
			t.Errorf("%s lacks what the year shows:\n%s", file, text)
		}
	}
}

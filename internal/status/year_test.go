package status_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sort"
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
	{"SigninLogs", 1, 0.9, 0.7, false},
	{"AADNonInteractiveUserSignInLogs", 1, 1, 1, false},
	{"AADServicePrincipalSignInLogs", 1, 1, 1, false},
	{"AuditLogs", 1, 0.15, 0.03, false},
	{"AADManagedIdentitySignInLogs", 0.04, 0, 0, true},
	{"AADProvisioningLogs", 0.08, 0, 0, false},
}

// One table moves to the Basic plan for good.
const (
	basicTable = "AADNonInteractiveUserSignInLogs"
	basicSince = 190 // days
)

// incident keeps records of some tables out for some days, or of each day's last hours.
type incident struct {
	name        string
	first, days int // of the year, from 0
	fromHour    int
	tables      []string
}

var (
	all = []string{
		"SigninLogs", basicTable, "AADServicePrincipalSignInLogs", "AADManagedIdentitySignInLogs", "AADProvisioningLogs",
		"AuditLogs",
	}
	incidents = []incident{
		{name: "The licence is lost, for 30 days", first: 70, days: 30, tables: all[:5]},
		{name: "The daily cap is reached at 15:00, ten days running", first: 130, days: 10, fromHour: 15, tables: all},
		{name: "An outage of two days", first: 160, days: 2, tables: all},
		{name: "A table is moved to the Basic plan", first: basicSince}, // keeps nothing out
		{name: "A table is split away, for 20 days", first: 230, days: 20, tables: []string{"SigninLogs"}},
	}
)

func (i incident) keepsOut(table string, day, hour int) bool {
	return slices.Contains(i.tables, table) && day >= i.first && day < i.first+i.days && hour >= i.fromHour
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
	lookbacks   map[string]time.Duration // of the watched tables
	// falseAlarms counts by table how often it was reported though it would have been without an incident.
	falseAlarms map[string]int
	// shown is by incident how long it took until a table was reported because of it.
	shown map[string]time.Duration
}

// report notes that a table was reported that has no record within the lookback.
func (w watch) report(table string, now time.Time) {
	from := now.Add(-w.lookbacks[table])
	isQuiet := len(between(w.undisturbed[table], from, now)) == 0 // also without incidents
	for _, i := range incidents {
		begins := w.start.AddDate(0, 0, i.first).Add(time.Duration(i.fromHour) * time.Hour)
		ends := w.start.AddDate(0, 0, i.first+i.days)
		if isQuiet || !slices.Contains(i.tables, table) || now.Before(begins) || !from.Before(ends) {
			continue
		}
		if _, known := w.shown[i.name]; !known && now.Before(ends) {
			w.shown[i.name] = now.Sub(begins)
		}
		return
	}
	w.falseAlarms[table]++
}

// watched are the tables of the alert, last the one that moves to the Basic plan, which the alert must then leave out.
var watched = []string{"AADServicePrincipalSignInLogs", "SigninLogs", basicTable}

// The guide's table of a simulated year is what the provider finds in one. The records are seeded, so it is always the
// same year.
func TestYear(t *testing.T) {
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		start := time.Now().UTC()
		records, undisturbed := map[string][]azuresim.Record{}, map[string][]azuresim.Record{}
		for _, of := range company {
			records[of.table], undisturbed[of.table] = year(of, start)
		}
		newWatch := func(lookback time.Duration, tables ...string) watch {
			w := watch{start, undisturbed, map[string]time.Duration{}, map[string]int{}, map[string]time.Duration{}}
			for _, table := range tables {
				w.lookbacks[table] = lookback
			}
			return w
		}
		plain, tuned, alert := newWatch(7*day, all...), newWatch(7*day, all...), newWatch(day, watched...)
		maps.Copy(tuned.lookbacks, newWatch(30*day, "AADProvisioningLogs", "AADManagedIdentitySignInLogs").lookbacks)
		config := status(w) + fmt.Sprintf(`
data "sentinel_aad_connector_status" "tuned" {
  log_analytics_workspace_id = %q
  lookbacks                  = { AADProvisioningLogs = "P30D", AADManagedIdentitySignInLogs = "P30D" }
}`, workspaceID)
		plan, query := "Analytics", silenceQuery(t, w, watched...)
		for day := range 366 {
			if day == basicSince {
				plan, query = "Basic", silenceQuery(t, w, watched[:2]...)
			}
			midnight := start.AddDate(0, 0, day)
			for hour := range 24 {
				now := midnight.Add(time.Duration(hour) * time.Hour)
				for _, table := range silent(t, query, records, now) {
					alert.report(table, now)
				}
			}
			time.Sleep(time.Until(midnight.Add(6 * time.Hour)))
			tables := map[string]azuresim.Table{}
			for table, of := range records {
				tables[table] = azuresim.Table{Records: between(of, time.Now().AddDate(0, 0, -daysKept), time.Now())}
			}
			tables[basicTable] = azuresim.Table{Plan: plan, Records: tables[basicTable].Records}
			put(t, w.Tenant, tables)
			planned := w.Terraform(t).Plan(config)
			if len(planned.Diagnostics) > 0 {
				t.Fatalf("day %d:\n%s", day, planned.Diagnostics)
			}
			for name, watch := range map[string]watch{"entra": plain, "tuned": tuned} {
				read := planned.Data("sentinel_aad_connector_status." + name)
				for table, one := range read["status"].(map[string]any) {
					if one.(map[string]any)["receiving"] != true {
						watch.report(table, time.Now())
					}
				}
			}
		}
		checkGuide(t, plain, tuned, alert)
	})
}

// between returns the records that arrived between two times.
func between(records []azuresim.Record, from, to time.Time) []azuresim.Record {
	position := func(at time.Time) int {
		return sort.Search(len(records), func(i int) bool { return !records[i].Ingested.Before(at) })
	}
	return records[position(from):position(to)]
}

// silenceQuery is the function's, parsed.
func silenceQuery(t *testing.T, w *acctest.World, tables ...string) kql.Query {
	t.Helper()
	var names []any
	for _, table := range tables {
		names = append(names, table)
	}
	text, err := w.Terraform(t).Call("silence_query", names, "P1D")
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
			table.Rows = append(table.Rows, kql.Row{"TimeGenerated": record.Time})
		}
		tables[name] = table
	}
	result, err := query.Run(tables, now)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range result.Rows {
		names = append(names, row["TableName"].(string))
	}
	return names
}

func checkGuide(t *testing.T, plain, tuned, alert watch) {
	t.Helper()
	row := func(name string, cell func(watch) any) string {
		return fmt.Sprintf("| %s | %v | %v | %v |\n", name, cell(plain), cell(tuned), cell(alert))
	}
	table := "|  | Daily plan, P7D for all | Daily plan, P30D for quiet tables | Hourly alert, P1D |\n|---|---|---|---|\n"
	for _, of := range company {
		table += row("False alarms of `"+of.table+"`", func(w watch) any {
			if w.lookbacks[of.table] == 0 {
				return "not watched"
			}
			return w.falseAlarms[of.table]
		})
	}
	for _, i := range incidents {
		table += row(i.name, func(w watch) any {
			shown, known := w.shown[i.name]
			switch {
			case i.tables == nil:
				return "no alarm"
			case !known:
				return "missed"
			case shown < 48*time.Hour:
				return fmt.Sprintf("after %.0f hours", shown.Hours())
			default:
				return fmt.Sprintf("after %.0f days", shown.Hours()/24)
			}
		})
	}
	total := func(w watch) (sum int) {
		for _, count := range w.falseAlarms {
			sum += count
		}
		return sum
	}
	for file, text := range map[string]string{
		"guides/connected-but-silent.md":            table,
		"data-sources/aad_connector_status.md.tmpl": fmt.Sprintf("from %d to %d", total(plain), total(tuned)),
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

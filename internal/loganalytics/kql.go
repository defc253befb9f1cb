package loganalytics

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/template"
	"time"
)

const (
	day = 24 * time.Hour

	// Horizon is the longest lookback, and how far back Usage is queried. Azure Monitor calls queries over more than 90
	// days abusive (https://learn.microsoft.com/azure/azure-monitor/logs/query-optimization).
	Horizon = 90 * day

	// shortestReach is the least that a table is scanned. Data older than 14 days makes a query take excessive
	// resources by Azure Monitor's thresholds.
	shortestReach = 14 * day
)

//go:embed queries.kql.tmpl
var queryTexts string

// queries are the templates "arrivals" and "silence". They share the rule, so that the two can't disagree. They are
// parsed on first use: Terraform starts the provider several times in a run, and often needs none.
var queries = sync.OnceValue(func() *template.Template { return template.Must(template.New("").Parse(queryTexts)) })

// scan is one table of a query, with timespans as KQL writes them.
type scan struct{ Table, Lookback, Reach string }

func scansOf(tables []string, lookbacks map[string]time.Duration) []scan {
	scans := make([]scan, len(tables))
	for i, table := range tables {
		lookback := lookbacks[table]
		scans[i] = scan{table, timespanLiteral(lookback), timespanLiteral(max(lookback, shortestReach))}
	}
	return scans
}

// volume is the tables, quoted, whose volume within a lookback is asked of Usage.
type volume struct{ Tables, Lookback string }

// volumesOf groups tables by their lookbacks. There are few different ones, which keeps the query's nesting flat.
func volumesOf(lookbacks map[string]time.Duration) []volume {
	tables := map[time.Duration][]string{}
	for _, table := range slices.Sorted(maps.Keys(lookbacks)) {
		tables[lookbacks[table]] = append(tables[lookbacks[table]], strconv.Quote(table))
	}
	var volumes []volume
	for _, lookback := range slices.Sorted(maps.Keys(tables)) {
		volumes = append(volumes, volume{strings.Join(tables[lookback], ", "), timespanLiteral(lookback)})
	}
	return volumes
}

// timespanLiteral writes whole seconds as KQL does.
func timespanLiteral(d time.Duration) string {
	if d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

// arrivalQuery queries the given tables, and Usage for all tables of lookbacks.
func arrivalQuery(tables []string, lookbacks map[string]time.Duration, withUsage bool) (string, error) {
	var usage []volume
	if withUsage {
		usage = volumesOf(lookbacks)
	}
	return render("arrivals", scansOf(tables, lookbacks), usage)
}

// SilenceQuery returns a query whose result has a row (TableName, LastRecord) for each table that is Silent or Missing
// by the rule of Arrivals. A table on the Basic or Auxiliary plan makes it fail.
func SilenceQuery(tables []string, lookback time.Duration) (string, error) {
	lookbacks := map[string]time.Duration{}
	for _, table := range tables {
		lookbacks[table] = lookback
	}
	if err := check(lookbacks); err != nil {
		return "", err
	}
	return render("silence", scansOf(slices.Sorted(maps.Keys(lookbacks)), lookbacks), volumesOf(lookbacks))
}

func render(name string, tables []scan, usage []volume) (string, error) {
	var text strings.Builder
	err := queries().ExecuteTemplate(&text, name, map[string]any{"Tables": tables, "Usage": usage})
	return text.String(), err
}

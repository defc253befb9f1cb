package loganalytics

import (
	"maps"
	"slices"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/kql"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/resourcemanager"
)

// run evaluates a query, and returns which of its tables fail in part.
func (w workspace) run(asked request, now time.Time) (result kql.Result, failures []string, err error) {
	begin, err := beginOf(asked.Timespan, now)
	if err != nil {
		return kql.Result{}, nil, err
	}
	query, err := kql.Parse(asked.Query)
	if err != nil {
		return kql.Result{}, nil, err
	}
	names := query.Tables()
	if err := w.checkPlans(names); err != nil {
		return kql.Result{}, nil, err
	}
	tables := map[string]kql.Table{}
	for _, name := range names {
		table, found := w.Tables[name] // case-sensitive, unlike Resource Manager's
		if !found || table.Unresolved {
			continue
		}
		tables[name] = w.rows(name, table, begin, now)
		if table.Failing {
			failures = append(failures, name)
		}
	}
	result, err = query.Run(tables, now)
	return result, failures, err
}

// checkPlans refuses a Basic or Auxiliary table together with any other (README, "Table plans").
func (w workspace) checkPlans(names []string) error {
	for _, name := range names {
		table, found := w.Tables[name]
		if found && !table.Unresolved && table.Plan != "Analytics" && len(names) > 1 {
			return planError{}
		}
	}
	return nil
}

var timeGenerated = kql.Column{Name: resourcemanager.TimeGenerated, Type: kql.Datetime}

// rows returns a table's records since a moment, or none if the table can't be read.
func (w workspace) rows(name string, table resourcemanager.Table, begin, now time.Time) kql.Table {
	found := kql.Table{Columns: []kql.Column{timeGenerated}}
	if name == resourcemanager.UsageTable {
		found = w.usage(begin, now)
	}
	if table.Denied || table.Failing {
		found.Rows = nil
		return found
	}
	for _, record := range table.Records {
		if !record.Time.Before(begin) {
			row := kql.Row{Values: []any{record.Time}, Ingested: record.Ingested}
			found.Rows = append(found.Rows, slices.Repeat([]kql.Row{row}, record.Count)...)
		}
	}
	return found
}

// recordSize is how many megabytes a record of the simulator takes.
const recordSize = 0.002

// usage makes the table Usage from the records of the other tables (README, "Usage").
func (w workspace) usage(begin, now time.Time) kql.Table {
	usage := kql.Table{Columns: []kql.Column{
		timeGenerated,
		{Name: "DataType", Type: kql.String},
		{Name: "StartTime", Type: kql.Datetime},
		{Name: "EndTime", Type: kql.Datetime},
		{Name: "Quantity", Type: kql.Real},
		{Name: "QuantityUnit", Type: kql.String},
		{Name: "IsBillable", Type: kql.Bool},
	}}
	for _, name := range slices.Sorted(maps.Keys(w.Tables)) {
		records := map[time.Time]int{}
		for _, record := range w.Tables[name].Records {
			records[record.Ingested.UTC().Truncate(time.Hour)] += record.Count
		}
		for _, start := range slices.SortedFunc(maps.Keys(records), time.Time.Compare) {
			end := start.Add(time.Hour)
			if end.After(now) || end.Before(begin) {
				continue
			}
			size := float64(records[start]) * recordSize
			usage.Rows = append(usage.Rows, kql.Row{Values: []any{end, name, start, end, size, "MBytes", true}, Ingested: end})
		}
	}
	return usage
}

func (w workspace) hasRecords() bool {
	for _, table := range w.Tables {
		if len(table.Records) > 0 {
			return true
		}
	}
	return false
}

// deniedTables are sorted.
func (w workspace) deniedTables() []string {
	var denied []string
	for _, name := range slices.Sorted(maps.Keys(w.Tables)) {
		if w.Tables[name].Denied {
			denied = append(denied, name)
		}
	}
	return denied
}

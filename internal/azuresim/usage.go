package azuresim

import (
	"maps"
	"slices"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/kql"
)

// usageTable is the table in which every workspace has the volume of each of its tables, hour by hour
// (https://learn.microsoft.com/azure/azure-monitor/reference/tables/usage).
const usageTable = "Usage"

// recordSize is how many megabytes a record of the simulator takes.
const recordSize = 0.002

// usage is made from the other tables' records. It counts an hour's ingested records, whatever the table's plan, once
// the hour is over; both are inferred, and real workspaces take some hours more.
func (w Workspace) usage(now time.Time) kql.Table {
	made := kql.Table{Columns: []kql.Column{
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
			if end.After(now) {
				continue
			}
			size := float64(records[start]) * recordSize
			made.Rows = append(made.Rows, kql.Row{Values: []any{end, name, start, end, size, "MBytes", true}, Ingested: end})
		}
	}
	return made
}

package loganalytics

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/kql"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/resourcemanager"
)

var days = regexp.MustCompile(`^P(\d{1,5})D$`)

// query evaluates a query and returns the answer. Its timespan says when records begin to count; without one all do
// (README, "Requests"). A Basic or Auxiliary table is refused (README, "Table plans").
func (w workspace) query(asked request, now time.Time) (map[string]any, error) {
	var begin time.Time
	if number := days.FindStringSubmatch(asked.Timespan); number != nil {
		n, _ := strconv.Atoi(number[1])
		begin = now.AddDate(0, 0, -n)
	} else if asked.Timespan != "" {
		return nil, &queryError{Code: "InvalidTimespan", Message: fmt.Sprintf( // inferred
			"%q is not a number of days such as P7D, and the simulator reads nothing else", asked.Timespan)}
	}
	query, err := kql.Parse(asked.Query)
	if err != nil {
		return nil, err
	}
	tables := map[string]kql.Table{}
	var failures []string
	for _, name := range query.Tables() {
		table, found := w.Tables[name] // case-sensitive, unlike Resource Manager's
		if !found || table.Unresolved {
			continue
		}
		if table.Plan != "Analytics" {
			return nil, &queryError{Code: "UnsupportedApiQueryValidationError", Message: fmt.Sprintf(
				"Query of %s Logs table is not supported with the API "+
					"'https://api.loganalytics.io/v1/workspaces/{workspaceId}/query'.\nYou can use "+
					"'https://api.loganalytics.io/v1/workspaces/{workspaceId}/search' instead.\nTo learn more on queries on "+
					"Basic Logs table, read here: https://aka.ms/basicLogsQueryAPI.", table.Plan)}
		}
		tables[name] = w.rows(name, table, begin, now)
		if table.Failing {
			failures = append(failures, name)
		}
	}
	result, err := query.Run(tables, now)
	if err != nil {
		return nil, err
	}
	document := map[string]any{"tables": []any{wireTable(result.Table)}}
	if partial := partialError(result.Warnings, failures); partial != nil {
		document["error"] = partial
	}
	return document, nil
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
			row := kql.Row{timeGenerated.Name: record.Time, kql.Ingested: record.Ingested}
			found.Rows = append(found.Rows, slices.Repeat([]kql.Row{row}, record.Count)...)
		}
	}
	return found
}

func (w workspace) hasRecords() bool {
	hasAny := func(table resourcemanager.Table) bool { return len(table.Records) > 0 }
	return slices.ContainsFunc(slices.Collect(maps.Values(w.Tables)), hasAny)
}

// recordSize is how many megabytes a record of the simulator takes.
const recordSize = 0.002

// usage makes the table Usage from the records of the other tables (README, "Usage"). It has the columns that the
// provider asks for.
func (w workspace) usage(begin, now time.Time) kql.Table {
	usage := kql.Table{Columns: []kql.Column{
		timeGenerated, {Name: "DataType", Type: kql.String}, {Name: "EndTime", Type: kql.Datetime},
		{Name: "Quantity", Type: kql.Real},
	}}
	for _, name := range slices.Sorted(maps.Keys(w.Tables)) {
		sizes := map[time.Time]float64{}
		for _, record := range w.Tables[name].Records {
			sizes[record.Ingested.UTC().Truncate(time.Hour).Add(time.Hour)] += float64(record.Count) * recordSize
		}
		for _, end := range slices.SortedFunc(maps.Keys(sizes), time.Time.Compare) {
			if !end.After(now) && !end.Before(begin) {
				usage.Rows = append(usage.Rows, kql.Row{
					timeGenerated.Name: end, "DataType": name, "EndTime": end, "Quantity": sizes[end],
				})
			}
		}
	}
	return usage
}

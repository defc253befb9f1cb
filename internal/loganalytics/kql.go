package loganalytics

import (
	"fmt"
	"strings"
	"time"
)

const (
	day = 24 * time.Hour

	// Horizon is how far back a query looks, and the longest lookback. A query over more than 15 days counts as one that takes excessive resources,
	// over more than 90 as an abusive one (Log Analytics facts, section 4). It goes to the latter, since a table that fell silent must not look like
	// one that never had data; its price is two columns in a single scan.
	Horizon = 90 * day
)

// checkLookback refuses what the query could not say exactly.
func checkLookback(lookback time.Duration) error {
	if lookback < time.Second || lookback > Horizon || lookback%time.Second != 0 {
		return fmt.Errorf("the lookback %s is not a number of whole seconds from one to 90 days", lookback)
	}
	return nil
}

// arrivalQuery asks for all tables at once: a row for each one that exists, with a count of 0 and null times where
// it has no records. A table that does not exist loses its leg and is named by a warning; the leg without rows
// keeps the union standing when that happens to all (Log Analytics facts, section 4). The tables' names are
// checked identifiers.
//
// Each leg has a filter of its own on TimeGenerated, the only cheap one, and reads ingestion_time() before
// the union, since after it the function is not sure to have a value.
func arrivalQuery(tables []string, lookback time.Duration) string {
	legs := []string{"(datatable(TableName:string, RecordCount:long, LastRecord:datetime, LastIngested:datetime)[])"}
	for _, table := range tables {
		legs = append(legs, fmt.Sprintf(`(%[1]s | where TimeGenerated > ago(%[2]s) | project TimeGenerated, Ingested = ingestion_time()
        | summarize RecordCount = countif(TimeGenerated > ago(%[3]s)), LastRecord = max(TimeGenerated), LastIngested = max(Ingested)
        | extend TableName = "%[1]s")`, table, timespanLiteral(Horizon), timespanLiteral(lookback)))
	}
	return "union isfuzzy=true\n    " + strings.Join(legs, ",\n    ") +
		"\n| project TableName, RecordCount, LastRecord, LastIngested"
}

// timespanLiteral writes whole seconds as KQL does.
func timespanLiteral(d time.Duration) string {
	if d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

// timespan writes whole seconds in ISO 8601, as the request does.
func timespan(d time.Duration) string {
	if d%day == 0 {
		return fmt.Sprintf("P%dD", d/day)
	}
	return fmt.Sprintf("PT%dS", d/time.Second)
}

package loganalytics

import (
	"fmt"
	"maps"
	"slices"
	"strings"
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

// checkLookback accepts what a query can express.
func checkLookback(lookback time.Duration) error {
	if lookback < time.Second || lookback > Horizon || lookback%time.Second != 0 {
		return fmt.Errorf("the lookback %s is not a number of whole seconds from one to 90 days", lookback)
	}
	return nil
}

// arrivalQuery queries the given tables, and Usage for all tables of lookbacks. Its result has a row for each table
// that exists, with a count of 0 and null times if there are no records, and a row without a count for each table with
// data in Usage. The leg of a missing table is ignored with a warning; the datatable keeps the union valid if all are
// missing.
func arrivalQuery(tables []string, lookbacks map[string]time.Duration, withUsage bool) string {
	legs := []string{
		"(datatable(TableName:string, RecordCount:long, LastRecord:datetime, LastIngested:datetime, Delay:real, " +
			"LastHour:datetime, Volume:real)[])",
	}
	for _, table := range tables {
		legs = append(legs, tableLeg(table, lookbacks[table], fmt.Sprintf(`, LastIngested = max(ingestion_time()),
            Delay = percentile(iff(TimeGenerated > ago(%s), (ingestion_time() - TimeGenerated) / 1s, real(null)), 95)`,
			timespanLiteral(lookbacks[table]))))
	}
	if withUsage {
		legs = append(legs, usageLeg(lookbacks,
			fmt.Sprintf(", Volume = sumif(Quantity, EndTime > ago(%s))", lookbackExpression(lookbacks))))
	}
	return union(legs) + "\n| project TableName, RecordCount, LastRecord, LastIngested, Delay, LastHour, Volume"
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
	tables = slices.Sorted(maps.Keys(lookbacks))
	seeds := make([]string, len(tables))
	legs := make([]string, len(tables))
	for i, table := range tables {
		seeds[i] = fmt.Sprintf(`%q, 0, datetime(null), datetime(null)`, table)
		legs[i] = tableLeg(table, lookback, "")
	}
	legs = slices.Concat(
		[]string{"(datatable(TableName:string, RecordCount:long, LastRecord:datetime, LastHour:datetime)[" +
			strings.Join(seeds, ", ") + "])"},
		legs,
		[]string{usageLeg(lookbacks, "")},
	)
	return union(legs) + `
| summarize RecordCount = sum(RecordCount), LastRecord = max(LastRecord), LastHour = max(LastHour) by TableName
| where RecordCount == 0
| project TableName, LastRecord = coalesce(LastRecord, LastHour)`, nil
}

// union makes a union that ignores legs whose table does not exist.
func union(legs []string) string { return "union isfuzzy=true\n    " + strings.Join(legs, ",\n    ") }

// tableLeg implements the rule: a table is receiving if the TimeGenerated of a record lies within the lookback. More
// columns are part of the leg because ingestion_time() has no value after the union.
func tableLeg(table string, lookback time.Duration, moreColumns string) string {
	reach := timespanLiteral(max(lookback, shortestReach))
	return fmt.Sprintf(`(%[1]s | where TimeGenerated > ago(%[2]s)
        | summarize RecordCount = countif(TimeGenerated > ago(%[3]s)), LastRecord = max(TimeGenerated)%[4]s
        | extend TableName = "%[1]s")`, table, reach, timespanLiteral(lookback), moreColumns)
}

// usageLeg finds the last hour with data.
func usageLeg(lookbacks map[string]time.Duration, moreColumns string) string {
	return fmt.Sprintf(`(Usage | where TimeGenerated > ago(%s) and Quantity > 0 and DataType in (%s)
        | summarize LastHour = max(EndTime)%s by TableName = DataType)`,
		timespanLiteral(Horizon), quoted(slices.Sorted(maps.Keys(lookbacks))), moreColumns)
}

// lookbackExpression returns a KQL expression for the lookback of the table that DataType names.
func lookbackExpression(lookbacks map[string]time.Duration) string {
	tables := map[time.Duration][]string{}
	for _, table := range slices.Sorted(maps.Keys(lookbacks)) {
		tables[lookbacks[table]] = append(tables[lookbacks[table]], table)
	}
	expression := ""
	for _, lookback := range slices.Sorted(maps.Keys(tables)) {
		if expression == "" {
			expression = timespanLiteral(lookback)
			continue
		}
		expression = fmt.Sprintf("iff(DataType in (%s), %s, %s)",
			quoted(tables[lookback]), timespanLiteral(lookback), expression)
	}
	return expression
}

// quoted lists names, which are identifiers.
func quoted(names []string) string { return `"` + strings.Join(names, `", "`) + `"` }

// timespanLiteral writes whole seconds as KQL does.
func timespanLiteral(d time.Duration) string {
	if d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

package loganalytics

import (
	"fmt"
	"strings"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/kql"
)

// permissions names the tables that may not be read (README, "Missing, denied and failing tables"). That it names all
// such tables of the workspace, also those that the query doesn't read, is inferred.
func (w workspace) permissions() map[string]any {
	source := map[string]any{"resourceId": strings.ToLower(w.ID)}
	if denied := w.deniedTables(); denied != nil {
		source["denyTables"] = denied
	}
	return map[string]any{"dataSources": []any{source}}
}

// wireTable returns a table as it is answered.
func wireTable(table kql.Table) map[string]any {
	rows := [][]any{}
	for _, row := range table.Rows {
		values := []any{}
		for _, value := range row.Values {
			values = append(values, wireForm(value))
		}
		rows = append(rows, values)
	}
	return map[string]any{"name": "PrimaryResult", "columns": table.Columns, "rows": rows}
}

// wireForm returns a value as recorded answers have it (README, "Answers").
func wireForm(value any) any {
	switch value := value.(type) {
	case time.Time:
		return value.UTC().Format("2006-01-02T15:04:05.9999999Z")
	case time.Duration:
		return wireTimespan(value)
	default:
		return value
	}
}

// wireTimespan writes days and decimals only where there are any.
func wireTimespan(length time.Duration) string {
	written := time.Time{}.Add(length).Format("15:04:05.9999999")
	if days := length / (24 * time.Hour); days > 0 {
		written = fmt.Sprintf("%d.%s", days, written)
	}
	return written
}

// partialError is nil if everything could be read. Severity 3 is a warning and 2 an error (README, "Missing, denied and
// failing tables"). The message of the latter is inferred, except for its end.
func partialError(warnings, failures []string) *queryError {
	var details []queryError
	detail := func(inner queryError) {
		details = append(details, queryError{
			Code: "EngineError", Message: "Something went wrong processing your query on the server.", Inner: &inner,
		})
	}
	for _, message := range warnings {
		detail(queryError{Code: "-2133196790", Message: message, Severity: 3, Name: "Warning"})
	}
	for _, table := range failures {
		detail(queryError{Code: "-2133196788", Severity: 2, Name: "Error", Message: "Failed to read the table '" + table +
			"'. Results may be incorrect or incomplete (E_FAIL; see https://aka.ms/kustoqueryfailures)."})
	}
	if details == nil {
		return nil
	}
	const message = "There were some errors when processing your query."
	return &queryError{Code: "PartialError", Message: message, Details: details}
}

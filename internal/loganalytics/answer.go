package loganalytics

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// answer is the query service's answer to arrivalQuery.
type answer struct {
	// empty means that the workspace has no data at all, which the service says by an answer without a body.
	empty   bool
	rows    map[string]row // of the tables, by table
	usage   map[string]row // of Usage, by table; never nil
	missing []string       // tables that don't exist
	denied  []string       // tables that the identity may not read
}

// row is the result for one table. A row of the table itself has the Arrival, still without its State; a row of Usage
// has the rest.
type row struct {
	table string
	Arrival
	lastHour  *time.Time // end of the last hour with data
	megabytes float64    // within the lookback
}

// UnmarshalJSON reads the columns in the order of arrivalQuery. The count is never converted to a float, which would
// round it.
func (r *row) UnmarshalJSON(data []byte) error {
	const count = 7
	var delay, volume any // numbers, null, or what JSON can't write, such as "NaN"
	columns := []any{&r.table, &r.RecordCount, &r.LastRecord, &r.LastIngested, &delay, &r.lastHour, &volume}
	if err := json.Unmarshal(data, &columns); err != nil {
		return err
	}
	if len(columns) != count {
		return fmt.Errorf("a row has %d columns instead of %d", len(columns), count)
	}
	if seconds, ok := delay.(float64); ok {
		r.IngestionDelay = new(time.Duration(max(0, seconds) * float64(time.Second)))
	}
	r.megabytes, _ = volume.(float64)
	// A record's time may be up to a day in the future ("Times of records"). Its arrival is a better estimate then.
	if r.LastRecord != nil && r.LastIngested != nil && r.LastRecord.After(*r.LastIngested) {
		r.LastRecord = r.LastIngested
	}
	return nil
}

// unresolved finds the table in a message such as "'where' operator: Failed to resolve table or column expression named
// 'X'". The operator varies. The code doesn't help, since it also stands for a missing column ("Refused queries").
var unresolved = regexp.MustCompile(`Failed to resolve table (?:or column )?expression named '([^']+)'`)

// readAnswer reads a 200 or 204. A partial answer is a *QueryError with status 200.
func readAnswer(response *http.Response) (answer, error) {
	read := answer{empty: response.StatusCode == http.StatusNoContent, usage: map[string]row{}}
	if read.empty {
		return read, nil
	}
	var document struct {
		Tables []struct {
			Name string
			Rows []row
		}
		Permissions json.RawMessage
		Error       *errorInfo
	}
	if err := azure.Decode(response, &document); err != nil {
		// An empty body may mean that there is no data, as 204 does, or it was lost on the way. A retry tells which.
		body, lost := runtime.Payload(response)
		read.empty = lost == nil && len(body) == 0
		return read, err
	}
	read.denied = deniedTables(document.Permissions)
	if document.Error != nil {
		missing, failed := document.Error.missingTables()
		if failed != nil {
			failed.denied = read.denied
			return answer{}, failed
		}
		read.missing = missing
	}
	for _, table := range document.Tables {
		if table.Name != "PrimaryResult" {
			continue
		}
		read.rows = map[string]row{}
		for _, row := range table.Rows {
			if row.RecordCount == nil {
				read.usage[row.table] = row
			} else {
				read.rows[row.table] = row
			}
		}
		return read, nil
	}
	return answer{}, &azure.UnreadableError{ContentType: response.Header.Get("Content-Type"),
		Err: errors.New("it has no PrimaryResult")}
}

// deniedTables reads permissions.dataSources[].denyTables. The shape is not documented, so any other shape is ignored.
func deniedTables(permissions json.RawMessage) []string {
	var document struct {
		DataSources []struct{ DenyTables []string }
	}
	if json.Unmarshal(permissions, &document) != nil {
		return nil
	}
	var denied []string
	for _, source := range document.DataSources {
		denied = append(denied, source.DenyTables...)
	}
	return denied
}

package loganalytics

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
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

// row is the result for one table: from the table itself, or from Usage. Times are nil if there were no records.
type row struct {
	table                    string
	recordCount              *int64 // nil in a row of Usage
	lastRecord, lastIngested *time.Time
	delay                    any        // in seconds, a float64 unless it is null or what JSON can't write, such as "NaN"
	lastHour                 *time.Time // end of the last hour with data; only from Usage
	volume                   any        // in megabytes, likewise; only from Usage
}

func (r row) megabytes() float64 {
	megabytes, _ := r.volume.(float64)
	return megabytes
}

// UnmarshalJSON reads the columns in the order of arrivalQuery. The count is never converted to a float, which would
// round it.
func (r *row) UnmarshalJSON(data []byte) error {
	columns := []any{&r.table, &r.recordCount, &r.lastRecord, &r.lastIngested, &r.delay, &r.lastHour, &r.volume}
	values := slices.Clone(columns)
	if err := json.Unmarshal(data, &values); err != nil {
		return err
	}
	if len(values) != len(columns) {
		return fmt.Errorf("a row has %d columns instead of %d", len(values), len(columns))
	}
	return nil
}

// warning is the severity of details that don't affect the rows, such as a missing leg of a fuzzy union. Any other
// severity makes an answer partial ("Missing, denied and failing tables").
const warning = 3

// unresolved finds the table in a message such as "'where' operator: Failed to resolve table or column expression named
// 'X'". The operator varies. The code doesn't help, since it also stands for a missing column ("Refused queries").
var unresolved = regexp.MustCompile(`Failed to resolve table (?:or column )?expression named '([^']+)'`)

// readAnswer reads a 200 or 204. A partial answer is a *QueryError with status 200.
func readAnswer(response *http.Response) (answer, error) {
	if response.StatusCode == http.StatusNoContent {
		return answer{empty: true, usage: map[string]row{}}, nil
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
		return answer{empty: lost == nil && len(body) == 0, usage: map[string]row{}}, err
	}
	read := answer{usage: map[string]row{}, denied: deniedTables(document.Permissions)}
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
		read.rows = make(map[string]row, len(table.Rows))
		for _, row := range table.Rows {
			if row.recordCount == nil {
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

// errorInfo is an error as the service writes it: causes are nested, and a PartialError has details.
type errorInfo struct {
	Code, Message, CorrelationID string
	Severity                     int
	InnerError                   *errorInfo
	Details                      []errorInfo
}

// missingTables returns the tables that the warnings of a PartialError name, or an error if there is more than
// warnings.
func (e *errorInfo) missingTables() (missing []string, failed *QueryError) {
	partial := &azure.ServiceError{Status: http.StatusOK, CorrelationID: e.CorrelationID}
	if len(e.Details) == 0 {
		return nil, describe(partial, e.chain())
	}
	for _, detail := range e.Details {
		causes := detail.chain()
		innermost := causes[len(causes)-1]
		if innermost.Severity != warning {
			return nil, describe(partial, append(e.chain(), causes...))
		}
		if m := unresolved.FindStringSubmatch(innermost.Message); m != nil {
			missing = append(missing, m[1])
		}
	}
	return missing, nil
}

// chain lists an error and its causes, the innermost last.
func (e *errorInfo) chain() []errorInfo {
	var causes []errorInfo
	for ; e != nil; e = e.InnerError {
		causes = append(causes, *e)
	}
	return causes
}

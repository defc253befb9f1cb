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
	delay                    number     // in seconds
	lastHour                 *time.Time // end of the last hour with data; only from Usage
	volume                   number     // in megabytes; only from Usage
}

func (r row) megabytes() float64 {
	if r.volume.value == nil {
		return 0
	}
	return *r.volume.value
}

// number is a real number, or nil for null and for what JSON can't write as a number, such as "NaN".
type number struct{ value *float64 }

func (n *number) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &n.value) != nil {
		n.value = nil
	}
	return nil
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
			Name string `json:"name"`
			Rows []row  `json:"rows"`
		} `json:"tables"`
		Permissions json.RawMessage `json:"permissions"`
		Error       *errorInfo      `json:"error"`
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
	return answer{}, &azure.UnreadableError{ContentType: response.Header.Get("Content-Type"), Err: errNoResult}
}

var errNoResult = errors.New("it has no PrimaryResult")

// deniedTables reads permissions.dataSources[].denyTables. The shape is not documented, so any other shape is ignored.
func deniedTables(permissions json.RawMessage) []string {
	var document struct {
		DataSources []struct {
			DenyTables []string `json:"denyTables"`
		} `json:"dataSources"`
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
	Code          string      `json:"code"`
	Message       string      `json:"message"`
	CorrelationID string      `json:"correlationId"`
	Severity      int         `json:"severity"`
	Inner         *errorInfo  `json:"innererror"`
	Details       []errorInfo `json:"details"`
}

// missingTables returns the tables that the warnings of a PartialError name, or an error if there is more than
// warnings.
func (e *errorInfo) missingTables() ([]string, *QueryError) {
	if len(e.Details) == 0 {
		return nil, e.failure()
	}
	var missing []string
	for _, detail := range e.Details {
		causes := detail.chain()
		innermost := causes[len(causes)-1]
		if innermost.Severity != warning {
			return nil, e.failure(causes...)
		}
		if m := unresolved.FindStringSubmatch(innermost.Message); m != nil {
			missing = append(missing, m[1])
		}
	}
	return missing, nil
}

// failure makes the error for a partial answer.
func (e *errorInfo) failure(causes ...errorInfo) *QueryError {
	refusal := &azure.ServiceError{Status: http.StatusOK, CorrelationID: e.CorrelationID}
	return describe(refusal, append(e.chain(), causes...))
}

// chain lists an error and its causes, the innermost last.
func (e *errorInfo) chain() []errorInfo {
	var causes []errorInfo
	for ; e != nil; e = e.Inner {
		causes = append(causes, *e)
	}
	return causes
}

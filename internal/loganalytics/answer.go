package loganalytics

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// answer is what the query service said of the tables.
type answer struct {
	// empty says that the workspace holds no data at all, which the service tells without a body.
	empty   bool
	rows    map[string]row // of the tables, by table
	usage   map[string]row // of Usage, by table, never nil
	missing []string       // tables that the service does not know
	denied  []string       // tables that the identity may not read
}

// row is one table's, or Usage's of one table. The times are nil where there are no records within the reach of the query.
type row struct {
	table                    string
	recordCount              *int64 // nil in a row of Usage
	lastRecord, lastIngested *time.Time
	delay                    real       // in seconds
	lastHour                 *time.Time // with data; here and in volume, only Usage has a value
	volume                   real       // in megabytes
}

func (r row) megabytes() float64 {
	if r.volume.value == nil {
		return 0
	}
	return *r.volume.value
}

// real is a number of KQL's. What is no number, such as "NaN" of no values, is nil.
type real struct{ value *float64 }

func (r *real) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &r.value) != nil {
		r.value = nil
	}
	return nil
}

// UnmarshalJSON reads the columns in the order of arrivalQuery. The count never passes through a float.
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

// warning is the severity of what leaves the rows right, such as a leg of a fuzzy union that is missing.
// Anything graver, or of no known severity, makes an answer partial (Log Analytics facts, section 1).
const warning = 3

// unresolved finds the table in a message such as "'where' operator: Failed to resolve table or column
// expression named 'X'". The operator's name varies; a missing column has another wording under the same
// code, so it is the message that counts (Log Analytics facts, section 1).
var unresolved = regexp.MustCompile(`Failed to resolve table (?:or column )?expression named '([^']+)'`)

// readAnswer reads a success. An answer that is partial is a *QueryError with status 200.
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
		// An empty body may say that there is no data, as 204 does, or have lost its content on the way. Which it was, another try tells.
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
	return answer{}, &azure.UnreadableError{ContentType: response.Header.Get("Content-Type"), Err: errors.New("it has no PrimaryResult")}
}

// deniedTables reads permissions.dataSources[].denyTables. Its shape is not documented, so one that can't be read names
// no table and costs nothing else of the answer.
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

func containsFold(tables []string, table string) bool {
	return slices.ContainsFunc(tables, func(t string) bool { return strings.EqualFold(t, table) })
}

// errorInfo is the service's error, with its causes inside and the parts of a PartialError as details.
type errorInfo struct {
	Code          string      `json:"code"`
	Message       string      `json:"message"`
	CorrelationID string      `json:"correlationId"`
	Severity      int         `json:"severity"`
	Inner         *errorInfo  `json:"innererror"`
	Details       []errorInfo `json:"details"`
}

// missingTables returns the tables that the warnings of a PartialError name, or the error of what is more
// than a warning.
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

// failure is the error of an answer that came with status 200.
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

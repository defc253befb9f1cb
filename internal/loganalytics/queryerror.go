package loganalytics

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// QueryError is a query that the service refused or answered only in part.
type QueryError struct {
	// Codes are those of the error and its causes, the most specific last: "BadArgumentError", "SemanticError",
	// "SEM0100".
	Codes []string
	// Refusal has the first code and the last message. Its status is 200 for a partial answer.
	Refusal *azure.ServiceError

	denied []string // tables that the identity may not read, if a partial answer names them
}

func (e *QueryError) Error() string {
	codes := strings.Join(e.Codes, " > ")
	return (&azure.ServiceError{Status: e.Refusal.Status, Code: codes, Message: e.Refusal.Message}).Error()
}

func (e *QueryError) Unwrap() error { return e.Refusal }

// errorInfo is an error as the service writes it: causes are nested, and a PartialError has details.
type errorInfo struct {
	Code, Message, CorrelationID string
	Severity                     int
	InnerError                   *errorInfo
	Details                      []errorInfo
}

// causes lists an error and its causes, the innermost last.
func (e *errorInfo) causes() []errorInfo {
	if e == nil {
		return nil
	}
	return append([]errorInfo{*e}, e.InnerError.causes()...)
}

// readRefusal reads a response that is neither 200 nor 204.
func readRefusal(response *http.Response) *QueryError {
	body, err := runtime.Payload(response)
	refusal := azure.NewServiceError(response)
	var document struct{ Error errorInfo }
	if err != nil || json.Unmarshal(body, &document) != nil || document.Error.Code == "" {
		document.Error = errorInfo{Code: refusal.Code, Message: refusal.Message}
	}
	return newQueryError(refusal, document.Error.causes())
}

// newQueryError adds what an error and its causes say to a refusal.
func newQueryError(refusal *azure.ServiceError, causes []errorInfo) *QueryError {
	failed := &QueryError{Refusal: refusal}
	for _, cause := range causes {
		if cause.Code != "" {
			failed.Codes = append(failed.Codes, cause.Code)
		}
		refusal.Message = cmp.Or(cause.Message, refusal.Message)
		refusal.CorrelationID = cmp.Or(refusal.CorrelationID, cause.CorrelationID)
	}
	if len(failed.Codes) > 0 {
		refusal.Code = failed.Codes[0]
	}
	return failed
}

// warning is the severity of details that don't affect the rows, such as a missing leg of a fuzzy union. Any other
// severity makes an answer partial ("Missing, denied and failing tables").
const warning = 3

// missingTables returns the tables that the warnings of a PartialError name, or an error if there is more than
// warnings.
func (e *errorInfo) missingTables() (missing []string, failed *QueryError) {
	details := e.Details
	if len(details) == 0 {
		details = []errorInfo{{}} // nothing says that it is only a warning
	}
	for _, detail := range details {
		causes := detail.causes()
		innermost := causes[len(causes)-1]
		if innermost.Severity != warning {
			return nil, newQueryError(&azure.ServiceError{Status: http.StatusOK}, append(e.causes(), causes...))
		}
		if m := unresolved.FindStringSubmatch(innermost.Message); m != nil {
			missing = append(missing, m[1])
		}
	}
	return missing, nil
}

// has reports whether the error or one of its causes has a code.
func (e *QueryError) has(code string) bool { return slices.Contains(e.Codes, code) }

// CodeInsufficientAccess is the query service's for an identity without a role, or for a network that may not query,
// with another code inside ("Refused queries").
const CodeInsufficientAccess = "InsufficientAccessError"

// mayBeTables reports whether one of several tables may have made the query fail: one on the Basic plan is a 400, a
// failing one a partial answer, a huge one a 504, and one that the identity may not read a 403.
func (e *QueryError) mayBeTables() bool {
	return e.mayBePlans() || e.Refusal.Status == http.StatusGatewayTimeout ||
		e.Refusal.Status == http.StatusForbidden && e.has(CodeInsufficientAccess) && !e.has("NspValidationFailedError")
}

// mayBePlans reports whether a table's plan may have made the query fail.
func (e *QueryError) mayBePlans() bool {
	return e.Refusal.Status == http.StatusOK || e.Refusal.Status == http.StatusBadRequest
}

// arrival determines the state of a table whose own query failed.
func (e *QueryError) arrival(table string) Arrival {
	named := unresolved.FindStringSubmatch(e.Refusal.Message)
	switch {
	case e.has("UnsupportedApiQueryValidationError"), strings.Contains(e.Refusal.Message, "Basic or Auxiliary Logs table"):
		return Arrival{State: NotQueried} // "Table plans"
	case named != nil && named[1] == table:
		return Arrival{State: Missing}
	case azure.ContainsFold(e.denied, table):
		return Arrival{State: Denied}
	case e.has(CodeInsufficientAccess):
		return Arrival{State: Denied, Failure: e}
	default:
		return Arrival{State: NotQueried, Failure: e}
	}
}

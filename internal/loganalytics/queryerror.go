package loganalytics

import (
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

// newQueryError reads a response that is neither 200 nor 204.
func newQueryError(response *http.Response) error {
	body, err := runtime.Payload(response)
	refusal := azure.NewServiceError(response)
	var document struct{ Error errorInfo }
	if err != nil || json.Unmarshal(body, &document) != nil || document.Error.Code == "" {
		document.Error = errorInfo{Code: refusal.Code, Message: refusal.Message}
	}
	if refusal.CorrelationID == "" {
		refusal.CorrelationID = document.Error.CorrelationID
	}
	return describe(refusal, document.Error.chain())
}

// describe adds the codes and the last message of the causes to a refusal.
func describe(refusal *azure.ServiceError, causes []errorInfo) *QueryError {
	failed := &QueryError{Refusal: refusal}
	for _, cause := range causes {
		if cause.Code != "" {
			failed.Codes = append(failed.Codes, cause.Code)
		}
		if cause.Message != "" {
			refusal.Message = cause.Message
		}
	}
	if len(failed.Codes) > 0 {
		refusal.Code, refusal.NotJSON = failed.Codes[0], false // a ServiceError does not read a long body to its end
	}
	return failed
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

// isMissing reports whether the query failed because a table does not exist.
func (e *QueryError) isMissing(table string) bool {
	m := unresolved.FindStringSubmatch(e.Refusal.Message)
	return m != nil && m[1] == table
}

// isPlan reports whether the query failed because a table is on the Basic or Auxiliary plan ("Table plans").
func (e *QueryError) isPlan() bool {
	return strings.Contains(e.Refusal.Message, "Basic or Auxiliary Logs table")
}

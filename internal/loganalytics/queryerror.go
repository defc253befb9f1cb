package loganalytics

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// QueryError is a query that the service refused, or answered in part.
type QueryError struct {
	// Codes go from the outermost, which says little, to the innermost: "BadArgumentError", "SemanticError", "SEM0100".
	Codes []string
	// Refusal has the outermost code, the innermost message, and the status 200 for an answer in part.
	Refusal *azure.ServiceError

	denied []string // tables that the identity may not read, as far as a partial answer tells
}

func (e *QueryError) Error() string {
	return (&azure.ServiceError{Status: e.Refusal.Status, Code: strings.Join(e.Codes, " > "), Message: e.Refusal.Message}).Error()
}

func (e *QueryError) Unwrap() error { return e.Refusal }

// newQueryError reads a response that is not a success.
func newQueryError(response *http.Response) error {
	body, err := runtime.Payload(response)
	refusal := azure.NewServiceError(response)
	var document struct {
		Error errorInfo `json:"error"`
	}
	if err != nil || json.Unmarshal(body, &document) != nil || document.Error.Code == "" {
		document.Error = errorInfo{Code: refusal.Code, Message: refusal.Message}
	}
	if refusal.CorrelationID == "" {
		refusal.CorrelationID = document.Error.CorrelationID
	}
	return describe(refusal, document.Error.chain())
}

// describe makes the error of a refusal whose causes are known, the innermost last.
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
		refusal.Code = failed.Codes[0]
	}
	return failed
}

// has says whether the service gave a code at any depth.
func (e *QueryError) has(code string) bool { return slices.Contains(e.Codes, code) }

// Codes of the query service (Log Analytics facts, section 1).
const (
	CodeInsufficientAccess = "InsufficientAccessError"
	codePrivateOnly        = "NspValidationFailedError"
)

// IsPrivateOnly says whether the workspace answers private networks only, and this machine is in another.
func (e *QueryError) IsPrivateOnly() bool { return e.has(codePrivateOnly) }

// mayBeTables says whether a query may have failed on account of one of its tables: a bad request, which a Basic table makes of it, an
// answer in part, a query that takes too long, or a denial that is not the workspace's network's.
func (e *QueryError) mayBeTables() bool {
	switch e.Refusal.Status {
	case http.StatusOK, http.StatusBadRequest, http.StatusGatewayTimeout:
		return true
	case http.StatusForbidden:
		return e.has(CodeInsufficientAccess) && !e.IsPrivateOnly()
	default:
		return false
	}
}

// names says whether the service failed because it does not know a table.
func (e *QueryError) names(table string) bool {
	m := unresolved.FindStringSubmatch(e.Refusal.Message)
	return m != nil && m[1] == table
}

// isPlan says whether the service failed because a table is on the Basic or Auxiliary plan (Log Analytics
// facts, section 3).
func (e *QueryError) isPlan() bool {
	return strings.Contains(e.Refusal.Message, "Basic or Auxiliary Logs table")
}

package azuresim

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/kql"
)

// planError is a query of a Basic or Auxiliary table beside others. The text has been seen; in which shape of error
// it comes is inferred (Log Analytics facts, section 3).
type planError struct{}

func (planError) Error() string {
	return "The query should contain a single Basic or Auxiliary Logs table. The query should contain up to five Analytics Logs tables."
}

// timespanError is a request whose timespan can't be read.
type timespanError struct{ err error }

func (e *timespanError) Error() string { return e.err.Error() }

// queryError is the service's error, with the cause inside.
type queryError struct {
	Code          string       `json:"code"`
	Message       string       `json:"message"`
	CorrelationID string       `json:"correlationId,omitempty"`
	Details       []queryError `json:"details,omitempty"`
	Inner         *queryError  `json:"innererror,omitempty"`

	Line     int    `json:"line,omitempty"`
	Pos      *int   `json:"pos,omitempty"`
	Token    string `json:"token,omitempty"`
	Severity int    `json:"severity,omitempty"`
	Name     string `json:"severityName,omitempty"`
}

func refuseQuery(w http.ResponseWriter, status int, err queryError) {
	writeJSON(w, status, map[string]any{"error": err})
}

func badArgument(cause *queryError) queryError {
	return queryError{Code: "BadArgumentError", Message: "The request had some invalid properties", CorrelationID: guidOf(rand.Text()), Inner: cause}
}

// causeOf says why a query is a bad one.
func causeOf(err error) *queryError {
	if bad, isSyntax := errors.AsType[*kql.SyntaxError](err); isSyntax {
		return &queryError{Code: "SyntaxError", Message: "A recognition error occurred in the query.", Inner: &queryError{
			Code: "SYN0002", Message: bad.Error(), Line: bad.Line, Pos: &bad.Pos, Token: bad.Token,
		}}
	}
	if bad, isSemantic := errors.AsType[*kql.SemanticError](err); isSemantic {
		return &queryError{Code: "SemanticError", Message: "A semantic error occurred.", Inner: &queryError{Code: bad.Code, Message: bad.Message}}
	}
	if _, isTimespan := errors.AsType[*timespanError](err); isTimespan {
		return &queryError{Code: "InvalidTimespan", Message: err.Error()} // inferred
	}
	return &queryError{Code: "QueryValidationError", Message: err.Error()}
}

// insufficientAccess has no cause where the identity has no role.
func insufficientAccess(cause *queryError) queryError {
	return queryError{Code: "InsufficientAccessError", Message: "The provided credentials have insufficient access to perform the requested operation", Inner: cause}
}

// privateOnly is the cause where only private networks may query.
func privateOnly(workspace Workspace, r *http.Request) *queryError {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	return &queryError{Code: "NspValidationFailedError", Message: fmt.Sprintf(
		"Access to workspace '%s' from '%s' is denied. To allow access from public networks, change the workspace Networking settings or add it "+
			"to a Network Security Perimeter. (workspace resource ID: %s)", workspace.name(), host, strings.ToLower(workspace.ID))}
}

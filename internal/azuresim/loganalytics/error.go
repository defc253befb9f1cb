package loganalytics

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/kql"
)

// planError is a query of a Basic or Auxiliary table together with others (README, "Table plans").
type planError struct{}

func (planError) Error() string {
	return "The query should contain a single Basic or Auxiliary Logs table. " +
		"The query should contain up to five Analytics Logs tables."
}

// queryError is an error of the service, with its cause inside.
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

func refuse(w http.ResponseWriter, status int, err queryError) {
	jsonhttp.Write(w, status, map[string]any{"error": err})
}

func badArgument(cause *queryError) queryError {
	const message = "The request had some invalid properties"
	return queryError{Code: "BadArgumentError", Message: message, CorrelationID: uuid.NewString(), Inner: cause}
}

func notImplemented(message string) queryError {
	return queryError{Code: "NotImplemented", Message: message}
}

// causeOf says why a query is a bad one.
func causeOf(err error) *queryError {
	if bad, isSyntax := errors.AsType[*kql.SyntaxError](err); isSyntax {
		return &queryError{Code: "SyntaxError", Message: "A recognition error occurred in the query.", Inner: &queryError{
			Code: "SYN0002", Message: bad.Error(), Line: bad.Line, Pos: &bad.Pos, Token: bad.Token,
		}}
	}
	if bad, isSemantic := errors.AsType[*kql.SemanticError](err); isSemantic {
		return &queryError{Code: "SemanticError", Message: "A semantic error occurred.", Inner: &queryError{
			Code: bad.Code, Message: bad.Message,
		}}
	}
	if _, isTimespan := errors.AsType[*timespanError](err); isTimespan {
		return &queryError{Code: "InvalidTimespan", Message: err.Error()} // inferred
	}
	return &queryError{Code: "QueryValidationError", Message: err.Error()}
}

// insufficientAccess has no cause if the identity has no role.
func insufficientAccess(cause *queryError) queryError {
	const message = "The provided credentials have insufficient access to perform the requested operation"
	return queryError{Code: "InsufficientAccessError", Message: message, Inner: cause}
}

// privateOnly is the cause if only private networks may query.
func privateOnly(workspace workspace, r *http.Request) *queryError {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	return &queryError{Code: "NspValidationFailedError", Message: fmt.Sprintf(
		"Access to workspace '%s' from '%s' is denied. To allow access from public networks, change the workspace "+
			"Networking settings or add it to a Network Security Perimeter. (workspace resource ID: %s)",
		workspace.Name(), host, strings.ToLower(workspace.ID))}
}

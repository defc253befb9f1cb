package loganalytics

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/kql"
)

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

func (e *queryError) Error() string { return e.Message }

func refuse(status int, err queryError) *jsonhttp.Answer {
	return &jsonhttp.Answer{Status: status, Body: map[string]any{"error": err}}
}

// badArgument says why a query is a bad one.
func badArgument(err error) error {
	cause, _ := errors.AsType[*queryError](err)
	if refused, isError := errors.AsType[*kql.Error](err); isError {
		inner := &queryError{Code: refused.Code, Message: refused.Message}
		cause = &queryError{Code: "SemanticError", Message: "A semantic error occurred.", Inner: inner}
		if refused.Code == kql.SyntaxCode {
			cause.Code, cause.Message = "SyntaxError", "A recognition error occurred in the query."
			inner.Line, inner.Pos, inner.Token = refused.Line, &refused.Pos, refused.Token
		}
	}
	return refuse(http.StatusBadRequest, queryError{
		Code: "BadArgumentError", Message: "The request had some invalid properties", CorrelationID: uuid.NewString(),
		Inner: cause,
	})
}

// permissions names the tables that may not be read (README, "Missing, denied and failing tables"). That it names all
// such tables of the workspace, also those that the query doesn't read, is inferred.
func (w workspace) permissions() any {
	var source struct {
		DenyTables []string `json:"denyTables,omitempty"`
		ResourceID string   `json:"resourceId"`
	}
	source.ResourceID = strings.ToLower(w.ID)
	for _, name := range slices.Sorted(maps.Keys(w.Tables)) {
		if w.Tables[name].Denied {
			source.DenyTables = append(source.DenyTables, name)
		}
	}
	return map[string]any{"dataSources": []any{source}}
}

// wireTable returns a table as recorded answers have it (README, "Answers").
func wireTable(table kql.Table) map[string]any {
	rows := [][]any{}
	for _, row := range table.Rows {
		var values []any
		for _, column := range table.Columns {
			value := row[column.Name]
			if moment, isTime := value.(time.Time); isTime {
				value = moment.UTC().Format("2006-01-02T15:04:05.9999999Z")
			}
			values = append(values, value)
		}
		rows = append(rows, values)
	}
	return map[string]any{"name": "PrimaryResult", "columns": table.Columns, "rows": rows}
}

// partialError is nil if everything could be read. Severity 3 is a warning and 2 an error (README, "Missing, denied and
// failing tables"). The message of the latter is inferred, except for its end.
func partialError(warnings, failures []string) *queryError {
	partial := &queryError{Code: "PartialError", Message: "There were some errors when processing your query."}
	add := func(cause queryError) {
		partial.Details = append(partial.Details, queryError{
			Code: "EngineError", Message: "Something went wrong processing your query on the server.", Inner: &cause,
		})
	}
	for _, message := range warnings {
		add(queryError{Code: "-2133196790", Message: message, Severity: 3, Name: "Warning"})
	}
	for _, table := range failures {
		add(queryError{Code: "-2133196788", Severity: 2, Name: "Error", Message: "Failed to read the table '" + table +
			"'. Results may be incorrect or incomplete (E_FAIL; see https://aka.ms/kustoqueryfailures)."})
	}
	if partial.Details == nil {
		return nil
	}
	return partial
}

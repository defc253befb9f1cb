package loganalytics

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// The bodies that Microsoft's documentation and recordings show, in short.
const (
	syntaxError = `{"error":{"message":"The request had some invalid ` +
		`properties","code":"BadArgumentError","correlationId":"1e1d63ad","innererror":{"code":"SyntaxError",` +
		`"message":"A recognition error occurred in the query.","innererror":{"code":"SYN0002","message":"Query could not ` +
		`be parsed at 'a'","line":1,"pos":4,"token":"a"}}}}`
	partialMissing = resultHead + `["SigninLogs",2,"2026-11-23T11:50:00Z","2026-11-23T11:58:00.1234567Z",1.5,null,` +
		`null],["AuditLogs",0,null,null,"NaN",null,null]]}],"error":{"code":"PartialError","message":"m",` +
		`"details":[{"code":"EngineError","message":"m","innererror":{"code":"-2133196790","message":"'where' operator: ` +
		`Failed to resolve table or column expression named 'AADProvisioningLogs'","severity":3,"severityName":"Warning"}}]}}`
)

func TestQueryErrorTellsCausesApart(t *testing.T) {
	for _, c := range []struct {
		name           string
		status         int
		body           string
		codes          []string
		message, inner string
	}{
		{"syntax", 400, syntaxError, []string{"BadArgumentError", "SyntaxError", "SYN0002"}, "Query could not be parsed " +
			"at 'a'", "1e1d63ad"},
		{"private", 403, privateOnly, []string{"InsufficientAccessError", "NspValidationFailedError"},
			"Access to workspace 'law' from '192.0.2.1' is denied.", ""},
		{"path", 404, `{"error":{"message":"The requested path does not exist","code":"PathNotFoundError"}}`,
			[]string{"PathNotFoundError"}, "The requested path does not exist", ""},
		{"gateway's shape", 403, `{"code":"Forbidden","message":"m"}`, []string{"Forbidden"}, "m", ""},
		{"no body", 404, ``, nil, "", ""},
		{"proxy", 403, `<html>no</html>`, nil, `the answer is not JSON (Content-Type ""); a proxy may have sent it`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			failed, ok := errors.AsType[*QueryError](newQueryError(answerWith(nil, c.status, c.body)))
			if !ok || !slices.Equal(failed.Codes, c.codes) || failed.Refusal.Message != c.message {
				t.Errorf("error = %+v", failed)
			}
			if failed.Refusal.Status != c.status || failed.Refusal.CorrelationID != c.inner {
				t.Errorf("refusal = %+v", failed.Refusal)
			}
		})
	}
}

func TestPartialErrorBySeverity(t *testing.T) {
	read, err := readAnswer(answerWith(nil, http.StatusOK, partialMissing))
	if err != nil || !slices.Equal(read.missing, []string{"AADProvisioningLogs"}) || len(read.rows) != 2 {
		t.Errorf("a warning was read as %+v, %v", read, err)
	}
	for name, body := range map[string]string{
		"severity 2":       severity2,
		"unknown severity": strings.Replace(partialMissing, `"severity":3,`, "", 1),
		"no details":       resultHead + `]}],"error":{"code":"PartialError","message":"m"}}`,
	} {
		_, err := readAnswer(answerWith(nil, http.StatusOK, body))
		if failed, ok := errors.AsType[*QueryError](err); !ok || failed.Refusal.Status != http.StatusOK ||
			failed.Codes[0] != "PartialError" {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}

// The shape of permissions is not documented.
func TestPermissionsOfAnotherShapeCostNothingElse(t *testing.T) {
	for _, permissions := range []string{`null`, `[]`, `{"dataSources":{"denyTables":["A"]}}`, `{"dataSources":[{"denyT` +
		`ables":"A"}]}`, `{"dataSources":["A"]}`} {
		body := strings.TrimSuffix(rowsOf([]string{"A"}), "}") + `,"permissions":` + permissions + `}`
		read, err := readAnswer(answerWith(nil, http.StatusOK, body))
		if err != nil || *read.rows["A"].recordCount != 1 || len(read.denied) > 0 {
			t.Errorf("%s: %+v, %v", permissions, read, err)
		}
	}
}

func TestAnswersThatCannotBeRead(t *testing.T) {
	for _, body := range []string{
		`{}`, `null`, `[]`, `{"tables":[]}`, `<html>`, `{"tables":[{"name":"PrimaryResult","rows":[["SigninLogs"]]}]}`,
		resultHead + `["SigninLogs",1.5,null,null,null,null,null]]}]}`, resultHead + `["SigninLogs",1,"yesterday",null,` +
			`null,null,null]]}]}`, resultHead + `["SigninLogs",9223372036854775808,null,null,null,null,null]]}]}`,
	} {
		if read, err := readAnswer(answerWith(nil, http.StatusOK, body)); err == nil {
			t.Errorf("%s was read as %+v", body, read)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	for _, body := range []string{"", "{}", "null", partialMissing, severity2, syntaxError, rowsOf([]string{"A"}), `{"t` +
		`ables":[{"name":"PrimaryResult","rows":[null,[]]}]}`, `{"error":{"details":[{"innererror":null}]}}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		read, err := readAnswer(answerWith(nil, http.StatusOK, string(body)))
		if err == nil && read.rows == nil && len(body) > 0 {
			t.Errorf("an answer without a result was read: %+v", read)
		}
		for table, row := range read.rows {
			if row.table != table || row.recordCount == nil {
				t.Errorf("the row of %q is that of %q", table, row.table)
			}
		}
		if err != nil && (err.Error() == "" || read.rows != nil) {
			t.Errorf("the error %q comes with %+v", err, read)
		}
		if err := newQueryError(answerWith(nil, http.StatusBadRequest, string(body))); err.Error() == "" {
			t.Error("an error without words")
		}
	})
}

package loganalytics

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

func TestQueryErrorTellsCausesApart(t *testing.T) {
	long := strings.Repeat("x", 1<<17)
	for name, c := range map[string]struct {
		status                      int
		body, codes, message, inner string
	}{
		"syntax": {400, body("syntax"), "BadArgumentError SyntaxError SYN0002", "Query could not be parsed at 'a'",
			"1e1d63ad"},
		"private": {403, body("private_only"), "InsufficientAccessError NspValidationFailedError",
			"Access to workspace 'law' from '192.0.2.1' is denied.", ""},
		"long": {400, `{"error":{"code":"BadArgumentError","message":"` + long + `"}}`,
			"BadArgumentError", long, ""},
		"gateway's shape": {403, `{"code":"Forbidden","message":"m"}`, "Forbidden", "m", ""},
		"no body":         {404, ``, "", "", ""},
		"proxy": {403, `<html>no</html>`, "", `the answer is not JSON (Content-Type ""); a proxy may have sent it`,
			""},
	} {
		failed, ok := errors.AsType[*QueryError](readRefusal(answerWith(nil, c.status, c.body)))
		if !ok || strings.Join(failed.Codes, " ") != c.codes || failed.Refusal.Message != c.message ||
			failed.Refusal.Status != c.status || failed.Refusal.CorrelationID != c.inner ||
			failed.Refusal.NotJSON != (name == "proxy") {
			t.Errorf("%s: error = %+v, %+v", name, failed, failed.Refusal)
		}
	}
}

// The shape of permissions is not documented.
func TestPermissionsOfAnotherShapeCostNothingElse(t *testing.T) {
	for _, permissions := range []string{`null`, `[]`, `{"dataSources":{"denyTables":["A"]}}`,
		`{"dataSources":[{"denyTables":"A"}]}`, `{"dataSources":["A"]}`} {
		read, err := readAnswer(answerWith(nil, http.StatusOK, rowsOf([]string{"A"}, "", `,"permissions":`+permissions)))
		if err != nil || *read.rows["A"].RecordCount != 1 || len(read.denied) > 0 {
			t.Errorf("%s: %+v, %v", permissions, read, err)
		}
	}
}

func TestAnswersThatCannotBeRead(t *testing.T) {
	for _, body := range []string{
		`{}`, `null`, `[]`, `{"tables":[]}`, `<html>`, `{"tables":[{"name":"PrimaryResult","rows":[["SigninLogs"]]}]}`,
		resultHead + `["SigninLogs",1.5,null,null,null,null,null]]}]}`,
		resultHead + `["SigninLogs",1,"yesterday",null,null,null,null]]}]}`,
		resultHead + `["SigninLogs",9223372036854775808,null,null,null,null,null]]}]}`,
	} {
		if read, err := readAnswer(answerWith(nil, http.StatusOK, body)); err == nil {
			t.Errorf("%s was read as %+v", body, read)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	for _, body := range []string{"", "{}", "null", body("partial"), body("syntax"), rowsOf([]string{"A"}, "", ""),
		`{"tables":[{"name":"PrimaryResult","rows":[null,[]]}]}`, `{"error":{"details":[{"innererror":null}]}}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		read, err := readAnswer(answerWith(nil, http.StatusOK, string(body)))
		if err == nil && read.rows == nil && len(body) > 0 {
			t.Errorf("an answer without a result was read: %+v", read)
		}
		for table, row := range read.rows {
			if row.table != table || row.RecordCount == nil {
				t.Errorf("the row of %q is that of %q", table, row.table)
			}
		}
		if err != nil && (err.Error() == "" || read.rows != nil) {
			t.Errorf("the error %q comes with %+v", err, read)
		}
		if err := readRefusal(answerWith(nil, http.StatusBadRequest, string(body))); err.Error() == "" {
			t.Error("an error without words")
		}
	})
}

func TestWorkspacesThatCannotBeQueried(t *testing.T) {
	for _, body := range []string{
		`{"properties":{"customerId":"../x"}}`, `{"properties":{"customerId":"{` + customerID + `}"}}`, `{"properties":null}`,
		`{}`, `[]`, `null`, `<html>`, ``,
	} {
		synctest.Test(t, func(t *testing.T) {
			f := (&fakeService{workspace: reply{http.StatusOK, body}}).open()
			arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week("A"))
			asked := slices.Compact(f.requests)
			if !errors.As(err, new(*WorkspaceError)) || !slices.Equal(asked, []string{"workspace"}) {
				t.Errorf("%s: %+v, error %v, requests %v", body, arrivals, err, asked)
			}
		})
	}
}

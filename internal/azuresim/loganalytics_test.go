package azuresim

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"testing"
	"time"
)

const (
	customerID = "7d2b1c64-0f5e-4a3b-9c8d-6e5f4a3b2c1d"
	queries    = "/v1/workspaces/" + customerID + "/query"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// newQueryWorld is a world with a workspace and a token for its queries, whose clock stands still.
func newQueryWorld(t *testing.T, w Workspace) *world {
	t.Helper()
	made := newWorldOf(t, newWithClock(func() time.Time { return now }))
	w.ID, w.CustomerID = workspace, customerID
	put(t, made.tenant, w)
	made.useQueryToken(tenantID)
	return made
}

func (w *world) useQueryToken(tenant string) {
	w.t.Helper()
	_, answer := w.signInFor(LogAnalyticsAudience, tenant, "app", "secret")
	w.token, _ = answer["access_token"].(string)
	if w.token == "" {
		w.t.Fatalf("no token: %v", answer)
	}
}

// post sends a request to the query service as it is.
func (w *world) post(path, body string, header http.Header) (int, map[string]any) {
	w.t.Helper()
	return w.read(w.do(http.MethodPost, path, body, header))
}

// ask queries the workspace and returns the answer without the correlation id, which differs each time.
func (w *world) ask(query string) (int, map[string]any) {
	w.t.Helper()
	raw, err := json.Marshal(map[string]string{"query": query, "timespan": "P37D"})
	if err != nil {
		w.t.Fatal(err)
	}
	status, answer := w.post(queries, string(raw),
		http.Header{"Content-Type": {"application/json"}, "Prefer": {"wait=60, include-permissions=true"}})
	if failed, isError := answer["error"].(map[string]any); isError {
		delete(failed, "correlationId")
	}
	return status, answer
}

// sameJSON compares an answer with the text that it should be.
func sameJSON(t *testing.T, got map[string]any, want string) bool {
	t.Helper()
	var wanted map[string]any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatalf("%v in %s", err, want)
	}
	return reflect.DeepEqual(got, wanted)
}

// chain writes an error with its causes, and the places and severities that they name.
func chain(failed any) string {
	said, isError := failed.(map[string]any)
	if !isError {
		return ""
	}
	text := fmt.Sprintf("%v: %v", said["code"], said["message"])
	for _, name := range []string{"line", "pos", "token", "severity", "severityName"} {
		if value, found := said[name]; found {
			text += fmt.Sprintf(" [%s %v]", name, value)
		}
	}
	causes, _ := said["details"].([]any)
	for _, cause := range append(causes, said["innererror"]) {
		if cause != nil {
			text += " > " + chain(cause)
		}
	}
	return text
}

const (
	lawInLowerCase = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourcegroups/rg/providers/" +
		"microsoft.operationalinsights/workspaces/law"
	permissionsOf = `"permissions":{"dataSources":[{"resourceId":"` + lawInLowerCase + `"`
	badArgument   = "BadArgumentError: The request had some invalid properties > "
)

func TestQueryAnswers(t *testing.T) {
	midnight := time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)
	records := []Record{{Time: midnight.Add(-100 * time.Millisecond), Ingested: midnight.Add(123456789), Count: 2}}
	w := newQueryWorld(t, Workspace{Tables: map[string]Table{
		"SigninLogs": {Records: records}, "AuditLogs": {}, "Hidden": {Denied: true}, "Failing": {Failing: true},
	}})
	const columns = `"columns":[{"name":"TimeGenerated","type":"datetime"},{"name":"I","type":"datetime"},` +
		`{"name":"N","type":"long"},{"name":"T","type":"timespan"}]`
	const more = " | extend I = ingestion_time(), N = 5, T = 10s"
	status, answer := w.ask("AuditLogs" + more)
	if status != http.StatusOK || !sameJSON(t, answer, `{"tables":[{"name":"PrimaryResult",`+columns+`,"rows":[]}],`+
		permissionsOf+`,"denyTables":["Hidden"]}]}}`) {
		t.Errorf("no rows: %d %v", status, answer)
	}
	// Without a timespan all records count, and permissions come only if asked for.
	status, answer = w.post(queries, `{"query":"SigninLogs`+more+`"}`,
		http.Header{"Content-Type": {"application/json; charset=utf-8"}})
	const row = `["2015-12-31T23:59:59.9Z","2016-01-01T00:00:00.1234567Z",5,"00:00:10"]`
	if status != http.StatusOK || !sameJSON(t, answer, `{"tables":[{"name":"PrimaryResult",`+columns+
		`,"rows":[`+row+`,`+row+`]}]}`) {
		t.Errorf("two rows: %d %v", status, answer)
	}
}

func TestQueriesThatFail(t *testing.T) {
	w := newQueryWorld(t, Workspace{Tables: map[string]Table{
		"AuditLogs": {}, "Failing": {Failing: true}, "Basic": {Plan: "Basic"}, "Known": {Unresolved: true},
	}})
	const partial = "PartialError: There were some errors when processing your query. > " +
		"EngineError: Something went wrong processing your query on the server. > "
	const plan = badArgument + "QueryValidationError: The query should contain a single Basic or Auxiliary Logs table. " +
		"The query should contain up to five Analytics Logs tables."
	for query, want := range map[string]struct {
		status int
		chain  string
	}{
		"union isfuzzy=true (AuditLogs), (Known)": {
			200, partial + "-2133196790: Failed to resolve table or column expression named 'Known' " +
				"[severity 3] [severityName Warning]",
		},
		"union isfuzzy=true (Failing), (Failing | where TimeGenerated > ago(1d))": {
			200, partial + "-2133196788: Failed to read the table 'Failing'. Results may be incorrect or incomplete " +
				"(E_FAIL; see https://aka.ms/kustoqueryfailures). [severity 2] [severityName Error]",
		},
		"SigninLog | where TimeGenerated > ago(1d)": {
			400, badArgument + "SemanticError: A semantic error occurred. > " +
				"SEM0100: 'where' operator: Failed to resolve table or column expression named 'SigninLog'",
		},
		"union isfuzzy=true (A), (B)": {
			400, badArgument + "SemanticError: A semantic error occurred. > SEM0529: union: must have at least one operand " +
				"that can be evaluated successfully when running with 'Fuzzy' mode.",
		},
		"not a query": {
			400, badArgument + "SyntaxError: A recognition error occurred in the query. > SYN0002: Query could not be parsed " +
				"at 'a' on line [1,4] (the simulator: unexpected token \"a\") [line 1] [pos 4] [token a]",
		},
		"union isfuzzy=true (AuditLogs), (Basic)": {400, plan},
	} {
		if status, answer := w.ask(query); status != want.status || chain(answer["error"]) != want.chain {
			t.Errorf("%s: %d %s", query, status, chain(answer["error"]))
		}
	}
}

func TestQueriesThatHaveNoContent(t *testing.T) {
	w := newQueryWorld(t, Workspace{NoContent: true, Tables: map[string]Table{"AuditLogs": {}}})
	if status, answer := w.ask("AuditLogs"); status != http.StatusNoContent || answer != nil {
		t.Errorf("an empty workspace: %d %v", status, answer)
	}
	for name, test := range map[string]struct{ body, contentType string }{
		"no body": {"", "application/json"}, "no content type": {`{"query":"AuditLogs"}`, ""},
	} {
		header := http.Header{}
		if test.contentType != "" {
			header.Set("Content-Type", test.contentType)
		}
		if status, answer := w.post(queries, test.body, header); status != http.StatusOK || answer != nil {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	if err := w.tenant.PutTable(workspace, "AuditLogs", Table{Records: []Record{Aged(1, time.Hour, 0)}}); err != nil {
		t.Fatal(err)
	}
	if status, answer := w.ask("AuditLogs"); status != http.StatusOK || answer == nil {
		t.Errorf("a workspace with a record: %d %v", status, answer)
	}
}

func TestQueriesAreRefused(t *testing.T) {
	json := http.Header{"Content-Type": {"application/json"}}
	const unknown = "PathNotFoundError: The requested path does not exist"
	const noAccess = "InsufficientAccessError: The provided credentials have insufficient access to perform the " +
		"requested operation"
	for name, test := range map[string]struct {
		w          Workspace
		path, body string
		status     int
		want       string
	}{
		"an unknown workspace": {
			Workspace{}, "/v1/workspaces/99999999-0000-4000-8000-000000000000/query", "{}", 404, unknown,
		},
		"a name for the GUID": {Workspace{}, "/v1/workspaces/law/query", "{}", 404, unknown},
		"another path":        {Workspace{}, "/v1/workspaces/" + customerID + "/search", "{}", 404, unknown},
		"no role":             {Workspace{QueryDenied: true, QueryAccess: "Disabled"}, queries, "{}", 403, noAccess},
		"private only": {
			Workspace{QueryAccess: "Disabled"}, queries, "{}", 403, noAccess + " > NspValidationFailedError: " +
				"Access to workspace 'Law' from '127.0.0.1' is denied. To allow access from public networks, change the " +
				"workspace Networking settings or add it to a Network Security Perimeter. " +
				"(workspace resource ID: " + lawInLowerCase + ")",
		},
		"several workspaces": {
			Workspace{}, queries, `{"query":"A","workspaces":["law"]}`, 501,
			"NotImplemented: The simulator queries one workspace only.",
		},
	} {
		status, answer := newQueryWorld(t, test.w).post(test.path, test.body, maps.Clone(json))
		if status != test.status || chain(answer["error"]) != test.want {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	w := newQueryWorld(t, Workspace{})
	for _, bad := range []string{"<", `{"query":1}`, `{"query":"A","timespan":"7d"}`} {
		status, answer := w.post(queries, bad, maps.Clone(json))
		if failed, _ := answer["error"].(map[string]any); status != http.StatusBadRequest ||
			failed["code"] != "BadArgumentError" ||
			!regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(failed["correlationId"].(string)) {
			t.Errorf("%s: %d %v", bad, status, answer)
		}
	}
	if status, answer := w.call(http.MethodGet, queries+"?query=A", ""); status != http.StatusNotImplemented {
		t.Errorf("GET: %d %v", status, answer)
	}
}

func TestTokensForQueries(t *testing.T) {
	w := newQueryWorld(t, Workspace{Tables: map[string]Table{"AuditLogs": {}}})
	if status, answer := w.ask("AuditLogs"); status != http.StatusOK {
		t.Errorf("a good token: %d %v", status, answer)
	}
	if status, answer := w.call(http.MethodGet, workspace+version2023, ""); status != http.StatusUnauthorized {
		t.Errorf("a token for queries at Resource Manager: %d %v", status, answer)
	}
	const noToken = "AuthenticationFailed: Authentication failed. The 'Authorization' header is missing."
	_, forManagement := w.signIn(tenantID, "app", "secret")
	for name, test := range map[string]struct {
		token  string
		status int
		want   string
	}{
		"none":     {"", 401, noToken},
		"a forged": {w.token[:len(w.token)-4] + "AAAA", 401, noToken},
		"for Resource Manager": {
			forManagement["access_token"].(string), 403, "InvalidAuthenticationTokenAudience: The access token has been " +
				"obtained from wrong audience or resource 'https://management.simulator.invalid/'. It should exactly match " +
				"(including forward slash) with one of the allowed audiences 'https://loganalytics.simulator.invalid'.",
		},
	} {
		w.token = test.token
		if status, answer := w.ask("AuditLogs"); status != test.status || chain(answer["error"]) != test.want {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	const other = "11111111-2222-4333-8444-555555555555"
	w.sim.Tenant(other).AddPrincipal(Principal{ClientID: "app", ObjectID: "o", Secret: "secret"})
	w.useQueryToken(other)
	if status, answer := w.ask("AuditLogs"); status != http.StatusNotFound {
		t.Errorf("another tenant's token: %d %v", status, answer)
	}
}

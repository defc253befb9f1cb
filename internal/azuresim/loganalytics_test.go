package azuresim

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	customerID = "7d2b1c64-0f5e-4a3b-9c8d-6e5f4a3b2c1d"
	queries    = "/v1/workspaces/" + customerID + "/query"
)

// newQueryWorld is a world with a workspace and a token for its queries.
func newQueryWorld(t *testing.T, w Workspace) *world {
	t.Helper()
	return newQueryWorldOf(t, New(), w)
}

func newQueryWorldOf(t *testing.T, sim *Simulator, w Workspace) *world {
	t.Helper()
	made := newWorldOf(t, sim)
	w.ID, w.CustomerID = workspace, customerID
	if err := made.tenant.PutWorkspace(w); err != nil {
		t.Fatal(err)
	}
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
	status, answer := w.post(
		queries,
		string(raw),
		http.Header{"Content-Type": {"application/json"}, "Prefer": {"wait=60, include-permissions=true"}},
	)
	if failed, isError := answer["error"].(map[string]any); isError {
		delete(failed, "correlationId")
	}
	return status, answer
}

// sameJSON compares an answer with the text that it should be.
func sameJSON(t *testing.T, got map[string]any, want string) bool {
	t.Helper()
	if want == "" {
		return got == nil
	}
	var wanted map[string]any
	if err := json.NewDecoder(bytes.NewReader([]byte(want))).Decode(&wanted); err != nil {
		t.Fatalf("%v in %s", err, want)
	}
	return reflect.DeepEqual(got, wanted)
}

const permissionsOf = `"permissions":{"dataSources":[{"resourceId":"/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/law"`

func TestQueryAnswers(t *testing.T) {
	at := func(text string) time.Time {
		read, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return read
	}
	w := newQueryWorld(t, Workspace{Tables: map[string]Table{
		"SigninLogs": {
			Records: []Record{{Time: at("2015-12-31T23:59:59.9Z"), Ingested: at("2016-01-01T00:00:00.123456789Z"), Count: 2}},
		},
		"AuditLogs": {}, "Hidden": {Denied: true}, "Failing": {Failing: true},
		"Basic": {Plan: "Basic"}, "Archive": {Plan: "Auxiliary"},
	}})
	const columns = `"columns":[{"name":"TimeGenerated","type":"datetime"},{"name":"I","type":"datetime"},{"name":"N","type":"long"},{"name":"T","type":"timespan"}]`
	const denied = permissionsOf + `,"denyTables":["Hidden"]}]}`
	for _, test := range []struct {
		name, query string
		status      int
		want        string
	}{
		{"no rows", `AuditLogs | extend I = ingestion_time(), N = 5, T = 10s`, 200, `{"tables":[{"name":"PrimaryResult",` + columns + `,"rows":[]}],` + denied + `}`},
		{
			"a missing leg", `union isfuzzy=true AuditLogs, Missing`, 200, `{"tables":[{"name":"PrimaryResult","columns":[{"name":"TimeGenerated","type":"datetime"}],"rows":[]}],` + denied + `,
			"error":{"code":"PartialError","message":"There were some errors when processing your query.","details":[{"code":"EngineError","message":"Something went wrong processing your query on the server.",
			"innererror":{"code":"-2133196790","message":"'union' operator: Failed to resolve table expression named 'Missing'","severity":3,"severityName":"Warning"}}]}}`,
		},
		{
			"a failing table", `union Failing, (Failing | where TimeGenerated > ago(1d))`, 200, `{"tables":[{"name":"PrimaryResult","columns":[{"name":"TimeGenerated","type":"datetime"}],"rows":[]}],` + denied + `,
			"error":{"code":"PartialError","message":"There were some errors when processing your query.","details":[{"code":"EngineError","message":"Something went wrong processing your query on the server.",
			"innererror":{"code":"-2133196788","message":"Failed to read the table 'Failing'. Results may be incorrect or incomplete (E_FAIL; see https://aka.ms/kustoqueryfailures).","severity":2,"severityName":"Error"}}]}}`,
		},
		{
			"a missing table", `SigninLog | where TimeGenerated > ago(1d)`, 400, `{"error":{"message":"The request had some invalid properties","code":"BadArgumentError","innererror":{"code":"SemanticError",
			"message":"A semantic error occurred.","innererror":{"code":"SEM0100","message":"'where' operator: Failed to resolve table or column expression named 'SigninLog'"}}}}`,
		},
		{
			"all legs missing", `union isfuzzy=true A, B`, 400, `{"error":{"message":"The request had some invalid properties","code":"BadArgumentError","innererror":{"code":"SemanticError",
			"message":"A semantic error occurred.","innererror":{"code":"SEM0529","message":"union: must have at least one operand that can be evaluated successfully when running with 'Fuzzy' mode."}}}}`,
		},
		{
			"bad syntax", `not a query`, 400, `{"error":{"message":"The request had some invalid properties","code":"BadArgumentError","innererror":{"code":"SyntaxError","message":"A recognition error occurred in the query.",
			"innererror":{"code":"SYN0002","message":"Query could not be parsed at 'a' on line [1,4] (the simulator: expected a | or the end)","line":1,"pos":4,"token":"a"}}}}`,
		},
		{
			"a Basic table", `union isfuzzy=true AuditLogs, Basic`, 400, `{"error":{"message":"The request had some invalid properties","code":"BadArgumentError","innererror":{"code":"QueryValidationError",
			"message":"The query should contain a single Basic or Auxiliary Logs table. The query should contain up to five Analytics Logs tables."}}}`,
		},
		{
			"an Auxiliary table", `union AuditLogs, Archive`, 400, `{"error":{"message":"The request had some invalid properties","code":"BadArgumentError","innererror":{"code":"QueryValidationError",
			"message":"The query should contain a single Basic or Auxiliary Logs table. The query should contain up to five Analytics Logs tables."}}}`,
		},
	} {
		if status, answer := w.ask(test.query); status != test.status || !sameJSON(t, answer, test.want) {
			t.Errorf("%s: %d %v", test.name, status, answer)
		}
	}

	// Without a timespan all records count, and permissions come only if asked for.
	status, answer := w.post(
		queries,
		`{"query":"SigninLogs | extend I = ingestion_time(), N = 5, T = 10s"}`,
		http.Header{"Content-Type": {"application/json; charset=utf-8"}},
	)
	const rows = `[["2015-12-31T23:59:59.9Z","2016-01-01T00:00:00.1234567Z",5,"00:00:10"],["2015-12-31T23:59:59.9Z","2016-01-01T00:00:00.1234567Z",5,"00:00:10"]]`
	if status != http.StatusOK ||
		!sameJSON(t, answer, `{"tables":[{"name":"PrimaryResult",`+columns+`,"rows":`+rows+`}]}`) {
		t.Errorf("%d %v", status, answer)
	}
}

func TestQueryForArrivals(t *testing.T) {
	w := newQueryWorld(t, Workspace{Tables: map[string]Table{
		"Busy": {
			Records: []Record{Aged(3, 2*time.Hour, time.Hour), Aged(2, 8*day, 8*day)},
		}, "Empty": {}, "Known": {Unresolved: true},
	}})
	status, answer := w.ask(arrivals("Busy", "Empty", "Known"))
	if status != http.StatusOK {
		t.Fatalf("%d %v", status, answer)
	}
	rows := answer["tables"].([]any)[0].(map[string]any)["rows"].([]any)
	busy, empty := rows[0].([]any), rows[1].([]any)
	if busy[0] != "Busy" || busy[1] != 3.0 || !reflect.DeepEqual(empty, []any{"Empty", 0.0, nil, nil}) || len(rows) != 2 {
		t.Errorf("rows = %v", rows)
	}
	for i, age := range map[int]time.Duration{2: 2 * time.Hour, 3: time.Hour} {
		when, err := time.Parse(time.RFC3339, busy[i].(string))
		if off := time.Since(when) - age; err != nil || off < 0 || off > time.Minute {
			t.Errorf("column %d is %v, %v", i, busy[i], err)
		}
	}
	warning := answer["error"].(map[string]any)["details"].([]any)[0].(map[string]any)["innererror"].(map[string]any)["message"]
	if warning != "'where' operator: Failed to resolve table or column expression named 'Known'" {
		t.Errorf("warning = %v", warning)
	}
}

func TestQueriesThatHaveNoContent(t *testing.T) {
	w := newQueryWorld(t, Workspace{NoContent: true, Tables: map[string]Table{"AuditLogs": {}}})
	if status, answer := w.ask("AuditLogs"); status != http.StatusNoContent || answer != nil {
		t.Errorf("an empty workspace: %d %v", status, answer)
	}
	for name, test := range map[string]struct{ body, contentType string }{"no body": {"", "application/json"}, "no content type": {`{"query":"AuditLogs"}`, ""}} {
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
	const noAccess = `"message":"The provided credentials have insufficient access to perform the requested operation","code":"InsufficientAccessError"`
	for _, test := range []struct {
		name   string
		w      Workspace
		path   string
		body   string
		status int
		want   string
	}{
		{"an unknown workspace", Workspace{}, "/v1/workspaces/99999999-0000-4000-8000-000000000000/query", "{}", 404, `{"error":{"message":"The requested path does not exist","code":"PathNotFoundError"}}`},
		{"a name for the GUID", Workspace{}, "/v1/workspaces/law/query", "{}", 404, `{"error":{"message":"The requested path does not exist","code":"PathNotFoundError"}}`},
		{"another path", Workspace{}, "/v1/workspaces/" + customerID + "/search", "{}", 404, `{"error":{"message":"The requested path does not exist","code":"PathNotFoundError"}}`},
		{"no role", Workspace{QueryDenied: true, QueryAccess: "Disabled"}, queries, "{}", 403, `{"error":{` + noAccess + `}}`},
		{
			"private only", Workspace{QueryAccess: "Disabled"}, queries, "{}", 403, `{"error":{` + noAccess + `,"innererror":{"code":"NspValidationFailedError",
			"message":"Access to workspace 'Law' from '127.0.0.1' is denied. To allow access from public networks, change the workspace Networking settings or add it to a Network Security Perimeter. ` +
				`(workspace resource ID: /subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/law)"}}}`,
		},
		{"several workspaces", Workspace{}, queries, `{"query":"A","workspaces":["law"]}`, 501, `{"error":{"message":"The simulator queries one workspace only.","code":"NotImplemented"}}`},
	} {
		w := newQueryWorld(t, test.w)
		if status, answer := w.post(test.path, test.body, maps.Clone(json)); status != test.status ||
			!sameJSON(t, answer, test.want) {
			t.Errorf("%s: %d %v", test.name, status, answer)
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
	if status, answer := w.call(http.MethodGet, workspace+"?api-version=2023-09-01", ""); status != http.StatusUnauthorized ||
		answer["error"] == nil {
		t.Errorf("a token for queries at Resource Manager: %d %v", status, answer)
	}
	const noToken = `{"error":{"code":"AuthenticationFailed","message":"Authentication failed. The 'Authorization' header is missing."}}`
	_, forManagement := w.signIn(tenantID, "app", "secret")
	for name, test := range map[string]struct {
		token  string
		status int
		want   string
	}{
		"none":     {"", 401, noToken},
		"a forged": {w.token[:len(w.token)-4] + "AAAA", 401, noToken},
		"for Resource Manager": {forManagement["access_token"].(string), 403, `{"error":{"code":"InvalidAuthenticationTokenAudience","message":"The access token has been obtained from wrong audience or resource ` +
			`'https://management.simulator.invalid/'. It should exactly match (including forward slash) with one of the allowed audiences 'https://loganalytics.simulator.invalid'."}}`},
	} {
		w.token = test.token
		if status, answer := w.ask("AuditLogs"); status != test.status || !sameJSON(t, answer, test.want) {
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

func TestFaultsStrikeQueries(t *testing.T) {
	w := newQueryWorld(t, Workspace{Tables: map[string]Table{"AuditLogs": {}}})
	const throttled = `{"error":{"code":"ThrottledError","message":"Too many requests"}}`
	const timeout = `{"error":{"code":"GatewayTimeout","message":"Gateway timeout","innererror":{"code":"GatewayTimeout","message":"Unable to unzip response"}}}`
	w.sim.AddFault(Fault{Path: "/query", Status: http.StatusTooManyRequests, RetryAfter: 2, Body: throttled})
	w.sim.AddFault(Fault{Path: "/v1/workspaces/", Status: http.StatusGatewayTimeout, Body: timeout})
	for _, want := range []struct {
		status int
		body   string
	}{{http.StatusTooManyRequests, throttled}, {http.StatusGatewayTimeout, timeout}} {
		if status, answer := w.ask("AuditLogs"); status != want.status || !sameJSON(t, answer, want.body) {
			t.Errorf("%d %v", status, answer)
		}
	}
	if status, _ := w.ask("AuditLogs"); status != http.StatusOK {
		t.Errorf("after the faults: %d", status)
	}
	log := w.sim.Requests()
	last, first := log[len(log)-1], log[len(log)-3]
	if first.ResponseHeaders.Get("Retry-After") != "2" || first.Status != http.StatusTooManyRequests {
		t.Errorf("the throttled request is logged as %+v", first)
	}
	if last.Path != queries || last.TokenTenant != tenantID || !strings.Contains(last.RequestBody, "AuditLogs") ||
		!strings.Contains(last.ResponseBody, "PrimaryResult") {
		t.Errorf("the last request is logged as %+v", last)
	}
	raw, err := json.Marshal(log)
	if err != nil || strings.Contains(string(raw), w.token) {
		t.Errorf("the request log holds a token (%v)", err)
	}
}

package azuresim

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	customerID = "7d2b1c64-0f5e-4a3b-9c8d-6e5f4a3b2c1d"
	queries    = "/v1/workspaces/" + customerID + "/query"

	lawInLowerCase = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourcegroups/rg/providers/" +
		"microsoft.operationalinsights/workspaces/law"
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

// send sends a request to the query service and returns the answer without the correlation id, which differs each time.
func (w *world) send(path, body string, header http.Header) (int, string) {
	w.t.Helper()
	response, err := w.do(http.MethodPost, path, body, header)
	if err != nil {
		w.t.Fatal(err)
	}
	answer, _ := io.ReadAll(response.Body)
	id := regexp.MustCompile(`"correlationId":"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",`)
	return response.StatusCode, strings.TrimSpace(id.ReplaceAllString(string(answer), ""))
}

func (w *world) post(path, body string) (int, string) {
	w.t.Helper()
	return w.send(path, body, http.Header{"Content-Type": {"application/json; charset=utf-8"}})
}

// ask queries the last 37 days, with permissions.
func (w *world) ask(query string) (int, string) {
	w.t.Helper()
	return w.send(queries, fmt.Sprintf(`{"query":%q,"timespan":"P37D"}`, query),
		http.Header{"Content-Type": {"application/json"}, "Prefer": {"wait=60, include-permissions=true"}})
}

func TestQueries(t *testing.T) {
	midnight := time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)
	records := []Record{{Time: midnight.Add(-100 * time.Millisecond), Ingested: midnight.Add(123456789), Count: 2}}
	w := newQueryWorld(t, Workspace{Tables: map[string]Table{
		"SigninLogs": {Records: records}, "AuditLogs": {}, "Hidden": {Denied: true}, "Failing": {Failing: true},
		"Basic": {Plan: "Basic"}, "Auxiliary": {Plan: "Auxiliary"}, "Known": {Unresolved: true, Plan: "Basic"},
	}})
	const (
		row     = `["2015-12-31T23:59:59.9Z","2016-01-01T00:00:00.1234567Z",5]`
		columns = `{"columns":[{"name":"TimeGenerated","type":"datetime"},{"name":"I","type":"datetime"},` +
			`{"name":"N","type":"long"}],"name":"PrimaryResult"`
		partial = `{"error":{"code":"PartialError","message":"There were some errors when processing your query.",` +
			`"details":[{"code":"EngineError","message":"Something went wrong processing your query on the server.",` +
			`"innererror":{"code":`
		bad = `{"error":{"code":"BadArgumentError","message":"The request had some invalid properties",` +
			`"innererror":{"code":`
		semantic = bad + `"SemanticError","message":"A semantic error occurred.","innererror":{"code":`
		plan     = bad + `"QueryValidationError","message":"The query should contain a single Basic or Auxiliary Logs ` +
			`table. The query should contain up to five Analytics Logs tables."}}}`
	)
	for query, want := range map[string]struct {
		status int
		starts string
	}{
		"AuditLogs | extend I = ingestion_time(), N = 5": {200, `{"permissions":{"dataSources":[{"denyTables":["Hidden"],` +
			`"resourceId":"` + lawInLowerCase + `"}]},"tables":[` + columns + `,"rows":[]}]}`},
		"union isfuzzy=true (AuditLogs), (Known)": {200, partial + `"-2133196790","message":"Failed to resolve table or ` +
			`column expression named 'Known'","severity":3,"severityName":"Warning"}}]},`},
		"union isfuzzy=true (Failing), (Failing | where TimeGenerated > ago(1d))": {200, partial + `"-2133196788",` +
			`"message":"Failed to read the table 'Failing'. Results may be incorrect or incomplete (E_FAIL; see ` +
			`https://aka.ms/kustoqueryfailures).","severity":2,"severityName":"Error"}}]},`},
		"SigninLog | where TimeGenerated > ago(1d)": {400, semantic + `"SEM0100",` +
			`"message":"'where' operator: Failed to resolve table or column expression named 'SigninLog'"}}}}`},
		"union isfuzzy=true (A), (B)": {400, semantic + `"SEM0529","message":"union: must have at least one operand that ` +
			`can be evaluated successfully when running with 'Fuzzy' mode."}}}}`},
		"not a query": {400, bad + `"SyntaxError","message":"A recognition error occurred in the query.","innererror":{` +
			`"code":"SYN0002","message":"Query could not be parsed at 'a' on line [1,4] (the simulator: unexpected token ` +
			`\"a\")","line":1,"pos":4,"token":"a"}}}}`},

		"union isfuzzy=true (Basic), (Basic)":                 {200, `{"permissions"`},
		"union isfuzzy=true (Auxiliary), (Auxiliary)":         {200, `{"permissions"`},
		"union isfuzzy=true (AuditLogs), (Basic)":             {400, plan},
		"union isfuzzy=true (Basic | where A), (Auxiliary)":   {400, plan},
		"union isfuzzy=true (Auxiliary), (Missing | where A)": {400, plan},
	} {
		if status, answer := w.ask(query); status != want.status || !strings.HasPrefix(answer, want.starts) {
			t.Errorf("%s: %d %s, want %s", query, status, answer, want.starts)
		}
	}

	// Without a timespan all records count, and permissions come only if asked for.
	status, answer := w.post(queries, `{"query":"SigninLogs | extend I = ingestion_time(), N = 5"}`)
	if status != http.StatusOK || answer != `{"tables":[`+columns+`,"rows":[`+row+`,`+row+`]}]}` {
		t.Errorf("two rows: %d %s", status, answer)
	}
	for _, timespan := range []string{"P", "PD", "7d", "P1M", "P-1D", "PT2H", "P1W", "P99999999D", "2026-11-23/P1D"} {
		status, answer := w.post(queries, fmt.Sprintf(`{"query":"AuditLogs","timespan":%q}`, timespan))
		if status != http.StatusBadRequest || !strings.HasPrefix(answer, bad+`"InvalidTimespan"`) {
			t.Errorf("%q: %d %s", timespan, status, answer)
		}
	}
	for _, body := range []string{"<", `{"query":1}`} {
		status, answer := w.post(queries, body)
		if status != http.StatusBadRequest || !strings.HasPrefix(answer, bad+`"InvalidJson"`) {
			t.Errorf("%s: %d %s", body, status, answer)
		}
	}
}

func TestQueriesThatHaveNoContent(t *testing.T) {
	w := newQueryWorld(t, Workspace{NoContent: true, Tables: map[string]Table{"AuditLogs": {}}})
	if status, answer := w.ask("AuditLogs"); status != http.StatusNoContent || answer != "" {
		t.Errorf("an empty workspace: %d %s", status, answer)
	}
	if status, answer := w.post(queries, ""); status != http.StatusOK || answer != "" {
		t.Errorf("no body: %d %s", status, answer)
	}
	if status, answer := w.send(queries, `{"query":"AuditLogs"}`, nil); status != http.StatusOK || answer != "" {
		t.Errorf("no content type: %d %s", status, answer)
	}
	if err := w.tenant.PutTable(workspace, "AuditLogs", Table{Records: []Record{Aged(1, time.Hour, 0)}}); err != nil {
		t.Fatal(err)
	}
	if status, answer := w.ask("AuditLogs"); status != http.StatusOK || answer == "" {
		t.Errorf("a workspace with a record: %d %s", status, answer)
	}
}

func TestQueriesAreRefused(t *testing.T) {
	w := newQueryWorld(t, Workspace{Tables: map[string]Table{"AuditLogs": {}}})
	w.sim.Tenant(otherTenantID).AddPrincipal(Principal{ClientID: "app", ObjectID: "o", Secret: "secret"})
	good := w.token
	w.useQueryToken(otherTenantID)
	ofOther := w.token
	_, forManagement := w.signIn(tenantID, "app", "secret")
	const (
		noToken = `{"error":{"code":"AuthenticationFailed","message":"Authentication failed. The 'Authorization' header is ` +
			`missing."}}`
		unknown  = `{"error":{"code":"PathNotFoundError","message":"The requested path does not exist"}}`
		noAccess = `{"error":{"code":"InsufficientAccessError","message":"The provided credentials have insufficient ` +
			`access to perform the requested operation"`
	)
	for name, test := range map[string]struct {
		token, path string
		w           Workspace
		status      int
		want        string
	}{
		"no token":               {"", queries, Workspace{}, 401, noToken},
		"a forged token":         {forged(good), queries, Workspace{}, 401, noToken},
		"another tenant's token": {ofOther, queries, Workspace{}, 404, unknown},
		"a token for Resource Manager": {
			forManagement["access_token"].(string), queries, Workspace{}, 403,
			`{"error":{"code":"InvalidAuthenticationTokenAudience","message":"The access token has been obtained from ` +
				`wrong audience or resource 'https://management.simulator.invalid/'. It should exactly match (including forward ` +
				`slash) with one of the allowed audiences 'https://loganalytics.simulator.invalid'."}}`,
		},
		"an unknown workspace": {
			good, strings.Replace(queries, "7d2b1c64", "99999999", 1), Workspace{}, 404, unknown,
		},
		"a name for the GUID": {good, "/v1/workspaces/law/query", Workspace{}, 404, unknown},
		"another path":        {good, strings.Replace(queries, "query", "search", 1), Workspace{}, 404, unknown},
		"no role":             {good, queries, Workspace{QueryDenied: true, QueryAccess: "Disabled"}, 403, noAccess + "}}"},
		"private only": {
			good, queries, Workspace{QueryAccess: "Disabled"}, 403, noAccess + `,"innererror":{` +
				`"code":"NspValidationFailedError","message":"Access to workspace 'Law' from '127.0.0.1' is denied. To allow ` +
				`access from public networks, change the workspace Networking settings or add it to a Network Security ` +
				`Perimeter. (workspace resource ID: ` + lawInLowerCase + `)"}}}`,
		},
	} {
		w.token = test.token
		test.w.ID, test.w.CustomerID = workspace, customerID
		put(t, w.tenant, test.w)
		if status, answer := w.post(test.path, `{"query":"A"}`); status != test.status ||
			answer != test.want {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	w.token = good
	w.walk([]step{
		{"GET", queries + "?query=A", "", 404, "PathNotFoundError"},
		{"GET", workspace + version2023, "", 401, ""},
	})
}

func TestTimespansAndUsage(t *testing.T) {
	w := newQueryWorld(t, Workspace{Tables: map[string]Table{
		"Busy":       {Records: []Record{Aged(3, 2*time.Hour, 0), Aged(2, 8*day, 0), Aged(1, 40*day, 0)}},
		"Ahead":      {Records: []Record{Aged(1, -time.Hour, 0)}},
		"SigninLogs": {Records: []Record{Aged(1000, 50*day, 50*day), Aged(500, 3*time.Hour, 150*time.Minute)}},
		"Basic":      {Plan: "Basic", Records: []Record{Aged(1000, 2*day, 2*day)}},
	}})
	const usage = `Usage | where DataType in (\"SigninLogs\", \"Basic\", \"Busy\") ` +
		`| summarize Last = max(EndTime), MB = sumif(Quantity, Quantity > 0) by DataType`
	const basic = `["Basic","2026-11-21T13:00:00Z",2]`
	want := map[[2]string]string{
		{"Busy | summarize N = countif(TimeGenerated > ago(99d))", ""}:     `[[6]]`,
		{"Busy | summarize N = countif(TimeGenerated > ago(99d))", "P1D"}:  `[[3]]`,
		{"Busy | summarize N = countif(TimeGenerated > ago(99d))", "P37D"}: `[[5]]`,
		{"Ahead | summarize N = countif(TimeGenerated > ago(99d))", "P1D"}: `[[1]]`,
		{usage, "P90D"}: `[` + basic + `,["SigninLogs","2026-11-23T10:00:00Z",3]]`,
		{usage, "P7D"}:  `[` + basic + `,["SigninLogs","2026-11-23T10:00:00Z",1]]`,
	}
	check := func() {
		for query, rows := range want {
			_, answer := w.post(queries, fmt.Sprintf(`{"query":"%s","timespan":%q}`, query[0], query[1]))
			if !strings.HasSuffix(answer, `"rows":`+rows+`}]}`) {
				t.Errorf("%s within %q: %s, want %s", query[0], query[1], answer, rows)
			}
		}
	}
	check()
	if err := w.tenant.PutTable(workspace, "Usage", Table{Denied: true}); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(want, func(query [2]string, _ string) bool { return query[0] != usage })
	for query := range want {
		want[query] = "[]"
	}
	check()
}

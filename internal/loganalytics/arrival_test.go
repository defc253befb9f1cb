package loganalytics

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// week is a lookback of seven days for each table.
func week(tables ...string) map[string]time.Duration {
	lookbacks := map[string]time.Duration{}
	for _, table := range tables {
		lookbacks[table] = 7 * day
	}
	return lookbacks
}

// statesOf lists the tables with their states: "A receiving, B silent".
func statesOf(arrivals Arrivals) string {
	var states []string
	for _, table := range slices.Sorted(maps.Keys(arrivals.Tables)) {
		states = append(states, table+" "+string(arrivals.Tables[table].State))
	}
	return strings.Join(states, ", ")
}

func TestRequests(t *testing.T) {
	var sent []string
	f := (&fakeService{query: func([]string) reply { return reply{http.StatusNoContent, ""} }}).open()
	f.inspect = func(request *http.Request, body []byte) {
		sent = append(sent, request.Method+" "+request.URL.String())
		if request.Method != http.MethodPost {
			return
		}
		for name, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-cache",
			"Prefer": "wait=60,include-permissions=true,include-dataSources=true"} {
			if got := request.Header.Get(name); got != want {
				t.Errorf("%s = %q, want %q", name, got, want)
			}
		}
		if !strings.HasPrefix(string(body), `{"query":"union isfuzzy=true\n`) ||
			!strings.HasSuffix(string(body), `","timespan":"P90D"}`) {
			t.Errorf("body = %s", body)
		}
	}
	id := strings.Replace(workspaceID, "/soc/", "/soc_(é)/", 1)
	if _, err := f.client.Arrivals(t.Context(), id, week("A")); err != nil {
		t.Fatal(err)
	}
	escaped := "https://arm.test" + strings.Replace(workspaceID, "/soc/", "/soc_%28%C3%A9%29/", 1)
	want := []string{"GET " + escaped + "?api-version=2023-09-01",
		"POST https://query.test/v1/workspaces/" + customerID + "/query",
		"GET " + escaped + "/tables/A?api-version=2022-10-01"}
	if !slices.Equal(sent, want) {
		t.Errorf("requests:\n%s\nwant:\n%s", strings.Join(sent, "\n"), strings.Join(want, "\n"))
	}
}

// What comes of each way in which the service may answer, and in which requests. A second read by the same client knows
// the plans from the first.
func TestReads(t *testing.T) {
	basic := func(plans ...string) fakeService {
		f := fakeService{plans: map[string]string{}, query: refusing("B", http.StatusBadRequest, basicPlan)}
		for i, plan := range plans {
			f.plans[string(rune('A'+i))] = plan
		}
		return f
	}
	bad := func(table string, status int, body string) fakeService {
		return fakeService{plans: map[string]string{"A": "Analytics", "Bad": "Analytics"},
			query: refusing(table, status, body)}
	}
	withoutUsage := func(why string) fakeService {
		f := basic("Analytics", "Basic")
		refused := f.query
		f.query = func(tables []string) reply {
			if said := refused(tables); said.status != http.StatusOK {
				return said
			}
			return reply{http.StatusOK, rowsOf(tables, why)}
		}
		return f
	}
	empty := func(status int) fakeService {
		return fakeService{plans: map[string]string{"A": "Analytics", "B": "403", "C": "Auxiliary"},
			query: func([]string) reply { return reply{status, ""} }}
	}
	const (
		first      = "workspace; query A,Bad; "
		each       = "query Usage; query A; query Bad"
		badIsBad   = "A receiving, Bad not_queried"
		twoPlans   = "workspace; query A,B; table A; table B; query A"
		allPlans   = "workspace; query A,B,C,D; table A; table B; table C; table D"
		afterwards = "workspace; query A,B,D; table B; table D"
		allSilent  = "A silent, B silent, C silent, D missing"
	)
	for name, test := range map[string]struct {
		service      fakeService
		states       string
		first, again string // the requests of both reads; "" for the same again
		failing      string // the table of which there is more to say than the state
		refused      string // the code for which every table is denied
	}{
		"the usual case": {fakeService{}, "A receiving, B receiving", "workspace; query A,B", "", "", ""},

		"a Basic table": {basic("Analytics", "Basic"), "A receiving, B silent", twoPlans, "workspace; query A", "", ""},
		"only Basic tables": {basic("", "Basic"), "B silent", "workspace; query B; table B; query Usage",
			"workspace; query Usage", "", ""},
		"a Basic table, and plans that may not be read": {basic("403", "403"), "A receiving, B silent",
			"workspace; query A,B; table A; table B; query Usage; query A; query B", "workspace; query A", "", ""},
		"a Basic table, and Usage is missing": {withoutUsage(`,"error":{"code":"PartialError","message":"m","details":[` +
			`{"innererror":{"severity":3,"message":"Failed to resolve table or column expression named 'Usage'"}}]}`),
			"A receiving, B not_queried", twoPlans, "workspace; query A", "", ""},
		"a Basic table, and Usage is denied": {withoutUsage(`,"permissions":{"dataSources":[{"denyTables":["usage"]}]}`),
			"A receiving, B not_queried", twoPlans, "workspace; query A", "", ""},

		"no data at all": {empty(http.StatusNoContent), allSilent, allPlans, afterwards, "", ""},
		"no data at all, in another way": {empty(http.StatusOK), allSilent,
			strings.Replace(allPlans, "query A,B,C,D", "query A,B,C,D; query A,B,C,D; query A,B,C,D", 1),
			strings.Replace(afterwards, "query A,B,D", "query A,B,D; query A,B,D; query A,B,D", 1), "", ""},

		"a table that may not be read": {bad("Bad", http.StatusForbidden, insufficientAccess), "A receiving, Bad denied",
			first + each, "", "Bad", ""},
		"a query that fails in part": {bad("Bad", http.StatusOK, severity2), badIsBad, first + "table A; table Bad; " + each,
			first + each, "Bad", ""},
		"in part, for an unknown severity": {bad("Bad", http.StatusOK, strings.Replace(severity2, `"severity":2,`, "", 1)),
			badIsBad, first + "table A; table Bad; " + each, first + each, "Bad", ""},
		"in part, without details": {bad("Bad", http.StatusOK, partial+"}}"), badIsBad,
			first + "table A; table Bad; " + each, first + each, "Bad", ""},
		"in part, for a denied table": {bad("Bad", http.StatusOK,
			strings.TrimSuffix(severity2, "}")+`,"permissions":{"dataSources":[{"denyTables":["bad"]}]}}`),
			"A receiving, Bad denied", first + "table A; table Bad; " + each, first + each, "", ""},
		"a name that is not known": {bad("Bad", http.StatusBadRequest, noSuchName), "A receiving, Bad missing",
			first + "table A; table Bad; " + each, first + each, "", ""},
		"Usage fails": {bad(usageTable, http.StatusOK, severity2), "A receiving, Bad receiving",
			first + "table A; table Bad; query Usage; query A without Usage; query Bad without Usage",
			first + "query Usage; query A without Usage; query Bad without Usage", "", ""},

		"the workspace may not be read": {fakeService{workspace: reply{http.StatusForbidden, authorizationFailed}},
			"A denied, B denied", "workspace", "", "", "AuthorizationFailed"},
		"the workspace may not be queried": {fakeService{query: refusing("", http.StatusForbidden, insufficientAccess)},
			"A denied, B denied", "workspace; query A,B; query Usage; query A without Usage; query B without Usage", "", "",
			CodeInsufficientAccess},
		"the workspace may be queried from other networks": {
			fakeService{query: refusing("", http.StatusForbidden, privateOnly)}, "A denied, B denied", "workspace; query A,B",
			"", "", CodeInsufficientAccess},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var tables []string
				for one := range strings.SplitSeq(test.states, ", ") {
					tables = append(tables, strings.Fields(one)[0])
				}
				f := test.service.open()
				for _, requests := range []string{test.first, cmp.Or(test.again, test.first)} {
					arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week(tables...))
					if err != nil {
						t.Fatal(err)
					}
					f.wantRequests(t, strings.Split(requests, "; ")...)
					if got := statesOf(arrivals); got != test.states {
						t.Errorf("states %s, want %s", got, test.states)
					}
					for table, arrival := range arrivals.Tables {
						failed, ok := errors.AsType[*WorkspaceError](arrival.Failure)
						if ok != (table == test.failing) || ok && failed.WorkspaceID != workspaceID {
							t.Errorf("%s has the failure %v", table, arrival.Failure)
						}
						if plan := f.plans[table]; plan != "" && plan != "403" && strings.Contains(test.first, "table "+table) &&
							arrival.Plan != plan {
							t.Errorf("%s has the plan %q, want %q", table, arrival.Plan, plan)
						}
					}
					refusal, _ := errors.AsType[*azure.ServiceError](arrivals.Refusal)
					if errors.As(arrivals.Refusal, new(*WorkspaceError)) != (test.refused != "") ||
						test.refused != "" && refusal.Code != test.refused {
						t.Errorf("Refusal = %v", arrivals.Refusal)
					}
					if (arrivals.IngestionStatus == "") != (test.service.workspace.status != 0) {
						t.Errorf("IngestionStatus = %q", arrivals.IngestionStatus)
					}
				}
			})
		})
	}
}

// A workspace where each table is in another state, by one query.
func TestStatesOfOneAnswer(t *testing.T) {
	unresolved := func(table string) string {
		return `{"code":"EngineError","message":"m","innererror":{"code":"-2133196790","severity":3,` +
			`"message":"'where' operator: Failed to resolve table or column expression named '` + table + `'"}}`
	}
	f := (&fakeService{
		plans: map[string]string{"Lost": "Analytics", "Cheap": "Basic", "Cheaper": "Auxiliary", "Cheapest": "Basic"},
		query: func([]string) reply {
			return reply{http.StatusOK, resultHead + `
			["Busy",9007199254740993,"2026-11-23T11:50:00Z","2026-11-23T11:58:00.1234567Z",90.5,null,null],
			["Busy",null,null,null,null,"2026-11-23T11:00:00Z",70],
			["Ahead",1,"2026-11-24T06:00:00Z","2026-11-23T12:00:00Z",-64800,null,null],
			["Old",0,"2026-11-13T08:00:00Z","2026-11-13T08:05:00Z",null,null,null],
			["Old",null,null,null,null,"2026-11-13T09:00:00Z",0],
			["Older",0,null,null,null,null,null],
			["Older",null,null,null,null,"2026-09-03T08:00:00Z",0],
			["Never",0,null,null,"NaN",null,null],
			["Cheap",null,null,null,null,"2026-11-23T09:00:00Z",7],
			["Cheaper",null,null,null,null,"2026-11-03T09:00:00Z",0],
			["Hidden",0,null,null,null,null,null]]}],
			"permissions":{"dataSources":[{"resourceId":"x","denyTables":["Hidden","Veiled"]}]},
			"error":{"code":"PartialError","message":"m","details":[` + unresolved("Gone") + "," + unresolved("Veiled") + `,
			{"code":"EngineError","message":"m","innererror":{"severity":3,"message":"some other warning"}}]}}`}
		},
	}).open()
	tables := strings.Fields("Busy Ahead Old Older Never Hidden Veiled Gone Lost Cheap Cheaper Cheapest Unlisted")
	arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week(tables...))
	if err != nil {
		t.Fatal(err)
	}
	at := func(month time.Month, day, hour, minute int) *time.Time {
		return new(time.Date(2026, month, day, hour, minute, 0, 0, time.UTC))
	}
	ingested := at(11, 23, 11, 58).Add(123456700)
	for table, want := range map[string]Arrival{
		"Busy": { // with a count above 2^53
			State: Receiving, RecordCount: new(int64(9007199254740993)), LastRecord: at(11, 23, 11, 50),
			LastIngested: &ingested, IngestionDelay: new(90500 * time.Millisecond), DailyMegabytes: new(10.0),
		},
		"Ahead": { // a record from the future
			State: Receiving, RecordCount: new(int64(1)), IngestionDelay: new(time.Duration(0)),
			LastRecord: at(11, 23, 12, 0), LastIngested: at(11, 23, 12, 0),
		},
		"Old": {State: Silent, RecordCount: new(int64(0)), LastRecord: at(11, 13, 8, 0), LastIngested: at(11, 13, 8, 5),
			DailyMegabytes: new(0.0)},
		"Older":    {State: Silent, RecordCount: new(int64(0)), LastRecord: at(9, 3, 8, 0), DailyMegabytes: new(0.0)},
		"Never":    {State: Silent, RecordCount: new(int64(0))},
		"Cheap":    {State: Receiving, Plan: "Basic", LastRecord: at(11, 23, 9, 0), DailyMegabytes: new(1.0)},
		"Cheaper":  {State: Silent, Plan: "Auxiliary", LastRecord: at(11, 3, 9, 0), DailyMegabytes: new(0.0)},
		"Cheapest": {State: Silent, Plan: "Basic"},
		"Hidden":   {State: Denied}, "Veiled": {State: Denied}, "Gone": {State: Missing}, "Unlisted": {State: Missing},
		"Lost": {State: NotQueried, Plan: "Analytics", Failure: arrivals.Tables["Lost"].Failure},
	} {
		if got := arrivals.Tables[table]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v, want %+v", table, got, want)
		}
	}
	if len(arrivals.Tables) != len(tables) || arrivals.Tables["Lost"].Failure == nil {
		t.Errorf("arrivals = %+v", arrivals)
	}
}

// A query that takes too long is answered table by table, the smallest table first, and no query is repeated.
func TestTooSlowTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := (&fakeService{query: func(tables []string) reply {
			switch {
			case len(tables) == 1:
				return reply{http.StatusOK, resultHead + `["Huge",null,null,null,null,"2026-11-23T11:00:00Z",7e6],` +
					`["Small",null,null,null,null,"2026-11-23T11:00:00Z",7]]}]}`}
			case len(tables) > 2 || slices.Contains(tables, "Huge"):
				time.Sleep(QueryWait)
				return reply{http.StatusGatewayTimeout, gatewayTimeout}
			default:
				return reply{http.StatusOK, rowsOf(tables)}
			}
		}}).open()
		arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week("Huge", "Small", "Unused"))
		if err != nil {
			t.Fatal(err)
		}
		f.wantRequests(t, "workspace", "query Huge,Small,Unused", "query Usage", "query Unused", "query Small", "query Huge")
		huge := arrivals.Tables["Huge"]
		if statesOf(arrivals) != "Huge not_queried, Small receiving, Unused receiving" || huge.LastRecord == nil ||
			!azure.IsStatus(huge.Failure, http.StatusGatewayTimeout) || *huge.DailyMegabytes != 1e6 {
			t.Errorf("arrivals = %+v", arrivals)
		}
	})
}

// When the time is up, what was read stands.
func TestTooSlowToReadEachTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := (&fakeService{query: func(tables []string) reply {
			if len(tables) == 1 || tables[0] == "A" && len(tables) == 2 {
				return reply{http.StatusOK, rowsOf(tables)}
			}
			time.Sleep(QueryWait)
			return reply{http.StatusGatewayTimeout, gatewayTimeout}
		}}).open()
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Second)
		defer cancel()
		arrivals, err := f.client.Arrivals(ctx, workspaceID, week("A", "B", "C", "D"))
		if err != nil || statesOf(arrivals) != "A receiving, B not_queried, C not_queried, D not_queried" ||
			!errors.Is(arrivals.Tables["D"].Failure, context.DeadlineExceeded) {
			t.Errorf("arrivals = %+v, error %v", arrivals, err)
		}
	})
}

// A proxy's refusal, or that of a token for another service, says nothing of the identity.
func TestReadsThatFail(t *testing.T) {
	for said, f := range map[int]fakeService{
		http.StatusForbidden:      {workspace: reply{http.StatusForbidden, `<html>no</html>`}},
		http.StatusUnauthorized:   {query: refusing("", http.StatusUnauthorized, `{"error":{"code":"x"}}`)},
		http.StatusNotFound:       {query: refusing("", http.StatusNotFound, `{"error":{"code":"PathNotFoundError"}}`)},
		http.StatusGatewayTimeout: {query: refusing("", http.StatusGatewayTimeout, gatewayTimeout)},
	} {
		arrivals, err := f.open().client.Arrivals(t.Context(), workspaceID, week("A", "B"))
		if !azure.IsStatus(err, said) || !errors.As(err, new(*WorkspaceError)) {
			t.Errorf("%d: %+v, %v", said, arrivals, err)
		}
	}
	f := (&fakeService{query: refusing("A", http.StatusGatewayTimeout, gatewayTimeout)}).open()
	if _, err := f.client.Arrivals(t.Context(), workspaceID, week("A")); !azure.IsStatus(err, http.StatusGatewayTimeout) {
		t.Errorf("a single table: %v", err)
	}
	f.wantRequests(t, "workspace", "query A", "query Usage")
	audience := reply{http.StatusForbidden, `{"error":{"code":"InvalidAuthenticationTokenAudience","message":"m"}}`}
	f = (&fakeService{workspace: audience}).open()
	if _, err := f.client.Arrivals(t.Context(), workspaceID, week("A")); !azure.IsStatus(err, http.StatusForbidden) {
		t.Errorf("another audience: %v", err)
	}
}

func TestNothingIsSentForWhatCannotBe(t *testing.T) {
	f := (&fakeService{}).open()
	refused := func(id string, lookbacks map[string]time.Duration) {
		t.Helper()
		_, err := f.client.Arrivals(t.Context(), id, lookbacks)
		if err == nil || errors.As(err, new(*WorkspaceError)) {
			t.Errorf("%q, %v: err = %v", id, lookbacks, err)
		}
	}
	for _, name := range badTableNames {
		refused(workspaceID, week("AuditLogs", name))
	}
	for _, lookback := range []time.Duration{0, -day, 1500 * time.Millisecond, time.Nanosecond, Horizon + time.Second} {
		refused(workspaceID, map[string]time.Duration{"AuditLogs": lookback})
	}
	for _, id := range []string{"", customerID, workspaceID + "/tables/x",
		strings.Replace(workspaceID, "workspaces", "clusters", 1)} {
		refused(id, week("AuditLogs"))
	}
	refused(workspaceID, nil)
	f.wantRequests(t)
}

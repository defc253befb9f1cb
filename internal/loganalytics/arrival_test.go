package loganalytics

import (
	"context"
	"encoding/json"
	"errors"
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

func states(arrivals Arrivals) map[string]State {
	found := map[string]State{}
	for table, arrival := range arrivals.Tables {
		found[table] = arrival.State
	}
	return found
}

func wantStates(t *testing.T, arrivals Arrivals, want map[string]State) {
	t.Helper()
	got := states(arrivals)
	for table, state := range want {
		if got[table] != state {
			t.Errorf("%s is %q, want %q", table, got[table], state)
		}
	}
	if len(got) != len(want) {
		t.Errorf("states of %v, want of %v", got, want)
	}
}

func TestUsualCaseIsTwoRequests(t *testing.T) {
	f := newFakeService()
	f.inspect = func(request *http.Request, body []byte) {
		for name, want := range map[string]string{
			"Content-Type":  "application/json",
			"Cache-Control": "no-cache",
			"Prefer":        "wait=60,include-permissions=true,include-dataSources=true",
		} {
			if got := request.Header.Get(name); got != want {
				t.Errorf("%s = %q, want %q", name, got, want)
			}
		}
		if got, want := request.URL.String(), "https://query.test/v1/workspaces/"+customerID+"/query"; got != want {
			t.Errorf("URL = %s, want %s", got, want)
		}
		var sent map[string]string
		if err := json.Unmarshal(body, &sent); err != nil {
			t.Fatal(err)
		}
		if sent["timespan"] != "P90D" || !strings.HasPrefix(sent["query"], "union isfuzzy=true") || len(sent) != 2 {
			t.Errorf("body = %s", body)
		}
	}
	arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week("SigninLogs", "AuditLogs", "SigninLogs"))
	if err != nil {
		t.Fatal(err)
	}
	f.wantRequests(t, "workspace", "query AuditLogs,SigninLogs")
	wantStates(t, arrivals, map[string]State{"SigninLogs": Receiving, "AuditLogs": Receiving})
	if arrivals.IngestionStatus != "RespectQuota" {
		t.Errorf("IngestionStatus = %q", arrivals.IngestionStatus)
	}
	got := arrivals.Tables["SigninLogs"]
	if ingested := time.Date(2026, 11, 23, 11, 58, 0, 123456700, time.UTC); *got.RecordCount != 1 ||
		!got.LastIngested.Equal(ingested) ||
		*got.IngestionDelay != 480500*time.Millisecond {
		t.Errorf("arrival = %+v", got)
	}
}

// A workspace where each table is in another state, by one query.
func TestStatesOfOneAnswer(t *testing.T) {
	f := newFakeService()
	f.query = func([]string) reply {
		return reply{status: http.StatusOK, body: resultHead + `
			["Busy",9007199254740993,"2026-11-23T11:50:00Z","2026-11-23T11:58:00Z",90,null,null],
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
			"error":{"code":"PartialError","message":"m","details":[
			{"code":"EngineError","message":"m","innererror":{"code":"-2133196790","severity":3,
			"message":"'where' operator: Failed to resolve table or column expression named 'Gone'"}},
			{"code":"EngineError","message":"m","innererror":{"code":"-2133196790","severity":3,
			"message":"'where' operator: Failed to resolve table or column expression named 'Veiled'"}},
			{"code":"EngineError","message":"m","innererror":{"code":"-2133196790","severity":3,
			"message":"some other warning"}}]}}`}
	}
	f.plans = map[string]string{"Lost": "Analytics", "Cheap": "Basic", "Cheaper": "Auxiliary", "Cheapest": "Basic"}
	tables := []string{
		"Busy", "Ahead", "Old", "Older", "Never", "Hidden", "Veiled", "Gone", "Lost", "Cheap", "Cheaper", "Cheapest",
		"Unlisted",
	}
	arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week(tables...))
	if err != nil {
		t.Fatal(err)
	}
	wantStates(t, arrivals, map[string]State{
		"Busy": Receiving, "Ahead": Receiving, "Old": Silent, "Older": Silent, "Never": Silent, "Hidden": Denied,
		"Veiled": Denied, "Gone": Missing,
		"Lost": NotQueried, "Cheap": Receiving, "Cheaper": Silent, "Cheapest": Silent, "Unlisted": Missing,
	})
	at := func(month time.Month, day, hour, minute int) *time.Time {
		time := time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
		return &time
	}
	count := func(n int64) *int64 { return &n }
	delay := func(d time.Duration) *time.Duration { return &d }
	megabytes := func(n float64) *float64 { return &n }
	for table, want := range map[string]Arrival{
		"Busy": {
			State: Receiving, RecordCount: count(9007199254740993), // above 2^53
			LastRecord: at(11, 23, 11, 50), LastIngested: at(11, 23, 11, 58),
			IngestionDelay: delay(90 * time.Second), DailyMegabytes: megabytes(10),
		},
		"Ahead": { // a record from the future
			State: Receiving, RecordCount: count(1), IngestionDelay: delay(0),
			LastRecord: at(11, 23, 12, 0), LastIngested: at(11, 23, 12, 0),
		},
		"Old": {State: Silent, RecordCount: count(0), LastRecord: at(11, 13, 8, 0), LastIngested: at(11, 13, 8, 5),
			DailyMegabytes: megabytes(0)},
		"Older":    {State: Silent, RecordCount: count(0), LastRecord: at(9, 3, 8, 0), DailyMegabytes: megabytes(0)},
		"Never":    {State: Silent, RecordCount: count(0)},
		"Cheap":    {State: Receiving, Plan: "Basic", LastRecord: at(11, 23, 9, 0), DailyMegabytes: megabytes(1)},
		"Cheaper":  {State: Silent, Plan: "Auxiliary", LastRecord: at(11, 3, 9, 0), DailyMegabytes: megabytes(0)},
		"Cheapest": {State: Silent, Plan: "Basic"},
	} {
		if got := arrivals.Tables[table]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v, want %+v", table, got, want)
		}
	}
	if arrivals.Tables["Lost"].Failure == nil {
		t.Errorf("Lost = %+v", arrivals.Tables["Lost"])
	}
}

// Without Usage, everything stands that does not depend on it.
func TestWithoutUsage(t *testing.T) {
	for name, why := range map[string]string{
		"missing": `"error":{"code":"PartialError","message":"m","details":[{"code":"EngineError","message":"m",` +
			`"innererror":{"code":"-2133196790","severity":3,` +
			`"message":"'where' operator: Failed to resolve table or column expression named 'Usage'"}}]}`,
		"denied": `"permissions":{"dataSources":[{"denyTables":["usage"]}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeService()
			f.plans = map[string]string{"A": "Analytics", "B": "Basic"}
			f.query = func(tables []string) reply {
				if slices.Contains(tables, "B") {
					return reply{status: http.StatusBadRequest, body: basicPlan}
				}
				return reply{status: http.StatusOK, body: strings.TrimSuffix(rowsOf(tables), "}") + "," + why + "}"}
			}
			arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week("A", "B"))
			if err != nil {
				t.Fatal(err)
			}
			wantStates(t, arrivals, map[string]State{"A": Receiving, "B": NotQueried})
			if a, b := arrivals.Tables["A"], arrivals.Tables["B"]; a.DailyMegabytes != nil || a.RecordCount == nil ||
				b.Failure != nil ||
				b.LastRecord != nil {
				t.Errorf("A = %+v, B = %+v", a, b)
			}
		})
	}
}

func TestEmptyWorkspace(t *testing.T) {
	for _, said := range []reply{{status: http.StatusNoContent}, {status: http.StatusOK}} {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeService()
			f.plans = map[string]string{"SigninLogs": "Analytics", "AuditLogs": "403", "Cheap": "Auxiliary"}
			f.query = func([]string) reply { return said }
			arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week("SigninLogs", "AuditLogs", "Cheap", "Gone"))
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]State{"SigninLogs": Silent, "AuditLogs": Silent, "Cheap": Silent, "Gone": Missing}
			wantStates(t, arrivals, want)
		})
	}
}

// An answer that lost its content on the way is not taken for a workspace without data, nor a page for an answer.
func TestAnAnswerThatCannotBeReadIsAskedForAgain(t *testing.T) {
	for name, lost := range map[string]string{"an empty body": "", "a page": "<html>", "half of one": resultHead,
		"none": "{}"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeService()
				left := 2
				f.query = func(tables []string) reply {
					if left--; left >= 0 {
						return reply{status: http.StatusOK, body: lost}
					}
					return reply{status: http.StatusOK, body: rowsOf(tables)}
				}
				arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week("A"))
				if err != nil {
					t.Fatal(err)
				}
				wantStates(t, arrivals, map[string]State{"A": Receiving})
				f.wantRequests(t, "workspace", "query A", "query A", "query A")
				if left = 3; lost == "" { // which may be what the service means
					return
				}
				if _, err = f.client.Arrivals(t.Context(), workspaceID, week("A")); !errors.As(err, new(*azure.UnreadableError)) {
					t.Errorf("for good: %v", err)
				}
			})
		})
	}
}

func TestBasicTableIsSetAside(t *testing.T) {
	f := newFakeService()
	f.plans = map[string]string{"A": "Analytics", "B": "Basic"}
	f.query = refuseWith(http.StatusBadRequest, basicPlan, "B")
	arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week("A", "B", "C"))
	if err != nil {
		t.Fatal(err)
	}
	f.wantRequests(t, "workspace", "query A,B,C", "table A", "table B", "table C", "query A")
	wantStates(t, arrivals, map[string]State{"A": Receiving, "B": Silent, "C": Missing})
	if a, b := arrivals.Tables["A"].Plan, arrivals.Tables["B"].Plan; a != "Analytics" || b != "Basic" {
		t.Errorf("plans are %q and %q", a, b)
	}
}

func TestOnlyBasicTables(t *testing.T) {
	f := newFakeService()
	f.plans = map[string]string{"B": "Basic"}
	f.query = refuseWith(http.StatusBadRequest, basicPlan, "B")
	arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week("B"))
	if err != nil {
		t.Fatal(err)
	}
	f.wantRequests(t, "workspace", "query B", "table B", "query Usage")
	wantStates(t, arrivals, map[string]State{"B": Silent})
}

// An identity that may query and yet not read plans still learns which table is Basic.
func TestBasicTableWithUnknownPlans(t *testing.T) {
	f := newFakeService()
	f.plans = map[string]string{"A": "403", "B": "403"}
	f.query = refuseWith(http.StatusBadRequest, basicPlan, "B")
	arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week("A", "B"))
	if err != nil {
		t.Fatal(err)
	}
	f.wantRequests(t, "workspace", "query A,B", "table A", "table B", "query Usage", "query A", "query B")
	wantStates(t, arrivals, map[string]State{"A": Receiving, "B": Silent})
}

func TestOneBadTableHidesNoGoodOne(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   State
		why    bool // whether there is more to say than the state
	}{
		{"denied", http.StatusForbidden, insufficientAccess, Denied, true},
		{"severity 2", http.StatusOK, severity2, NotQueried, true},
		{"severity 2 and denied", http.StatusOK, severity2[:len(severity2)-1] + `,"permissions":{"dataSources":[{"denyTabl` +
			`es":["bad"]}]}}`, Denied, false},
		{"unknown name", http.StatusBadRequest, `{"error":{"code":"BadArgumentError","message":"m",` +
			`"innererror":{"code":"SemanticError","message":"m",` +
			`"innererror":{"code":"SEM0100",` +
			`"message":"'order' operator: Failed to resolve table or column expression named 'Bad'"}}}}`, Missing, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFakeService()
			f.plans = map[string]string{"A": "Analytics", "Bad": "Analytics", "C": "Analytics"}
			f.query = refuseWith(c.status, c.body, "Bad")
			arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week("A", "Bad", "C"))
			if err != nil {
				t.Fatal(err)
			}
			wantStates(t, arrivals, map[string]State{"A": Receiving, "Bad": c.want, "C": Receiving})
			failed, ok := errors.AsType[*WorkspaceError](arrivals.Tables["Bad"].Failure)
			if ok != c.why || ok && failed.WorkspaceID != workspaceID {
				t.Errorf("Failure = %v", arrivals.Tables["Bad"].Failure)
			}
		})
	}
}

// One customer who took a role away does not stop the plan of a hundred.
func TestAWorkspaceThatMayNotBeReadMakesEveryTableDenied(t *testing.T) {
	for name, c := range map[string]struct {
		workspace, query func() reply
		status           string
		requests         []string
	}{
		"by Resource Manager": {workspace: forbidden(authorizationFailed),
			requests: []string{"workspace"}},
		"by the query service": {query: forbidden(insufficientAccess), status: "RespectQuota",
			requests: []string{"workspace", "query A,B", "query Usage", "query A without Usage", "query B without Usage"}},
		"but by other networks": {query: forbidden(privateOnly), status: "RespectQuota",
			requests: []string{"workspace", "query A,B"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeService()
			f.workspace = c.workspace
			if c.query != nil {
				f.query = func([]string) reply { return c.query() }
			}
			arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week("A", "B"))
			if err != nil {
				t.Fatal(err)
			}
			wantStates(t, arrivals, map[string]State{"A": Denied, "B": Denied})
			if failed, ok := errors.AsType[*WorkspaceError](arrivals.Refusal); !ok || failed.WorkspaceID != workspaceID ||
				arrivals.IngestionStatus != c.status {
				t.Errorf("Refusal = %v, IngestionStatus = %q", arrivals.Refusal, arrivals.IngestionStatus)
			}
			for table, arrival := range arrivals.Tables {
				if arrival.Failure != nil {
					t.Errorf("%s has a failure of its own: %v", table, arrival.Failure)
				}
			}
			f.wantRequests(t, c.requests...)
		})
	}
}

// A proxy's refusal, or that of a token for another service, says nothing of the identity.
func TestAnyOther403IsAnError(t *testing.T) {
	for _, body := range []string{`<html>no</html>`, `{"error":{"code":"InvalidAuthenticationTokenAudience",` +
		`"message":"m"}}`} {
		f := newFakeService()
		f.workspace = forbidden(body)
		arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week("A"))
		if !azure.IsStatus(err, http.StatusForbidden) {
			t.Errorf("%s: %+v, %v", body, arrivals, err)
		}
	}
}

func TestNothingIsSentForWhatCannotBe(t *testing.T) {
	f := newFakeService()
	refused := func(err error, what string) {
		t.Helper()
		if _, sent := errors.AsType[*WorkspaceError](err); err == nil || sent {
			t.Errorf("%s: err = %v", what, err)
		}
	}
	for _, name := range badTableNames {
		_, err := f.client.Arrivals(t.Context(), workspaceID, week("AuditLogs", name))
		refused(err, name)
		_, _, err = f.client.TablePlan(t.Context(), workspaceID, name)
		refused(err, name)
	}
	for _, lookback := range []time.Duration{0, -day, 1500 * time.Millisecond, time.Nanosecond} {
		_, err := f.client.Arrivals(t.Context(), workspaceID, map[string]time.Duration{"AuditLogs": lookback})
		refused(err, lookback.String())
	}
	for _, id := range []string{"", customerID, workspaceID + "/tables/x",
		strings.Replace(workspaceID, "workspaces", "clusters", 1)} {
		_, err := f.client.Arrivals(t.Context(), id, week("AuditLogs"))
		refused(err, id)
		_, _, err = f.client.TablePlan(t.Context(), id, "AuditLogs")
		refused(err, id)
	}
	_, err := f.client.Arrivals(t.Context(), workspaceID, nil)
	refused(err, "no tables")
	f.wantRequests(t)
}

var tooSlow = reply{
	status: http.StatusGatewayTimeout,
	body:   `{"error":{"code":"GatewayTimeout","message":"Gateway timeout"}}`,
}

// A query that takes too long is answered table by table, the smallest table first, and no query is repeated.
func TestTooSlowTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeService()
		f.query = func(tables []string) reply {
			switch {
			case len(tables) == 1:
				return reply{
					status: http.StatusOK,
					body: resultHead + `["Huge",null,null,null,null,"2026-11-23T11:00:00Z",7e6],["Small",null,null,null,null,` +
						`"2026-11-23T11:00:00Z",7]]}]}`,
				}
			case len(tables) > 2 || slices.Contains(tables, "Huge"):
				time.Sleep(QueryWait)
				return tooSlow
			default:
				return reply{status: http.StatusOK, body: rowsOf(tables)}
			}
		}
		arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week("Huge", "Small", "Unused"))
		if err != nil {
			t.Fatal(err)
		}
		f.wantRequests(t, "workspace", "query Huge,Small,Unused", "query Usage", "query Unused", "query Small", "query Huge")
		wantStates(t, arrivals, map[string]State{"Huge": NotQueried, "Small": Receiving, "Unused": Receiving})
		if huge := arrivals.Tables["Huge"]; !azure.IsStatus(huge.Failure, http.StatusGatewayTimeout) ||
			*huge.DailyMegabytes != 1e6 ||
			huge.LastRecord == nil {
			t.Errorf("Huge = %+v", huge)
		}
	})
}

// When the time is up, what was read stands.
func TestTooSlowToReadEachTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeService()
		f.query = func(tables []string) reply {
			if len(tables) == 1 || tables[0] == "A" && len(tables) == 2 {
				return reply{status: http.StatusOK, body: rowsOf(tables)}
			}
			time.Sleep(QueryWait)
			return tooSlow
		}
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Second)
		defer cancel()
		arrivals, err := f.client.Arrivals(ctx, workspaceID, week("A", "B", "C", "D"))
		if err != nil {
			t.Fatal(err)
		}
		wantStates(t, arrivals, map[string]State{"A": Receiving, "B": NotQueried, "C": NotQueried, "D": NotQueried})
		if !errors.Is(arrivals.Tables["D"].Failure, context.DeadlineExceeded) {
			t.Errorf("D = %+v", arrivals.Tables["D"])
		}
	})
}

func TestTooSlowAltogetherIsTheWorkspaces(t *testing.T) {
	f := newFakeService()
	f.query = func([]string) reply { return tooSlow }
	_, err := f.client.Arrivals(t.Context(), workspaceID, week("A", "B"))
	if !azure.IsStatus(err, http.StatusGatewayTimeout) {
		t.Errorf("err = %v", err)
	}
	f.wantRequests(t, "workspace", "query A,B", "query Usage", "query A without Usage", "query B without Usage")
}

// Usage costs none of the tables, if it is what fails.
func TestUsageFails(t *testing.T) {
	f := newFakeService()
	f.plans = map[string]string{"A": "Analytics", "B": "Analytics"}
	f.query = refuseWith(http.StatusOK, severity2, "Usage")
	arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week("A", "B"))
	if err != nil {
		t.Fatal(err)
	}
	wantStates(t, arrivals, map[string]State{"A": Receiving, "B": Receiving})
}

func TestThrottlingIsWaitedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeService()
		throttled := 0
		f.query = func(tables []string) reply {
			if throttled++; throttled < 10 {
				return reply{
					http.StatusTooManyRequests,
					`{"error":{"code":"ThrottledError","message":"m"}}`,
					map[string]string{"Retry-After": "100"},
				}
			}
			return reply{status: http.StatusOK, body: rowsOf(tables)}
		}
		started := time.Now()
		if _, err := f.client.Arrivals(t.Context(), workspaceID, week("A")); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(started); waited != 900*time.Second {
			t.Errorf("waited %s", waited)
		}
	})
}

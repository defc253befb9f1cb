package loganalytics

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

const week = 7 * day

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
	arrivals, err := f.client.Arrivals(t.Context(), workspaceID, []string{"SigninLogs", "AuditLogs", "SigninLogs"}, week)
	if err != nil {
		t.Fatal(err)
	}
	f.wantRequests(t, "workspace", "query AuditLogs,SigninLogs")
	wantStates(t, arrivals, map[string]State{"SigninLogs": Receiving, "AuditLogs": Receiving})
	if arrivals.IngestionStatus != "RespectQuota" {
		t.Errorf("IngestionStatus = %q", arrivals.IngestionStatus)
	}
	got := arrivals.Tables["SigninLogs"]
	if ingested := time.Date(2026, 11, 23, 11, 58, 0, 123456700, time.UTC); got.RecordCount != 1 || !got.LastIngested.Equal(ingested) {
		t.Errorf("arrival = %+v", got)
	}
}

// A workspace where each table is in another state, by one query.
func TestStatesOfOneAnswer(t *testing.T) {
	f := newFakeService()
	f.query = func([]string) reply {
		return reply{status: http.StatusOK, body: resultHead + `
			["Busy",9007199254740993,"2026-11-23T11:50:00Z","2026-11-23T11:58:00Z"],
			["Ahead",1,"2026-11-24T06:00:00Z","2026-11-23T12:00:00Z"],
			["Old",0,"2026-11-03T08:00:00Z","2026-11-03T08:05:00Z"],
			["Never",0,null,null],
			["Hidden",0,null,null]]}],
			"permissions":{"dataSources":[{"resourceId":"x","denyTables":["Hidden","Veiled"]}]},
			"error":{"code":"PartialError","message":"m","details":[
			{"code":"EngineError","message":"m","innererror":{"code":"-2133196790","severity":3,"message":"'where' operator: Failed to resolve table or column expression named 'Gone'"}},
			{"code":"EngineError","message":"m","innererror":{"code":"-2133196790","severity":3,"message":"'where' operator: Failed to resolve table or column expression named 'Veiled'"}},
			{"code":"EngineError","message":"m","innererror":{"code":"-2133196790","severity":3,"message":"some other warning"}}]}}`}
	}
	f.plans = map[string]string{"Lost": "Analytics", "Cheap": "Basic"}
	tables := []string{"Busy", "Ahead", "Old", "Never", "Hidden", "Veiled", "Gone", "Lost", "Cheap", "Unheard"}
	arrivals, err := f.client.Arrivals(t.Context(), workspaceID, tables, week)
	if err != nil {
		t.Fatal(err)
	}
	wantStates(t, arrivals, map[string]State{
		"Busy": Receiving, "Ahead": Receiving, "Old": Silent, "Never": Silent, "Hidden": Denied, "Veiled": Denied, "Gone": Missing,
		"Lost": NotQueried, "Cheap": NotQueried, "Unheard": Missing,
	})
	if got := arrivals.Tables["Busy"].RecordCount; got != 9007199254740993 {
		t.Errorf("a count above 2^53 came out as %d", got)
	}
	if got := arrivals.Tables["Ahead"]; !got.LastRecord.Equal(*got.LastIngested) {
		t.Errorf("a record from the future is shown as of %s, having arrived %s", got.LastRecord, got.LastIngested)
	}
	if got := arrivals.Tables["Old"].LastRecord; got == nil || !got.Equal(time.Date(2026, 11, 3, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("the silent table's last record is %v", got)
	}
	if got := arrivals.Tables["Never"]; got.LastRecord != nil || got.LastIngested != nil {
		t.Errorf("a table without records has times: %+v", got)
	}
	if arrivals.Tables["Lost"].Failure == nil || arrivals.Tables["Cheap"].Failure != nil || arrivals.Tables["Cheap"].Plan != "Basic" {
		t.Errorf("Lost = %+v, Cheap = %+v", arrivals.Tables["Lost"], arrivals.Tables["Cheap"])
	}
}

func TestEmptyWorkspace(t *testing.T) {
	for _, said := range []reply{{status: http.StatusNoContent}, {status: http.StatusOK}} {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeService()
			f.plans = map[string]string{"SigninLogs": "Analytics", "AuditLogs": "403", "Cheap": "Auxiliary"}
			f.query = func([]string) reply { return said }
			arrivals, err := f.client.Arrivals(t.Context(), workspaceID, []string{"SigninLogs", "AuditLogs", "Cheap", "Gone"}, week)
			if err != nil {
				t.Fatal(err)
			}
			wantStates(t, arrivals, map[string]State{"SigninLogs": Silent, "AuditLogs": Silent, "Cheap": NotQueried, "Gone": Missing})
		})
	}
}

// An answer that lost its content on the way is not taken for a workspace without data, nor a page for an answer.
func TestAnAnswerThatCannotBeReadIsAskedForAgain(t *testing.T) {
	for name, lost := range map[string]string{"an empty body": "", "a page": "<html>", "half of one": resultHead, "none": "{}"} {
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
				arrivals, err := f.client.Arrivals(t.Context(), workspaceID, []string{"A"}, week)
				if err != nil {
					t.Fatal(err)
				}
				wantStates(t, arrivals, map[string]State{"A": Receiving})
				f.wantRequests(t, "workspace", "query A", "query A", "query A")
				if left = 3; lost == "" { // which may be what the service means
					return
				}
				if _, err = f.client.Arrivals(t.Context(), workspaceID, []string{"A"}, week); !errors.As(err, new(*azure.UnreadableError)) {
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
	arrivals, err := f.client.Arrivals(t.Context(), workspaceID, []string{"A", "B", "C"}, week)
	if err != nil {
		t.Fatal(err)
	}
	f.wantRequests(t, "workspace", "query A,B,C", "table A", "table B", "table C", "query A")
	wantStates(t, arrivals, map[string]State{"A": Receiving, "B": NotQueried, "C": Missing})
	if a, b := arrivals.Tables["A"].Plan, arrivals.Tables["B"].Plan; a != "Analytics" || b != "Basic" {
		t.Errorf("plans are %q and %q", a, b)
	}
}

func TestOnlyBasicTables(t *testing.T) {
	f := newFakeService()
	f.plans = map[string]string{"B": "Basic"}
	f.query = refuseWith(http.StatusBadRequest, basicPlan, "B")
	arrivals, err := f.client.Arrivals(t.Context(), workspaceID, []string{"B"}, week)
	if err != nil {
		t.Fatal(err)
	}
	f.wantRequests(t, "workspace", "query B", "table B")
	wantStates(t, arrivals, map[string]State{"B": NotQueried})
}

// An identity that may query and yet not read plans still learns which table is Basic.
func TestBasicTableWithUnknownPlans(t *testing.T) {
	f := newFakeService()
	f.plans = map[string]string{"A": "403", "B": "403"}
	f.query = refuseWith(http.StatusBadRequest, basicPlan, "B")
	arrivals, err := f.client.Arrivals(t.Context(), workspaceID, []string{"A", "B"}, week)
	if err != nil {
		t.Fatal(err)
	}
	f.wantRequests(t, "workspace", "query A,B", "table A", "table B", "query A", "query B")
	wantStates(t, arrivals, map[string]State{"A": Receiving, "B": NotQueried})
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
		{"severity 2 and denied", http.StatusOK, severity2[:len(severity2)-1] + `,"permissions":{"dataSources":[{"denyTables":["bad"]}]}}`, Denied, false},
		{"unknown name", http.StatusBadRequest, `{"error":{"code":"BadArgumentError","message":"m","innererror":{"code":"SemanticError","message":"m","innererror":` +
			`{"code":"SEM0100","message":"'order' operator: Failed to resolve table or column expression named 'Bad'"}}}}`, Missing, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFakeService()
			f.plans = map[string]string{"A": "Analytics", "Bad": "Analytics", "C": "Analytics"}
			f.query = refuseWith(c.status, c.body, "Bad")
			arrivals, err := f.client.Arrivals(t.Context(), workspaceID, []string{"A", "Bad", "C"}, week)
			if err != nil {
				t.Fatal(err)
			}
			wantStates(t, arrivals, map[string]State{"A": Receiving, "Bad": c.want, "C": Receiving})
			if got := arrivals.Tables["Bad"].Failure; (got != nil) != c.why {
				t.Errorf("Failure = %v", got)
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
		"by Resource Manager":   {workspace: always(http.StatusForbidden, authorizationFailed), requests: []string{"workspace"}},
		"by the query service":  {query: always(http.StatusForbidden, insufficientAccess), status: "RespectQuota", requests: []string{"workspace", "query A,B", "query A", "query B"}},
		"but by other networks": {query: always(http.StatusForbidden, privateOnly), status: "RespectQuota", requests: []string{"workspace", "query A,B"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeService()
			f.workspace = c.workspace
			if c.query != nil {
				f.query = func([]string) reply { return c.query() }
			}
			arrivals, err := f.client.Arrivals(t.Context(), workspaceID, []string{"A", "B"}, week)
			if err != nil {
				t.Fatal(err)
			}
			wantStates(t, arrivals, map[string]State{"A": Denied, "B": Denied})
			if failed, ok := errors.AsType[*WorkspaceError](arrivals.Refusal); !ok || failed.WorkspaceID != workspaceID || arrivals.IngestionStatus != c.status {
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
	for _, body := range []string{`<html>no</html>`, `{"error":{"code":"InvalidAuthenticationTokenAudience","message":"m"}}`} {
		f := newFakeService()
		f.workspace = always(http.StatusForbidden, body)
		if arrivals, err := f.client.Arrivals(t.Context(), workspaceID, []string{"A"}, week); !azure.IsStatus(err, http.StatusForbidden) {
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
		_, err := f.client.Arrivals(t.Context(), workspaceID, []string{"AuditLogs", name}, week)
		refused(err, name)
		_, _, err = f.client.TablePlan(t.Context(), workspaceID, name)
		refused(err, name)
	}
	for _, lookback := range []time.Duration{0, -day, 1500 * time.Millisecond, time.Nanosecond} {
		_, err := f.client.Arrivals(t.Context(), workspaceID, []string{"AuditLogs"}, lookback)
		refused(err, lookback.String())
	}
	for _, id := range []string{"", customerID, workspaceID + "/tables/x", strings.Replace(workspaceID, "workspaces", "clusters", 1)} {
		_, err := f.client.Arrivals(t.Context(), id, []string{"AuditLogs"}, week)
		refused(err, id)
		_, _, err = f.client.TablePlan(t.Context(), id, "AuditLogs")
		refused(err, id)
	}
	_, err := f.client.Arrivals(t.Context(), workspaceID, nil, week)
	refused(err, "no tables")
	f.wantRequests(t)
}

func TestTooSlowIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeService()
		f.query = func([]string) reply {
			return reply{status: http.StatusGatewayTimeout, body: `{"error":{"code":"GatewayTimeout","message":"Gateway timeout"}}`}
		}
		_, err := f.client.Arrivals(t.Context(), workspaceID, []string{"A", "B"}, week)
		if !azure.IsStatus(err, http.StatusGatewayTimeout) {
			t.Errorf("err = %v", err)
		}
		f.wantRequests(t, "workspace", "query A,B")
	})
}

func TestThrottlingIsWaitedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeService()
		throttled := 0
		f.query = func(tables []string) reply {
			if throttled++; throttled < 10 {
				return reply{http.StatusTooManyRequests, `{"error":{"code":"ThrottledError","message":"m"}}`, map[string]string{"Retry-After": "100"}}
			}
			return reply{status: http.StatusOK, body: rowsOf(tables)}
		}
		started := time.Now()
		if _, err := f.client.Arrivals(t.Context(), workspaceID, []string{"A"}, week); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(started); waited != 900*time.Second {
			t.Errorf("waited %s", waited)
		}
	})
}

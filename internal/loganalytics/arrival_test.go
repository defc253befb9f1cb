package loganalytics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest/golden"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// within is the same lookback for each table.
func within(lookback time.Duration, tables ...string) map[string]time.Duration {
	lookbacks := map[string]time.Duration{}
	for _, table := range tables {
		lookbacks[table] = lookback
	}
	return lookbacks
}

func week(tables ...string) map[string]time.Duration { return within(7*day, tables...) }

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
	f := (&fakeService{bad: "*", answer: reply{http.StatusNoContent, ""}}).open()
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
	type plans = map[string]string
	const (
		together  = "workspace; query A,Bad,Usage; "
		each      = "query Usage; query A; query Bad"
		withPlans = together + "table A; table Bad; " + each + " | " + together + each
		badIsBad  = "A receiving, Bad not_queried"
		bIsBasic  = "A receiving, B silent"
		twoPlans  = "workspace; query A,B,Usage; table A; table B; query A,Usage | workspace; query A,Usage"
		allEach   = "workspace; query A,B,Usage; query Usage; query A; query B"
		allDenied = "A denied, B denied"
		allSilent = "A silent, B silent, C silent, D missing"
		toAll     = "query A,B,C,D,Usage; "
		toOthers  = "query A,B,D,Usage; "
		missing   = `,"error":{"code":"PartialError","details":[{"innererror":{"severity":3,"message":"` +
			`Failed to resolve table or column expression named 'Usage'"}}]}`
		denied = `,"permissions":{"dataSources":[{"denyTables":["usage"]}]}`
	)
	basic := func(name string, plans plans, more string) fakeService {
		return fakeService{plans: plans, bad: "B", answer: reply{400, body(name)}, more: more}
	}
	bad := func(status int, name string) fakeService {
		return fakeService{plans: plans{"A": "Analytics", "Bad": "Analytics"}, bad: "Bad", answer: reply{status, body(name)}}
	}
	all := func(status int, said string, plans plans) fakeService {
		return fakeService{plans: plans, bad: "*", answer: reply{status, said}}
	}
	workspace := func(status int, said string) fakeService { return fakeService{workspace: reply{status, said}} }
	aAndB, unreadable := plans{"A": "Analytics", "B": "Basic"}, plans{"A": "403", "B": "403"}
	mixed := plans{"A": "Analytics", "B": "403", "C": "Auxiliary"}
	badUsage := bad(200, "partial")
	badUsage.bad = usageTable
	for name, test := range map[string]struct {
		service fakeService
		states  string // of the tables, or before their names the status that the read fails with
		reads   string // the requests of both reads, or of either
		why     string // the table of which there is more to say than the state, or the code of the refusal of all
	}{
		"the usual case": {fakeService{}, "A receiving, B receiving", "workspace; query A,B,Usage", ""},

		"a Basic table": {basic("basic", aAndB, ""), bIsBasic, twoPlans, ""},
		"only Basic tables": {basic("basic", plans{"B": "Basic"}, ""), "B silent",
			"workspace; query B,Usage; table B; query Usage | workspace; query Usage", ""},
		"Basic, and no plan may be read": {basic("basic", unreadable, ""), bIsBasic,
			"workspace; query A,B,Usage; table A; table B; query Usage; query A; query B | workspace; query A,Usage", ""},
		"Basic, in the portal's words": {basic("basic_in_portal", unreadable, ""), bIsBasic,
			"workspace; query A,B,Usage; table A; table B; query Usage; query A; query B | workspace; query A,Usage", ""},
		"Basic, and Usage is missing": {basic("basic", aAndB, missing), "A receiving, B not_queried", twoPlans, ""},
		"Basic, and Usage is denied":  {basic("basic", aAndB, denied), "A receiving, B not_queried", twoPlans, ""},
		"Basic, and a plan can't be read": {basic("basic", plans{"A": "401", "B": "Basic"}, ""), "401 A B",
			"workspace; query A,B,Usage; table A", ""},

		"no data at all": {all(204, "", mixed), allSilent, "workspace; " + toAll + "table A; table B; table C; table D" +
			" | workspace; " + toOthers + "table B; table D", ""},
		"no data at all, in another way": {all(200, "", mixed), allSilent, "workspace; " + toAll + toAll + toAll +
			"table A; table B; table C; table D | workspace; " + toOthers + toOthers + toOthers + "table B; table D", ""},
		"no data, and a plan can't be read": {all(204, "", plans{"A": "401"}), "401 A",
			"workspace; query A,Usage; table A", ""},

		"a table may not be read":          {bad(403, "may_not_query"), "A receiving, Bad denied", together + each, "Bad"},
		"a query fails in part":            {bad(200, "partial"), badIsBad, withPlans, "Bad"},
		"in part, for an unknown severity": {bad(200, "partial_severity_unknown"), badIsBad, withPlans, "Bad"},
		"in part, without details":         {bad(200, "partial_without_details"), badIsBad, withPlans, "Bad"},
		"in part, for a denied table":      {bad(200, "partial_denied"), "A receiving, Bad denied", withPlans, ""},
		"a name is not known":              {bad(400, "unresolved"), "A receiving, Bad missing", withPlans, ""},
		"Usage fails":                      {badUsage, "A receiving, Bad receiving", withPlans, ""},
		"Usage fails, and there is one table": {badUsage, "A receiving", "workspace; query A,Usage; table A; " +
			"query Usage; query A | workspace; query A,Usage; query Usage; query A", ""},

		"the workspace may not be read": {workspace(403, body("may_not_read")), allDenied, "workspace",
			"AuthorizationFailed"},
		"it may not be queried": {all(403, body("may_not_query"), nil), allDenied, allEach, CodeInsufficientAccess},
		"it may not be queried from here": {all(403, body("private_only"), nil), allDenied, "workspace; query A,B,Usage",
			CodeInsufficientAccess},

		// A proxy's refusal, or that of a token for another service, says nothing of the identity.
		"a proxy refuses": {workspace(403, `<html>no</html>`), "403 A B", "workspace", ""},
		"the token is for another service": {workspace(403, `{"error":{"code":"InvalidAuthenticationTokenAudience"}}`),
			"403 A B", "workspace", ""},
		"the token is not accepted": {all(401, `{"error":{"code":"x"}}`, nil), "401 A B", "workspace; query A,B,Usage", ""},
		"queries don't know the workspace": {all(404, `{"error":{"code":"PathNotFoundError"}}`, nil), "404 A B",
			"workspace; query A,B,Usage", ""},
		"every query is too slow":  {all(504, body("timeout"), nil), "504 A B", allEach, ""},
		"the only one is too slow": {bad(504, "timeout"), "504 Bad", "workspace; query Bad,Usage; query Usage", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, tables := test.service.open(), regexp.MustCompile(`[A-Z]\w*`).FindAllString(test.states, -1)
				status, _ := strconv.Atoi(test.states[:3])
				first, again, differ := strings.Cut(test.reads, " | ")
				if !differ {
					again = first
				}
				for _, requests := range []string{first, again} {
					arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week(tables...))
					f.wantRequests(t, strings.Split(requests, "; ")...)
					if status != 0 {
						if !azure.IsStatus(err, status) || !errors.As(err, new(*WorkspaceError)) {
							t.Errorf("arrivals = %+v, error %v", arrivals, err)
						}
						continue
					}
					if got := statesOf(arrivals); err != nil || got != test.states {
						t.Errorf("states %s, error %v, want %s", got, err, test.states)
					}
					for table, arrival := range arrivals.Tables {
						failed, ok := errors.AsType[*WorkspaceError](arrival.Failure)
						if ok != (table == test.why) || ok && failed.WorkspaceID != workspaceID {
							t.Errorf("%s has the failure %v", table, arrival.Failure)
						}
						if plan := f.plans[table]; plan != "" && plan != "403" && strings.Contains(first, "table "+table) &&
							arrival.Plan != plan {
							t.Errorf("%s has the plan %q, want %q", table, arrival.Plan, plan)
						}
					}
					isRefused := test.why != "" && !slices.Contains(tables, test.why)
					refusal, _ := errors.AsType[*azure.ServiceError](arrivals.Refusal)
					if errors.As(arrivals.Refusal, new(*WorkspaceError)) != isRefused || isRefused && refusal.Code != test.why {
						t.Errorf("Refusal = %v", arrivals.Refusal)
					}
					if (arrivals.IngestionStatus == "") != (f.workspace.status != 0) {
						t.Errorf("IngestionStatus = %q", arrivals.IngestionStatus)
					}
				}
			})
		})
	}
}

// A workspace where each table is in another state, by one query: a count above 2^53, a record from the future, a delay
// that is no number, a table that only has a plan.
func TestStatesOfOneAnswer(t *testing.T) {
	f := (&fakeService{
		plans: map[string]string{"Lost": "Analytics", "Cheap": "Basic", "Cheaper": "Auxiliary", "Cheapest": "Basic"},
		bad:   "*", answer: reply{http.StatusOK, body("every_state")},
	}).open()
	tables := strings.Fields("Busy Ahead Old Older Never Hidden Veiled Gone Lost Cheap Cheaper Cheapest Unlisted")
	arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week(tables...))
	if err != nil {
		t.Fatal(err)
	}
	var read strings.Builder
	for _, table := range slices.Sorted(maps.Keys(arrivals.Tables)) {
		fmt.Fprintf(&read, "%s:\n", table)
		arrival := reflect.ValueOf(arrivals.Tables[table])
		for field := range arrival.Type().Fields() {
			if value := arrival.FieldByIndex(field.Index); !value.IsZero() {
				fmt.Fprintf(&read, "  %s: %v\n", field.Name, reflect.Indirect(value))
			}
		}
	}
	golden.Compare(t, "every_state.txt", read.String())
}

// A query that takes too long is answered table by table, the smallest table first, and no query is repeated. When the
// time is up, what was read stands.
func TestTooSlowTogether(t *testing.T) {
	const hour = `,null,null,null,null,"2026-11-23T11:00:00Z",`
	usage := `["Huger"` + hour + `8e6],["Huge"` + hour + `7e6],["Small"` + hour + `7]`
	for timeout, failure := range map[time.Duration]error{0: nil, 90 * time.Second: context.DeadlineExceeded} {
		synctest.Test(t, func(t *testing.T) {
			f := (&fakeService{bad: "Huge Huger", answer: reply{504, body("timeout")}, usage: usage}).open()
			ctx, cancel := context.WithTimeout(t.Context(), cmp.Or(timeout, time.Hour))
			defer cancel()
			arrivals, err := f.client.Arrivals(ctx, workspaceID, week("Huge", "Huger", "Small", "Unused"))
			if states := statesOf(arrivals); err != nil ||
				states != "Huge not_queried, Huger not_queried, Small receiving, Unused receiving" {
				t.Fatalf("after %s: %s, error %v", timeout, states, err)
			}
			want := []string{"workspace", "query Huge,Huger,Small,Unused,Usage", "query Usage", "query Unused", "query Small",
				"query Huge", "query Huger"}
			f.wantRequests(t, want...)
			for _, table := range []string{"Huge", "Huger"} {
				huge := arrivals.Tables[table]
				if huge.LastRecord == nil || *huge.DailyMegabytes < 1e6 || failure != nil && !errors.Is(huge.Failure, failure) ||
					azure.IsStatus(huge.Failure, 504) != (failure == nil) {
					t.Errorf("%s is %+v", table, huge)
				}
			}
		})
	}
}

func TestNothingIsSentForWhatCannotBe(t *testing.T) {
	f := (&fakeService{}).open()
	refused := func(id string, lookback time.Duration, tables ...string) {
		t.Helper()
		_, err := f.client.Arrivals(t.Context(), id, within(lookback, tables...))
		if err == nil || errors.As(err, new(*WorkspaceError)) {
			t.Errorf("%q, %q within %s: err = %v", id, tables, lookback, err)
		}
		if query, err := SilenceQuery(tables, lookback); err == nil && id == workspaceID {
			t.Errorf("%q within %s: %s", tables, lookback, query)
		}
	}
	for _, name := range badTableNames {
		refused(workspaceID, 7*day, "AuditLogs", name)
	}
	for _, lookback := range []time.Duration{0, -day, 1500 * time.Millisecond, time.Nanosecond, Horizon + time.Second} {
		refused(workspaceID, lookback, "AuditLogs")
	}
	for _, id := range []string{"", customerID, workspaceID + "/tables/x",
		strings.Replace(workspaceID, "workspaces", "clusters", 1)} {
		refused(id, 7*day, "AuditLogs")
	}
	refused(workspaceID, 7*day)
	f.wantRequests(t)
}

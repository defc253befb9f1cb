package loganalytics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
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

// What comes of each way in which the service may answer, and in which requests, testdata/reads.txt says. A second read
// by the same client knows the plans from the first; the file has it where that makes a difference.
func TestReads(t *testing.T) {
	type plans = map[string]string
	const (
		missing = `,"error":{"code":"PartialError","details":[{"innererror":{"severity":3,"message":"` +
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
	slow := func(timeout time.Duration) fakeService {
		const hour = `,null,null,null,null,"2026-11-23T11:00:00Z",`
		return fakeService{bad: "Huge Huger", answer: reply{504, body("timeout")}, timeout: timeout,
			usage: `["Huger"` + hour + `8e6],["Huge"` + hour + `7e6],["Small"` + hour + `7]`}
	}
	aAndB, unreadable := plans{"A": "Analytics", "B": "Basic"}, plans{"A": "403", "B": "403"}
	mixed := plans{"A": "Analytics", "B": "403", "C": "Auxiliary"}
	badUsage := bad(200, "partial")
	badUsage.bad = usageTable
	var told strings.Builder
	for _, test := range []struct {
		name    string
		service fakeService
		tables  string
	}{
		{"the usual case", fakeService{}, "A B"},
		// With a count above 2^53, a record from the future, and a delay that is no number.
		{"every state", all(200, body("every_state"), plans{"Lost": "Analytics", "Cheap": "Basic", "Cheaper": "Auxiliary",
			"Cheapest": "Basic"}), "Busy Ahead Old Older Never Hidden Veiled Gone Lost Cheap Cheaper Cheapest Unlisted"},

		{"a Basic table", basic("basic", aAndB, ""), "A B"},
		{"only Basic tables", basic("basic", plans{"B": "Basic"}, ""), "B"},
		{"Basic, and no plan may be read", basic("basic", unreadable, ""), "A B"},
		{"Basic, in the portal's words", basic("basic_in_portal", unreadable, ""), "A B"},
		{"Basic, and Usage is missing", basic("basic", aAndB, missing), "A B"},
		{"Basic, and Usage is denied", basic("basic", aAndB, denied), "A B"},
		{"Basic, and a plan can't be read", basic("basic", plans{"A": "401", "B": "Basic"}, ""), "A B"},

		{"no data at all", all(204, "", mixed), "A B C D"},
		{"no data at all, in another way", all(200, "", mixed), "A B C D"},
		{"no data, and a plan can't be read", all(204, "", plans{"A": "401"}), "A"},

		{"a table may not be read", bad(403, "may_not_query"), "A Bad"},
		{"a query fails in part", bad(200, "partial"), "A Bad"},
		{"in part, for an unknown severity", bad(200, "partial_severity_unknown"), "A Bad"},
		{"in part, without details", bad(200, "partial_without_details"), "A Bad"},
		{"in part, for a denied table", bad(200, "partial_denied"), "A Bad"},
		{"a name is not known", bad(400, "unresolved"), "A Bad"},
		{"Usage fails", badUsage, "A Bad"},
		{"Usage fails, and there is one table", badUsage, "A"},

		{"the workspace may not be read", workspace(403, body("may_not_read")), "A B"},
		{"it may not be queried", all(403, body("may_not_query"), nil), "A B"},
		{"it may not be queried from here", all(403, body("private_only"), nil), "A B"},

		// A proxy's refusal, or that of a token for another service, says nothing of the identity.
		{"a proxy refuses", workspace(403, `<html>no</html>`), "A B"},
		{"the token is for another service", workspace(403, `{"error":{"code":"InvalidAuthenticationTokenAudience"}}`),
			"A B"},
		{"the token is not accepted", all(401, `{"error":{"code":"x"}}`, nil), "A B"},
		{"queries don't know the workspace", all(404, `{"error":{"code":"PathNotFoundError"}}`, nil), "A B"},
		{"every query is too slow", all(504, body("timeout"), nil), "A B"},
		{"the only one is too slow", bad(504, "timeout"), "Bad"},
		// No query is repeated, and the smallest table comes first. When the time is up, what was read stands.
		{"two are too slow", slow(time.Hour), "Huge Huger Small Unused"},
		{"two are too slow, and the time is up", slow(90 * time.Second), "Huge Huger Small Unused"},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := test.service.open()
			read := func() string {
				f.requests = nil
				ctx, cancel := context.WithTimeout(t.Context(), cmp.Or(f.timeout, time.Hour))
				defer cancel()
				arrivals, err := f.client.Arrivals(ctx, workspaceID, week(strings.Fields(test.tables)...))
				return strings.Join(f.requests, "\n") + "\n" + tell(arrivals, err)
			}
			first := read()
			fmt.Fprintf(&told, "--- %s\n%s\n", test.name, first)
			if again := read(); again != first {
				fmt.Fprintf(&told, "--- %s, again\n%s\n", test.name, again)
			}
		})
	}
	golden.Compare(t, "reads.txt", strings.ReplaceAll(told.String(), workspaceID, "<id>"))
}

// tell writes what was read: each table in a line, without what is not known of it.
func tell(arrivals Arrivals, err error) string {
	if err != nil {
		return "error: " + kinds(err) + "\n"
	}
	text := ""
	if arrivals.IngestionStatus != "" {
		text = "ingestion status: " + arrivals.IngestionStatus + "\n"
	}
	if arrivals.Refusal != nil {
		text += "refusal: " + kinds(arrivals.Refusal) + "\n"
	}
	for _, table := range slices.Sorted(maps.Keys(arrivals.Tables)) {
		text += table + ":"
		arrival := reflect.ValueOf(arrivals.Tables[table])
		for field := range arrival.Type().Fields() {
			value := arrival.FieldByIndex(field.Index)
			if failure, ok := value.Interface().(error); ok {
				text += " " + field.Name + " " + kinds(failure)
			} else if !value.IsZero() {
				text += fmt.Sprintf(" %s %v,", field.Name, reflect.Indirect(value))
			}
		}
		text = strings.TrimSuffix(text, ",") + "\n"
	}
	return text
}

// kinds is an error with the types by which package remedy tells it apart.
func kinds(err error) string {
	text := err.Error()
	if _, ok := errors.AsType[*WorkspaceError](err); ok {
		text += " [WorkspaceError]"
	}
	if failed, ok := errors.AsType[*QueryError](err); ok {
		text += fmt.Sprintf(" [QueryError %s]", failed.Codes)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		text += " [DeadlineExceeded]"
	}
	if refusal, ok := errors.AsType[*azure.ServiceError](err); ok {
		text += fmt.Sprintf(" [ServiceError %d %s]", refusal.Status, refusal.Code)
	}
	return text
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

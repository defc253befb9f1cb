package azuresim

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// queried are the rows of an answer, as fmt prints them.
func (w *world) queried(query, timespan string) string {
	w.t.Helper()
	body := fmt.Sprintf(`{"query":%q,"timespan":%q}`, query, timespan)
	status, answer := w.post(queries, body, http.Header{"Content-Type": {"application/json"}})
	if status != http.StatusOK {
		w.t.Fatalf("%s: %d %v", query, status, answer)
	}
	return fmt.Sprint(answer["tables"].([]any)[0].(map[string]any)["rows"])
}

func TestTimespansOfQueries(t *testing.T) {
	w := newQueryWorld(t, Workspace{Tables: map[string]Table{
		"Busy":  {Records: []Record{Aged(3, 2*time.Hour, 0), Aged(2, 8*day, 0), Aged(1, 40*day, 0)}},
		"Ahead": {Records: []Record{Aged(1, -time.Hour, 0)}},
	}})
	for _, test := range []struct{ table, timespan, want string }{
		{"Busy", "", "[[6]]"},
		{"Busy", "P1D", "[[3]]"},
		{"Busy", "P37D", "[[5]]"},
		{"Ahead", "P1D", "[[1]]"},
	} {
		if got := w.queried(test.table+" | summarize N = count()", test.timespan); got != test.want {
			t.Errorf("%s within %q: %s, want %s", test.table, test.timespan, got, test.want)
		}
	}
}

func TestUsage(t *testing.T) {
	w := newQueryWorld(t, Workspace{Tables: map[string]Table{
		"SigninLogs": {Records: []Record{
			Aged(1000, 50*day, 50*day), Aged(500, 3*time.Hour, 150*time.Minute), Aged(9, time.Minute, 0),
		}},
		"Basic":  {Plan: "Basic", Records: []Record{Aged(1000, 2*day, 2*day)}},
		"Silent": {},
	}})
	const query = "Usage | where IsBillable | summarize Last = max(EndTime), MB = sum(Quantity) by DataType"
	for timespan, megabytes := range map[string]int{"P90D": 3, "P7D": 1} {
		want := fmt.Sprintf("[[Basic 2026-11-21T13:00:00Z 2] [SigninLogs 2026-11-23T10:00:00Z %d]]", megabytes)
		if got := w.queried(query, timespan); got != want {
			t.Errorf("%s: %s, want %s", timespan, got, want)
		}
	}
	if err := w.tenant.PutTable(workspace, "Usage", Table{Denied: true}); err != nil {
		t.Fatal(err)
	}
	if got := w.queried(query, "P90D"); got != "[]" {
		t.Errorf("denied: %s", got)
	}
}

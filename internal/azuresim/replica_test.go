package azuresim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// shown are the categories of the setting x that the next n reads show, "-" where it is not there. LIST and GET are
// alike.
func (w *world) shown(n int, path string) string {
	w.t.Helper()
	var seen []string
	for range n {
		_, answer := w.call(http.MethodGet, path+stable, "")
		if value, isList := answer["value"].([]any); isList && len(value) > 0 {
			answer, _ = value[0].(map[string]any)
		}
		enabled, _ := logsOf(answer)
		seen = append(seen, strings.Join(append(enabled, "-"), "+"))
	}
	return strings.ReplaceAll(strings.Join(seen, " "), "+-", "")
}

func TestReplicasLagByTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.tenant.Behave(Behaviour{Replicas: Delays{0, 3 * time.Second, 9 * time.Second}})
		put := func(category string) func() {
			return func() { w.call(http.MethodPut, settings+"/x"+stable, body(workspace, category)) }
		}
		remove := func() { w.call(http.MethodDelete, settings+"/x"+stable, "") }
		for i, step := range []struct {
			change func()
			wait   time.Duration
			want   string
		}{
			{put("AuditLogs"), 0, "AuditLogs - -"},
			{nil, 3*time.Second - 1, "AuditLogs - -"},
			{nil, 1, "AuditLogs AuditLogs -"},
			{nil, 6 * time.Second, "AuditLogs AuditLogs AuditLogs"},
			{put("RiskyUsers"), 4 * time.Second, "RiskyUsers RiskyUsers AuditLogs"},
			{remove, 3 * time.Second, "- - AuditLogs"}, // the slowest replica is two changes behind
			{nil, 3 * time.Second, "- - RiskyUsers"},
			{put("SignInLogs"), 0, "SignInLogs - RiskyUsers"},
			{nil, 9 * time.Second, "SignInLogs SignInLogs SignInLogs"},
			{func() { w.tenant.DeleteSetting("x") }, 0, "- - -"},
			{put("AuditLogs"), 0, "AuditLogs - -"},
			{w.tenant.Settle, 0, "AuditLogs AuditLogs AuditLogs"},
		} {
			if step.change != nil {
				step.change()
			}
			time.Sleep(step.wait)
			for _, path := range []string{settings, settings + "/x"} {
				if got := w.shown(3, path); got != step.want {
					t.Errorf("step %d: %s shows %q, want %q", i, path, got, step.want)
				}
			}
		}
	})
}

func TestReplicasInJSON(t *testing.T) {
	var read Behaviour
	err := json.Unmarshal([]byte(`{"replicas":["0s","3s"]}`), &read)
	if err != nil || !slices.Equal(read.Replicas, Delays{0, 3 * time.Second}) {
		t.Errorf("%v, %v", read.Replicas, err)
	}
	for _, text := range []string{`["3"]`, `[3]`} {
		if err := json.Unmarshal(fmt.Appendf(nil, `{"replicas":%s}`, text), &read); err == nil {
			t.Errorf("%s was read as %v", text, read.Replicas)
		}
	}
}

func TestCategoriesThatTheServiceRefusesOrDrops(t *testing.T) {
	w := newWorld(t)
	w.tenant.Behave(Behaviour{
		DroppedCategories: []string{"RiskyUsers"}, WithoutCategories: []string{"NetworkAccessTrafficLogs"},
	})
	refused := body(workspace, "AuditLogs", "NetworkAccessTrafficLogs")
	status, answer := w.call(http.MethodPut, settings+"/x"+stable, refused)
	if status != http.StatusBadRequest || answer["message"] != "Category 'NetworkAccessTrafficLogs' is not supported." {
		t.Errorf("%d %v", status, answer)
	}
	status, answer = w.call(http.MethodPut, settings+"/x"+stable, body(workspace, "AuditLogs", "RiskyUsers"))
	if echoed, _ := logsOf(answer); status != http.StatusOK || !slices.Equal(echoed, []string{"AuditLogs", "RiskyUsers"}) {
		t.Errorf("%d %v", status, answer)
	}
	if got := w.shown(1, settings+"/x"); got != "AuditLogs" {
		t.Errorf("%s show", got)
	}
}

package azuresim

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestResourceManagersHeaders(t *testing.T) {
	w := newWorld(t)
	put(t, w.tenant, Workspace{ID: workspace})
	for path, remaining := range map[string]string{
		settings + stable: "tenant-reads", workspace + version2023: "subscription-reads",
	} {
		response, err := w.do(http.MethodGet, path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"x-ms-request-id", "x-ms-correlation-request-id", "x-ms-routing-request-id"} {
			if response.Header.Get(name) == "" {
				t.Errorf("%s: no %s in %v", path, name, response.Header)
			}
		}
		if got := response.Header.Get("x-ms-ratelimit-remaining-" + remaining); got != "249" {
			t.Errorf("%s: %s reads remain", path, got)
		}
	}
}

// 250 reads fill the bucket, and 25 a second flow out of it. Writes have a bucket of their own.
func TestThrottling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.statuses(300, settings) // not refused as long as it is off
		time.Sleep(time.Minute)
		w.sim.Throttle(true)
		if got := w.statuses(251, settings); slices.Contains(got[:250], 429) || got[250] != 429 {
			t.Errorf("%v", got)
		}
		if status, _ := w.call(http.MethodPut, settings+"/x"+stable, body(workspace, "AuditLogs")); status != http.StatusOK {
			t.Errorf("a write: %d", status)
		}
		response, err := w.do(http.MethodGet, settings+stable, "", nil)
		if err != nil || response.Header.Get("Retry-After") != "1" {
			t.Errorf("%v, %v", response, err)
		}
		time.Sleep(time.Second)
		if got := w.statuses(26, settings); slices.Contains(got[:25], 429) || got[25] != 429 {
			t.Errorf("a second later: %v", got)
		}
	})
}

func TestDestinationsAreChecked(t *testing.T) {
	w := newWorld(t)
	other := w.sim.Tenant("7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506")
	put(t, w.tenant, Workspace{ID: workspace})
	put(t, other, Workspace{ID: elsewhere})
	missing := strings.Replace(workspace, "Law", "Lost", 1)
	write := func(id string) (int, string) {
		status, answer := w.call(http.MethodPut, settings+"/x"+stable, body(id, "AuditLogs"))
		failed, _ := answer["error"].(map[string]any)
		message, _ := failed["message"].(string)
		return status, message
	}
	for _, id := range []string{workspace, missing, elsewhere} {
		if status, message := write(id); status != http.StatusOK {
			t.Errorf("%s, unchecked: %d %s", id, status, message)
		}
	}
	w.tenant.Behave(Behaviour{ChecksDestinations: true})
	for id, want := range map[string]string{
		strings.ToUpper(workspace): "",
		missing: "does not have permission to perform action " +
			"'Microsoft.OperationalInsights/workspaces/sharedKeys/action' on the linked scope(s) '" + missing + "'",
		elsewhere: "the current tenant '" + tenantID + "' is not authorized to access linked " +
			"subscription '99999999-7a86-4f0e-8a3c-1f6d5f2f6a10'",
	} {
		if status, message := write(id); (status == http.StatusForbidden) != (want != "") ||
			!strings.Contains(message, want) {
			t.Errorf("%s: %d %s", id, status, message)
		}
	}
	put(t, other, Workspace{
		ID: elsewhere, CustomerID: customerID, DelegatedTo: []string{tenantID}, Tables: map[string]Table{"A": {}},
	})
	if status, message := write(elsewhere); status != http.StatusOK {
		t.Errorf("a delegated one: %d %s", status, message)
	}
	if status, answer := w.call(http.MethodGet, elsewhere+version2023, ""); status != http.StatusOK {
		t.Errorf("reading it: %d %v", status, answer)
	}
	w.useQueryToken(tenantID)
	if status, answer := w.ask("A"); status != http.StatusOK {
		t.Errorf("querying it: %d %v", status, answer)
	}
}

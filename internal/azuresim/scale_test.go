package azuresim

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
)

// TestManyTenants serves many tenants at a time, each its own setting, while one of them is throttled.
func TestManyTenants(t *testing.T) {
	const tenants, callers = 1000, 10
	w := newWorld(t)
	w.sim.SetJournal(false)
	id := func(i int) string { return fmt.Sprintf("%08d-0000-4000-8000-000000000000", i) }
	for i := range tenants {
		tenant := w.sim.Tenant(id(i))
		tenant.AddPrincipal(Principal{ClientID: "app", ObjectID: "object", Secret: "secret", Role: Reader})
		if err := tenant.PutSetting(fmt.Sprint("setting-", i), auditLogs()); err != nil {
			t.Fatal(err)
		}
	}
	const throttled = 7
	w.sim.AddFault(
		Fault{Path: settings, Tenant: id(throttled), Times: tenants, Status: http.StatusTooManyRequests, RetryAfter: 600},
	)
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			for i := caller; i < tenants; i += callers {
				_, answer := w.signIn(id(i), "app", "secret")
				token, _ := answer["access_token"].(string)
				want := http.StatusOK
				if i == throttled {
					want = http.StatusTooManyRequests
				}
				path := fmt.Sprint(settings, "/setting-", i, stable)
				if status, _ := w.askFor(http.MethodGet, path, token, nil); status != want {
					t.Errorf("tenant %d: %d, want %d", i, status, want)
				}
			}
		})
	}
	group.Wait()
}

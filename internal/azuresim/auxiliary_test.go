package azuresim

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func (w *world) callWith(auxiliary string) (int, map[string]any) {
	w.t.Helper()
	return w.askFor(http.MethodGet, settings+stable, w.token, http.Header{"X-Ms-Authorization-Auxiliary": {auxiliary}})
}

func (w *world) tokenFor(audience, tenant string, life time.Duration) string {
	w.t.Helper()
	other := w.sim.Tenant(tenant)
	other.AddPrincipal(Principal{ClientID: "app", ObjectID: "object", Secret: "secret"})
	other.ChangeTokens(TokenBehaviour{Life: life})
	_, answer := w.signInFor(audience, tenant, "app", "secret")
	return answer["access_token"].(string)
}

func TestAuxiliaryTenants(t *testing.T) {
	w := newWorld(t)
	second := "Bearer " + w.tokenFor(Audience, "second", time.Hour)
	third := "Bearer " + w.tokenFor(Audience, "third", time.Hour)
	for name, test := range map[string]struct {
		header  string
		status  int
		words   string
		tenants []string
	}{
		"two good ones": {second + ", " + third, 200, "", []string{"second", "third"}},
		"an expired one": {
			second + ", Bearer " + w.tokenFor(Audience, "late", -time.Minute), 401, "client 'app' and tenant 'late' has expired",
			[]string{"second"},
		},
		"a forged one": {second[:strings.LastIndexByte(second, '.')+1] + "AAAA", 401, "tenant 'second' is invalid", nil},
		"another service": {
			"Bearer " + w.tokenFor(LogAnalyticsAudience, "third", time.Hour), 401, "tenant 'third' is invalid", nil,
		},
		"no token": {second + ", Bearer x", 401, "auxiliary token 2 is not a bearer token", []string{"second"}},
		"four":     {strings.Join([]string{second, third, second, third}, ","), 401, "holds 4 tokens and may hold 3", nil},
	} {
		status, answer := w.callWith(test.header)
		if status != test.status || !strings.Contains(flat(answer), test.words) {
			t.Errorf("%s: %d %v", name, status, answer)
		}
		log := w.sim.Requests()
		if last := log[len(log)-1]; !slices.Equal(last.AuxiliaryTenants, test.tenants) || last.TokenTenant != tenantID {
			t.Errorf("%s: the request log has %+v", name, last)
		}
	}
}

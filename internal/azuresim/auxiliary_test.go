package azuresim

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func (w *world) callWith(auxiliary string) (int, map[string]any) {
	w.t.Helper()
	return w.askFor(http.MethodGet, w.sim.URL+settings+stable, w.token, http.Header{"X-Ms-Authorization-Auxiliary": {auxiliary}})
}

func (w *world) tokenOf(tenant string, life time.Duration) string {
	w.t.Helper()
	token := w.sim.newToken(tenant, Audience, "app", "object")
	token.ExpiresAt = jwt.NewNumericDate(time.Now().Add(life))
	signed, err := w.sim.sign(token)
	if err != nil {
		w.t.Fatal(err)
	}
	return signed
}

func TestAuxiliaryTenants(t *testing.T) {
	w := newWorld(t)
	second, third := "Bearer "+w.tokenOf("second", time.Hour), "Bearer "+w.tokenOf("third", time.Hour)
	queries := w.sim.newToken("third", LogAnalyticsAudience, "app", "object")
	signed, err := w.sim.sign(queries)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		header  string
		status  int
		words   string
		tenants []string
	}{
		"two good ones":   {second + ", " + third, 200, "", []string{"second", "third"}},
		"an expired one":  {second + ", Bearer " + w.tokenOf("late", -time.Minute), 401, "client 'app' and tenant 'late' has expired", []string{"second"}},
		"a forged one":    {second[:strings.LastIndexByte(second, '.')+1] + "AAAA", 401, "tenant 'second' is invalid", nil},
		"another service": {"Bearer " + signed, 401, "tenant 'third' is invalid", nil},
		"no token":        {second + ", Bearer x", 401, "auxiliary token 2 is not a bearer token", []string{"second"}},
		"four":            {strings.Join([]string{second, third, second, third}, ","), 401, "holds 4 tokens and may hold 3", nil},
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

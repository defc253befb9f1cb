package azuresim

import (
	"net/http"
	"strings"
	"testing"
)

// The index lists every operation, and its examples are accepted.
func TestTheIndexOfTheControlEndpoint(t *testing.T) {
	c := newClient(t)
	if err := c.sim.Tenant(tenantID).PutWorkspace(Workspace{ID: workspace}); err != nil {
		t.Fatal(err)
	}
	c.ask(http.MethodGet, controlPrefix, "")
	index := c.send()
	if !strings.Contains(index, "Tenants: "+tenantID) {
		t.Errorf("the tenants are not named:\n%s", index)
	}
	known := strings.NewReplacer("{tenant}", tenantID, "{name}", "x", "/subscriptions/...", workspace)
	for _, one := range operations {
		method, path, _ := strings.Cut(one.pattern, " ")
		if !strings.Contains(index, path) || !strings.Contains(index, one.example) {
			t.Errorf("the index lacks %s", one.pattern)
		}
		c.ask(method, known.Replace(controlPrefix+path), known.Replace(one.example))
		answer := c.send()
		if !strings.HasPrefix(answer, "HTTP 20") && (one.example != "" || !strings.HasPrefix(answer, "HTTP 404")) {
			t.Errorf("the example of %s: %s", one.pattern, answer)
		}
	}
}

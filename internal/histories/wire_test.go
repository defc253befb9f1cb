package histories_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/golang-jwt/jwt/v5"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// wire is the way from an operator's provider to Azure. It knows what each write overwrites, and something may happen
// at a request.
type wire struct {
	sim *azuresim.Simulator
	cut atomic.Bool // that the process was killed

	mu     sync.Mutex
	writes []write
	seen   []string // the tenants whose tokens requests carried
	// happen is what happens at the first request of which when is true, before or after its effect.
	happen func(tenant, name string)
	when   func(*http.Request) bool
	after  bool
}

// write is a request that changes a setting.
type write struct {
	key
	method string
	// before is what it replaces or deletes, and sent is what it brings.
	before, sent content
}

var errKilled = errors.New("the process was killed")

func (w *wire) at(when func(*http.Request) bool, after bool, happen func(tenant, name string)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.when, w.after, w.happen = when, after, happen
}

// taken returns the writes since the last call, and whose tokens were sent. Nothing happens at the next requests.
func (w *wire) taken() (writes []write, tenants []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	writes, tenants = w.writes, w.seen
	w.writes, w.seen, w.when = nil, nil, nil
	w.cut.Store(false)
	return writes, tenants
}

// Do sends a request.
func (w *wire) Do(r *http.Request) (*http.Response, error) {
	before, after := w.record(r, tenantOf(r), path.Base(r.URL.Path))
	before()
	if w.cut.Load() {
		return nil, errKilled
	}
	response, err := w.sim.Do(r)
	after()
	if w.cut.Load() {
		return nil, errKilled
	}
	return response, err
}

// record returns what happens before and after a request.
func (w *wire) record(r *http.Request, tenant, name string) (before, after func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, tenant)
	if r.Method == http.MethodPut || r.Method == http.MethodDelete {
		made := write{key: keyOf(tenant, name), method: r.Method}
		made.before, _ = contentOf(documentOf(w.sim.Tenant(tenant), name))
		if r.Method == http.MethodPut {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			made.sent, _ = contentOf(string(body))
		}
		w.writes = append(w.writes, made)
	}
	nothing := func() {}
	if w.when == nil || !w.when(r) {
		return nothing, nothing
	}
	happen := w.happen
	w.when = nil
	if w.after {
		return nothing, func() { happen(tenant, name) }
	}
	return func() { happen(tenant, name) }, nothing
}

// tenantOf is the one whose token a request carries, "" for none.
func tenantOf(r *http.Request) string {
	claims := jwt.MapClaims{}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	_, _, _ = jwt.NewParser().ParseUnverified(token, claims)
	tenant, _ := claims["tid"].(string)
	return tenant
}

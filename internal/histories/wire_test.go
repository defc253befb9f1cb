package histories_test

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/golang-jwt/jwt/v5"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// wire is the way from an operator's provider to Azure. It knows what each write overwrites, and something may happen
// at a request.
type wire struct {
	sim *azuresim.Simulator

	mu     sync.Mutex
	writes []write
	seen   []string // the tenants whose tokens requests carried
	hook   hook
}

// hook happens once, before or after the effect of the first request for which when is true.
type hook struct {
	when   func(*http.Request) bool
	after  bool
	happen func(tenant, name string)
}

// write is a request that changes a setting.
type write struct {
	key
	method string
	// before is what it replaces or deletes, and sent is what it brings.
	before, sent content
}

func (w *wire) at(hook hook) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hook = hook
}

// taken returns the writes since the last call, and whose tokens were sent. Nothing happens at the next requests.
func (w *wire) taken() (writes []write, tenants []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	writes, tenants = w.writes, w.seen
	w.writes, w.seen, w.hook = nil, nil, hook{}
	return writes, tenants
}

// Do sends a request, unless the process was killed.
func (w *wire) Do(r *http.Request) (*http.Response, error) {
	tenant, name := tenantOf(r), path.Base(r.URL.Path)
	now := w.record(r, tenant, name)
	if now.happen != nil && !now.after {
		now.happen(tenant, name)
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	response, err := w.sim.Do(r)
	if now.happen != nil && now.after {
		now.happen(tenant, name)
	}
	return response, cmp.Or(r.Context().Err(), err)
}

// record keeps what a request does, and returns what happens at it.
func (w *wire) record(r *http.Request, tenant, name string) hook {
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
	if w.hook.when == nil || !w.hook.when(r) {
		return hook{}
	}
	now := w.hook
	w.hook = hook{}
	return now
}

// tenantOf is the one whose token a request carries, "" for none.
func tenantOf(r *http.Request) string {
	claims := jwt.MapClaims{}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	_, _, _ = jwt.NewParser().ParseUnverified(token, claims)
	tenant, _ := claims["tid"].(string)
	return tenant
}

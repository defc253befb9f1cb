package histories_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"pgregory.net/rapid"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/provider"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/serve"
)

// operator has a configuration and a state.
type operator struct {
	name      string
	w         *acctest.World
	terraform *protocol.Terraform
	run       *run
	wire      *wire

	config  map[string]connector // by label
	moves   map[string]string    // the old labels or addresses, by the new labels, until they are applied
	imports map[string]string    // ids by label
}

// run is the test as the stand-in for Terraform sees it. Its context ends when the run is killed.
type run struct {
	*rapid.T
	ctx context.Context
}

func (r *run) Context() context.Context { return r.ctx }

func newOperator(t *rapid.T, w *acctest.World, name string) *operator {
	o := &operator{
		name: name, w: w, run: &run{t, t.Context()}, wire: &wire{w: w},
		config: map[string]connector{}, moves: map[string]string{}, imports: map[string]string{},
	}
	o.terraform = protocol.New(o.run, func() protocol.Server {
		return serve.NewServer(provider.WithTransport("test", o.wire)())
	})
	return o
}

// connector is a resource as it is configured. What is "" is left out.
type connector struct {
	workspace, name, tenant, storage string
	categories                       []string // nil if they are left out
}

func (c connector) block(label string) string {
	lines := []string{fmt.Sprintf("log_analytics_workspace_id = %q", c.workspace)}
	optional := map[string]string{"name": c.name, "tenant_id": c.tenant, "storage_account_id": c.storage}
	for attribute, value := range optional {
		if value != "" {
			lines = append(lines, fmt.Sprintf("%s = %q", attribute, value))
		}
	}
	if c.categories != nil {
		var quoted []string
		for _, category := range c.categories {
			quoted = append(quoted, fmt.Sprintf("%q", category))
		}
		lines = append(lines, "log_categories = ["+strings.Join(quoted, ", ")+"]")
	}
	return fmt.Sprintf("resource \"sentinel_aad_connector\" %q {\n  %s\n}\n", label, strings.Join(lines, "\n  "))
}

const resourceType = "sentinel_aad_connector."

// text is the whole configuration.
func (o *operator) text() string {
	return o.w.Provider(fmt.Sprintf("allowed_tenant_ids = [%q]", acctest.OtherTenantID)) + o.blocks()
}

func (o *operator) blocks() string {
	var text strings.Builder
	for _, label := range slices.Sorted(maps.Keys(o.config)) {
		text.WriteString(o.config[label].block(label))
	}
	for to, from := range o.moves {
		if !strings.Contains(from, ".") {
			from = resourceType + from
		}
		fmt.Fprintf(&text, "moved {\n  from = %s\n  to = %s%s\n}\n", from, resourceType, to)
	}
	for label, id := range o.imports {
		fmt.Fprintf(&text, "import {\n  to = %s%s\n  id = %q\n}\n", resourceType, label, id)
	}
	return text.String()
}

// tenants are those of the operator's provider, configuration and state.
func (o *operator) tenants() []string {
	all := []string{acctest.TenantID}
	for _, c := range o.config {
		all = append(all, c.tenant)
	}
	for _, instance := range o.terraform.State {
		all = append(all, keyFrom(instance.Attributes()).tenant)
	}
	return all
}

// write is a request that changes a setting.
type write struct {
	method, tenant, name string
	// before is what it replaces or deletes, nil for nothing; sent is what it brings.
	before, sent *content
}

// wire is the way from an operator's provider to Azure. It knows what each write overwrites, and something may happen
// at a request.
type wire struct {
	w *acctest.World

	mu     sync.Mutex
	writes []write
	seen   map[string]bool // the tenants whose tokens requests carried
	until  int             // how many requests are left before something happens
	happen func()
	late   bool // it happens after the request has had its effect
	dead   bool
	// edit is what somebody does to a setting right after a PUT of it, whether that was answered or not.
	edit func(tenant, name string)
}

var errKilled = errors.New("the process was killed")

// at lets something happen at the n-th request from now.
func (w *wire) at(n int, late bool, happen func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until, w.late, w.happen, w.dead = n, late, happen, false
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead = true
}

func (w *wire) isCut() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dead
}

// next counts a request and returns what happens at it.
func (w *wire) next(r *http.Request) (before, after func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead || w.happen == nil || !strings.Contains(r.URL.Path, "/diagnosticSettings") {
		return nil, nil
	}
	w.until--
	if w.until != 0 {
		return nil, nil
	}
	if w.late {
		return nil, w.happen
	}
	return w.happen, nil
}

// Do sends a request.
func (w *wire) Do(r *http.Request) (*http.Response, error) {
	before, after := w.next(r)
	if before != nil {
		before()
	}
	if w.isCut() {
		return nil, errKilled
	}
	if tenant := tenantOf(r); tenant != "" {
		w.see(tenant)
	}
	if r.Method == http.MethodPut || r.Method == http.MethodDelete {
		w.record(r)
	}
	response, err := w.w.Sim.Do(r)
	if after != nil {
		after()
	}
	if edit := w.takeEdit(r); edit != nil {
		edit(tenantOf(r), nameOf(r))
	}
	if w.isCut() {
		return nil, errKilled
	}
	return response, err
}

func nameOf(r *http.Request) string { return r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:] }

func (w *wire) takeEdit(r *http.Request) func(tenant, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.Method != http.MethodPut {
		return nil
	}
	edit := w.edit
	w.edit = nil
	return edit
}

func (w *wire) see(tenant string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen == nil {
		w.seen = map[string]bool{}
	}
	w.seen[tenant] = true
}

func (w *wire) record(r *http.Request) {
	made := write{method: r.Method, tenant: tenantOf(r), name: nameOf(r)}
	if setting, exists := w.w.Sim.Tenant(made.tenant).Setting(made.name); exists {
		made.before = contentOf(setting)
	}
	if r.Method == http.MethodPut {
		body, err := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		var document map[string]any
		if err != nil || json.Unmarshal(body, &document) != nil {
			panic("a PUT without a document")
		}
		made.sent = contentOf(document)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes = append(w.writes, made)
}

// tenantOf is the one whose token a request carries.
func tenantOf(r *http.Request) string {
	parts := strings.Split(r.Header.Get("Authorization"), ".")
	if len(parts) != 3 {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Tenant string `json:"tid"`
	}
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return ""
	}
	return claims.Tenant
}

// taken returns the writes since the last call.
func (w *wire) taken() []write {
	w.mu.Lock()
	defer w.mu.Unlock()
	writes := w.writes
	w.writes, w.happen, w.dead, w.edit = nil, nil, false, nil
	return writes
}

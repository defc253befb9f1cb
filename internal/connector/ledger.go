package connector

import (
	"context"
	"strings"
	"sync"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
)

// Ledger is what the connectors of one provider know of each other's settings. It is safe for concurrent use.
//
// It lets one operation at a time change a setting. Two resources may name the same one, as by the default name for workspaces of one name in two
// resource groups; side by side, each could find that it does not exist and create it over the other's.
//
// And it remembers of which settings advice has to know more than the service tells: those that the state has, and those that a plan takes away.
type Ledger struct {
	mu      sync.Mutex
	taken   map[string]chan struct{} // these four by tenant and name
	managed map[string]bool
	leaving map[string]bool
	deleted map[string]aadiam.Setting
}

// NewLedger makes an empty one.
func NewLedger() *Ledger {
	return &Ledger{taken: map[string]chan struct{}{}, managed: map[string]bool{}, leaving: map[string]bool{},
		deleted: map[string]aadiam.Setting{}}
}

// take waits for a turn to change a setting and returns what ends it.
func (l *Ledger) take(ctx context.Context, m model) (end func(), err error) {
	key := ledgerKey(m.TenantID.ValueString(), m.Name.ValueString())
	l.mu.Lock()
	if l.taken[key] == nil {
		l.taken[key] = make(chan struct{}, 1)
	}
	turn := l.taken[key]
	l.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// isManaged notes that the state has a setting.
func (l *Ledger) isManaged(m model) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.managed[ledgerKey(m.TenantID.ValueString(), m.Name.ValueString())] = true
}

// isLeaving notes that a plan destroys or replaces a setting.
func (l *Ledger) isLeaving(m model) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leaving[ledgerKey(m.TenantID.ValueString(), m.Name.ValueString())] = true
}

// isDeleted notes what a setting held that is deleted now.
func (l *Ledger) isDeleted(m model, content aadiam.Setting) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deleted[ledgerKey(m.TenantID.ValueString(), m.Name.ValueString())] = content
}

// deletedContent is what a setting held before it was deleted, which may show for a while after it was created anew.
func (l *Ledger) deletedContent(m model) aadiam.Setting {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.deleted[ledgerKey(m.TenantID.ValueString(), m.Name.ValueString())]
}

func (l *Ledger) knows(tenantID, name string) (managed, leaving bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := ledgerKey(tenantID, name)
	return l.managed[key], l.leaving[key]
}

func ledgerKey(tenantID, name string) string { return strings.ToLower(tenantID + "/" + name) }

package connector

import (
	"context"
	"strings"
	"sync"
)

// Turns lets one operation at a time change a setting. Two resources may name the same one, as by the default name for workspaces of one name in two
// resource groups; side by side, each could find that it does not exist and create it over the other's. It is safe for concurrent use.
type Turns struct {
	mu    sync.Mutex
	taken map[string]chan struct{} // by tenant and name
}

// NewTurns makes a Turns that nobody has taken.
func NewTurns() *Turns { return &Turns{taken: map[string]chan struct{}{}} }

// take waits for a turn and returns what ends it.
func (t *Turns) take(ctx context.Context, m model) (end func(), err error) {
	key := strings.ToLower(m.TenantID.ValueString() + "/" + m.Name.ValueString())
	t.mu.Lock()
	if t.taken[key] == nil {
		t.taken[key] = make(chan struct{}, 1)
	}
	turn := t.taken[key]
	t.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

package connector

import (
	"strings"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
)

// Ledger is what the connectors of one plan or apply know of each other's settings. It is safe for concurrent use.
//
// It serializes operations on the same setting: two resources may have the same name, for instance by default for
// workspaces of the same name in two resource groups, and in parallel each could find that it does not exist and
// overwrite the other's. And it tells plan-time advice which settings the state has, and what the plan does with
// them.
type Ledger struct {
	mu       sync.Mutex
	settings map[string]*ledgerEntry // by tenant and name
}

type ledgerEntry struct {
	turn    *semaphore.Weighted // of the operation that changes the setting
	managed bool                // the state has it
	leaving bool                // the plan destroys or replaces it
	created bool                // a resource of the plan creates it
	planned int                 // how many resources of the plan create or keep it
	deleted aadiam.Setting      // its content when this provider deleted it; it may show again after a new creation
}

// NewLedger makes an empty ledger.
func NewLedger() *Ledger { return &Ledger{settings: map[string]*ledgerEntry{}} }

// update changes the entry of a setting and returns a copy of it.
func (l *Ledger) update(of identity, change func(*ledgerEntry)) ledgerEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := strings.ToLower(of.TenantID.ValueString() + "/" + of.Name.ValueString())
	if l.settings[key] == nil {
		l.settings[key] = &ledgerEntry{turn: semaphore.NewWeighted(1)}
	}
	change(l.settings[key])
	return *l.settings[key]
}

func (l *Ledger) entry(of identity) ledgerEntry { return l.update(of, func(*ledgerEntry) {}) }

// markLeaving records that the plan destroys or replaces a setting.
func (l *Ledger) markLeaving(of identity) { l.update(of, func(e *ledgerEntry) { e.leaving = true }) }

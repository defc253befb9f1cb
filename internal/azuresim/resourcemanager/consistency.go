package resourcemanager

import (
	"slices"
	"time"
)

// setting is a setting with the history that reads may still show (README, "Eventual consistency").
type setting struct {
	name     string
	versions []version // the newest is the last
	oldGets  []bool    // the next GETs, true for those that show what was before
	oldLists int       // how many of the next LISTs show what was before
}

// version is the content of a setting from a moment on, nil if it was deleted.
type version struct {
	from    time.Time
	content *content
}

// current is nil for a setting that never was.
func (s *setting) current() *content {
	if s == nil {
		return nil
	}
	return s.versions[len(s.versions)-1].content
}

func (s *setting) previous() *content {
	if len(s.versions) < 2 {
		return nil
	}
	return s.versions[len(s.versions)-2].content
}

// asOf returns the content at a moment, nil if there was none.
func (s *setting) asOf(moment time.Time) *content {
	for _, v := range slices.Backward(s.versions) {
		if !v.from.After(moment) {
			return v.content
		}
	}
	return nil
}

// change makes a new version. Without lagging it is as if the setting had always been so.
func (t *Tenant) change(held *setting, to *content, lag Lag, lagging bool) {
	held.oldGets, held.oldLists = nil, 0
	if !lagging {
		held.versions = []version{{content: to}}
		return
	}
	held.versions = append(held.versions, version{t.now(), to})
	held.oldGets = slices.Repeat([]bool{true}, lag.Gets)
	for i := range lag.Flaps {
		held.oldGets = append(held.oldGets, i%2 == 1)
	}
	held.oldLists = lag.Lists
}

// nextReplica returns the moment whose state the next read shows: the replicas answer in turn, each with its delay.
func (t *Tenant) nextReplica() time.Time {
	now := t.now()
	if len(t.behaviour.Replicas) == 0 {
		return now
	}
	delay := t.behaviour.Replicas[t.reads%len(t.behaviour.Replicas)]
	t.reads++
	return now.Add(-delay)
}

// read answers a GET.
func (t *Tenant) read(name string) (map[string]any, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	moment := t.nextReplica()
	held := t.find(name)
	if held == nil {
		return nil, false
	}
	shown := held.asOf(moment)
	if len(held.oldGets) > 0 {
		if held.oldGets[0] {
			shown = held.previous()
		}
		held.oldGets = held.oldGets[1:]
	} else if shown != nil && t.behaviour.StrayNotFound > 0 {
		t.behaviour.StrayNotFound--
		shown = nil
	}
	if shown == nil {
		return nil, false
	}
	return t.show(shown), true
}

func (t *Tenant) list() []map[string]any {
	t.mu.Lock()
	defer t.mu.Unlock()
	moment := t.nextReplica()
	documents := []map[string]any{}
	for _, held := range t.settings {
		shown := held.asOf(moment)
		if held.oldLists > 0 {
			held.oldLists--
			shown = held.previous()
		}
		if shown != nil {
			documents = append(documents, t.show(shown))
		}
	}
	return documents
}

// Settle ends all lag: from now on each setting shows as it is.
func (t *Tenant) Settle() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, held := range t.settings {
		t.change(held, held.current(), Lag{}, false)
	}
}

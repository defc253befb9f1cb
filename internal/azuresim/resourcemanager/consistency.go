package resourcemanager

import (
	"slices"
	"time"
)

// setting is a setting with the history that reads may still show (README, "Eventual consistency").
type setting struct {
	name     string
	versions []version // the newest is the last, and there is one before a change that shows late
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

// shows returns the content at a moment, or that before the newest, nil if there was none.
func (s *setting) shows(moment time.Time, old bool) *content {
	if old {
		return s.versions[len(s.versions)-2].content
	}
	for _, v := range slices.Backward(s.versions) {
		if !v.from.After(moment) {
			return v.content
		}
	}
	return nil
}

// change makes a new version. Without lagging it is as if the setting had always been so.
func (t *Tenant) change(held *setting, to *content, lag Lag, lagging bool) {
	held.versions = append(held.versions, version{t.service.now(), to})
	held.oldGets = slices.Repeat([]bool{true}, lag.Gets)
	for i := range lag.Flaps {
		held.oldGets = append(held.oldGets, i%2 == 1)
	}
	held.oldLists = lag.Lists
	if !lagging {
		*held = setting{name: held.name, versions: []version{{content: to}}}
	}
}

// nextReplica returns the moment whose state the next read shows: the replicas answer in turn, each with its delay.
func (t *Tenant) nextReplica() time.Time {
	now := t.service.now()
	if len(t.behaviour.Replicas) == 0 {
		return now
	}
	t.reads++
	return now.Add(-t.behaviour.Replicas[(t.reads-1)%len(t.behaviour.Replicas)])
}

// get is what a GET shows, nil if it finds nothing.
func (t *Tenant) get(name string) *content {
	moment := t.nextReplica()
	held := t.find(name)
	if held == nil {
		return nil
	}
	if len(held.oldGets) > 0 {
		old := held.oldGets[0]
		held.oldGets = held.oldGets[1:]
		return held.shows(moment, old)
	}
	shown := held.shows(moment, false)
	if shown != nil && t.behaviour.StrayNotFound > 0 {
		t.behaviour.StrayNotFound--
		return nil
	}
	return shown
}

func (t *Tenant) list() []map[string]any {
	moment := t.nextReplica()
	documents := []map[string]any{}
	for _, held := range t.settings {
		shown := held.shows(moment, held.oldLists > 0)
		held.oldLists = max(held.oldLists-1, 0)
		if shown != nil {
			documents = append(documents, t.shown(shown))
		}
	}
	return documents
}

// Settle ends all lag: from now on each setting shows as it is.
func (t *Tenant) Settle() {
	t.service.mu.Lock()
	defer t.service.mu.Unlock()
	for _, held := range t.settings {
		t.change(held, held.current(), Lag{}, false)
	}
}

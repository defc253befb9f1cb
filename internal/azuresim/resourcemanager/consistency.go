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
	oldLists []bool    // likewise
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

// shows returns the content at a moment, or that before the newest if the first of the next reads is an old one; nil if
// there was none.
func (s *setting) shows(moment time.Time, reads *[]bool) *content {
	if len(*reads) > 0 {
		old := (*reads)[0]
		*reads = (*reads)[1:]
		if old {
			return s.versions[len(s.versions)-2].content
		}
	}
	for _, v := range slices.Backward(s.versions) {
		if !v.from.After(moment) {
			return v.content
		}
	}
	return nil
}

// change makes a new version.
func (t *Tenant) change(held *setting, to *content, lag Lag) {
	held.versions = append(held.versions, version{time.Now(), to})
	held.oldGets, held.oldLists = slices.Repeat([]bool{true}, lag.Gets), slices.Repeat([]bool{true}, lag.Lists)
	for i := range lag.Flaps {
		held.oldGets = append(held.oldGets, i%2 == 1)
	}
}

// nextReplica returns the moment whose state the next read shows: the replicas answer in turn, each with its delay.
func (t *Tenant) nextReplica() time.Time {
	now := time.Now()
	if len(t.behaviour.Replicas) == 0 {
		return now
	}
	t.reads++
	return now.Add(-time.Duration(t.behaviour.Replicas[(t.reads-1)%len(t.behaviour.Replicas)]))
}

// get is what a GET shows, nil if it finds nothing.
func (t *Tenant) get(name string) *content {
	moment := t.nextReplica()
	held := t.find(name)
	if held == nil {
		return nil
	}
	lags := len(held.oldGets) > 0
	shown := held.shows(moment, &held.oldGets)
	if shown != nil && !lags && t.behaviour.StrayNotFound > 0 {
		t.behaviour.StrayNotFound--
		return nil
	}
	return shown
}

func (t *Tenant) list() []map[string]any {
	moment := t.nextReplica()
	documents := []map[string]any{}
	for _, held := range t.settings {
		if shown := held.shows(moment, &held.oldLists); shown != nil {
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
		held.settle()
	}
}

// settle makes it as if the setting had always been as it is, if there is one.
func (s *setting) settle() {
	if s != nil {
		*s = setting{name: s.name, versions: []version{{content: s.current()}}}
	}
}

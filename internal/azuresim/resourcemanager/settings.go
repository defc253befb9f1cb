package resourcemanager

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Tenant holds the diagnostic settings and the workspaces of a tenant. Its methods are safe for concurrent use.
type Tenant struct {
	id  string
	now func() time.Time

	mu         sync.Mutex
	behaviour  Behaviour
	reads      int                  // of settings, which the replicas answer in turn
	settings   []*setting           // in the order in which they were created
	workspaces map[string]Workspace // by their ids in lower case
}

const maxSettings = 5 // README, "The limit of five"

func (t *Tenant) categories() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.offered()
}

func (t *Tenant) offered() []string {
	offered := append(slices.Clone(t.behaviour.NewCategories), knownCategories...)
	return slices.DeleteFunc(offered, func(c string) bool { return slices.Contains(t.behaviour.WithoutCategories, c) })
}

// write replaces a setting. If lagging, the change shows as late as the tenant's behaviour says.
func (t *Tenant) write(c content, lagging bool) *refusal {
	if len(c.logs) == 0 {
		t.remove(c.name, lagging) // README, "No enabled category deletes"
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if sink, other, category, found := t.reused(c); found {
		return conflict(sink, other, category)
	}
	held := t.find(c.name)
	created := held.current() == nil
	if created && len(t.names()) >= maxSettings {
		// The limit is documented, the refusal is inferred.
		return badRequest("The maximum number of diagnostic settings, %d, has been reached.", maxSettings)
	}
	if held == nil {
		held = &setting{name: c.name}
		t.settings = append(t.settings, held)
	}
	lag := t.behaviour.AfterUpdate
	if created {
		lag = t.behaviour.AfterCreate
	}
	if dropped := t.behaviour.DroppedCategories; len(dropped) > 0 {
		c.logs = maps.Clone(c.logs) // PUT's answer still has them all
		maps.DeleteFunc(c.logs, func(category string, _ map[string]any) bool {
			return slices.Contains(dropped, category)
		})
	}
	t.change(held, &c, lag, lagging)
	return nil
}

// remove deletes a setting and reports whether there was one.
func (t *Tenant) remove(name string, lagging bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	held := t.find(name)
	if held.current() == nil {
		return false
	}
	t.change(held, nil, t.behaviour.AfterDelete, lagging)
	return true
}

// reused finds a category that another setting already sends to the same place.
func (t *Tenant) reused(c content) (sink, other, category string, found bool) {
	for _, held := range t.settings {
		if held.current() == nil || strings.EqualFold(held.name, c.name) {
			continue
		}
		for _, sink := range sinks {
			id, _ := c.properties[sink].(string)
			theirs, _ := held.current().properties[sink].(string)
			if id == "" || !strings.EqualFold(id, theirs) {
				continue
			}
			for category := range c.logs {
				if held.current().logs[category] != nil {
					return id, held.name, category, true
				}
			}
		}
	}
	return "", "", "", false
}

// find ignores letter case, as Azure does (README, "Names and ids").
func (t *Tenant) find(name string) *setting {
	for _, held := range t.settings {
		if strings.EqualFold(held.name, name) {
			return held
		}
	}
	return nil
}

// Setting returns a setting as it is, without any lag.
func (t *Tenant) Setting(name string) (map[string]any, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.find(name).current(); c != nil {
		return t.show(c), true
	}
	return nil, false
}

// PutSetting writes a setting as somebody else would. It is checked like any other, and shows at once.
func (t *Tenant) PutSetting(name string, document map[string]any) error {
	c, refused := t.parse(name, document)
	if refused == nil {
		refused = t.write(c, false)
	}
	if refused != nil {
		return refused
	}
	return nil
}

// DeleteSetting deletes a setting as somebody else would, and reports whether there was one. It disappears at once.
func (t *Tenant) DeleteSetting(name string) bool { return t.remove(name, false) }

// SettingNames returns the names of the settings that exist, in the order in which they were created.
func (t *Tenant) SettingNames() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.names()
}

func (t *Tenant) names() []string {
	var names []string
	for _, held := range t.settings {
		if held.current() != nil {
			names = append(names, held.name)
		}
	}
	return names
}

// Categories returns the enabled categories of a setting, sorted, or nil if it doesn't exist.
func (t *Tenant) Categories(name string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.find(name).current(); c != nil {
		return slices.Sorted(maps.Keys(c.logs))
	}
	return nil
}

// conflict is Insights' refusal of a category that another setting already sends to the same place (README,
// "Destinations").
func conflict(sink, setting, category string) *refusal {
	return &refusal{status: http.StatusConflict, code: "Conflict", message: fmt.Sprintf(
		"Data sink '%s' is already used in diagnostic setting '%s' for category '%s'. "+
			"Data sinks can't be reused in different settings on the same category for the same resource.",
		sink, setting, category)}
}

package resourcemanager

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/entra"
)

// Tenant is a tenant's directory, its diagnostic settings and its workspaces. Its methods are safe for concurrent use.
type Tenant struct {
	*entra.Directory
	id      string
	service *Service // whose lock guards what follows

	behaviour  Behaviour
	reads      int                  // of settings, which the replicas answer in turn
	settings   []*setting           // in the order in which they were created
	workspaces map[string]Workspace // by their ids in lower case
}

const maxSettings = 5 // README, "The limit of five"

// categories are those that the tenant offers.
func (t *Tenant) categories() []string {
	offered := append(slices.Clone(t.behaviour.NewCategories), knownCategories...)
	return slices.DeleteFunc(offered, func(c string) bool { return slices.Contains(t.behaviour.WithoutCategories, c) })
}

// write replaces a setting. The change shows as late as the tenant's behaviour says.
func (t *Tenant) write(c content) error {
	if len(c.logs) == 0 {
		t.remove(c.name) // README, "No enabled category deletes"
		return nil
	}
	if err := t.checkReuse(c); err != nil {
		return err
	}
	held, lag := t.find(c.name), t.behaviour.AfterUpdate
	if held.current() == nil {
		lag = t.behaviour.AfterCreate
		if len(t.names()) >= maxSettings {
			// The limit is documented, the refusal is inferred.
			return badRequest("The maximum number of diagnostic settings, %d, has been reached.", maxSettings)
		}
	}
	if held == nil {
		held = &setting{name: c.name, versions: []version{{}}} // it never was
		t.settings = append(t.settings, held)
	}
	c.logs = maps.Clone(c.logs) // PUT's answer still has those that are dropped
	for _, dropped := range t.behaviour.DroppedCategories {
		delete(c.logs, dropped)
	}
	t.change(held, &c, lag)
	return nil
}

// remove deletes a setting and reports whether there was one.
func (t *Tenant) remove(name string) bool {
	held := t.find(name)
	if held.current() == nil {
		return false
	}
	t.change(held, nil, t.behaviour.AfterDelete)
	return true
}

// checkReuse is Insights' refusal of a category that another setting already sends to the same place (README,
// "Destinations").
func (t *Tenant) checkReuse(c content) error {
	for _, held := range t.settings {
		other := held.current()
		if other == nil || strings.EqualFold(held.name, c.name) {
			continue
		}
		for _, sink := range sinks {
			id := c.destination(sink)
			for category := range c.logs {
				if id != "" && strings.EqualFold(id, other.destination(sink)) && other.logs[category] != nil {
					return providerError(http.StatusConflict, "Conflict",
						"Data sink '%s' is already used in diagnostic setting '%s' for category '%s'. Data sinks can't be "+
							"reused in different settings on the same category for the same resource.", id, held.name, category)
				}
			}
		}
	}
	return nil
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
	t.service.mu.Lock()
	defer t.service.mu.Unlock()
	if c := t.find(name).current(); c != nil {
		return t.shown(c), true
	}
	return nil, false
}

// PutSetting writes a setting as somebody else would. It is checked like any other, and shows at once. The document has
// the types that JSON decodes to.
func (t *Tenant) PutSetting(name string, document map[string]any) error {
	t.service.mu.Lock()
	defer t.service.mu.Unlock()
	c, err := t.parse(name, document)
	if err == nil {
		err = t.write(c)
	}
	if err == nil {
		t.find(name).settle()
	}
	return err
}

// DeleteSetting deletes a setting as somebody else would, and reports whether there was one. It disappears at once.
func (t *Tenant) DeleteSetting(name string) bool {
	t.service.mu.Lock()
	defer t.service.mu.Unlock()
	removed := t.remove(name)
	if removed {
		t.find(name).settle()
	}
	return removed
}

// SettingNames returns the names of the settings that exist, in the order in which they were created.
func (t *Tenant) SettingNames() []string {
	t.service.mu.Lock()
	defer t.service.mu.Unlock()
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
	t.service.mu.Lock()
	defer t.service.mu.Unlock()
	if c := t.find(name).current(); c != nil {
		return slices.Sorted(maps.Keys(c.logs))
	}
	return nil
}

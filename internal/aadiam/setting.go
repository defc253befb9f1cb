package aadiam

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
)

// Setting is one diagnostic setting: the enabled log categories and their destinations.
//
// A setting that was read keeps the properties that this client does not know, and a PUT sends them back. So to
// update a setting, change a copy of what was read.
type Setting struct {
	Name string
	Destinations

	// Categories are the enabled ones, in the service's spelling. The service's answers list the disabled ones as well,
	// in any order (README, "Log categories").
	Categories []string

	document   object // the document's other members
	properties object // the other members of its properties, nil in what is not a setting
	logs       []logEntry
}

// Destinations are where a setting streams to, named as in the service's document. "" means that it has no such
// destination, and for EventHubName the service's default hub. The service's answers have null, "" or nothing for it
// (README, "Destinations").
type Destinations struct {
	WorkspaceID, StorageAccountID, EventHubAuthorizationRuleID, EventHubName string
}

// destinations are the kinds of destination, with their properties in the service's document.
var destinations = []struct {
	noun, property string
	in             func(Destinations) string
}{
	{"workspace", "workspaceId", func(d Destinations) string { return d.WorkspaceID }},
	{"storage account", "storageAccountId", func(d Destinations) string { return d.StorageAccountID }},
	{"event hub rule", "eventHubAuthorizationRuleId",
		func(d Destinations) string { return d.EventHubAuthorizationRuleID }},
	{"event hub name", "eventHubName", func(d Destinations) string { return d.EventHubName }},
}

// otherDestinations are properties of destinations that this client can't manage: the old Service Bus, and partner
// solutions, whose property is inferred from Microsoft.Insights.
var otherDestinations = []string{"serviceBusRuleId", "marketplacePartnerId"}

// UnmarshalJSON reads the service's document, whose members may be in any letter case, as encoding/json accepts them. A
// document without properties is tolerated, so that it does not spoil a whole list; Get refuses it.
func (s *Setting) UnmarshalJSON(data []byte) error {
	var read struct {
		Name       string
		Properties struct {
			Destinations
			Logs []logEntry
		}
	}
	var document object
	var properties struct{ Properties object }
	for _, part := range []any{&read, &document, &properties} {
		if err := json.Unmarshal(data, part); err != nil {
			return err
		}
	}
	*s = Setting{
		Name: read.Name, Destinations: read.Properties.Destinations, logs: read.Properties.Logs,
		// id, type and systemData are the service's own and not part of a request.
		document:   document.remove("name", "properties", "id", "type", "systemData"),
		properties: properties.Properties.remove("logs"),
	}
	for _, d := range destinations {
		s.properties.remove(d.property)
	}
	maps.DeleteFunc(s.properties, func(name string, raw json.RawMessage) bool {
		return string(raw) == `""` && azure.ContainsFold(otherDestinations, name)
	})
	for _, log := range s.logs {
		category, _ := entralogs.Lookup(log.Category) // for the catalogue's spelling
		if log.Enabled && category.Name != "" && !azure.ContainsFold(s.Categories, category.Name) {
			s.Categories = append(s.Categories, category.Name)
		}
	}
	return nil
}

// logEntry is an entry of properties.logs.
type logEntry struct {
	Category string // "" for another entry, such as a category group, which goes back unchanged
	Enabled  bool
	others   object // the other members
}

func (l *logEntry) UnmarshalJSON(data []byte) error {
	type entry logEntry // without this method
	for _, part := range []any{(*entry)(l), &l.others} {
		if err := json.Unmarshal(data, part); err != nil {
			return err
		}
	}
	if l.Category == "" {
		l.others.remove("category")
	} else { // The service refuses new retention rules (README, "Retention").
		l.others.remove("category", "enabled", "retentionPolicy")
	}
	return nil
}

// object is a JSON object whose members are not decoded.
type object map[string]json.RawMessage

// remove removes members, in any letter case, and those that are null. It returns the object.
func (o object) remove(names ...string) object {
	maps.DeleteFunc(o, func(name string, raw json.RawMessage) bool {
		return string(raw) == "null" || azure.ContainsFold(names, name)
	})
	return o
}

// with adds the object's members to those that this client knows.
func (o object) with(known map[string]any) map[string]any {
	for name, raw := range o {
		known[name] = raw
	}
	return known
}

// Listed returns all categories that the given settings list, including disabled ones.
func Listed(settings []Setting) []string {
	var names []string
	for _, setting := range settings {
		for _, log := range setting.logs {
			if log.Category != "" && !azure.ContainsFold(names, log.Category) {
				names = append(names, log.Category)
			}
		}
	}
	return names
}

// OtherDestinations returns the properties of destinations that the setting has and this client can't manage.
func (s Setting) OtherDestinations() []string {
	has := slices.Collect(maps.Keys(s.properties))
	return slices.DeleteFunc(slices.Clone(otherDestinations),
		func(name string) bool { return !azure.ContainsFold(has, name) })
}

// MarshalJSON makes the body of a PUT: the minimal document (README, "PUT replaces the whole setting") with the
// properties that this client does not know.
func (s Setting) MarshalJSON() ([]byte, error) {
	properties := map[string]any{"logs": s.entries()}
	for _, d := range destinations {
		if id := d.in(s.Destinations); id != "" {
			properties[d.property] = id
		}
	}
	return json.Marshal(s.document.with(map[string]any{"properties": s.properties.with(properties)}))
}

// entries lists the enabled categories only: the service disables those that are left out.
func (s Setting) entries() []any {
	var entries []any
	for _, log := range s.logs {
		if log.Category == "" {
			entries = append(entries, log.others)
		}
	}
	for _, category := range slices.Sorted(slices.Values(s.Categories)) {
		listed := logEntry{Category: category}
		for _, log := range s.logs {
			if strings.EqualFold(log.Category, category) {
				listed = log // whether the service accepts another letter case than its own is not known
			}
		}
		entries = append(entries, listed.others.with(map[string]any{"category": listed.Category, "enabled": true}))
	}
	return entries
}

// Same reports whether two settings stream the same categories to the same destinations. Letter case and unknown
// properties don't count.
func (s Setting) Same(other Setting) bool { return len(s.Differences(other)) == 0 }

// Differences describes where other differs from s, one phrase for each difference.
func (s Setting) Differences(other Setting) []string {
	var differences []string
	for _, d := range destinations {
		if wanted, found := d.in(s.Destinations), d.in(other.Destinations); !SameID(wanted, found) {
			differences = append(differences,
				fmt.Sprintf("%s is %s instead of %s", d.noun, cmp.Or(found, "none"), cmp.Or(wanted, "none")))
		}
	}
	if missing := WithoutCategories(s.Categories, other.Categories); len(missing) > 0 {
		differences = append(differences, strings.Join(missing, ", ")+" off")
	}
	if added := WithoutCategories(other.Categories, s.Categories); len(added) > 0 {
		differences = append(differences, strings.Join(added, ", ")+" on")
	}
	return differences
}

// beyond returns the categories and destinations that s has and none of the others has.
func (s Setting) beyond(others ...Setting) []string {
	var excluded []string
	for _, other := range others {
		excluded = append(excluded, other.Categories...)
	}
	beyond := WithoutCategories(s.Categories, excluded)
	for _, d := range destinations {
		id := d.in(s.Destinations)
		same := func(other Setting) bool { return SameID(id, d.in(other.Destinations)) }
		if id != "" && !slices.ContainsFunc(others, same) {
			beyond = append(beyond, "the "+d.noun+" "+id)
		}
	}
	return beyond
}

// SameID compares two resource ids as Azure does, which may return one in another letter case (README, "Names and
// ids").
func SameID(a, b string) bool {
	return strings.EqualFold(strings.TrimRight(a, "/"), strings.TrimRight(b, "/"))
}

// SameCategories compares two sets of category names, ignoring order and letter case.
func SameCategories(a, b []string) bool {
	return len(WithoutCategories(a, b)) == 0 && len(WithoutCategories(b, a)) == 0
}

// SharedWith returns the categories that both settings send to the same workspace.
func (s Setting) SharedWith(other Setting) []string {
	if s.WorkspaceID == "" || !SameID(s.WorkspaceID, other.WorkspaceID) {
		return nil
	}
	return WithoutCategories(s.Categories, WithoutCategories(s.Categories, other.Categories))
}

// WithoutCategories returns the names that are not excluded, sorted and ignoring letter case.
func WithoutCategories(names, excluded []string) []string {
	var left []string
	for _, name := range slices.Sorted(slices.Values(names)) {
		if !azure.ContainsFold(excluded, name) {
			left = append(left, name)
		}
	}
	return left
}

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

	// The destinations. "" means that the setting has no such destination, and for EventHubName the service's default
	// hub. The service's answers have null, "" or nothing for it (README, "Destinations").
	WorkspaceID                 string
	StorageAccountID            string
	EventHubAuthorizationRuleID string
	EventHubName                string

	// Categories are the enabled ones, in the service's spelling. The service's answers list the disabled ones as well,
	// in any order (README, "Log categories").
	Categories []string

	document   object // the document's other members
	properties object // the other members of its properties, nil in what is not a setting
	logs       []logEntry
}

// destinations are the kinds of destination, with their properties in the service's document.
var destinations = []struct {
	noun, property string
	of             func(*Setting) *string
}{
	{"workspace", "workspaceId", func(s *Setting) *string { return &s.WorkspaceID }},
	{"storage account", "storageAccountId", func(s *Setting) *string { return &s.StorageAccountID }},
	{"event hub rule", "eventHubAuthorizationRuleId", func(s *Setting) *string { return &s.EventHubAuthorizationRuleID }},
	{"event hub name", "eventHubName", func(s *Setting) *string { return &s.EventHubName }},
}

// otherDestinations are properties of destinations that this client can't manage: the old Service Bus, and partner
// solutions, whose property is inferred from Microsoft.Insights.
var otherDestinations = []string{"serviceBusRuleId", "marketplacePartnerId"}

// UnmarshalJSON reads the service's document.
func (s *Setting) UnmarshalJSON(data []byte) error {
	var read Setting
	if err := json.Unmarshal(data, &read.document); err != nil {
		return err
	}
	// id, type and systemData are the service's own and not part of a request. A document without properties is
	// tolerated, so that it does not spoil a whole list; Get refuses it.
	err := read.document.extract(map[string]any{
		"name": &read.Name, "properties": &read.properties, "id": nil, "type": nil, "systemData": nil,
	})
	if err != nil {
		return err
	}
	known := map[string]any{"logs": &read.logs}
	for _, d := range destinations {
		known[d.property] = d.of(&read)
	}
	if err := read.properties.extract(known); err != nil {
		return err
	}
	maps.DeleteFunc(read.properties, func(name string, raw json.RawMessage) bool {
		return string(raw) == `""` && azure.ContainsFold(otherDestinations, name)
	})
	for _, log := range read.logs {
		if log.enabled {
			read.enable(log.category)
		}
	}
	*s = read
	return nil
}

// logEntry is an entry of properties.logs.
type logEntry struct {
	category string // "" for another entry, such as a category group, which goes back unchanged
	enabled  bool
	members  object // the other members
}

func (l *logEntry) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &l.members); err != nil {
		return err
	}
	if err := l.members.extract(map[string]any{"category": &l.category}); err != nil || l.category == "" {
		return err
	}
	// The service refuses new retention rules (README, "Retention").
	return l.members.extract(map[string]any{"enabled": &l.enabled, "retentionPolicy": nil})
}

// object is a JSON object whose members are not decoded. Null members are left out.
type object map[string]json.RawMessage

func (o *object) UnmarshalJSON(data []byte) error {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	maps.DeleteFunc(members, func(_ string, raw json.RawMessage) bool { return string(raw) == "null" })
	*o = members
	return nil
}

// extract removes members, found in any letter case, and decodes those that are wanted.
func (o object) extract(members map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(o)) {
		for name, value := range members {
			if !strings.EqualFold(key, name) {
				continue
			}
			raw := o[key]
			delete(o, key)
			if value == nil {
				continue
			}
			if err := json.Unmarshal(raw, value); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// with adds the object's members to those that this client knows.
func (o object) with(known map[string]any) map[string]any {
	for name, raw := range o {
		known[name] = raw
	}
	return known
}

// enable turns a category on, in the service's spelling if that is known.
func (s *Setting) enable(category string) {
	if category = entralogs.Canonical(category); category != "" && !azure.ContainsFold(s.Categories, category) {
		s.Categories = append(s.Categories, category)
	}
}

// Listed returns all categories that the given settings list, including disabled ones.
func Listed(settings []Setting) []string {
	var names []string
	for _, setting := range settings {
		for _, log := range setting.logs {
			if log.category != "" && !azure.ContainsFold(names, log.category) {
				names = append(names, log.category)
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
		if id := *d.of(&s); id != "" {
			properties[d.property] = id
		}
	}
	return json.Marshal(s.document.with(map[string]any{"properties": s.properties.with(properties)}))
}

// entries lists the enabled categories only: the service disables those that are left out.
func (s Setting) entries() []any {
	var entries []any
	for _, log := range s.logs {
		if log.category == "" {
			entries = append(entries, log.members)
		}
	}
	for _, category := range slices.Sorted(slices.Values(s.Categories)) {
		listed := logEntry{category: category}
		for _, log := range s.logs {
			if strings.EqualFold(log.category, category) {
				listed = log // whether the service accepts another letter case than its own is not known
			}
		}
		entries = append(entries, listed.members.with(map[string]any{"category": listed.category, "enabled": true}))
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
		if wanted, found := *d.of(&s), *d.of(&other); !SameID(wanted, found) {
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
		id := *d.of(&s)
		if id != "" && !slices.ContainsFunc(others, func(other Setting) bool { return SameID(id, *d.of(&other)) }) {
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

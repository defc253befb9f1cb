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

	document   object   // the document's other members
	properties object   // the other members of its properties
	logs       []object // the entries of properties.logs, including unknown members and entries
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

// object is a JSON object whose members are not decoded.
type object map[string]json.RawMessage

// extract removes a member, found in any letter case, and decodes it. A null or absent member leaves value as it is.
func (o object) extract(name string, value any) error {
	for _, key := range slices.Sorted(maps.Keys(o)) {
		raw := o[key]
		if !strings.EqualFold(key, name) {
			continue
		}
		delete(o, key)
		if err := json.Unmarshal(raw, value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (o object) set(name string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	o[name] = raw
	return nil
}

// withoutNulls copies an object without its null members.
func (o object) withoutNulls() object {
	kept := object{}
	for key, raw := range o {
		if string(raw) != "null" {
			kept[key] = raw
		}
	}
	return kept
}

// UnmarshalJSON reads the service's document.
func (s *Setting) UnmarshalJSON(data []byte) error {
	document := object{}
	if err := json.Unmarshal(data, &document); err != nil {
		return err
	}
	var properties object
	read := Setting{document: document}
	// id, type and systemData are the service's own and not part of a request.
	for name, value := range map[string]any{
		"name": &read.Name, "properties": &properties, "id": new(any), "type": new(any), "systemData": new(any),
	} {
		if err := document.extract(name, value); err != nil {
			return err
		}
	}
	if properties == nil { // tolerated, so that it does not spoil a whole list; Get refuses it
		*s = read
		return nil
	}
	read.properties = properties
	for _, d := range destinations {
		if err := properties.extract(d.property, d.of(&read)); err != nil {
			return err
		}
	}
	if err := properties.extract("logs", &read.logs); err != nil {
		return err
	}
	if err := read.readCategories(); err != nil {
		return err
	}
	*s = read
	return nil
}

func (s *Setting) readCategories() error {
	for _, entry := range s.logs {
		var log struct {
			Category string `json:"category"`
			Enabled  bool   `json:"enabled"`
		}
		raw, err := json.Marshal(entry)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &log); err != nil {
			return fmt.Errorf("an entry of logs: %w", err)
		}
		if log.Enabled {
			s.Enable(log.Category)
		}
	}
	return nil
}

// Enable enables a category, in the service's spelling if that is known.
func (s *Setting) Enable(category string) {
	if category = entralogs.Canonical(category); category != "" && !azure.ContainsFold(s.Categories, category) {
		s.Categories = append(s.Categories, category)
	}
}

// Listed returns all categories that the given settings list, including disabled ones.
func Listed(settings []Setting) []string {
	var names []string
	for _, setting := range settings {
		for _, entry := range setting.logs {
			var category string
			if err := maps.Clone(entry).extract("category", &category); err == nil && category != "" &&
				!azure.ContainsFold(names, category) {
				names = append(names, category)
			}
		}
	}
	return names
}

// OtherDestinations returns the properties of destinations that the setting has and this client can't manage.
func (s Setting) OtherDestinations() []string {
	return slices.DeleteFunc(slices.Clone(otherDestinations), s.properties.isUnused)
}

// isUnused reports whether a destination's property is absent, null or "".
func (o object) isUnused(name string) bool {
	var id string
	return maps.Clone(o).extract(name, &id) == nil && id == ""
}

// MarshalJSON makes the body of a PUT: the minimal document (README, "PUT replaces the whole setting") with the
// properties that this client does not know.
func (s Setting) MarshalJSON() ([]byte, error) {
	properties := s.properties.withoutNulls()
	for _, name := range otherDestinations {
		if properties.isUnused(name) {
			_ = properties.extract(name, new(any))
		}
	}
	for _, d := range destinations {
		if id := *d.of(&s); id != "" {
			if err := properties.set(d.property, id); err != nil {
				return nil, err
			}
		}
	}
	logs, err := s.writeLogs()
	if err != nil {
		return nil, err
	}
	if err := properties.set("logs", logs); err != nil {
		return nil, err
	}
	document := s.document.withoutNulls()
	if err := document.set("properties", properties); err != nil {
		return nil, err
	}
	return json.Marshal(map[string]json.RawMessage(document))
}

// writeLogs lists the enabled categories only: the service disables those that are left out. An entry without a
// category, such as a category group, is kept unchanged.
func (s Setting) writeLogs() ([]object, error) {
	var logs []object
	type listed struct {
		spelling string
		members  object
	}
	known := map[string]listed{}
	for _, entry := range s.logs {
		kept := entry.withoutNulls()
		var category string
		if err := kept.extract("category", &category); err != nil {
			return nil, err
		}
		if category == "" {
			logs = append(logs, kept)
			continue
		}
		// The service refuses new retention rules (README, "Retention").
		for _, dropped := range []string{"enabled", "retentionPolicy"} {
			if err := kept.extract(dropped, new(any)); err != nil {
				return nil, err
			}
		}
		known[strings.ToLower(category)] = listed{category, kept}
	}
	for _, category := range slices.Sorted(slices.Values(s.Categories)) {
		entry := object{}
		maps.Copy(entry, known[strings.ToLower(category)].members)
		// Whether the service accepts another letter case than its own is not known.
		if err := entry.set("category", cmp.Or(known[strings.ToLower(category)].spelling, category)); err != nil {
			return nil, err
		}
		if err := entry.set("enabled", true); err != nil {
			return nil, err
		}
		logs = append(logs, entry)
	}
	return logs, nil
}

// Same reports whether two settings stream the same categories to the same destinations. Letter case and unknown
// properties don't count.
func (s Setting) Same(other Setting) bool { return len(s.Differences(other)) == 0 }

// Differences describes where other differs from s, one phrase for each difference.
func (s Setting) Differences(other Setting) []string {
	var differences []string
	for _, d := range destinations {
		if wanted, found := *d.of(&s), *d.of(&other); !SameID(wanted, found) {
			differences = append(differences, fmt.Sprintf("%s is %s instead of %s", d.noun, orNone(found), orNone(wanted)))
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

func orNone(id string) string {
	if id == "" {
		return "none"
	}
	return id
}

package resourcemanager

import (
	"strconv"
	"strings"
	"time"
)

// Behaviour is how the diagnostic settings of a tenant behave. The zero value is a service that is consistent at
// once, and takes any destination.
type Behaviour struct {
	AfterCreate Lag `json:"afterCreate"`
	AfterUpdate Lag `json:"afterUpdate"`
	AfterDelete Lag `json:"afterDelete"`
	// Replicas are the delays of the replicas that answer GET and LIST in turn: each shows every change that much later.
	// If it is empty, one replica without a delay answers.
	Replicas []Duration `json:"replicas,omitempty"`
	// StrayNotFound is how many GETs of existing settings answer 404.
	StrayNotFound int `json:"strayNotFound,omitempty"`

	// LowerCaseIDs answers with the ids of destinations in lower case, except for the name (README, "Names and ids").
	LowerCaseIDs bool `json:"lowerCaseIds,omitempty"`
	// Unused is what a destination that is not used looks like: "empty" (the default), "null" or "absent".
	Unused string `json:"unused,omitempty"`

	// NewCategories are offered in addition to those known in 2026.
	NewCategories []string `json:"newCategories,omitempty"`
	// WithoutCategories are not offered, and a setting with one of them is refused (README, "Log categories").
	WithoutCategories []string `json:"withoutCategories,omitempty"`
	// DroppedCategories are accepted in a PUT and then left off. That the service ever does so is inferred.
	DroppedCategories []string `json:"droppedCategories,omitempty"`

	// ChecksDestinations refuses a workspace that is neither in the tenant nor delegated to it.
	ChecksDestinations bool `json:"checksDestinations,omitempty"`
}

// Lag is how long a change stays hidden, counted in answers, for tests that need an exact sequence of them (README,
// "Eventual consistency").
type Lag struct {
	// Gets is how many GETs of the setting still show what was before the change.
	Gets int `json:"gets,omitempty"`
	// Flaps is how many GETs after those alternate between new and old, the new first.
	Flaps int `json:"flaps,omitempty"`
	// Lists is how many LISTs still show what was before.
	Lists int `json:"lists,omitempty"`
}

// Duration is a duration that JSON has as a text: as time.ParseDuration reads it, or in days, such as "7d".
type Duration time.Duration

// UnmarshalText reads the text.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if days, found := strings.CutSuffix(string(text), "d"); found {
		var n float64
		n, err = strconv.ParseFloat(days, 64)
		parsed = time.Duration(n * 24 * float64(time.Hour))
	}
	*d = Duration(parsed)
	return err
}

// Behave sets how the tenant's settings behave from now on.
func (t *Tenant) Behave(b Behaviour) {
	t.service.mu.Lock()
	defer t.service.mu.Unlock()
	t.behaviour, t.reads = b, 0
}

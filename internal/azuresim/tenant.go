package azuresim

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"
)

// Role is what a principal may do at the scope /providers/Microsoft.aadiam. Only roles there count: those on a
// subscription never reach it (wire contract 4.8).
type Role string

// The built-in roles that matter, and none.
const (
	Contributor Role = "Contributor"
	Reader      Role = "Reader"
	NoRole      Role = ""
)

// Principal is a service principal of a tenant, and the ways in which its application signs in there.
type Principal struct {
	ClientID string `json:"clientId"`
	ObjectID string `json:"objectId"`
	Role     Role   `json:"role"`

	// Secret is the client secret; "" means that it has none.
	Secret string `json:"secret,omitempty"`
	// Certificates are registered for the application, in PEM. The first certificate of each text counts; a text without one is
	// as if it weren't there.
	Certificates []string `json:"certificates,omitempty"`
	// Federated are the issuers' tokens that the application may sign in with.
	Federated []FederatedCredential `json:"federated,omitempty"`
}

// Lag is how long a change stays hidden, counted in answers, for tests that need an exact sequence of them. The service
// is eventually consistent and flaps; how long for is not known (wire contract 4.3, 7.8).
type Lag struct {
	// Gets is how many GETs of the setting still answer as before the change.
	Gets int `json:"gets,omitempty"`
	// Flaps is how many GETs after those take turns between new and old, the new first.
	Flaps int `json:"flaps,omitempty"`
	// Lists is how many LISTs still answer as before. Whether LIST lags at all is not known.
	Lists int `json:"lists,omitempty"`
}

// Behaviour is how a tenant's service misbehaves. The zero value is a service that is consistent at once.
type Behaviour struct {
	AfterCreate Lag `json:"afterCreate"`
	AfterUpdate Lag `json:"afterUpdate"`
	AfterDelete Lag `json:"afterDelete"`
	// Replicas are the delays of the replicas that answer GET and LIST in turn: each shows every change so much later.
	// Where it is empty, one answers that has no delay. Like all of the lag, its shape is inferred.
	Replicas Delays `json:"replicas,omitempty"`

	// StrayNotFound is how many GETs of existing settings answer 404 (wire contract 4.3).
	StrayNotFound int `json:"strayNotFound,omitempty"`
	// LowerCaseIDs answers ids of destinations in lower case but for the name, as seen in wire contract 2.5.
	LowerCaseIDs bool `json:"lowerCaseIds,omitempty"`
	// Unused is how a destination that is not used is answered: "empty" (the default), "null" or "absent". Both first ones
	// have been seen (wire contract 2.7).
	Unused string `json:"unused,omitempty"`
	// NewCategories are offered beside those known in 2026, as new ones appear by themselves (wire contract 4.1).
	NewCategories []string `json:"newCategories,omitempty"`
	// WithoutCategories are not offered, and a setting with one of them is refused, as a cloud does that lacks them.
	WithoutCategories []string `json:"withoutCategories,omitempty"`
	// DroppedCategories are accepted in a PUT and then left off. That the service ever does so is inferred.
	DroppedCategories []string `json:"droppedCategories,omitempty"`
	// TokensOf is a tenant whose tokens the token endpoint hands out instead of this tenant's own, as a managed identity's
	// endpoint does (auth-and-scale 0.2).
	TokensOf string `json:"tokensOf,omitempty"`
	// TokenLife is how long the tokens of its apps last, in whole seconds; 0 means an hour.
	TokenLife time.Duration `json:"tokenLife,omitempty"`
}

// Delays are durations, in JSON such as ["0s","3s","9s"].
type Delays []time.Duration

// UnmarshalJSON reads texts as time.ParseDuration does.
func (d *Delays) UnmarshalJSON(data []byte) error {
	var texts []string
	if err := json.Unmarshal(data, &texts); err != nil {
		return err
	}
	*d = nil
	for _, text := range texts {
		delay, err := time.ParseDuration(text)
		if err != nil {
			return err
		}
		*d = append(*d, delay)
	}
	return nil
}

// Tenant is one simulated Entra ID tenant. Its methods are safe for concurrent use.
type Tenant struct {
	id  string
	now func() time.Time

	mu         sync.Mutex
	principals []Principal
	behaviour  Behaviour
	reads      int                  // of settings, which the replicas answer in turn
	settings   []*setting           // in the order in which they were created
	workspaces map[string]Workspace // by their ids in lower case
}

func newTenant(id string, now func() time.Time) *Tenant {
	return &Tenant{id: id, now: now, workspaces: map[string]Workspace{}}
}

// AddPrincipal adds a service principal, or replaces the one with its client id.
func (t *Tenant) AddPrincipal(p Principal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.principals = slices.DeleteFunc(t.principals, func(q Principal) bool { return q.ClientID == p.ClientID })
	t.principals = append(t.principals, p)
}

// Behave sets how the tenant's service misbehaves from now on.
func (t *Tenant) Behave(b Behaviour) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.behaviour, t.reads = b, 0
}

func (t *Tenant) principal(clientID string) (Principal, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.IndexFunc(t.principals, func(p Principal) bool { return strings.EqualFold(p.ClientID, clientID) })
	if i < 0 {
		return Principal{}, false
	}
	return t.principals[i], true
}

func (t *Tenant) tokenLife() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return cmp.Or(t.behaviour.TokenLife, tokenLife)
}

func (t *Tenant) tokenTenant() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.behaviour.TokensOf != "" {
		return strings.ToLower(t.behaviour.TokensOf)
	}
	return t.id
}

package entra

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Role is the role of a principal at the scope /providers/Microsoft.aadiam (README, "Permissions").
type Role string

// The built-in roles that matter, and none.
const (
	Contributor Role = "Contributor"
	Reader      Role = "Reader"
	NoRole      Role = ""
)

// Principal is a service principal of a tenant, and the ways in which its application can sign in there.
type Principal struct {
	ClientID string `json:"clientId"`
	ObjectID string `json:"objectId"`
	Role     Role   `json:"role"`

	// Secret is the client secret, "" if there is none.
	Secret string `json:"secret,omitempty"`
	// Certificates are registered for the application, in PEM. Only the first certificate of each text counts, and a
	// text without one is ignored.
	Certificates []string `json:"certificates,omitempty"`
	// Federated are the trusts in other issuers' tokens.
	Federated []FederatedCredential `json:"federated,omitempty"`
}

// Directory holds the principals of a tenant. Its methods are safe for concurrent use.
type Directory struct {
	id string

	mu         sync.Mutex
	principals []Principal
	tokens     TokenBehaviour
}

// TokenBehaviour changes the access tokens that a tenant's token endpoint hands out.
type TokenBehaviour struct {
	// Of is the tenant that the tokens belong to instead of this one.
	Of string `json:"of,omitempty"`
	// Life is how long they last, in whole seconds; 0 means an hour.
	Life time.Duration `json:"life,omitempty"`
}

// AddPrincipal adds a service principal, or replaces the one with its client id.
func (d *Directory) AddPrincipal(p Principal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.principals = slices.DeleteFunc(d.principals, func(q Principal) bool { return q.ClientID == p.ClientID })
	d.principals = append(d.principals, p)
}

// ChangeTokens sets how the token endpoint behaves from now on.
func (d *Directory) ChangeTokens(b TokenBehaviour) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tokens = b
}

func (d *Directory) principal(clientID string) (Principal, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.principals, func(p Principal) bool { return strings.EqualFold(p.ClientID, clientID) })
	if i < 0 {
		return Principal{}, false
	}
	return d.principals[i], true
}

func (d *Directory) tokenTenantAndLife() (string, time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.ToLower(cmp.Or(d.tokens.Of, d.id)), cmp.Or(d.tokens.Life, tokenLife)
}

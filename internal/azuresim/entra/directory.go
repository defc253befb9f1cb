package entra

import "sync/atomic"

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
	// Certificates are registered for the application, each in PEM. A text that is none is ignored.
	Certificates []string `json:"certificates,omitempty"`
	// Federated are the trusts in other issuers' tokens.
	Federated []FederatedCredential `json:"federated,omitempty"`
}

// FederatedCredential is the trust in an issuer's tokens that have a certain subject and audience.
type FederatedCredential struct {
	// Issuer is an IssuerURL, or "<URL>/<tenant>/v2.0" for a managed identity of a tenant.
	Issuer string `json:"issuer"`
	// Subject is case-sensitive; a managed identity's is its object id.
	Subject string `json:"subject"`
	// Audience is "api://AzureADTokenExchange" as a rule.
	Audience string `json:"audience"`
}

// Directory holds the principals of a tenant. Its methods are safe for concurrent use.
type Directory struct {
	id         string
	principals named[Principal] // by their client ids
	tokens     atomic.Pointer[TokenBehaviour]
}

// TokenBehaviour changes the access tokens that a tenant's token endpoint hands out.
type TokenBehaviour struct {
	// Of is the tenant that the tokens belong to instead of this one.
	Of string `json:"of,omitempty"`
	// Life is how many seconds they last; 0 means an hour.
	Life int `json:"life,omitempty"`
}

// AddPrincipal adds a service principal, or replaces the one with its client id.
func (d *Directory) AddPrincipal(p Principal) { d.principals.put(p.ClientID, p) }

// ChangeTokens sets how the token endpoint behaves from now on.
func (d *Directory) ChangeTokens(b TokenBehaviour) { d.tokens.Store(&b) }

// RoleOf returns the role of the principal with a client id.
func (d *Directory) RoleOf(clientID string) Role {
	principal, _ := d.principals.get(clientID)
	return principal.Role
}

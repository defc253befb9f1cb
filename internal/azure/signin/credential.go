package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// Credential returns tokens of one tenant and of no other.
//
// The URL of a diagnostic setting names no tenant: the token alone decides whose settings are read or replaced. Some
// credentials ignore the tenant they are asked for (a managed identity always answers with its home tenant), so each
// token's own "tid" is checked before a request can carry it.
type Credential struct {
	method *Method
	inner  azcore.TokenCredential
	tenant string // lower case; "" accepts the tokens of any
	// auxiliary are the credentials of the tenants whose tokens may accompany this one's.
	auxiliary map[string]*Credential

	// turn holds a value while a token is requested, so that last is about that request. Unlike a mutex, waiting for it
	// can be cancelled.
	turn     chan struct{}
	last     lastExchange
	mu       sync.Mutex
	rejected map[string]bool // tokens that a service did not accept
}

// GetToken returns a token of the credential's tenant, or of an auxiliary one. It tries once; the caller retries.
func (c *Credential) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if other := strings.ToLower(options.TenantID); other != "" && other != c.tenant {
		return c.auxiliaryToken(ctx, other, options)
	}
	options.TenantID = c.tenant
	token, err := c.request(ctx, options)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	if issued := TokenTenant(token.Token); c.tenant != "" && issued != "" && issued != c.tenant {
		return azcore.AccessToken{}, &WrongTenantError{Wanted: c.tenant, Issued: issued, SignIn: c.method.String()}
	}
	return token, nil
}

// auxiliaryToken is for Resource Manager's bearer policy, which alone asks for another tenant.
func (c *Credential) auxiliaryToken(ctx context.Context, tenant string,
	options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	credential, found := c.auxiliary[tenant]
	if !found {
		return azcore.AccessToken{}, &WrongTenantError{Wanted: c.tenant, Issued: tenant, SignIn: c.method.String()}
	}
	options.TenantID = ""
	return credential.GetToken(ctx, options)
}

func (c *Credential) request(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return azcore.AccessToken{}, context.Cause(ctx)
	}
	c.last = lastExchange{}
	token, err := c.inner.GetToken(ctx, options)
	if err == nil && c.isRejected(token.Token) && c.method.caches {
		options.Claims = "{}" // empty claims make MSAL skip its cache
		token, err = c.inner.GetToken(ctx, options)
	}
	if err != nil {
		return azcore.AccessToken{}, c.failure(err)
	}
	return token, nil
}

// Reject makes the credential replace a token that a service rejected although it has not expired.
func (c *Credential) Reject(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rejected[token] = true
}

func (c *Credential) isRejected(token string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rejected[token]
}

// failure adds what azidentity's error has only as text.
func (c *Credential) failure(err error) error {
	failed := &Error{
		Tenant: c.tenant, SignIn: c.method.String(), ClientID: c.method.config.ClientID.Value,
		Response: c.last.response, Err: err,
	}
	if assertion, ok := c.inner.(*assertionCredential); ok {
		failed.Presented = assertion.presented
	}
	if c.last.err != nil {
		failed.Err = c.last.err
	} else if unreadable := c.last.unreadable(); unreadable != nil {
		failed.Err = unreadable
	}
	return failed
}

// lastExchange is a policy that keeps the outcome of a credential's last request.
type lastExchange struct {
	response *http.Response
	err      error
}

func (l *lastExchange) Do(request *policy.Request) (*http.Response, error) {
	l.response, l.err = request.Next()
	return l.response, l.err
}

// unreadable reports a 200 without a usable token. azidentity's own error would quote the body, which may contain a
// token.
func (l *lastExchange) unreadable() error {
	if l.response == nil || l.response.StatusCode != http.StatusOK {
		return nil
	}
	body, err := runtime.Payload(l.response)
	if err == nil && json.Valid(body) && !bytes.Contains(body, []byte("access_token")) {
		return nil
	}
	return &UnreadableTokenError{ContentType: l.response.Header.Get("Content-Type")}
}

// Options are common to all credentials.
type Options struct {
	policy.ClientOptions
	// TokenExchange is the audience of identity tokens that Entra exchanges for its own.
	TokenExchange string
}

// Credential makes a credential for one tenant, which also returns tokens of the auxiliary ones. It sends nothing.
func (m *Method) Credential(tenant string, auxiliary []string, options Options) (*Credential, error) {
	credential, err := m.credential(strings.ToLower(tenant), options)
	if err != nil {
		return nil, err
	}
	for _, other := range auxiliary {
		if other = strings.ToLower(other); other == credential.tenant {
			continue
		}
		if credential.auxiliary[other], err = m.credential(other, options); err != nil {
			return nil, err
		}
	}
	return credential, nil
}

func (m *Method) credential(tenant string, options Options) (*Credential, error) {
	c := &Credential{
		method: m, tenant: tenant, auxiliary: map[string]*Credential{}, turn: make(chan struct{}, 1),
		rejected: map[string]bool{},
	}
	options.PerCallPolicies = append(slices.Clone(options.PerCallPolicies), &c.last)
	var err error
	if c.inner, err = m.open(tenant, options); err != nil {
		return nil, &Error{Tenant: tenant, SignIn: m.String(), Err: err}
	}
	return c, nil
}

// AuxiliaryTenants are the other tenants whose tokens the credential returns, sorted.
func (c *Credential) AuxiliaryTenants() []string {
	return slices.Sorted(maps.Keys(c.auxiliary))
}

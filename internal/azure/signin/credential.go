package signin

import (
	"bytes"
	"cmp"
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
	"golang.org/x/sync/semaphore"
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

	// turn is held while a token is requested, so that last is about that request. Unlike a mutex, waiting for it can be
	// cancelled.
	turn     *semaphore.Weighted
	last     lastExchange
	rejected sync.Map // tokens that a service did not accept
	claimed  sync.Map // tokens with the claims that a service demanded
}

// Options are common to all credentials.
type Options struct {
	policy.ClientOptions
	// TokenExchange is the audience of identity tokens that Entra exchanges for its own.
	TokenExchange string

	last *lastExchange
}

// Credential makes a credential for one tenant, which also returns tokens of the auxiliary ones. It sends nothing.
func (m *Method) Credential(tenant string, auxiliary []string, options Options) (*Credential, error) {
	tenant = strings.ToLower(tenant)
	c := &Credential{method: m, tenant: tenant, auxiliary: map[string]*Credential{}, turn: semaphore.NewWeighted(1)}
	own := options
	own.last = &c.last
	own.PerCallPolicies = append(slices.Clone(own.PerCallPolicies), &c.last)
	var err error
	if c.inner, err = m.open(tenant, own); err != nil {
		return nil, &Error{Tenant: tenant, SignIn: m.String(), Err: err}
	}
	for _, other := range auxiliary {
		if other = strings.ToLower(other); other == tenant {
			continue
		}
		if c.auxiliary[other], err = m.Credential(other, nil, options); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// AuxiliaryTenants are the other tenants whose tokens the credential returns, sorted.
func (c *Credential) AuxiliaryTenants() []string { return slices.Sorted(maps.Keys(c.auxiliary)) }

// GetToken returns a token of the credential's tenant, or of an auxiliary one if Resource Manager's bearer policy asks
// for that. It tries once; the caller retries.
func (c *Credential) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if other, found := c.auxiliary[strings.ToLower(options.TenantID)]; found {
		return other.GetToken(ctx, options)
	}
	if c.turn.Acquire(ctx, 1) != nil {
		return azcore.AccessToken{}, context.Cause(ctx)
	}
	defer c.turn.Release(1)
	c.last = lastExchange{}
	demanded := options.Claims != ""
	token, err := c.inner.GetToken(ctx, options)
	if _, rejected := c.rejected.Load(token.Token); rejected && !c.method.uncached {
		options.Claims = "{}" // empty claims make MSAL skip its cache
		token, err = c.inner.GetToken(ctx, options)
	}
	if err != nil {
		return azcore.AccessToken{}, &Error{
			Tenant: c.tenant, SignIn: c.method.String(), ClientID: c.method.config["client_id"].Value,
			Presented: c.last.presented, Response: c.last.response,
			Err: cmp.Or(c.last.err, c.last.unreadable(), err), // azidentity has the first two only as text
		}
	}
	if issued := TokenTenant(token.Token); c.tenant != "" && issued != "" && issued != c.tenant {
		return azcore.AccessToken{}, &WrongTenantError{Wanted: c.tenant, Issued: issued, SignIn: c.method.String()}
	}
	if demanded {
		c.claimed.Store(token.Token, true)
	}
	return token, nil
}

// HasClaims reports whether a token was requested with the claims that a service demanded.
func (c *Credential) HasClaims(token string) bool {
	_, found := c.claimed.Load(token)
	return found
}

// Reject makes the credential replace a token that a service rejected although it has not expired.
func (c *Credential) Reject(token string) { c.rejected.Store(token, true) }

// lastExchange is what a credential presented and got in its last request. It is the policy that keeps the outcome.
type lastExchange struct {
	presented *Presented
	response  *http.Response
	err       error
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

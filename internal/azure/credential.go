package azure

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// tenantCredential hands out tokens of one tenant and of no other.
//
// The URL of a diagnostic setting names no tenant: the token alone decides whose settings are read or
// replaced. Some credentials ignore the tenant they are asked for (a managed identity always answers with
// its home tenant), so each token's own "tid" is checked before a request can carry it.
type tenantCredential struct {
	inner  azcore.TokenCredential
	tenant string // lower case
	signIn string // the method and where its values came from
	client string // the client id, where one was given

	// auxiliary are the credentials of the tenants whose tokens may go along with this one's.
	auxiliary map[string]*tenantCredential

	mu   sync.Mutex
	good map[string]time.Time // until when the tokens last handed out are, by scope
}

func (c *tenantCredential) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if other := strings.ToLower(options.TenantID); other != "" && other != c.tenant {
		return c.auxiliaryToken(ctx, other, options)
	}
	options.TenantID = c.tenant
	if c.hasGood(options) {
		// azcore goes on with the token that it has where this fails, so nobody is to wait for it or hear of it.
		unheard, _ := watchTries(ctx)
		token, err := c.inner.GetToken(unheard, options)
		if err != nil {
			return azcore.AccessToken{}, errNotEarly
		}
		return c.checked(token, options)
	}
	token, err := getToken(ctx, c.inner, options)
	if err != nil {
		failed := &SignInError{Tenant: c.tenant, SignIn: c.signIn, ClientID: c.client, Err: err}
		if assertion, ok := c.inner.(*assertionCredential); ok {
			failed.Presented = assertion.presented()
		}
		note(ctx, failed)
		return azcore.AccessToken{}, failed
	}
	return c.checked(token, options)
}

var errNotEarly = errors.New("there is no new token yet")

// checked hands out a token of the right tenant.
func (c *tenantCredential) checked(token azcore.AccessToken, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if issued := tokenTenant(token.Token); issued != "" && issued != c.tenant {
		return azcore.AccessToken{}, &WrongTenantError{Wanted: c.tenant, Issued: issued, SignIn: c.signIn}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.good[options.Scopes[0]] = token.ExpiresOn
	return token, nil
}

// hasGood says whether a token that was handed out before would do for some time more.
func (c *tenantCredential) hasGood(options policy.TokenRequestOptions) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return options.Claims == "" && time.Now().Before(c.good[options.Scopes[0]])
}

// getToken is patient with the token service.
func getToken(ctx context.Context, credential azcore.TokenCredential, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	var token azcore.AccessToken
	err := patiently(ctx, func() (error, error) {
		watched, last := watchTries(ctx)
		var err error
		token, err = credential.GetToken(watched, options)
		if err == nil {
			return nil, nil
		}
		failed := last.outcome()
		if errors.As(failed, new(*UnreadableError)) {
			return failed, failed
		}
		if failed != nil && !MayPass(failed) {
			return failed, &GaveUpError{Last: failed, Err: err}
		} else if failed != nil {
			return failed, err
		}
		return nil, err
	})
	return token, err
}

// auxiliaryToken is asked for by Resource Manager's bearer policy, and by nothing else.
func (c *tenantCredential) auxiliaryToken(ctx context.Context, tenant string, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	credential, found := c.auxiliary[tenant]
	if !found {
		return azcore.AccessToken{}, &WrongTenantError{Wanted: c.tenant, Issued: tenant, SignIn: c.signIn}
	}
	options.TenantID = ""
	return credential.GetToken(ctx, options)
}

// tokenTenant reads the tenant that issued an access token, in lower case. Access tokens are formally
// opaque to a client, so one that can't be read is no error: it has no tenant to disagree with. Nothing but the tenant is read, so that
// nothing else in a token, such as an algorithm that a JWT library does not know, keeps it from being found.
func tokenTenant(token string) string {
	_, rest, _ := strings.Cut(token, ".")
	middle, _, _ := strings.Cut(rest, ".")
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(middle, "="))
	var claims struct {
		Tenant string `json:"tid"`
	}
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	return strings.ToLower(claims.Tenant)
}

// SignInError is a token that could not be had.
type SignInError struct {
	// Tenant is the tenant that was asked for, "" for the default of the Azure CLI.
	Tenant string
	// SignIn names the method and where its values came from.
	SignIn string
	// ClientID is the app's, where one was given.
	ClientID string
	// Presented is what an identity token claimed, where one was presented.
	Presented *Presented
	Err       error
}

func (e *SignInError) Error() string {
	return fmt.Sprintf("signing in with the %s: %v", e.SignIn, e.Err)
}
func (e *SignInError) Unwrap() error { return e.Err }

// WrongTenantError is a token that another tenant issued. No request was sent with it.
type WrongTenantError struct {
	Wanted, Issued string
	SignIn         string
}

func (e *WrongTenantError) Error() string {
	return fmt.Sprintf("signing in with the %s for tenant %s gave a token of tenant %s", e.SignIn, e.Wanted, e.Issued)
}

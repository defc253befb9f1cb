package azure

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// renewal is a policy that signs each request, and where the service does not accept the token signs it once more with one of a new sign-in.
//
// azcore's own policy, which signs, fetches another token only where the service demands claims. In any other case it would get the same one again,
// out of the credential's cache; so the credential is made anew.
type renewal struct {
	anew func() (policy.Policy, error)

	mu   sync.Mutex
	sign policy.Policy
}

func (r *renewal) Do(request *policy.Request) (*http.Response, error) {
	used := r.current()
	response, err := used.Do(request)
	if !refusesToken(response, err) {
		return response, err
	}
	fresh, err := r.instead(used)
	if err != nil {
		return nil, err
	}
	if err := request.RewindBody(); err != nil {
		return nil, err
	}
	runtime.Drain(response)
	response, err = fresh.Do(request)
	if refusesToken(response, err) {
		return response, nil
	}
	return response, err
}

func (r *renewal) current() policy.Policy {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sign
}

// instead returns a policy with another sign-in than the one that was used. All whose tokens of one sign-in were refused get the same new one.
func (r *renewal) instead(used policy.Policy) (policy.Policy, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sign != used {
		return r.sign, nil
	}
	fresh, err := r.anew()
	if err != nil {
		return nil, err
	}
	r.sign = fresh
	return fresh, nil
}

// uncached asks for a managed identity's token each time. MSAL keeps such tokens for the whole process, whatever credential they were fetched
// by, and passes them over where claims are demanded, of which it sends none.
type uncached struct {
	*azidentity.ManagedIdentityCredential
}

func (u uncached) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	options.Claims = cmp.Or(options.Claims, "{}")
	return u.ManagedIdentityCredential.GetToken(ctx, options)
}

// refusesToken says whether another token of the same tenant may do better. Demanded claims azcore has asked for already. With a response and an error
// that is not the sign-in's, it could not read what the service demands.
func refusesToken(response *http.Response, err error) bool {
	if response == nil || response.StatusCode != http.StatusUnauthorized || errors.As(err, new(*SignInError)) || errors.As(err, new(*WrongTenantError)) {
		return false
	}
	if err == nil && strings.Contains(strings.Join(response.Header.Values("WWW-Authenticate"), ","), "insufficient_claims") {
		return false
	}
	body, unread := runtime.Payload(response)
	return unread == nil && !strings.Contains(string(body), wrongTenantCode)
}

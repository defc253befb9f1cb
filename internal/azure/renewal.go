package azure

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
)

// signing makes a policy that signs each request, and renews a rejected token once.
//
// azcore's own policy, which does the signing, fetches another token only if the service demands claims. Otherwise
// azidentity's cache would give it the same one again.
func signing(sign policy.Policy, credential *signin.Credential) policyFunc {
	return func(request *policy.Request) (*http.Response, error) {
		response, err := sign.Do(request)
		token := strings.TrimPrefix(request.Raw().Header.Get("Authorization"), "Bearer ")
		if !rejectsToken(response, err, credential.HasClaims(token)) {
			return response, err
		}
		credential.Reject(token)
		runtime.Drain(response)
		response, err = sign.Do(request)
		if rejectsToken(response, err, true) {
			return response, nil
		}
		return response, err
	}
}

// rejectsToken reports whether another token of the same tenant might be accepted. If the service demanded claims,
// azcore has already retried with them, unless it used a token that another request was already fetching, which lacks
// them. A response together with an error that is not the sign-in's means that azcore could not read the demand.
func rejectsToken(response *http.Response, err error, hasClaims bool) bool {
	if response == nil || response.StatusCode != http.StatusUnauthorized {
		return false
	}
	if errors.As(err, new(*signin.Error)) || errors.As(err, new(*signin.WrongTenantError)) {
		return false
	}
	demand := strings.Join(response.Header.Values("WWW-Authenticate"), ",")
	if err == nil && hasClaims && strings.Contains(demand, "insufficient_claims") {
		return false
	}
	body, unread := runtime.Payload(response)
	return unread == nil && !strings.Contains(string(body), WrongTenantCode)
}

// WrongTenantCode is Resource Manager's code for a token of another tenant than the subscription's:
// internal/azuresim/README.md, "Tokens and tenants".
const WrongTenantCode = "InvalidAuthenticationTokenTenant"

type resendCheckKey struct{}

// WithResendCheck returns a context for one request that must not be repeated blindly. If it has to be sent again,
// check decides: its error takes the place of an answer. A request whose token is rejected is signed and sent again,
// which may take as long as a sign-in does; meanwhile somebody may have changed what the request overwrites.
func WithResendCheck(ctx context.Context, check func() error) context.Context {
	sent := false
	return context.WithValue(ctx, resendCheckKey{}, func() error {
		if !sent {
			sent = true
			return nil
		}
		return check()
	})
}

// checkResend is a policy that runs after the sign-in.
func checkResend(request *policy.Request) (*http.Response, error) {
	if check, ok := request.Raw().Context().Value(resendCheckKey{}).(func() error); ok {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return request.Next()
}

package azure

import (
	"errors"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
)

// renewal is a policy that signs each request, and where the service rejects the token signs it once more with a new one.
//
// azcore's own policy, which signs, fetches another token only where the service demands claims. In any other case it would get the
// same one again, out of azidentity's cache.
type renewal struct {
	sign       policy.Policy
	credential *signin.Credential
}

func (r renewal) Do(request *policy.Request) (*http.Response, error) {
	response, err := r.sign.Do(request)
	if !rejectsToken(response, err) {
		return response, err
	}
	r.credential.Reject(strings.TrimPrefix(request.Raw().Header.Get("Authorization"), "Bearer "))
	if err := request.RewindBody(); err != nil {
		return nil, err
	}
	runtime.Drain(response)
	response, err = r.sign.Do(request)
	if rejectsToken(response, err) {
		return response, nil
	}
	return response, err
}

// rejectsToken says whether another token of the same tenant may do better. Demanded claims azcore has asked for already. With a
// response and an error that is not the sign-in's, it could not read what the service demands.
func rejectsToken(response *http.Response, err error) bool {
	if response == nil || response.StatusCode != http.StatusUnauthorized || errors.As(err, new(*signin.Error)) || errors.As(err, new(*signin.WrongTenantError)) {
		return false
	}
	if err == nil && strings.Contains(strings.Join(response.Header.Values("WWW-Authenticate"), ","), "insufficient_claims") {
		return false
	}
	body, unread := runtime.Payload(response)
	return unread == nil && !strings.Contains(string(body), WrongTenantCode)
}

// WrongTenantCode is Resource Manager's, for a token of another tenant than the subscription's (auth-and-scale 4.4).
const WrongTenantCode = "InvalidAuthenticationTokenTenant"

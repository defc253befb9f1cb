package azure

import (
	"context"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

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

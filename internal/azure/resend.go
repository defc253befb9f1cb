package azure

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// resendCheck is a policy for requests that must not be repeated blindly. A request whose token is rejected is signed
// and sent again, which may take as long as a sign-in does; meanwhile somebody may have changed what the request
// overwrites.
type resendCheck struct{}

type resendCheckKey struct{}

type resend struct {
	check func() error
	sent  atomic.Bool
}

// WithResendCheck returns a context for one request. If the request has to be sent again, check decides: its error
// takes the place of an answer.
func WithResendCheck(ctx context.Context, check func() error) context.Context {
	return context.WithValue(ctx, resendCheckKey{}, &resend{check: check})
}

func (resendCheck) Do(request *policy.Request) (*http.Response, error) {
	if r, ok := request.Raw().Context().Value(resendCheckKey{}).(*resend); ok && r.sent.Swap(true) {
		if err := r.check(); err != nil {
			return nil, err
		}
	}
	return request.Next()
}

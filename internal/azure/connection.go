package azure

import (
	"context"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// attemptTimeout cuts off an attempt that hangs.
const attemptTimeout = 100 * time.Second

// connection is a policy that cuts off an attempt that hangs, and makes a *ConnectionError of one that broke. It stands behind the
// sign-in, which may take longer. The body has been received when it returns.
type connection struct{}

func (connection) Do(request *policy.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(request.Raw().Context(), attemptTimeout)
	defer cancel()
	response, err := request.WithContext(ctx).Next()
	if err != nil {
		return response, &ConnectionError{err}
	}
	return response, nil
}

// ConnectionError is a request that got no whole answer.
type ConnectionError struct{ Err error }

func (e *ConnectionError) Error() string { return e.Err.Error() }
func (e *ConnectionError) Unwrap() error { return e.Err }

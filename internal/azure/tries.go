package azure

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// retry lets the deadline of the Terraform operation decide how long to go on: azcore gives up after three
// retries by default, and at once on a Retry-After longer than its longest pause. A single try that
// hangs is cut off and tried again.
var retry = policy.RetryOptions{
	MaxRetries:    1000,
	RetryDelay:    500 * time.Millisecond,
	MaxRetryDelay: 5 * time.Minute,
	TryTimeout:    100 * time.Second,
	ShouldRetry:   mayPass,
}

// temporary are the statuses that another try may turn into an answer; they are azcore's own.
var temporary = []int{
	http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
	http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
}

// mayPass says whether another try may go better. A certificate that is not trusted and a host that does not exist are mistakes
// of the configuration, which nobody should wait half an hour to be told of.
func mayPass(response *http.Response, err error) bool {
	if err == nil {
		return slices.Contains(temporary, response.StatusCode)
	}
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted {
		return false
	}
	lookup, ok := errors.AsType[*net.DNSError](err)
	return !ok || !lookup.IsNotFound
}

// lastTry remembers how the last try of a request went. When the time is up, azcore says no more than that, and azidentity keeps
// nothing but the text of an error.
type lastTry struct {
	mu     sync.Mutex
	failed error // nil where the last try was answered for good
}

type lastTryKey struct{}

// watchTries makes a context in which the pipelines' tries are remembered.
func watchTries(ctx context.Context) (context.Context, *lastTry) {
	last := &lastTry{}
	return context.WithValue(ctx, lastTryKey{}, last), last
}

// explain adds to an error how the last try went, where the error itself does not say.
func (l *lastTry) explain(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil || errors.Is(err, l.failed) {
		return err
	}
	return &GaveUpError{Last: l.failed, Err: err}
}

// noteTry remembers how a try went, where its context wants that.
func noteTry(ctx context.Context, failed error) {
	last, watched := ctx.Value(lastTryKey{}).(*lastTry)
	if !watched || errors.Is(failed, context.Canceled) {
		return
	}
	last.mu.Lock()
	defer last.mu.Unlock()
	last.failed = failed
}

// outcome is what there is to remember of a try: nil for one that was answered for good.
func outcome(response *http.Response, err error) error {
	if err == nil && slices.Contains(temporary, response.StatusCode) {
		return &ServiceError{Status: response.StatusCode}
	}
	return err
}

// tryWatcher is a policy that notes each try of a credential's own pipeline. Service.Do notes those of a service.
type tryWatcher struct{}

func (tryWatcher) Do(request *policy.Request) (*http.Response, error) {
	response, err := request.Next()
	noteTry(request.Raw().Context(), outcome(response, err))
	return response, err
}

// GaveUpError is a request that was tried until the time was up, or until trying was of no use.
type GaveUpError struct {
	// Last is how the last try went: a *ServiceError, or an error of the connection.
	Last error
	Err  error
}

func (e *GaveUpError) Error() string {
	return fmt.Sprintf("%v; the last try ended with: %v", e.Err, e.Last)
}

// Unwrap gives both, the last try first, since that is what there is something to do about.
func (e *GaveUpError) Unwrap() []error { return []error{e.Last, e.Err} }

package azure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// Service is one service of a cloud as one tenant reaches it.
type Service struct {
	// URL has no trailing slash.
	URL      string
	Pipeline runtime.Pipeline
}

// retry lets the deadline of the Terraform operation decide how long to go on: azcore gives up after three
// retries by default, and at once on a Retry-After longer than its longest pause. A single try that
// hangs is cut off and tried again.
var retry = policy.RetryOptions{
	MaxRetries:    1000,
	RetryDelay:    500 * time.Millisecond,
	MaxRetryDelay: 5 * time.Minute,
	TryTimeout:    100 * time.Second,
}

// temporary are the statuses that another try may turn into an answer; they are azcore's own.
var temporary = []int{
	http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
	http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
}

// Do sends a request, again and again while that may help, for as long as its context lasts. The statuses in
// final are answers, whatever azcore thinks of them. When the time is up, azcore says no more than that;
// Do returns a *GaveUpError, which tells how the last try went.
func (s Service) Do(request *policy.Request, final ...int) (*http.Response, error) {
	var last error
	options := retry
	options.ShouldRetry = func(response *http.Response, err error) bool {
		if err != nil {
			last = err
			return true
		}
		last = &ServiceError{Status: response.StatusCode}
		return slices.Contains(temporary, response.StatusCode) && !slices.Contains(final, response.StatusCode)
	}
	ctx := policy.WithRetryOptions(request.Raw().Context(), options)
	response, err := s.Pipeline.Do(request.WithContext(ctx))
	if err != nil && last != nil && errors.Is(err, context.DeadlineExceeded) {
		return nil, &GaveUpError{Last: last, Err: err}
	}
	return response, err
}

// GaveUpError is a request that was tried until the time was up.
type GaveUpError struct {
	// Last is how the last try that came to an end went: a *ServiceError, or an error of the connection.
	Last error
	Err  error
}

func (e *GaveUpError) Error() string {
	return fmt.Sprintf("%v; the last try ended with: %v", e.Err, e.Last)
}

// Unwrap gives both, the last try first, since that is what there is something to do about.
func (e *GaveUpError) Unwrap() []error { return []error{e.Last, e.Err} }

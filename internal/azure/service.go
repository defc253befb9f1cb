package azure

import (
	"net/http"
	"slices"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// Service is one service of a cloud as one tenant reaches it.
type Service struct {
	// URL has no trailing slash.
	URL      string
	Pipeline runtime.Pipeline
}

// Do sends a request, again and again while that may help, for as long as its context lasts. The statuses in
// final are answers, whatever azcore thinks of them. Its errors say how the last try went: see GaveUpError.
func (s Service) Do(request *policy.Request, final ...int) (*http.Response, error) {
	ctx, last := watchTries(request.Raw().Context())
	options := retry
	options.ShouldRetry = func(response *http.Response, err error) bool {
		noteTry(ctx, outcome(response, err))
		return mayPass(response, err) && (response == nil || !slices.Contains(final, response.StatusCode))
	}
	response, err := s.Pipeline.Do(request.WithContext(policy.WithRetryOptions(ctx, options)))
	if err != nil {
		return nil, last.explain(err)
	}
	return response, nil
}

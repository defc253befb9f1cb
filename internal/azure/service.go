package azure

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

// Service is one service of a cloud as one tenant reaches it.
type Service struct {
	// URL has no trailing slash.
	URL      string
	pipeline runtime.Pipeline
	policy   retry.Policy
}

// NewService makes a service without a sign-in.
func NewService(url string, options policy.ClientOptions) Service {
	options.PerRetryPolicies = append([]policy.Policy{&connections{}}, options.PerRetryPolicies...)
	return newService(url, "", options)
}

// newService makes a service with policies of its own, such as one that signs requests, before those of the options.
func newService(url, version string, options policy.ClientOptions, policies ...policy.Policy) Service {
	options.Retry = policy.RetryOptions{MaxRetries: -1} // Service.Do retries
	// PerCall policies run before azcore's retry policy, which would replace their errors by a bare context error.
	pipeline := runtime.NewPipeline(module, version, runtime.PipelineOptions{PerCall: policies}, &options)
	return Service{URL: url, pipeline: pipeline, policy: RetryPolicy}
}

// WithPolicy returns the service with another retry policy.
func (s Service) WithPolicy(policy retry.Policy) Service {
	s.policy = policy
	return s
}

// WithoutRetries returns the service with a policy that never retries.
func (s Service) WithoutRetries() Service {
	return s.WithPolicy(func(error) retry.Decision { return retry.Decision{} })
}

// Do sends a request and reads the answer, and retries both by the service's policy until the request's context ends.
// An error of read counts like one of sending.
func (s Service) Do(request *policy.Request, read func(*http.Response) error) error {
	ctx := request.Raw().Context()
	return retry.Do(ctx, s.policy, func() error {
		response, err := s.pipeline.Do(request.Clone(ctx))
		if err != nil {
			return err
		}
		return read(response)
	})
}

// NewRequest makes a request for an escaped path, in a version of the API.
func (s Service) NewRequest(ctx context.Context, method, path, version string) (*policy.Request, error) {
	request, err := runtime.NewRequest(ctx, method, s.URL+path)
	if err != nil {
		return nil, fmt.Errorf("making a request: %w", err)
	}
	request.Raw().URL.RawQuery = url.Values{"api-version": {version}}.Encode()
	request.Raw().Header.Set("Accept", "application/json")
	return request, nil
}

// Get reads a JSON document into answer. Any status but 200 is a *ServiceError.
func (s Service) Get(ctx context.Context, path, version string, answer any) error {
	request, err := s.NewRequest(ctx, http.MethodGet, path, version)
	if err != nil {
		return err
	}
	return s.Do(request, func(response *http.Response) error {
		if !runtime.HasStatusCode(response, http.StatusOK) {
			return NewServiceError(response)
		}
		return Decode(response, answer)
	})
}

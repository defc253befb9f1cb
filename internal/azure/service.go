package azure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// Service is one service of a cloud as one tenant reaches it.
type Service struct {
	// URL has no trailing slash.
	URL      string
	Pipeline runtime.Pipeline
	hurried  bool
}

// Hurried is the service for what may as well go without an answer: each request is sent a single time.
func (s Service) Hurried() Service {
	s.hurried = true
	return s
}

// Once sends a request a single time. The error of a status that may pass is a *ServiceError, and any other status is an answer.
func (s Service) Once(request *policy.Request) (*http.Response, error) {
	ctx := policy.WithRetryOptions(request.Raw().Context(), noRetries)
	response, err := s.Pipeline.Do(request.Clone(ctx))
	failed := outcome(response, err)
	if err == nil && failed != nil {
		failed = NewServiceError(response)
	}
	if failed != nil {
		return nil, failed
	}
	return response, nil
}

// Do sends a request, again and again while that may help, for as long as its context lasts. The statuses in
// final are answers, whatever they are elsewhere. When the time is up, its error is a *GaveUpError.
func (s Service) Do(request *policy.Request, final ...int) (*http.Response, error) {
	if s.hurried {
		return s.Once(request)
	}
	var answer *http.Response
	ctx, signIn := watchTries(policy.WithRetryOptions(request.Raw().Context(), noRetries))
	err := patiently(ctx, func() (error, error) {
		response, err := s.Pipeline.Do(request.Clone(ctx))
		answer = response
		if err != nil && signIn.outcome() != nil {
			return signIn.outcome(), signIn.outcome() // azcore returns a bare deadline when that is what ended the sign-in
		}
		if err == nil && slices.Contains(final, response.StatusCode) {
			return nil, nil
		}
		failed := outcome(response, err)
		if err == nil && failed != nil {
			failed = NewServiceError(response)
		}
		return failed, err
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// NewRequest makes a request for a path, which is escaped as it has to be, in a version of the API.
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
	return s.Insist(ctx, func() error { return s.get(ctx, path, version, answer) })
}

// Insist asks again, a few times, where an answer is an *UnreadableError: a proxy on the way may have been out of order for a moment.
func (s Service) Insist(ctx context.Context, ask func() error) error {
	if s.hurried {
		return ask()
	}
	return patiently(ctx, func() (error, error) {
		err := ask()
		if unreadable, ok := errors.AsType[*UnreadableError](err); ok {
			return unreadable, err
		}
		return nil, err
	})
}

func (s Service) get(ctx context.Context, path, version string, answer any) error {
	request, err := s.NewRequest(ctx, http.MethodGet, path, version)
	if err != nil {
		return err
	}
	response, err := s.Do(request)
	if err != nil {
		return err
	}
	if !runtime.HasStatusCode(response, http.StatusOK) {
		return NewServiceError(response)
	}
	return Decode(response, answer)
}

package azure

import (
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

// unreadableAttempts is how many attempts may get an unreadable answer. Whatever answers in the service's place won't
// stop soon.
const unreadableAttempts = 3

// firstConnectionTime is how long to retry while no connection to a host was ever made. A proxy that refuses, a port on
// which nobody listens, or plain HTTP in place of TLS is a mistake in the configuration, not an outage.
const firstConnectionTime = 2 * time.Minute

// RetryPolicy retries what may pass by itself: throttling, an outage of a service or of the token service, a broken
// connection, and a few times an unreadable answer. azcore's own retries won't do: they give up on a Retry-After longer
// than their longest pause, and ignore the deadline.
func RetryPolicy(err error) retry.Decision {
	if errors.Is(err, context.Canceled) || errors.As(err, new(*retry.GaveUpError)) {
		return retry.Decision{}
	}
	if refusal, ok := errors.AsType[*ServiceError](err); ok {
		return retry.Decision{Retry: IsTemporary(refusal.Status), After: refusal.RetryAfter}
	}
	if errors.As(err, new(*UnreadableError)) || errors.As(err, new(*signin.UnreadableTokenError)) {
		return retry.Decision{Retry: true, MaxAttempts: unreadableAttempts}
	}
	if connection, ok := errors.AsType[*ConnectionError](err); ok {
		decision := retry.Decision{Retry: !connection.isPermanent()}
		if !connection.Connected {
			decision.MaxTime = firstConnectionTime
		}
		return decision
	}
	if failed, ok := errors.AsType[*signin.Error](err); ok && failed.Response != nil {
		return retry.Decision{Retry: IsTemporary(failed.Response.StatusCode), After: retryAfter(failed.Response)}
	}
	// There is no time to retry after a deadline, but retry.Do then reports the attempt before, which says more.
	return retry.Decision{Retry: errors.Is(err, context.DeadlineExceeded)}
}

// IsTemporary reports whether a status is worth a retry. The list is azcore's.
func IsTemporary(status int) bool {
	return slices.Contains([]int{
		http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}, status)
}

// retryAfter returns the pause that a service asks for, 0 if none. The headers and their order are azcore's.
func retryAfter(response *http.Response) time.Duration {
	for _, header := range []struct {
		name string
		unit time.Duration
	}{{"retry-after-ms", time.Millisecond}, {"x-ms-retry-after-ms", time.Millisecond}, {"Retry-After", time.Second}} {
		text := response.Header.Get(header.name)
		if count, err := strconv.ParseInt(text, 10, 64); err == nil && count > 0 {
			return time.Duration(min(count, int64(math.MaxInt64/header.unit))) * header.unit
		}
		if date, err := http.ParseTime(text); err == nil {
			return max(0, time.Until(date))
		}
	}
	return 0
}

package azure

import (
	"context"
	"crypto/tls"
	"errors"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

// unreadableAttempts is how many unreadable answers are enough. Whoever gives them in the service's place will not stop soon.
const unreadableAttempts = 3

// RetryPolicy retries what may pass by itself: throttling, a service or a token service that is out of order, a connection that
// breaks, and a few times an answer that can't be read. azcore's own retries can't: they give up at once on a Retry-After longer than
// their longest pause, and know no deadline.
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
		return retry.Decision{Retry: !connection.isPermanent()}
	}
	if failed, ok := errors.AsType[*signin.Error](err); ok && failed.Response != nil {
		return retry.Decision{Retry: IsTemporary(failed.Response.StatusCode), After: retryAfter(failed.Response)}
	}
	return retry.Decision{Retry: errors.Is(err, context.DeadlineExceeded)} // so that the error tells of the attempt before
}

// IsTemporary says whether a status may be another one in a moment. These are azcore's own.
func IsTemporary(status int) bool {
	return slices.Contains([]int{
		http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}, status)
}

// isPermanent says whether a failure is a mistake of the configuration, which nobody should wait half an hour to be told of: a
// certificate that is not trusted, or a host that does not exist.
func (e *ConnectionError) isPermanent() bool {
	lookup, failedLookup := errors.AsType[*net.DNSError](e.Err)
	return errors.As(e.Err, new(*tls.CertificateVerificationError)) || failedLookup && lookup.IsNotFound
}

// retryAfter reads the header as seconds or as a date, and 0 where there is none.
func retryAfter(response *http.Response) time.Duration {
	text := response.Header.Get("Retry-After")
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Duration(max(0, min(seconds, int64(math.MaxInt64/time.Second)))) * time.Second
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(date))
	}
	return 0
}

package azure

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// The deadline of the Terraform operation decides how long to go on. azcore's own retries can't do that well: they give up at once on a
// Retry-After longer than their longest pause, and that same limit lets the pauses grow until an outage of two minutes is noticed to be
// over after five (auth-and-scale 5.2). So they are off, and patiently takes their place.
const (
	firstPause   = 500 * time.Millisecond
	longestPause = 30 * time.Second // unless the service asks for more

	// tryTimeout cuts off a try that hangs.
	tryTimeout = 100 * time.Second
)

// MostUnread is how many answers that can't be read are enough. Whoever gives them in the service's place will not stop soon.
const MostUnread = 3

// pace divides each pause and tryTimeout. It is 1 in what users have: only a linker can set it ("-X"), for a provider that is to meet many faults in a
// short test. The values here are what the unit tests measure.
var pace = "1"

func paced(length time.Duration) time.Duration {
	divisor, err := strconv.Atoi(pace)
	if err != nil || divisor < 1 {
		return length
	}
	return length / time.Duration(divisor)
}

// Sleep makes a pause, which ends early with the context.
func Sleep(ctx context.Context, pause time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(paced(pause)):
		return nil
	}
}

var noRetries = policy.RetryOptions{MaxRetries: -1}

// temporary are the statuses that another try may turn into an answer; they are azcore's own.
var temporary = []int{
	http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
	http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
}

// outcome is what a try that was not answered for good leaves behind: a *ServiceError with a temporary status, or the connection's
// error. It is nil for an answer.
func outcome(response *http.Response, err error) error {
	if err != nil || !slices.Contains(temporary, response.StatusCode) {
		return err
	}
	return &ServiceError{Status: response.StatusCode, RetryAfter: retryAfter(response)}
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

// MayPass says whether another try may go better than one that failed so. A certificate that is not trusted and a host that does not exist
// are mistakes of the configuration, which nobody should wait half an hour to be told of.
func MayPass(failed error) bool {
	if _, signIn := errors.AsType[*SignInError](failed); signIn {
		return false // which has been patient itself
	}
	if refusal, ok := errors.AsType[*ServiceError](failed); ok {
		return slices.Contains(temporary, refusal.Status)
	}
	if _, wrong := errors.AsType[*WrongTenantError](failed); wrong {
		return false
	}
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](failed); untrusted {
		return false
	}
	lookup, ok := errors.AsType[*net.DNSError](failed)
	return failed != nil && (!ok || !lookup.IsNotFound) && !errors.Is(failed, context.Canceled)
}

// Pause waits before the next try of something that failed so for the try-th time, for as long as the service asks or a little longer each time.
func Pause(ctx context.Context, try int, failed error) error {
	pause := min(firstPause<<min(try-1, 10), longestPause)
	pause = time.Duration(float64(pause) * (0.8 + rand.Float64()/2)) // so that not all come back at once
	if refusal, ok := errors.AsType[*ServiceError](failed); ok && refusal.RetryAfter > 0 {
		pause = refusal.RetryAfter
	}
	return Sleep(ctx, pause)
}

// patiently makes try after try for as long as that may help and the context lasts. A try returns its error, and what it leaves behind.
func patiently(ctx context.Context, attempt func() (failed, err error)) error {
	var last error
	unread := 0
	for try := 1; ; try++ {
		failed, err := attempt()
		if errors.As(failed, new(*UnreadableError)) {
			unread++
		}
		if failed == nil || !MayPass(failed) || unread == MostUnread {
			return err
		}
		if ctx.Err() != nil {
			return gaveUp(ctx, last, failed)
		}
		last = failed
		if Pause(ctx, try, failed) != nil {
			return gaveUp(ctx, last, nil)
		}
	}
}

// gaveUp prefers the last try that came to an end to the one that the deadline cut off.
func gaveUp(ctx context.Context, last, cutOff error) error {
	err := context.Cause(ctx)
	if last == nil && cutOff != nil && !errors.Is(cutOff, err) {
		last = cutOff
	}
	if last == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return &GaveUpError{Last: last, Err: err}
}

// GaveUpError is a request that was tried until the time was up, or until it was of no use to try again.
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

// lastTry remembers how signing in went last, of which azidentity keeps nothing but a text, and azcore nothing at all when the time is up.
type lastTry struct {
	mu     sync.Mutex
	failed error
}

type lastTryKey struct{}

func watchTries(ctx context.Context) (context.Context, *lastTry) {
	last := &lastTry{}
	return context.WithValue(ctx, lastTryKey{}, last), last
}

// note sets the outcome where a context wants to know it.
func note(ctx context.Context, failed error) {
	if last, watched := ctx.Value(lastTryKey{}).(*lastTry); watched {
		last.mu.Lock()
		defer last.mu.Unlock()
		last.failed = failed
	}
}

func (l *lastTry) outcome() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// tryWatcher is a policy that notes each try of a credential's pipeline.
type tryWatcher struct{}

func (tryWatcher) Do(request *policy.Request) (*http.Response, error) {
	response, err := request.Next()
	failed := outcome(response, err)
	if failed == nil && response.StatusCode == http.StatusOK {
		failed = unreadToken(response)
	}
	note(request.Raw().Context(), failed)
	return response, err
}

// unreadToken is what a success of the token service was if azidentity can make nothing of it. Its own words for that quote the whole answer, which
// may hold a token.
func unreadToken(response *http.Response) error {
	body, err := runtime.Payload(response)
	if err == nil && json.Valid(body) && !bytes.Contains(body, []byte("access_token")) {
		return nil
	}
	return &UnreadableError{ContentType: response.Header.Get("Content-Type"), Err: errors.New("it is not a token")}
}

// tryLimit is a policy that cuts off a try that hangs. It stands behind the sign-in, which may take longer. The body has been received when
// it returns.
type tryLimit struct{}

func (tryLimit) Do(request *policy.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(request.Raw().Context(), paced(tryTimeout))
	defer cancel()
	return request.WithContext(ctx).Next()
}

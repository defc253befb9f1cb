// Package retry has the provider's one retry loop, Do, and its one polling loop, Polling. Both end with their context,
// whose deadline is the timeout of a Terraform operation. What is worth a retry is the caller's to decide: this package
// knows no service.
package retry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// The pauses between two attempts double from the first to the longest, unless the service asks for a certain one.
const (
	firstPause   = 500 * time.Millisecond
	longestPause = 30 * time.Second
)

// Policy decides what to do about a failed attempt.
type Policy func(error) Decision

// Decision is what to do about a failed attempt. The zero value gives up at once.
type Decision struct {
	Retry bool
	// After is the pause that the service asked for, however long; 0 means to back off.
	After time.Duration
	// MaxAttempts is how many attempts may fail with such a Decision; 0 means any number.
	MaxAttempts int
	// MaxTime is how long attempts may go on failing with such a Decision; 0 means until the context ends.
	MaxTime time.Duration
}

// GaveUpError is an operation that was still worth a retry when its time was up.
type GaveUpError struct {
	// Last is the error of the last attempt that ended by itself, rather than with the context.
	Last error
	// Err says why there was no time left: the context's error, or a *PauseError.
	Err error
}

func (e *GaveUpError) Error() string {
	return fmt.Sprintf("%v; the last attempt ended with: %v", e.Err, e.Last)
}

// Unwrap returns both, Last first, because that one can be acted on.
func (e *GaveUpError) Unwrap() []error { return []error{e.Last, e.Err} }

// PauseError is a pause that the service asked for and that would outlast the operation. It counts as a deadline that
// was exceeded.
type PauseError struct{ Asked, Left time.Duration }

func (e *PauseError) Error() string {
	return fmt.Sprintf("the service asks to wait %s, and only %s is left", e.Asked, e.Left.Truncate(time.Second))
}

func (e *PauseError) Unwrap() error { return context.DeadlineExceeded }

// Do makes attempts until one succeeds, one fails in a way that the policy does not retry, or the context ends. Where a
// pause that the service asked for would outlast the context's deadline, it fails at once. Out of time, its error is a
// *GaveUpError; cancelled, it is the context's cause; otherwise it is that of the last attempt.
func Do(ctx context.Context, policy Policy, attempt func() error) error {
	var last error      // of the last attempt that the context did not cut off
	var limited int     // how many attempts had a MaxAttempts
	var since time.Time // when the first of the attempts with a MaxTime in a row started
	for attempts := 1; ; attempts++ {
		started := time.Now()
		err := attempt()
		if err == nil {
			return nil
		}
		decision := policy(err)
		if !decision.Retry {
			return err
		}
		if ctx.Err() != nil {
			return giveUp(ctx, last, err)
		}
		last = err
		if decision.MaxAttempts > 0 {
			if limited++; limited == decision.MaxAttempts {
				return err
			}
		}
		pause := cmp.Or(decision.After, backOff(attempts))
		if decision.MaxTime == 0 {
			since = time.Time{}
		} else {
			since = cmp.Or(since, started)
			left := decision.MaxTime - time.Since(since)
			if left <= 0 {
				return err
			}
			pause = min(pause, left)
		}
		if deadline, ok := ctx.Deadline(); ok && decision.After > 0 && time.Until(deadline) <= pause {
			return &GaveUpError{Last: err, Err: &PauseError{Asked: pause, Left: time.Until(deadline)}}
		}
		if Sleep(ctx, pause) != nil {
			return giveUp(ctx, last, nil)
		}
	}
}

// backOff varies the pause after a number of attempts, because parallel operations must not retry in step.
func backOff(attempts int) time.Duration {
	pause := min(firstPause<<min(attempts-1, 10), longestPause)
	return time.Duration(float64(pause) * (0.8 + rand.Float64()/2))
}

// giveUp explains the end of the context. cutOff is the error of an attempt that the end may have cut off.
func giveUp(ctx context.Context, last, cutOff error) error {
	cause := context.Cause(ctx)
	if last == nil && !errors.Is(cutOff, cause) {
		last = cutOff
	}
	if last == nil || errors.Is(cause, context.Canceled) {
		return cause
	}
	return &GaveUpError{Last: last, Err: cause}
}

// Sleep pauses, or returns the context's cause once the context ends.
func Sleep(ctx context.Context, pause time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(pause):
		return nil
	}
}

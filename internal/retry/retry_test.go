package retry_test

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

var (
	errBusy  = errors.New("busy")
	errWrong = errors.New("wrong")
)

// always decides the same about each failure but errWrong.
func always(decision retry.Decision) retry.Policy {
	decision.Retry = true
	return func(err error) retry.Decision {
		if errors.Is(err, errWrong) {
			return retry.Decision{}
		}
		return decision
	}
}

// outcome is how Do went, by a clock that nobody waits for.
type outcome struct {
	err    error
	starts []time.Duration // of the attempts, since Do was called
	took   time.Duration
}

// do makes attempts that fail with errs in turn, the last one for good.
func do(t *testing.T, timeout time.Duration, policy retry.Policy, errs ...error) (got outcome) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		started := time.Now()
		got.err = retry.Do(ctx, policy, func() error {
			got.starts = append(got.starts, time.Since(started))
			return errs[min(len(got.starts), len(errs))-1]
		})
		got.took = time.Since(started)
	})
	return got
}

func TestDo(t *testing.T) {
	paused := &retry.GaveUpError{Last: errBusy, Err: &retry.PauseError{Asked: time.Hour, Left: 5 * time.Minute}}
	if !errors.Is(paused, errBusy) || !errors.Is(paused, context.DeadlineExceeded) {
		t.Error("a pause that is too long lacks the last failure or the deadline")
	}
	for name, test := range map[string]struct {
		timeout  time.Duration // 0 means an hour
		decision retry.Decision
		errs     []error
		want     error
		attempts int           // 0 means any number
		took     time.Duration // 0 means any time
	}{
		"until success":                       {errs: []error{errBusy, errBusy, nil}, attempts: 3},
		"until a failure that is not retried": {errs: []error{errBusy, errWrong}, want: errWrong, attempts: 2},
		"a short pause of the service": {
			decision: retry.Decision{After: 2 * time.Second}, errs: []error{errBusy, nil}, took: 2 * time.Second,
		},
		"a long pause of the service": {
			decision: retry.Decision{After: 50 * time.Minute}, errs: []error{errBusy, nil}, took: 50 * time.Minute,
		},
		"a pause that outlasts the deadline fails at once": {
			timeout: 5 * time.Minute, decision: retry.Decision{After: time.Hour}, errs: []error{errBusy}, want: paused,
			attempts: 1,
		},
		"until the deadline": {
			timeout: time.Minute, errs: []error{errBusy},
			want: &retry.GaveUpError{Last: errBusy, Err: context.DeadlineExceeded}, took: time.Minute,
		},
		"MaxAttempts": {decision: retry.Decision{MaxAttempts: 3}, errs: []error{errBusy}, want: errBusy, attempts: 3},
		"MaxTime": {
			decision: retry.Decision{MaxTime: 2 * time.Minute}, errs: []error{errBusy}, want: errBusy, took: 2 * time.Minute,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := do(t, cmp.Or(test.timeout, time.Hour), always(test.decision), test.errs...)
			if !reflect.DeepEqual(got.err, test.want) {
				t.Errorf("error %v, want %v", got.err, test.want)
			}
			attempts := len(got.starts)
			if attempts != cmp.Or(test.attempts, attempts) || got.took != cmp.Or(test.took, got.took) {
				t.Errorf("%d attempts, %s", attempts, got.took)
			}
		})
	}
}

func TestPausesDouble(t *testing.T) {
	got := do(t, 10*time.Minute, always(retry.Decision{}), errBusy)
	for i, halves := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		want := time.Duration(halves) * time.Second / 2
		if pause := got.starts[i+1] - got.starts[i]; pause < want*8/10 || pause > want*13/10 {
			t.Errorf("pause %d took %s, want about %s", i+1, pause, want)
		}
	}
}

func TestAnAttemptThatTheDeadlineCutsOffIsNotTheLastFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		attempts := 0
		err := retry.Do(ctx, always(retry.Decision{}), func() error {
			if attempts++; attempts == 1 {
				return errBusy
			}
			<-ctx.Done()
			return ctx.Err()
		})
		if gaveUp, ok := errors.AsType[*retry.GaveUpError](err); !ok || !errors.Is(gaveUp.Last, errBusy) {
			t.Errorf("error %v", err)
		}
	})
}

func TestCancellingEndsAPauseAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		started := time.Now()
		err := retry.Do(ctx, always(retry.Decision{After: time.Hour}), func() error { return errBusy })
		if err != context.Canceled || time.Since(started) != time.Second {
			t.Errorf("error %v after %s", err, time.Since(started))
		}
	})
}

func TestMaxTimeCountsFromTheFirstOfTheLatestSuchFailures(t *testing.T) {
	errAnswered := errors.New("answered")
	limited := func(err error) retry.Decision {
		if errors.Is(err, errAnswered) {
			return retry.Decision{Retry: true, After: time.Minute}
		}
		return retry.Decision{Retry: true, MaxTime: 2 * time.Minute}
	}
	got := do(t, time.Hour, limited, errBusy, errBusy, errAnswered, errBusy)
	if since := got.took - got.starts[3]; got.err != errBusy || since != 2*time.Minute {
		t.Errorf("error %v %s after an answer", got.err, since)
	}
}

// until polls something that is read as the letters say: "." matches, "x" does not.
func until(t *testing.T, polling retry.Polling, reads string) (starts []time.Duration, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		started := time.Now()
		err = polling.Until(ctx, func(context.Context) (bool, error) {
			starts = append(starts, time.Since(started))
			switch reads[min(len(starts), len(reads))-1] {
			case '.':
				return true, nil
			case '!':
				return false, errWrong
			default:
				return false, nil
			}
		})
	})
	return starts, err
}

func TestPolling(t *testing.T) {
	steady := retry.Polling{First: time.Second, Longest: 2 * time.Second, Matches: 2, MatchesAfterMiss: 3}
	for reads, halves := range map[string][]int{ // of a second
		"..":      {0, 2},
		".x...":   {0, 2, 4, 6, 8},
		"x...":    {0, 2, 4, 6},
		"xxxx...": {0, 2, 5, 9, 13, 15, 17},
	} {
		starts, err := until(t, steady, reads)
		var want []time.Duration
		for _, half := range halves {
			want = append(want, time.Duration(half)*time.Second/2)
		}
		if err != nil || !slices.Equal(starts, want) {
			t.Errorf("%s: error %v, read at %v, want %v", reads, err, starts, want)
		}
	}
}

func TestPollingEnds(t *testing.T) {
	polling := retry.Polling{First: time.Second, Longest: 5 * time.Second}
	if starts, err := until(t, polling, "x!"); err != errWrong || len(starts) != 2 {
		t.Errorf("error %v after %d reads, want that of the second", err, len(starts))
	}
	if _, err := until(t, polling, "x"); err != context.DeadlineExceeded {
		t.Errorf("error %v, want the deadline's", err)
	}
	if starts, err := until(t, polling, "."); err != nil || len(starts) != 1 {
		t.Errorf("error %v after %d reads", err, len(starts))
	}
}

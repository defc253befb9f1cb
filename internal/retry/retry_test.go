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
	errBusy     = errors.New("busy")
	errAnswered = errors.New("busy, and asking to wait a minute")
	errWrong    = errors.New("wrong")
	errHangs    = errors.New("no answer before the context ends")
)

// attempts makes attempts that fail with errs in turn, the last one for good, in virtual time. The
// decision is about errBusy. It returns when each attempt started, and how long all took.
func attempts(ctx context.Context, decision retry.Decision, errs ...error) (
	starts []time.Duration, took time.Duration, err error,
) {
	started := time.Now()
	policy := func(err error) retry.Decision {
		switch err {
		case errWrong:
			return retry.Decision{}
		case errAnswered:
			return retry.Decision{Retry: true, After: time.Minute}
		}
		decision.Retry = true
		return decision
	}
	err = retry.Do(ctx, policy, func() error {
		starts = append(starts, time.Since(started))
		err := errs[min(len(starts), len(errs))-1]
		if err == errHangs {
			<-ctx.Done()
			return ctx.Err()
		}
		return err
	})
	return starts, time.Since(started), err
}

func TestDo(t *testing.T) {
	paused := &retry.GaveUpError{Last: errBusy, Err: &retry.PauseError{Asked: time.Hour, Left: 5 * time.Minute}}
	if !errors.Is(paused, errBusy) || !errors.Is(paused, context.DeadlineExceeded) {
		t.Error("a pause that is too long lacks the last failure or the deadline")
	}
	late := &retry.GaveUpError{Last: errBusy, Err: context.DeadlineExceeded}
	busy, limited := []error{errBusy}, retry.Decision{MaxTime: 2 * time.Minute}
	for name, test := range map[string]struct {
		timeout, cancelled time.Duration // 0 means an hour
		decision           retry.Decision
		errs               []error
		want               error
		count              int           // of the attempts, 0 means any
		from               int           // the attempt from which on it took
		took               time.Duration // 0 means any time
	}{
		"until success":                       {errs: []error{errBusy, errBusy, nil}, count: 3},
		"until a failure that is not retried": {errs: []error{errBusy, errWrong}, want: errWrong, count: 2},
		"a short pause of the service": {
			decision: retry.Decision{After: 2 * time.Second}, errs: []error{errBusy, nil}, took: 2 * time.Second,
		},
		"a long pause of the service": {
			decision: retry.Decision{After: 50 * time.Minute}, errs: []error{errBusy, nil}, took: 50 * time.Minute,
		},
		"a pause that outlasts the deadline fails at once": {
			timeout: 5 * time.Minute, decision: retry.Decision{After: time.Hour}, errs: busy, want: paused, count: 1,
		},
		"cancelling ends a pause at once": {
			cancelled: time.Second, decision: retry.Decision{After: 50 * time.Minute}, errs: busy,
			want: context.Canceled, took: time.Second,
		},
		"until the deadline": {timeout: time.Minute, errs: busy, want: late, took: time.Minute},
		"a single attempt that the deadline cuts off": {
			timeout: time.Minute, errs: []error{errHangs}, want: context.DeadlineExceeded,
		},
		"an attempt that the deadline cuts off is not the last failure": {
			timeout: time.Minute, errs: []error{errBusy, errHangs}, want: late, count: 2,
		},
		"MaxAttempts": {decision: retry.Decision{MaxAttempts: 3}, errs: busy, want: errBusy, count: 3},
		"MaxTime":     {decision: limited, errs: busy, want: errBusy, took: limited.MaxTime},
		"MaxTime counts from the first of the latest such failures": {
			decision: limited, errs: []error{errBusy, errBusy, errAnswered, errBusy}, want: errBusy,
			from: 3, took: limited.MaxTime,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), cmp.Or(test.timeout, time.Hour))
				defer cancel()
				time.AfterFunc(cmp.Or(test.cancelled, time.Hour), cancel)
				starts, took, err := attempts(ctx, test.decision, test.errs...)
				took -= starts[test.from]
				if !reflect.DeepEqual(err, test.want) || len(starts) != cmp.Or(test.count, len(starts)) ||
					took != cmp.Or(test.took, took) {
					t.Errorf("error %v, want %v; %d attempts, %s", err, test.want, len(starts), took)
				}
			})
		})
	}
}

func TestPausesDouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starts, _, _ := attempts(t.Context(), retry.Decision{MaxAttempts: 9}, errBusy)
		for i, halves := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
			want := time.Duration(halves) * time.Second / 2
			if pause := starts[i+1] - starts[i]; pause < want*8/10 || pause > want*13/10 {
				t.Errorf("pause %d took %s, want about %s", i+1, pause, want)
			}
		}
	})
}

func TestPolling(t *testing.T) {
	steady := retry.Polling{First: time.Second, Longest: 2 * time.Second, Matches: 2, MatchesAfterMiss: 3}
	for name, test := range map[string]struct {
		polling retry.Polling
		reads   string // "." matches, "x" does not, "!" fails; the last one for good
		want    error
		halves  []int // of a second, after which it reads
	}{
		"matches at once":            {steady, ".", nil, []int{0, 2}},
		"a miss asks for more":       {steady, ".x.", nil, []int{0, 2, 4, 6, 8}},
		"a miss at first":            {steady, "x.", nil, []int{0, 2, 4, 6}},
		"pauses grow to the longest": {steady, "xxxx.", nil, []int{0, 2, 5, 9, 13, 15, 17}},
		"one match is enough":        {retry.Polling{First: time.Second, Longest: time.Second}, ".", nil, []int{0}},
		"a failure ends it":          {steady, "x!", errWrong, []int{0, 2}},
		"the deadline ends it":       {steady, "x", context.DeadlineExceeded, []int{0, 2, 5, 9, 13, 17}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				started := time.Now()
				var halves []int
				err := test.polling.Until(ctx, func(context.Context) (bool, error) {
					halves = append(halves, int(time.Since(started)*2/time.Second))
					read := test.reads[min(len(halves), len(test.reads))-1]
					if read == '!' {
						return false, errWrong
					}
					return read == '.', nil
				})
				if err != test.want || !slices.Equal(halves, test.halves) {
					t.Errorf("error %v, read after %v half seconds, want %v", err, halves, test.halves)
				}
			})
		})
	}
}

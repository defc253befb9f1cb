package azure

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// waited is how long a pause takes, by a clock that nobody waits for.
func waited(t *testing.T, pause func(context.Context) error) time.Duration {
	t.Helper()
	var took time.Duration
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		if err := pause(t.Context()); err != nil {
			t.Error(err)
		}
		took = time.Since(started)
	})
	return took
}

func TestPausesAreAsLongAsTheServiceAsks(t *testing.T) {
	for _, asked := range []time.Duration{2 * time.Second, 90 * time.Second, 10 * time.Minute} {
		throttled := &ServiceError{Status: http.StatusTooManyRequests, RetryAfter: asked}
		if got := waited(t, func(ctx context.Context) error { return Pause(ctx, 1, throttled) }); got != asked {
			t.Errorf("asked for %s, it waited %s", asked, got)
		}
	}
}

func TestPausesGrow(t *testing.T) {
	for try, want := range map[int]time.Duration{
		1: 500 * time.Millisecond, 2: time.Second, 3: 2 * time.Second, 6: 16 * time.Second, 7: 30 * time.Second, 8: 30 * time.Second, 1000: 30 * time.Second,
	} {
		got := waited(t, func(ctx context.Context) error {
			return Pause(ctx, try, &ServiceError{Status: http.StatusServiceUnavailable})
		})
		if got < want*8/10 || got > want*13/10 {
			t.Errorf("before try %d it waited %s, want about %s", try+1, got, want)
		}
	}
}

func TestAPauseEndsAtOnceWhenCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		started := time.Now()
		err := Pause(ctx, 1, &ServiceError{Status: http.StatusTooManyRequests, RetryAfter: 90 * time.Second})
		if took := time.Since(started); !errors.Is(err, context.Canceled) || took != time.Second {
			t.Errorf("%v after %s", err, took)
		}
	})
}

// Only a build for tests has another pace.
func TestPace(t *testing.T) {
	if pace != "1" {
		t.Fatalf("the pace is %s", pace)
	}
	defer func() { pace = "1" }()
	for set, want := range map[string]time.Duration{"1": 90 * time.Second, "30": 3 * time.Second, "0": 90 * time.Second, "-3": 90 * time.Second, "fast": 90 * time.Second} {
		pace = set
		if got := waited(t, func(ctx context.Context) error { return Sleep(ctx, 90*time.Second) }); got != want {
			t.Errorf("at the pace %s it waited %s, want %s", set, got, want)
		}
	}
}

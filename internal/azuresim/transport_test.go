package azuresim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestABrokenConnectionIsReset(t *testing.T) {
	for kind, want := range map[string]error{
		"before": syscall.ECONNRESET, "after": syscall.ECONNRESET, "refused": syscall.ECONNREFUSED,
	} {
		w := newWorld(t)
		w.sim.AddFault(Fault{Method: http.MethodPut, Break: kind})
		_, err := w.do(http.MethodPut, settings+"/x"+stable, body(workspace, "AuditLogs"), nil)
		if wrapped, ok := errors.AsType[*url.Error](err); !ok || wrapped.Op != "Put" || !errors.Is(err, want) {
			t.Errorf("%s: error = %v", kind, err)
		}
		if _, exists := w.tenant.Setting("x"); exists != (kind == "after") {
			t.Errorf("%s: the request had its effect: %v", kind, exists)
		}
	}
}

func TestABrokenConnectionIsResetOnTheNetwork(t *testing.T) {
	w := newListeningWorld(t)
	w.sim.AddFault(Fault{Method: http.MethodPut, Break: "before"})
	_, err := w.do(http.MethodPut, settings+"/x"+stable, body(workspace, "AuditLogs"), nil)
	if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		t.Errorf("error = %v", err)
	}
}

func TestAnAnswerThatIsCutShort(t *testing.T) {
	for name, newWorld := range map[string]func(*testing.T) *world{
		"direct": newWorld, "on the network": newListeningWorld,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.sim.AddFault(Fault{Method: http.MethodPut, Break: "within"})
			response, err := w.do(http.MethodPut, settings+"/x"+stable, body(workspace, "AuditLogs"), nil)
			if err != nil || response.StatusCode != http.StatusOK {
				t.Fatalf("%v, %v", response, err)
			}
			half, err := io.ReadAll(response.Body)
			if !errors.Is(err, io.ErrUnexpectedEOF) || int64(len(half)) != response.ContentLength/2 {
				t.Errorf("%d of %d bytes arrived, and the error is %v", len(half), response.ContentLength, err)
			}
			if _, exists := w.tenant.Setting("x"); !exists {
				t.Error("the request had no effect")
			}
		})
	}
}

// A request that nobody waits for any longer still has its effect.
func TestTheContextEndsAHeldRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.sim.AddFault(Fault{Method: http.MethodPut, Delay: time.Hour})
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodPut, w.sim.URL+settings+"/x"+stable,
			strings.NewReader(body(workspace, "AuditLogs")))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+w.token)
		for range 2 { // once held, once with a context that has ended
			if _, err = w.sim.Do(request); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
				t.Errorf("after %v: %v", time.Since(began), err)
			}
		}
		if _, exists := w.tenant.Setting("x"); !exists {
			t.Error("the request had no effect")
		}
	})
}

func TestTheClockIsInjected(t *testing.T) {
	clock := now
	w := newWorldOf(t, newWithClock(func() time.Time { return clock }))
	if got := w.statuses(1, settings)[0]; got != http.StatusOK {
		t.Errorf("a fresh token: %d", got)
	}
	clock = clock.Add(2 * time.Hour)
	if got := w.statuses(1, settings)[0]; got != http.StatusUnauthorized {
		t.Errorf("an hour after the token's end: %d", got)
	}
	if log := w.sim.Requests(); !log[len(log)-1].At.Equal(clock) {
		t.Errorf("the last request was at %v", log[len(log)-1].At)
	}
	records := []Record{Aged(1, time.Hour, time.Minute)}
	put(t, w.tenant, Workspace{ID: workspace, Tables: map[string]Table{"AuditLogs": {Records: records}}})
	kept, _ := w.tenant.Workspace(workspace)
	record := kept.Tables["AuditLogs"].Records[0]
	if !record.Time.Equal(clock.Add(-time.Hour)) || !record.Ingested.Equal(clock.Add(-time.Minute)) {
		t.Errorf("the record is of %v, ingested %v", record.Time, record.Ingested)
	}
}

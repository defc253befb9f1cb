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

// The fault matrix and the golden files of package connector show all else that faults do to requests.
func TestFaultsOfATenant(t *testing.T) {
	w := newWorld(t)
	each([]Fault{
		{Status: 500, Tenant: otherTenantID, Times: 9}, {Status: 502, Tenant: strings.ToUpper(tenantID), Times: 2},
	}, w.sim.AddFault)
	if status, answer := w.signIn(tenantID, "app", "secret"); status != http.StatusBadGateway {
		t.Errorf("a sign-in: %d %v", status, answer)
	}
	w.walk([]step{{"GET", settings + stable, "", 502, ""}, {"GET", settings + stable, "", 200, ""}})
}

func TestABrokenConnection(t *testing.T) {
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
	w := newListeningWorld(t)
	w.sim.AddFault(Fault{Method: http.MethodPut, Break: "before"})
	_, err := w.do(http.MethodPut, settings+"/x"+stable, body(workspace, "AuditLogs"), nil)
	if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		t.Errorf("on the network: error = %v", err)
	}
}

func TestAnAnswerThatIsCutShort(t *testing.T) {
	for name, w := range map[string]*world{"direct": newWorld(t), "on the network": newListeningWorld(t)} {
		w.sim.AddFault(Fault{Method: http.MethodPut, Break: "within"})
		response, err := w.do(http.MethodPut, settings+"/x"+stable, body(workspace, "AuditLogs"), nil)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v, %v", name, response, err)
		}
		half, err := io.ReadAll(response.Body)
		if !errors.Is(err, io.ErrUnexpectedEOF) || int64(len(half)) != response.ContentLength/2 {
			t.Errorf("%s: %d of %d bytes arrived, and the error is %v", name, len(half), response.ContentLength, err)
		}
		if _, exists := w.tenant.Setting("x"); !exists {
			t.Errorf("%s: the request had no effect", name)
		}
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

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.sim.SetLatency(time.Second)
		for path, want := range map[string]time.Duration{settings + stable: time.Second, "/simulator/environment": 0} {
			began := time.Now()
			w.call(http.MethodGet, path, "")
			if took := time.Since(began); took != want {
				t.Errorf("%s took %v, want %v", path, took, want)
			}
		}
	})
}

func TestOnlyLoopback(t *testing.T) {
	authority, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"0.0.0.0:0", ":0", "example.com:443", "127.0.0.1"} {
		if sim, err := Start(address, authority); err == nil {
			_ = sim.Close()
			t.Errorf("it listens on %s", address)
		}
	}
}

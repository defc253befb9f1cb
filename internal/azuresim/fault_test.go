package azuresim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// statuses makes the same request several times.
func (w *world) statuses(times int, path string) []int {
	w.t.Helper()
	var got []int
	for range times {
		status, _ := w.call(http.MethodGet, path+stable, "")
		got = append(got, status)
	}
	return got
}

func TestWhichRequestsAreStruck(t *testing.T) {
	for name, test := range map[string]struct {
		faults []Fault
		want   []int
	}{
		"the first":               {[]Fault{{Status: 503}}, []int{503, 404, 404, 404}},
		"the third and fourth":    {[]Fault{{Status: 503, Skip: 2, Times: 2}}, []int{404, 404, 503, 503}},
		"a part of the path":      {[]Fault{{Status: 503, Path: "/DIAGNOSTICSettings"}}, []int{503, 404, 404, 404}},
		"the end of the path":     {[]Fault{{Status: 503, PathEnd: "settings/X"}}, []int{503, 404, 404, 404}},
		"not the end of the path": {[]Fault{{Status: 503, PathEnd: "/diagnosticsettings"}}, []int{404, 404, 404, 404}},
		"another method":          {[]Fault{{Status: 503, Method: http.MethodPut}}, []int{404, 404, 404, 404}},
		"this tenant":             {[]Fault{{Status: 503, Tenant: strings.ToUpper(tenantID)}}, []int{503, 404, 404, 404}},
		"another tenant":          {[]Fault{{Status: 503, Tenant: otherTenantID}}, []int{404, 404, 404, 404}},
		// A fault that lets a request through leaves it to those after it.
		"faults in a row": {[]Fault{{Status: 500, Skip: 1}, {Status: 503}}, []int{503, 500, 404, 404}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			each(test.faults, w.sim.AddFault)
			w.sim.ForgetRequests()
			if got := w.statuses(4, settings+"/x"); !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
			for i, e := range w.sim.Requests() {
				if e.Struck != (test.want[i] != 404) {
					t.Errorf("the log says that request %d was struck: %v", i+1, e.Struck)
				}
			}
		})
	}
}

// Somebody may answer in the service's place, whether the request reached it or not.
func TestAnAnswerInPlaceOfTheServices(t *testing.T) {
	for _, applied := range []bool{false, true} {
		w := newWorld(t)
		w.sim.AddFault(Fault{
			Method: http.MethodPut, Status: 200, Applied: applied, RetryAfter: 2, ContentType: "text/html", Body: "<html>",
		})
		response, err := w.do(http.MethodPut, settings+"/x"+stable, body(workspace, "AuditLogs"), nil)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		if response.StatusCode != 200 || string(text) != "<html>" || response.Header.Get("Retry-After") != "2" ||
			response.Header.Get("Content-Type") != "text/html" {
			t.Errorf("%s %v %q", response.Status, response.Header, text)
		}
		if _, exists := w.tenant.Setting("x"); exists != applied {
			t.Errorf("applied %v: the setting exists: %v", applied, exists)
		}
	}
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

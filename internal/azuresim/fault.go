package azuresim

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing/iotest"
	"time"
)

// Fault makes requests go wrong. The first fault that matches a request strikes, and is used up after Times of them.
type Fault struct {
	// Method, Path and PathEnd choose the requests: Path is a part of the path in any letter case, PathEnd its end. Empty
	// means any.
	Method  string `json:"method,omitempty"`
	Path    string `json:"path,omitempty"`
	PathEnd string `json:"pathEnd,omitempty"`
	// Tenant is the tenant of the request's token, or of the token endpoint. Empty means any.
	Tenant string `json:"tenant,omitempty"`
	// Skip is how many of these requests pass first.
	Skip int `json:"skip,omitempty"`
	// Times is how many requests are struck; 0 means one.
	Times int `json:"times,omitempty"`

	// Delay holds the request back, and Until does so until it is closed. The request then has its effect even if the
	// client is gone.
	Delay time.Duration   `json:"-"`
	Until <-chan struct{} `json:"-"`
	// Break breaks the connection: "before" the request has any effect, "after" it, or "within" the answer, of which half
	// arrives. "refused" means that there never was a connection; a simulator that listens can't do that, and breaks the
	// connection "before" instead.
	Break string `json:"break,omitempty"`
	// Token makes the services refuse the request's token from now on, as "invalid" or "expired". "insufficient" makes
	// them refuse all tokens of its tenant that were not requested with the claims which the answer demands.
	Token string `json:"token,omitempty"`
	// Status is answered in place of the service; 0 leaves the answer to the service.
	Status int `json:"status,omitempty"`
	// Applied lets the request have its effect all the same.
	Applied bool `json:"applied,omitempty"`
	// RetryAfter is the Retry-After header of that answer, in seconds; 0 means none.
	RetryAfter int `json:"retryAfter,omitempty"`
	// ContentType and Body are those of that answer; an empty ContentType means JSON.
	ContentType string `json:"contentType,omitempty"`
	Body        string `json:"body,omitempty"`
}

// check refuses what is probably misspelt.
func (f Fault) check() error {
	if !slices.Contains([]string{"", "refused", "before", "after", "within"}, f.Break) ||
		!slices.Contains([]string{"", "invalid", "expired", "insufficient"}, f.Token) {
		return fmt.Errorf("a fault can't have the break %q and the token %q", f.Break, f.Token)
	}
	return nil
}

// AddFault adds a fault after those that haven't struck yet.
func (s *Simulator) AddFault(fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fault.Times = max(fault.Times, 1)
	s.faults = append(s.faults, fault)
}

// ForgetFaults drops the faults that haven't struck yet.
func (s *Simulator) ForgetFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// takeFault finds the fault that strikes a request, the zero Fault if there is none.
func (s *Simulator) takeFault(e *Exchange) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.faults {
		fault := &s.faults[i]
		switch {
		case !fault.matches(e):
		case fault.Skip > 0:
			fault.Skip--
		default:
			struck := *fault
			e.Struck = struck.Delay > 0 || struck.Break != "" || struck.Token != "" || struck.Status > 0
			if fault.Times--; fault.Times == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
			return struck
		}
	}
	return Fault{}
}

// matches compares the tenant with that of the request's token, or else with the first part of its path, which is a
// tenant in Entra ID's.
func (f Fault) matches(e *Exchange) bool {
	path := strings.ToLower(e.Path)
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return (f.Method == "" || f.Method == e.Method) &&
		strings.Contains(path, strings.ToLower(f.Path)) && strings.HasSuffix(path, strings.ToLower(f.PathEnd)) &&
		(f.Tenant == "" || strings.EqualFold(f.Tenant, cmp.Or(e.TokenTenant, first)))
}

// strike lets the fault's request go wrong. An error is that of a connection that breaks.
func (f Fault) strike(s *Simulator, answer *httptest.ResponseRecorder, r *http.Request) (*http.Response, error) {
	if f.Delay > 0 {
		hold(r, time.After(f.Delay))
	}
	if f.Until != nil {
		hold(r, f.Until)
	}
	if f.Token != "" {
		s.RejectToken(r, f.Token)
	}
	switch {
	case f.Break == "refused":
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	case f.Break == "before":
		return nil, errReset
	case f.Status == 0:
		s.serviceOf(r).ServeHTTP(answer, r)
	case f.Applied:
		s.serviceOf(r).ServeHTTP(httptest.NewRecorder(), r)
	}
	if f.Break == "after" {
		return nil, errReset
	}
	if f.Status > 0 {
		if f.RetryAfter > 0 {
			answer.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		answer.Header().Set("Content-Type", cmp.Or(f.ContentType, "application/json; charset=utf-8"))
		answer.WriteHeader(f.Status)
		_, _ = answer.WriteString(f.Body)
	}
	response := answer.Result()
	response.ContentLength = int64(answer.Body.Len())
	if f.Break == "within" {
		half := bytes.NewReader(answer.Body.Bytes()[:answer.Body.Len()/2])
		response.Body = io.NopCloser(io.MultiReader(half, iotest.ErrReader(io.ErrUnexpectedEOF)))
	}
	return response, nil
}

var errReset = &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}

// hold waits until a moment has come, or a channel is closed, or the client is gone.
func hold[T any](r *http.Request, until <-chan T) {
	select {
	case <-until:
	case <-r.Context().Done():
	}
}

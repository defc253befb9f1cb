package azuresim

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
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
	Delay time.Duration   `json:"delay,omitempty"`
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
	// Headers are further headers of it.
	Headers map[string]string `json:"headers,omitempty"`
	// ContentType and Body are those of that answer; an empty ContentType means JSON.
	ContentType string `json:"contentType,omitempty"`
	Body        string `json:"body,omitempty"`
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

func (s *Simulator) takeFault(r *http.Request) (Fault, bool) {
	tenant := s.tenantOf(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.faults {
		fault := &s.faults[i]
		switch {
		case !fault.matches(r, tenant):
		case fault.Skip > 0:
			fault.Skip--
		default:
			struck := *fault
			if fault.Times--; fault.Times == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
			return struck, true
		}
	}
	return Fault{}, false
}

func (f *Fault) matches(r *http.Request, tenant string) bool {
	path := strings.ToLower(r.URL.Path)
	return (f.Method == "" || f.Method == r.Method) &&
		strings.Contains(path, strings.ToLower(f.Path)) && strings.HasSuffix(path, strings.ToLower(f.PathEnd)) &&
		(f.Tenant == "" || strings.EqualFold(f.Tenant, tenant))
}

// tenantOf returns the tenant of a request's token, or else the first part of its path, which is a tenant in Entra
// ID's.
func (s *Simulator) tenantOf(r *http.Request) string {
	if token, err := s.BearerToken(r); err == nil {
		return token.Tenant
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return first
}

// withFaults serves a request, or lets a fault strike it.
func (s *Simulator) withFaults(w http.ResponseWriter, r *http.Request, service http.Handler) {
	fault, struck := s.takeFault(r)
	if !struck {
		service.ServeHTTP(w, r)
		return
	}
	if record, ok := w.(*recorder); ok {
		record.struck = fault.Delay > 0 || fault.Break != "" || fault.Token != "" || fault.Status > 0
	}
	if fault.Delay > 0 {
		hold(r, time.After(fault.Delay))
	}
	if fault.Until != nil {
		hold(r, fault.Until)
	}
	if fault.Token != "" {
		s.RejectToken(r, fault.Token)
	}
	switch {
	case fault.Break == "before", fault.Break == "refused":
		panic(brokenConnection{refused: fault.Break == "refused"})
	case fault.Break == "after":
		service.ServeHTTP(httptest.NewRecorder(), r)
		panic(brokenConnection{})
	case fault.Break == "within":
		cutShort(w, r, service)
	case fault.Status == 0:
		service.ServeHTTP(w, r)
	default:
		if fault.Applied {
			service.ServeHTTP(httptest.NewRecorder(), r)
		}
		fault.answer(w)
	}
}

func (f *Fault) answer(w http.ResponseWriter) {
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if f.ContentType != "" {
		w.Header().Set("Content-Type", f.ContentType)
	}
	for name, value := range f.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(f.Status)
	_, _ = w.Write([]byte(f.Body))
}

type connectionKey struct{}

// withConnection lets a handler find the connection that it answers on.
func withConnection(ctx context.Context, connection net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, connection)
}

// resetConnection resets the connection of a request, and with it everything else that is under way on it.
func resetConnection(r *http.Request) {
	if secure, ok := r.Context().Value(connectionKey{}).(*tls.Conn); ok {
		if plain, ok := secure.NetConn().(*net.TCPConn); ok {
			_ = plain.SetLinger(0) // so that closing it is a reset
			_ = plain.Close()
		}
	}
}

// cutShort sends half of an answer, with the length of the whole.
func cutShort(w http.ResponseWriter, r *http.Request, service http.Handler) {
	whole := httptest.NewRecorder()
	service.ServeHTTP(whole, r)
	maps.Copy(w.Header(), whole.Header())
	w.Header().Set("Content-Length", strconv.Itoa(whole.Body.Len()))
	w.WriteHeader(whole.Code)
	_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
}

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
	// Method, Path and PathEnd choose the requests: Path is a part of the path in any letter case, PathEnd its end. Empty means any.
	Method  string `json:"method,omitempty"`
	Path    string `json:"path,omitempty"`
	PathEnd string `json:"pathEnd,omitempty"`
	// Tenant is the one whose token a request carries, or whose token service it asks. Empty means any.
	Tenant string `json:"tenant,omitempty"`
	// Skip is how many of these requests are let through first.
	Skip int `json:"skip,omitempty"`
	// Times is how many requests are struck; 0 means one.
	Times int `json:"times,omitempty"`

	// Delay holds the request back, and Until does so until it is closed. It then has its effect even if the caller has gone meanwhile.
	Delay time.Duration   `json:"delay,omitempty"`
	Until <-chan struct{} `json:"-"`
	// Break breaks the connection instead of answering: "before" the request has any effect, or "after" it. "within"
	// breaks it within the service's answer, of which half arrives. "refused" means that there never was a connection;
	// only Do can answer so, and a simulator that listens breaks the connection "before" instead.
	Break string `json:"break,omitempty"`
	// Token no longer lets the services accept the token that the request carries: it is "invalid", or "expired", or "insufficient", and then so is
	// any other of its tenant that was not asked for with the claims that the answer demands.
	Token string `json:"token,omitempty"`
	// Status answers instead of the service; 0 leaves the answer to the service.
	Status int `json:"status,omitempty"`
	// Applied lets the request have its effect all the same.
	Applied bool `json:"applied,omitempty"`
	// RetryAfter is the Retry-After header of that answer, in seconds; 0 means none.
	RetryAfter int `json:"retryAfter,omitempty"`
	// Headers are further ones.
	Headers map[string]string `json:"headers,omitempty"`
	// ContentType and Body are that answer's; an empty ContentType means JSON.
	ContentType string `json:"contentType,omitempty"`
	Body        string `json:"body,omitempty"`
}

// AddFault adds a fault after those that are still waiting.
func (s *Simulator) AddFault(fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fault.Times = max(fault.Times, 1)
	s.faults = append(s.faults, fault)
}

// ForgetFaults drops the faults that are still waiting.
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

// tenantOf is the tenant of a request's token, or the first part of its path, which is the tenant in Entra's.
func (s *Simulator) tenantOf(r *http.Request) string {
	if token, err := s.readToken(r); err == nil {
		return token.Tenant
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return first
}

// withFaults lets a fault strike a request, and otherwise serves it.
func (s *Simulator) withFaults(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	fault, struck := s.takeFault(r)
	if !struck {
		serve(w, r)
		return
	}
	if record, ok := w.(*recorder); ok {
		record.struck = fault.Delay > 0 || fault.Break != "" || fault.Token != "" || fault.Status > 0
	}
	hold(r, fault.Delay)
	holdUntil(r, fault.Until)
	if fault.Token != "" {
		s.spoilToken(r, fault.Token)
	}
	switch {
	case fault.Break == "before", fault.Break == "refused":
		panic(brokenConnection{refused: fault.Break == "refused"})
	case fault.Break == "after":
		serve(discard{}, r)
		panic(brokenConnection{})
	case fault.Break == "within":
		cutShort(w, r, serve)
	case fault.Status == 0:
		serve(w, r)
	default:
		if fault.Applied {
			serve(discard{}, r)
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

// resetConnection resets the connection of a request, and with it whatever else is under way on it.
func resetConnection(r *http.Request) {
	if secure, ok := r.Context().Value(connectionKey{}).(*tls.Conn); ok {
		if plain, ok := secure.NetConn().(*net.TCPConn); ok {
			_ = plain.SetLinger(0) // so that closing it is a reset
			_ = plain.Close()
		}
	}
}

// cutShort sends half of an answer that says how long it would have been.
func cutShort(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	whole := httptest.NewRecorder()
	serve(whole, r)
	maps.Copy(w.Header(), whole.Header())
	w.Header().Set("Content-Length", strconv.Itoa(whole.Body.Len()))
	w.WriteHeader(whole.Code)
	_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
}

// discard is an answer that nobody receives.
type discard struct{}

func (discard) Header() http.Header            { return http.Header{} }
func (discard) Write(data []byte) (int, error) { return len(data), nil }
func (discard) WriteHeader(int)                {}

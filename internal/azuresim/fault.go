package azuresim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault makes requests go wrong. The first fault that matches a request strikes, and is used up after Times of them.
type Fault struct {
	// Method and Path choose the requests: Path is a part of the path in any letter case. Empty means any.
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	// Tenant is the one whose token a request carries, or whose token service it asks. Empty means any.
	Tenant string `json:"tenant,omitempty"`
	// Times is how many requests are struck; 0 means one.
	Times int `json:"times,omitempty"`

	// Delay holds the answer back.
	Delay time.Duration `json:"delay,omitempty"`
	// Break breaks the connection instead of answering: "before" the request has any effect, or "after".
	Break string `json:"break,omitempty"`
	// Status answers instead of the service; 0 leaves the answer to the service.
	Status int `json:"status,omitempty"`
	// RetryAfter is the Retry-After header of that answer, in seconds; 0 means none.
	RetryAfter int `json:"retryAfter,omitempty"`
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

func (s *Simulator) takeFault(r *http.Request) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.faults, func(f Fault) bool {
		return (f.Method == "" || f.Method == r.Method) &&
			strings.Contains(strings.ToLower(r.URL.Path), strings.ToLower(f.Path)) &&
			(f.Tenant == "" || strings.EqualFold(f.Tenant, s.tenantOf(r)))
	})
	if i < 0 {
		return Fault{}, false
	}
	fault := s.faults[i]
	if s.faults[i].Times--; s.faults[i].Times == 0 {
		s.faults = slices.Delete(s.faults, i, i+1)
	}
	return fault, true
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
	hold(r, fault.Delay)
	switch {
	case fault.Break == "before":
		panic(http.ErrAbortHandler)
	case fault.Break == "after":
		serve(discard{}, r)
		panic(http.ErrAbortHandler)
	case fault.Status == 0:
		serve(w, r)
	default:
		if fault.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(fault.RetryAfter))
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if fault.ContentType != "" {
			w.Header().Set("Content-Type", fault.ContentType)
		}
		w.WriteHeader(fault.Status)
		_, _ = w.Write([]byte(fault.Body))
	}
}

// discard is an answer that nobody receives.
type discard struct{}

func (discard) Header() http.Header            { return http.Header{} }
func (discard) Write(data []byte) (int, error) { return len(data), nil }
func (discard) WriteHeader(int)                {}

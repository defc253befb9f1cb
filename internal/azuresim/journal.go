package azuresim

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"time"
)

// Exchange is one request and its answer, as the request log keeps them. Neither tokens nor what was sent to the token
// service are kept.
type Exchange struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query,omitempty"`
	// Headers are those of the request, the Authorization header left out.
	Headers http.Header `json:"headers"`
	// TokenTenant and TokenClient are what the request's bearer token says of itself: the tenant that issued it
	// and the application it was issued to. Both are "" where there was no good token.
	TokenTenant string `json:"tokenTenant,omitempty"`
	TokenClient string `json:"tokenClient,omitempty"`

	RequestBody     string      `json:"requestBody,omitempty"`
	Status          int         `json:"status"` // 0: the connection was broken instead of an answer
	ResponseHeaders http.Header `json:"responseHeaders"`
	ResponseBody    string      `json:"responseBody,omitempty"`
}

// Requests returns the request log, oldest first. Requests to the control endpoint are not in it.
func (s *Simulator) Requests() []Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.journal)
}

// ForgetRequests empties the request log.
func (s *Simulator) ForgetRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = nil
}

// recorded keeps a journal of what a handler is asked and answers.
func (s *Simulator) recorded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		exchange := Exchange{At: time.Now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Headers: r.Header.Clone()}
		exchange.Headers.Del("Authorization")
		if token, err := s.readToken(r); err == nil {
			exchange.TokenTenant, exchange.TokenClient = token.Tenant, token.ClientID
		}
		if !isTokenRequest(r) {
			exchange.RequestBody = string(body)
		}
		answer := &recorder{ResponseWriter: w}
		// Deferred, since a fault that breaks the connection leaves by panic.
		defer func() {
			exchange.Status, exchange.ResponseHeaders = answer.status, answer.Header().Clone()
			if !isTokenRequest(r) {
				exchange.ResponseBody = answer.body.String()
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.journal = append(s.journal, exchange)
		}()
		next.ServeHTTP(answer, r)
	})
}

// recorder is a ResponseWriter that remembers what it was told.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(data []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	r.body.Write(data)
	return r.ResponseWriter.Write(data)
}

package azuresim

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Exchange is one request and its answer, as the request log keeps them. Neither secrets nor tokens are kept, nor what was sent to
// a service that hands out tokens and answered by it.
type Exchange struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query,omitempty"`
	// Headers are those of the request, without those that carry tokens.
	Headers http.Header `json:"headers"`
	// TokenTenant, TokenClient and TokenID are what the request's bearer token says of itself: the tenant that issued it, the
	// application it was issued to, and which one it is. All are "" where there was no good token.
	TokenTenant string `json:"tokenTenant,omitempty"`
	TokenClient string `json:"tokenClient,omitempty"`
	TokenID     string `json:"tokenId,omitempty"`
	// AuxiliaryTenants are those of the good tokens that the request brought along beside it, in its order.
	AuxiliaryTenants []string `json:"auxiliaryTenants,omitempty"`

	// Struck says that a fault struck the request.
	Struck          bool        `json:"struck,omitempty"`
	RequestBody     string      `json:"requestBody,omitempty"`
	Status          int         `json:"status"` // 0: not answered yet, or the connection was broken instead
	ResponseHeaders http.Header `json:"responseHeaders"`
	ResponseBody    string      `json:"responseBody,omitempty"`
}

// Requests returns the request log in the order in which the requests came, with those that are still being answered. Requests to the control
// endpoint are not in it.
func (s *Simulator) Requests() []Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	exchanges := make([]Exchange, len(s.journal))
	for i, exchange := range s.journal {
		exchanges[i] = *exchange
	}
	return exchanges
}

// ForgetRequests empties the request log.
func (s *Simulator) ForgetRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = nil
}

// SetJournal says whether requests are remembered from now on, as they are at first. A run of many requests whose log nobody reads
// takes less memory without.
func (s *Simulator) SetJournal(keep bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = !keep
}

func (s *Simulator) keepsJournal() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.silent
}

// recorded keeps a journal of what a handler is asked and answers.
func (s *Simulator) recorded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.keepsJournal() {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		exchange := s.newExchange(r)
		secret := handsOutTokens(r.URL.Path)
		if !secret {
			exchange.RequestBody = string(body)
		}
		s.remember(&exchange)
		answer := &recorder{ResponseWriter: w}
		// Deferred, since a fault that breaks the connection leaves by panic.
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			exchange.Status, exchange.ResponseHeaders, exchange.Struck = answer.status, answer.Header().Clone(), answer.struck
			if !secret {
				exchange.ResponseBody = answer.body.String()
			}
		}()
		next.ServeHTTP(answer, r)
	})
}

func (s *Simulator) remember(exchange *Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = append(s.journal, exchange)
}

// newExchange is what a request says apart from its body.
func (s *Simulator) newExchange(r *http.Request) Exchange {
	exchange := Exchange{At: s.now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Headers: r.Header.Clone()}
	for _, secret := range []string{"Authorization", auxiliaryHeader, "X-Identity-Header"} {
		exchange.Headers.Del(secret)
	}
	if handsOutTokens(r.URL.Path) {
		exchange.Query = publicQuery(r.URL.Query())
	}
	if token, err := s.readToken(r); err == nil {
		exchange.TokenTenant, exchange.TokenClient, exchange.TokenID = token.Tenant, token.ClientID, token.ID
	}
	exchange.AuxiliaryTenants, _ = s.readAuxiliary(r) // the good ones, also where one is bad
	return exchange
}

// handsOutTokens says whether bodies at a path hold secrets or tokens, by whatever method.
func handsOutTokens(path string) bool {
	path = strings.ToLower(path)
	return strings.Contains(path, "/oauth2/") ||
		strings.HasPrefix(path, githubPath) || strings.HasPrefix(path, azureDevOpsPath) || strings.HasPrefix(path, identityPath)
}

// publicQuery keeps the parameters that the services which hand out tokens know, since a client may put anything into others.
func publicQuery(query url.Values) string {
	known := []string{"api-version", "audience", "client_id", "object_id", "mi_res_id", "resource", "serviceConnectionId"}
	maps.DeleteFunc(query, func(name string, _ []string) bool { return !slices.Contains(known, name) })
	return query.Encode()
}

// recorder is a ResponseWriter that remembers what it was told.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
	struck bool
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

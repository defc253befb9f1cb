package azuresim

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/entra"
)

// Exchange is a request and its answer in the request log. Secrets and tokens are not kept, nor the bodies of
// services that hand out tokens.
type Exchange struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query,omitempty"`
	// Headers are those of the request, without those that carry tokens.
	Headers http.Header `json:"headers"`
	// TokenTenant, TokenClient and TokenID come from the request's bearer token: the tenant that issued it, the
	// application it was issued to, and the token's id. All are "" if there was no valid token.
	TokenTenant string `json:"tokenTenant,omitempty"`
	TokenClient string `json:"tokenClient,omitempty"`
	TokenID     string `json:"tokenId,omitempty"`
	// AuxiliaryTenants are the tenants of the request's valid auxiliary tokens, in its order.
	AuxiliaryTenants []string `json:"auxiliaryTenants,omitempty"`

	// Struck means that a fault struck the request.
	Struck          bool        `json:"struck,omitempty"`
	RequestBody     string      `json:"requestBody,omitempty"`
	Status          int         `json:"status"` // 0 as long as there is no answer, or if the connection was broken
	ResponseHeaders http.Header `json:"responseHeaders"`
	ResponseBody    string      `json:"responseBody,omitempty"`
}

// Requests returns the request log in the order in which the requests came, including those that are still being
// answered. Requests to the control endpoint are not in it.
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

// SetJournal switches the request log on or off. It is on at first; many requests need less memory without it.
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

// recorded logs the requests and answers of a handler.
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
		secret := entra.HandsOutTokens(r.URL.Path)
		if !secret {
			exchange.RequestBody = string(body)
		}
		s.remember(&exchange)
		answer := &recorder{ResponseWriter: w}
		// Deferred, since a fault breaks a connection by a panic.
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

// newExchange is the exchange of a request, without its body.
func (s *Simulator) newExchange(r *http.Request) Exchange {
	exchange := Exchange{At: s.now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Headers: r.Header.Clone()}
	for _, secret := range []string{"Authorization", entra.AuxiliaryHeader, "X-Identity-Header"} {
		exchange.Headers.Del(secret)
	}
	if entra.HandsOutTokens(r.URL.Path) {
		exchange.Query = publicQuery(r.URL.Query())
	}
	if token, err := s.BearerToken(r); err == nil {
		exchange.TokenTenant, exchange.TokenClient, exchange.TokenID = token.Tenant, token.ClientID, token.ID
	}
	exchange.AuxiliaryTenants, _ = s.AuxiliaryTenants(r, Audience) // the valid ones, even if one is not
	return exchange
}

// publicQuery keeps the parameters that are known to hold no secret.
func publicQuery(query url.Values) string {
	known := []string{"api-version", "audience", "client_id", "object_id", "mi_res_id", "resource", "serviceConnectionId"}
	maps.DeleteFunc(query, func(name string, _ []string) bool { return !slices.Contains(known, name) })
	return query.Encode()
}

// recorder is a ResponseWriter that keeps what is written.
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

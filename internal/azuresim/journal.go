package azuresim

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
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
	Struck       bool   `json:"struck,omitempty"`
	RequestBody  string `json:"requestBody,omitempty"`
	Status       int    `json:"status"` // 0 as long as there is no answer, or if the connection was broken
	ResponseBody string `json:"responseBody,omitempty"`
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

// begin logs a request.
func (s *Simulator) begin(r *http.Request) *Exchange {
	body, _ := io.ReadAll(r.Body) // cut short if the client is gone
	r.Body = io.NopCloser(bytes.NewReader(body))
	e := &Exchange{
		At: time.Now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Headers: r.Header.Clone(),
		RequestBody: string(body),
	}
	for _, secret := range []string{"Authorization", entra.AuxiliaryHeader, "X-Identity-Header"} {
		e.Headers.Del(secret)
	}
	if entra.HandsOutTokens(r.URL.Path) {
		e.Query, e.RequestBody = publicQuery(r.URL.Query()), ""
	}
	if token, err := s.BearerToken(r); err == nil {
		e.TokenTenant, e.TokenClient, e.TokenID = token.Tenant, token.ClientID, token.ID
	}
	e.AuxiliaryTenants, _ = s.AuxiliaryTenants(r, Audience) // the valid ones, even if one is not
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = append(s.journal, e)
	return e
}

// end logs the answer to a request.
func (s *Simulator) end(e *Exchange, answer *httptest.ResponseRecorder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Status = answer.Code
	if !entra.HandsOutTokens(e.Path) {
		e.ResponseBody = answer.Body.String()
	}
}

// publicQuery keeps the parameters that are known to hold no secret.
func publicQuery(query url.Values) string {
	known := []string{"api-version", "audience", "client_id", "object_id", "mi_res_id", "resource", "serviceConnectionId"}
	maps.DeleteFunc(query, func(name string, _ []string) bool { return !slices.Contains(known, name) })
	return query.Encode()
}

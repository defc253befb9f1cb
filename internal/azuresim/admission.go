package azuresim

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// tokenRefusal is why a service does not accept a token: Resource Manager's words for it, and the header that goes with them.
type tokenRefusal struct {
	code, message, challenge string
}

// admit reads the bearer token of a request and says whether the services accept it.
func (s *Simulator) admit(r *http.Request) (accessToken, *tokenRefusal) {
	token, err := s.readToken(r)
	s.mu.Lock()
	spoiled, demanded := s.spoiled[token.ID], s.demanded[token.Tenant]
	s.mu.Unlock()
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return token, s.expiredToken(token.ExpiresAt.Time)
	case err != nil, spoiled == "invalid":
		return token, s.invalidToken()
	case spoiled == "expired":
		return token, s.expiredToken(s.now().Add(-time.Second))
	case demanded != "" && !token.wasAskedForWith(demanded):
		return token, s.insufficientToken(token.Tenant, demanded)
	}
	return token, nil
}

// invalidToken has a code and a message that have been seen (Azure/Azure-Sentinel#12207); the header is inferred.
func (s *Simulator) invalidToken() *tokenRefusal {
	const message = "The access token is invalid."
	return &tokenRefusal{"InvalidAuthenticationToken", message, s.challenge("invalid_token", message)}
}

// expiredToken is as seen (hashicorp/terraform-provider-azurerm#20867); the header is inferred.
func (s *Simulator) expiredToken(expiry time.Time) *tokenRefusal {
	const layout = "1/2/2006 3:04:05 PM"
	message := fmt.Sprintf("The access token expiry UTC time '%s' is earlier than current UTC time '%s'.", expiry.UTC().Format(layout), s.now().UTC().Format(layout))
	return &tokenRefusal{"ExpiredAuthenticationToken", message, s.challenge("invalid_token", message)}
}

func (s *Simulator) challenge(code, description string) string {
	return fmt.Sprintf(`Bearer authorization_uri=%q, error=%q, error_description=%q`, s.URL, code, description)
}

// insufficientToken has the header of Microsoft's page on claims challenges. What the body says is inferred.
func (s *Simulator) insufficientToken(tenant, demanded string) *tokenRefusal {
	return &tokenRefusal{"InvalidAuthenticationToken", "The access token has insufficient claims.", fmt.Sprintf(
		`Bearer realm="", authorization_uri="%s/%s/oauth2/authorize", error="insufficient_claims", claims="%s"`,
		s.URL, tenant, base64.StdEncoding.EncodeToString([]byte(demanded)))}
}

// spoilToken lets the services no longer accept a request's token. The claims that they demand of an insufficient one are those by which they are told
// of a revocation: that the token is a new one.
func (s *Simulator) spoilToken(r *http.Request, how string) {
	token, err := s.readToken(r)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if how == "insufficient" {
		s.demanded[token.Tenant] = fmt.Sprintf(`{"access_token":{"nbf":{"essential":true,"value":%q}}}`, strconv.FormatInt(s.now().Unix(), 10))
		return
	}
	s.spoiled[token.ID] = how
}

// wasAskedForWith says whether the request for a token had the demanded claims among its own. A client adds to them what it is capable of.
func (t accessToken) wasAskedForWith(demanded string) bool {
	type claims struct {
		AccessToken map[string]any `json:"access_token"`
	}
	var wanted, had claims
	if json.Unmarshal([]byte(demanded), &wanted) != nil || json.Unmarshal([]byte(t.Demanded), &had) != nil {
		return false
	}
	for name, value := range wanted.AccessToken {
		if !reflect.DeepEqual(had.AccessToken[name], value) {
			return false
		}
	}
	return true
}

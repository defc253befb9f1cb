package entra

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

// Refusal says why a service does not accept a token: Resource Manager's code and message, and the WWW-Authenticate
// header (README, "Tokens and tenants").
type Refusal struct{ Code, Message, Challenge string }

// Admit reads a request's bearer token and says whether a service that has the given audiences accepts it.
func (s *Service) Admit(r *http.Request, audiences ...string) (Token, *Refusal) {
	token, err := s.BearerToken(r)
	s.mu.Lock()
	rejected, demanded := s.rejected[token.ID], s.demanded[token.Tenant]
	s.mu.Unlock()
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return token, s.expiredToken(token.ExpiresAt.Time)
	case err != nil, rejected == "invalid":
		return token, s.invalidToken()
	case rejected == "expired":
		return token, s.expiredToken(s.now().Add(-time.Second))
	case demanded != "" && !token.wasRequestedWith(demanded):
		return token, s.insufficientToken(token.Tenant, demanded)
	case len(audiences) > 0 && !token.IsFor(audiences...):
		return token, s.invalidToken()
	}
	if _, found := s.existing(token.Tenant); !found {
		refusal := s.invalidToken()
		refusal.Code, refusal.Message = "InvalidAuthenticationTokenTenant",
			"The access token is from the wrong issuer '"+token.Issuer+"'."
		return token, refusal
	}
	return token, nil
}

func (s *Service) invalidToken() *Refusal {
	const message = "The access token is invalid."
	return &Refusal{"InvalidAuthenticationToken", message, s.challenge("invalid_token", message)}
}

func (s *Service) expiredToken(expiry time.Time) *Refusal {
	const layout = "1/2/2006 3:04:05 PM"
	message := fmt.Sprintf("The access token expiry UTC time '%s' is earlier than current UTC time '%s'.",
		expiry.UTC().Format(layout), s.now().UTC().Format(layout))
	return &Refusal{"ExpiredAuthenticationToken", message, s.challenge("invalid_token", message)}
}

func (s *Service) challenge(code, description string) string {
	return fmt.Sprintf(`Bearer authorization_uri=%q, error=%q, error_description=%q`, s.url, code, description)
}

// insufficientToken has the header of a claims challenge (README, "Access tokens"). The body's message is inferred.
func (s *Service) insufficientToken(tenant, demanded string) *Refusal {
	return &Refusal{"InvalidAuthenticationToken", "The access token has insufficient claims.", fmt.Sprintf(
		`Bearer realm="", authorization_uri="%s/%s/oauth2/authorize", error="insufficient_claims", claims="%s"`,
		s.url, tenant, base64.StdEncoding.EncodeToString([]byte(demanded)))}
}

// RejectToken makes the services refuse a request's token from now on: as "invalid", "expired" or "insufficient". The
// claims demanded of an insufficient one are those after a revocation, which say that the token is a new one.
func (s *Service) RejectToken(r *http.Request, as string) {
	token, err := s.BearerToken(r)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if as == "insufficient" {
		s.demanded[token.Tenant] = fmt.Sprintf(`{"access_token":{"nbf":{"essential":true,"value":%q}}}`,
			strconv.FormatInt(s.now().Unix(), 10))
		return
	}
	s.rejected[token.ID] = as
}

// wasRequestedWith reports whether the request for a token had the demanded claims among its own, to which a client
// adds what it is capable of.
func (t Token) wasRequestedWith(demanded string) bool {
	type claims struct {
		AccessToken map[string]any `json:"access_token"`
	}
	var wanted, had claims
	if json.Unmarshal([]byte(demanded), &wanted) != nil || json.Unmarshal([]byte(t.RequestedClaims), &had) != nil {
		return false
	}
	for name, value := range wanted.AccessToken {
		if !reflect.DeepEqual(had.AccessToken[name], value) {
			return false
		}
	}
	return true
}

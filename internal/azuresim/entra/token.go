package entra

import (
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const tokenLife = time.Hour

// exchangeAudience is the audience of tokens that are exchanged for another tenant's.
const exchangeAudience = "api://AzureADTokenExchange"

// Token is an access token. Clients must not rely on more than "tid" (README, "Access tokens").
type Token struct {
	jwt.RegisteredClaims
	Tenant   string `json:"tid"`
	ClientID string `json:"appid"`
	ObjectID string `json:"oid"`
	// RequestedClaims are the claims that the token was requested with. Real tokens don't say.
	RequestedClaims string `json:"requestedClaims,omitempty"`
}

// A token's only audience is a string, not a list of one (README, "Access tokens"). azurerm's SDK relies on that.
func init() { jwt.MarshalSingleStringAsArray = false }

// newToken makes a token that is to be signed. One that is to be exchanged has the issuer of version 2.0, and its
// subject is the object id (README, "Managed identities").
func (s *Service) newToken(tenant, audience, clientID, objectID string, life time.Duration) Token {
	issuer := s.url + "/" + tenant
	if audience == exchangeAudience {
		issuer += "/v2.0"
	}
	return Token{
		RegisteredClaims: jwt.RegisteredClaims{
			ID:        rand.Text(),
			Audience:  jwt.ClaimStrings{audience},
			Issuer:    issuer,
			Subject:   objectID,
			NotBefore: jwt.NewNumericDate(s.now()),
			ExpiresAt: jwt.NewNumericDate(s.now().Add(life)),
		},
		Tenant:   tenant,
		ClientID: clientID,
		ObjectID: objectID,
	}
}

// sign can't fail: the claims are texts and times, and the key is bytes.
func (s *Service) sign(token Token) string {
	signed, _ := jwt.NewWithClaims(jwt.SigningMethodHS256, token).SignedString(s.signingKey)
	return signed
}

func (s *Service) verify(signed string) (Token, error) {
	var token Token
	_, err := jwt.ParseWithClaims(signed, &token, func(*jwt.Token) (any, error) { return s.signingKey, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Name}), jwt.WithTimeFunc(s.now))
	return token, err
}

// BearerToken checks the signature and the life of a request's bearer token.
func (s *Service) BearerToken(r *http.Request) (Token, error) {
	bearer := bearerOf(r)
	if bearer == "" {
		return Token{}, errors.New("the request has no bearer token")
	}
	return s.verify(bearer)
}

func bearerOf(r *http.Request) string {
	bearer, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		return ""
	}
	return bearer
}

// IsFor reports whether the token has one of the audiences.
func (t Token) IsFor(audiences ...string) bool {
	return slices.ContainsFunc(audiences, func(audience string) bool { return slices.Contains(t.Audience, audience) })
}

// RoleOf returns the role of a token's principal in the token's tenant.
func (s *Service) RoleOf(token Token) Role {
	directory, found := s.existing(token.Tenant)
	if !found {
		return NoRole
	}
	principal, _ := directory.principal(token.ClientID)
	return principal.Role
}

package entra

import (
	"crypto/rand"
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
func (s *Service) newToken(tenant, audience string, of Principal, life time.Duration) Token {
	tenant = strings.ToLower(tenant)
	issuer := s.url + "/" + tenant
	if audience == exchangeAudience {
		issuer += "/v2.0"
	}
	return Token{
		RegisteredClaims: jwt.RegisteredClaims{
			ID:        rand.Text(),
			Audience:  jwt.ClaimStrings{audience},
			Issuer:    issuer,
			Subject:   of.ObjectID,
			NotBefore: jwt.NewNumericDate(time.Now()),
			// The claim has whole seconds, and must not expire before the client thinks so.
			ExpiresAt: jwt.NewNumericDate(time.Now().Add(life + time.Second)),
		},
		Tenant:   tenant,
		ClientID: of.ClientID,
		ObjectID: of.ObjectID,
	}
}

// IssueAccessToken makes an access token as a principal gets it at the token endpoint.
func (s *Service) IssueAccessToken(tenant, audience string, principal Principal) string {
	return s.sign(s.newToken(tenant, audience, principal, tokenLife))
}

// sign can't fail: the claims are texts and times, and the key is bytes.
func (s *Service) sign(claims jwt.Claims) string {
	signed, _ := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(s.signingKey)
	return signed
}

func (s *Service) verify(signed string) (token Token, err error) {
	_, err = jwt.ParseWithClaims(signed, &token, func(*jwt.Token) (any, error) { return s.signingKey, nil })
	return token, err
}

// BearerToken checks the signature and the life of a request's bearer token.
func (s *Service) BearerToken(r *http.Request) (Token, error) { return s.verify(bearerOf(r)) }

func bearerOf(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// IsFor reports whether the token has one of the audiences.
func (t Token) IsFor(audiences ...string) bool {
	return slices.ContainsFunc(audiences, func(audience string) bool { return slices.Contains(t.Audience, audience) })
}

package entra

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
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

// newToken makes a token without a signature. One for the exchange has the issuer of version 2.0, and the object id as
// its subject (README, "Managed identities").
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

// Refusal says why a service does not accept a token: Resource Manager's code and message, and the WWW-Authenticate
// header (README, "Tokens and tenants").
type Refusal struct{ Code, Message, Challenge string }

// Admit reads a request's bearer token and says whether a service that has the given audiences accepts it.
func (s *Service) Admit(r *http.Request, audiences ...string) (Token, *Refusal) {
	token, err := s.BearerToken(r)
	rejected, _ := s.rejected.get(token.ID)
	demanded, _ := s.demanded.get(token.Tenant)
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return token, s.expiredToken(token.ExpiresAt.Time)
	case err == nil && rejected == "expired":
		return token, s.expiredToken(time.Now().Add(-time.Second))
	case err != nil, rejected != "", len(audiences) > 0 && !token.IsFor(audiences...):
		return token, s.invalidToken("InvalidAuthenticationToken", "The access token is invalid.")
	case !strings.Contains(token.RequestedClaims, demanded):
		// The header is a claims challenge (README, "Access tokens"). The body's message is inferred.
		claims := base64.StdEncoding.EncodeToString([]byte(`{"access_token":{` + demanded + `}}`))
		return token, &Refusal{"InvalidAuthenticationToken", "The access token has insufficient claims.", fmt.Sprintf(
			`Bearer realm="", authorization_uri="%s/%s/oauth2/authorize", error="insufficient_claims", claims="%s"`,
			s.url, token.Tenant, claims)}
	}
	return token, nil
}

func (s *Service) expiredToken(expiry time.Time) *Refusal {
	const layout = "1/2/2006 3:04:05 PM"
	return s.invalidToken("ExpiredAuthenticationToken", fmt.Sprintf(
		"The access token expiry UTC time '%s' is earlier than current UTC time '%s'.",
		expiry.UTC().Format(layout), time.Now().UTC().Format(layout)))
}

func (s *Service) invalidToken(code, message string) *Refusal {
	return &Refusal{code, message, fmt.Sprintf(
		`Bearer authorization_uri=%q, error="invalid_token", error_description=%q`, s.url, message)}
}

// RejectToken makes the services refuse a request's token from now on: as "invalid", "expired" or "insufficient". The
// claim demanded of an insufficient one is that after a revocation, which says that the token is a new one.
func (s *Service) RejectToken(r *http.Request, as string) {
	token, err := s.BearerToken(r)
	switch {
	case err != nil:
	case as == "insufficient":
		s.demanded.put(token.Tenant, fmt.Sprintf(`"nbf":{"essential":true,"value":"%d"}`, time.Now().Unix()))
	default:
		s.rejected.put(token.ID, as)
	}
}

// AuxiliaryHeader is the header with tokens of other tenants.
const AuxiliaryHeader = "X-Ms-Authorization-Auxiliary"

// AuxiliaryTenants checks the tokens of other tenants that come with a request, and returns their tenants. With an
// error it returns those of the tokens before the bad one (README, "Tokens and tenants").
func (s *Service) AuxiliaryTenants(r *http.Request, audiences ...string) (tenants []string, err error) {
	header := strings.Join(r.Header.Values(AuxiliaryHeader), ",")
	if header == "" {
		return nil, nil
	}
	for entry := range strings.SplitSeq(header, ",") {
		token, err := s.verify(strings.TrimPrefix(strings.TrimSpace(entry), "Bearer "))
		if err != nil || !token.IsFor(audiences...) {
			return tenants, fmt.Errorf("the auxiliary token of client '%s' and tenant '%s' is expired or invalid",
				token.ClientID, token.Tenant)
		}
		tenants = append(tenants, token.Tenant)
	}
	return tenants, nil
}

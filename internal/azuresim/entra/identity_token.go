package entra

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

// The OIDC issuers that tests use. Any other name is an issuer as well.
const (
	IssuerGitHub       = "github"
	IssuerAzureDevOps  = "azuredevops"
	IssuerHCPTerraform = "hcpterraform"
	IssuerKubernetes   = "kubernetes"
)

const (
	issuersPath = "/oidc/"
	keyID       = "simulator"
)

// IdentityToken describes an ID token.
type IdentityToken struct {
	// Issuer is the name of an issuer, such as IssuerGitHub.
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
	// Audience is "api://AzureADTokenExchange" if it is empty.
	Audience string `json:"audience,omitempty"`
	// Lifetime is how long the token is good for, in JSON in nanoseconds; 0 means 5 minutes, like GitHub's. A negative one
	// says how long ago it expired.
	Lifetime time.Duration `json:"lifetime,omitempty"`
}

// IssuerURL is the iss claim of an issuer's tokens, which a FederatedCredential names.
func (s *Service) IssuerURL(name string) string { return s.url + issuersPath + name }

// IssueIdentityToken makes an ID token, signed with RS256, the one algorithm that Entra documents for federation.
func (s *Service) IssueIdentityToken(token IdentityToken) (string, error) {
	const usualLife = 5 * time.Minute
	begins := s.now()
	expires := begins.Add(cmp.Or(token.Lifetime, usualLife))
	if expires.Before(begins) {
		begins = expires.Add(-usualLife)
	}
	unsigned := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		ID:        rand.Text(),
		Issuer:    s.IssuerURL(token.Issuer),
		Subject:   token.Subject,
		Audience:  jwt.ClaimStrings{cmp.Or(token.Audience, exchangeAudience)},
		IssuedAt:  jwt.NewNumericDate(begins),
		NotBefore: jwt.NewNumericDate(begins),
		ExpiresAt: jwt.NewNumericDate(expires),
	})
	unsigned.Header["kid"] = keyID
	return unsigned.SignedString(s.issuerKey())
}

func newIssuerKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // only a shorter key is refused
	}
	return key
}

// serveIssuer answers with an issuer's discovery document or its keys, as in OpenID Connect Discovery 1.0.
func (s *Service) serveIssuer(w http.ResponseWriter, r *http.Request) {
	name, document, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, issuersPath), "/")
	switch document {
	case ".well-known/openid-configuration":
		jsonhttp.Write(w, http.StatusOK, map[string]any{
			"issuer":                                s.IssuerURL(name),
			"jwks_uri":                              s.IssuerURL(name) + "/.well-known/jwks",
			"response_types_supported":              []string{"id_token"},
			"subject_types_supported":               []string{"public"},
			"id_token_signing_alg_values_supported": []string{jwt.SigningMethodRS256.Alg()},
		})
	case ".well-known/jwks":
		key := s.issuerKey()
		jsonhttp.Write(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "use": "sig", "alg": jwt.SigningMethodRS256.Alg(), "kid": keyID,
			"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
		}}})
	default:
		http.NotFound(w, r)
	}
}

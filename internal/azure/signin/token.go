package signin

import (
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// readClaims reads the claims of a JWT without a check of the signature. A token that is no JWT has none, which is not
// an error: access tokens are formally opaque to clients.
func readClaims(token string) jwt.MapClaims {
	claims := jwt.MapClaims{}
	_, _, _ = jwt.NewParser(jwt.WithPaddingAllowed()).ParseUnverified(token, claims)
	return claims
}

// TokenTenant returns the tenant of an access token in lower case, or "" if the token does not say.
func TokenTenant(token string) string {
	tenant, _ := readClaims(token)["tid"].(string)
	return strings.ToLower(tenant)
}

// Presented is what an identity token claimed; empty if it can't be read.
type Presented struct {
	Issuer, Subject string
	Audience        []string
}

func readPresented(token string) *Presented {
	claims := readClaims(token)
	issuer, _ := claims.GetIssuer()
	subject, _ := claims.GetSubject()
	audience, _ := claims.GetAudience()
	return &Presented{issuer, subject, audience}
}

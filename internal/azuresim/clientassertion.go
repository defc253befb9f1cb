package azuresim

import (
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// clientAssertion is a signed statement by which a client signs in, before its signature is checked.
type clientAssertion struct {
	signed string
	header map[string]any
	claims jwt.RegisteredClaims
}

// checkAssertion checks an assertion. One that the client issued about itself is signed with its certificate; any other is a
// token of an issuer that the application trusts.
func (s *Simulator) checkAssertion(signed string, tenant *Tenant, principal Principal) *badCredential {
	assertion := clientAssertion{signed: signed}
	read, _, err := jwt.NewParser().ParseUnverified(signed, &assertion.claims)
	if err != nil {
		// The code is of the published list of error codes; the words are inferred.
		return &badCredential{50027, "JWT token is invalid or malformed."}
	}
	assertion.header = read.Header
	if assertion.claims.Issuer == assertion.claims.Subject {
		return s.checkSelfIssued(assertion, tenant, principal)
	}
	return s.checkFederated(assertion, principal)
}

// isSignedWith checks the signature and nothing else.
func (a clientAssertion) isSignedWith(key any, methods ...string) bool {
	parser := jwt.NewParser(jwt.WithoutClaimsValidation(), jwt.WithValidMethods(methods))
	_, err := parser.ParseWithClaims(a.signed, &jwt.RegisteredClaims{}, func(*jwt.Token) (any, error) { return key, nil })
	return err == nil
}

// checkTimes refuses an assertion outside its validity in the words of AzureAD/microsoft-authentication-library-for-dotnet#4951,
// where one that does not say when it begins was shown as valid from 1970. That one which does not say when it ends
// is refused alike is inferred.
func (a clientAssertion) checkTimes(now time.Time) *badCredential {
	now, from, until := now.UTC(), timeOf(a.claims.NotBefore), timeOf(a.claims.ExpiresAt)
	if !now.Before(from) && now.Before(until) {
		return nil
	}
	const layout = "2006-01-02T15:04:05.0000000Z"
	return &badCredential{700024, fmt.Sprintf("Client assertion is not within its valid time range. Current time: %s, assertion valid from %s, "+
		"expiry time of assertion %s. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
		now.Format(layout), from.Format(layout), until.Format(layout))}
}

func timeOf(date *jwt.NumericDate) time.Time {
	if date == nil {
		return time.Unix(0, 0).UTC()
	}
	return date.UTC()
}

// headerText is a text of the assertion's header, without base64's padding, which MSAL writes and the standard leaves out.
func (a clientAssertion) headerText(name string) string {
	text, _ := a.header[name].(string)
	return strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(text)
}

package entra

import (
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// clientAssertion is the signed statement that a client signs in with, before its signature is checked.
type clientAssertion struct {
	signed string
	header map[string]any
	claims jwt.RegisteredClaims
}

// checkAssertion checks an assertion for a tenant's token endpoint. One that the client issued about itself is signed
// with its certificate; any other is the token of an issuer that the application trusts.
func (s *Service) checkAssertion(signed, endpoint string, principal Principal) *badCredential {
	assertion := clientAssertion{signed: signed}
	read, _, err := jwt.NewParser().ParseUnverified(signed, &assertion.claims)
	if err != nil {
		// The code is from the published list; the words are inferred.
		return &badCredential{50027, "JWT token is invalid or malformed."}
	}
	assertion.header = read.Header
	if assertion.claims.Issuer == assertion.claims.Subject {
		return s.checkSelfIssued(assertion, endpoint, principal)
	}
	return s.checkFederated(assertion, principal)
}

// isSignedWith checks the signature and nothing else.
func (a clientAssertion) isSignedWith(key any, methods ...string) bool {
	parser := jwt.NewParser(jwt.WithoutClaimsValidation(), jwt.WithValidMethods(methods))
	_, err := parser.ParseWithClaims(a.signed, &jwt.RegisteredClaims{}, func(*jwt.Token) (any, error) { return key, nil })
	return err == nil
}

// checkTimes refuses an assertion outside its validity (README, "Certificates"). One without a beginning was seen as
// valid from 1970; that one without an end is refused alike is inferred.
func (a clientAssertion) checkTimes(now time.Time) *badCredential {
	now, from, until := now.UTC(), timeOf(a.claims.NotBefore), timeOf(a.claims.ExpiresAt)
	if !now.Before(from) && now.Before(until) {
		return nil
	}
	const layout = "2006-01-02T15:04:05.0000000Z"
	return &badCredential{700024, fmt.Sprintf("Client assertion is not within its valid time range. Current time: %s, "+
		"assertion valid from %s, expiry time of assertion %s. Review the documentation at "+
		"https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
		now.Format(layout), from.Format(layout), until.Format(layout))}
}

func timeOf(date *jwt.NumericDate) time.Time {
	if date == nil {
		return time.Unix(0, 0).UTC()
	}
	return date.UTC()
}

// headerText is a text of the assertion's header, without base64's padding, which MSAL writes against the standard.
func (a clientAssertion) headerText(name string) string {
	text, _ := a.header[name].(string)
	return strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(text)
}

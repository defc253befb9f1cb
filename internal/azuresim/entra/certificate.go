package entra

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// checkSelfIssued checks an assertion that a client signed with a certificate (README, "Certificates").
func (s *Service) checkSelfIssued(assertion clientAssertion, endpoint string, principal Principal) *badCredential {
	const review = " Review the documentation at " +
		"https://learn.microsoft.com/entra/identity-platform/certificate-credentials."
	if !strings.EqualFold(assertion.claims.Issuer, principal.ClientID) {
		return &badCredential{700021, "Client assertion application identifier doesn't match 'client_id' parameter." + review}
	}
	certificate, found := principal.certificateOf(assertion)
	switch {
	case !found:
		return badCertificate(
			"The certificate with identifier used to sign the client assertion is not registered on application.",
			"The key was not found.", assertion, principal)
	case !assertion.isSignedWith(certificate.PublicKey, jwt.SigningMethodPS256.Alg(), jwt.SigningMethodRS256.Alg()):
		return badCertificate("Client assertion contains an invalid signature.",
			"The provided signature value did not match the expected signature value.", assertion, principal)
	case s.now().After(certificate.NotAfter):
		return badCertificate("Client assertion contains an invalid signature.",
			"The key used is expired.", assertion, principal)
	case !isTokenEndpoint(endpoint, assertion.claims.Audience):
		return &badCredential{700023, "Client assertion audience claim does not match Realm issuer." + review}
	default:
		return assertion.checkTimes(s.now())
	}
}

// badCertificate is worded as has been seen; the reasons other than a key that was not found are inferred.
func badCertificate(what, reason string, assertion clientAssertion, principal Principal) *badCredential {
	thumbprint := assertion.headerText("x5t")
	if thumbprint == "" {
		thumbprint = assertion.headerText("x5t#S256")
	}
	raw, _ := base64.RawURLEncoding.DecodeString(thumbprint)
	return &badCredential{700027, fmt.Sprintf("%s [Reason - %s, Thumbprint of key used by client: '%X', "+
		"Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '%s'.]",
		what, reason, raw, principal.ClientID)}
}

// certificateOf finds the certificate that an assertion names by its SHA-256 or, in the older header, SHA-1 thumbprint
// (RFC 7515, 4.1.7 and 4.1.8).
func (p Principal) certificateOf(assertion clientAssertion) (*x509.Certificate, bool) {
	for _, text := range p.Certificates {
		certificate, err := readCertificate([]byte(text))
		if err != nil {
			continue
		}
		long, short := sha256.Sum256(certificate.Raw), sha1.Sum(certificate.Raw)
		if assertion.headerText("x5t#S256") == base64.RawURLEncoding.EncodeToString(long[:]) ||
			assertion.headerText("x5t") == base64.RawURLEncoding.EncodeToString(short[:]) {
			return certificate, true
		}
	}
	return nil, false
}

// readCertificate reads the first certificate of a PEM text, which may hold a key as well.
func readCertificate(text []byte) (*x509.Certificate, error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			return x509.ParseCertificate(block.Bytes)
		}
	}
	return nil, errors.New("there is no certificate in the PEM")
}

// isTokenEndpoint reports whether an assertion is meant for a tenant's token endpoint: the one of its discovery
// document, which MSAL writes, or the one of version 1.
func isTokenEndpoint(endpoint string, audience jwt.ClaimStrings) bool {
	return slices.ContainsFunc(audience, func(meant string) bool {
		return strings.EqualFold(meant, endpoint+"v2.0/token") || strings.EqualFold(meant, endpoint+"token")
	})
}

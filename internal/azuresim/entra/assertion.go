package entra

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// checkAssertion checks the signed statement that a client signs in with. One that the client issued about itself is
// signed with its certificate (README, "Certificates"); any other is the token of an issuer that the application trusts
// (README, "Federated credentials").
func (s *Service) checkAssertion(signed string, principal Principal) *badCredential {
	var claims jwt.RegisteredClaims
	_, err := jwt.ParseWithClaims(signed, &claims, func(assertion *jwt.Token) (any, error) {
		if claims.Issuer == claims.Subject {
			return principal.certificateKey(assertion.Header)
		}
		return s.signingKey, principal.checkTrust(claims)
	}, jwt.WithTimeFunc(s.now), jwt.WithExpirationRequired())
	refused, isRefused := errors.AsType[*badCredential](err)
	switch {
	case err == nil:
		return nil
	case isRefused:
		return refused
	case errors.Is(err, jwt.ErrTokenMalformed):
		// The code is from the published list; the words are inferred.
		return &badCredential{50027, "JWT token is invalid or malformed."}
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		// The code is from the published list; that it is this one here is inferred.
		return &badCredential{50013, fmt.Sprintf("Assertion failed signature validation. "+
			"[Reason - The key of issuer '%s' was not found or the signature is not by it.]", claims.Issuer)}
	default:
		return untimely(s.now(), claims)
	}
}

// certificateKey finds the certificate that an assertion names by its SHA-256 or, in the older header, SHA-1 thumbprint
// (RFC 7515, 4.1.7 and 4.1.8).
func (p Principal) certificateKey(header map[string]any) (any, error) {
	named, _ := cmp.Or(header["x5t#S256"], header["x5t"]).(string)
	// MSAL writes them in base64's other alphabet and with its padding, against the standard.
	named = strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(named)
	thumbprint, _ := base64.RawURLEncoding.DecodeString(named)
	for _, text := range p.Certificates {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			continue
		}
		long, short := sha256.Sum256(block.Bytes), sha1.Sum(block.Bytes)
		if bytes.Equal(thumbprint, long[:]) || bytes.Equal(thumbprint, short[:]) {
			certificate, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, err
			}
			return certificate.PublicKey, nil
		}
	}
	return nil, &badCredential{700027, fmt.Sprintf("The certificate with identifier used to sign the client assertion is "+
		"not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '%X', "+
		"Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '%s'.]",
		thumbprint, p.ClientID)}
}

// checkTrust says which part of an assertion no federated credential expects.
func (p Principal) checkTrust(claims jwt.RegisteredClaims) error {
	if len(p.Federated) == 0 {
		return &badCredential{70025, fmt.Sprintf(
			"The client '%s' has no configured federated identity credentials.", p.ClientID)}
	}
	const inAnotherCase = "The subject matches with case-insensitive comparison, but not with case-sensitive comparison. "
	left := p.Federated
	for _, check := range []struct {
		number                int
		what, presented, more string
		matches               func(FederatedCredential) bool
	}{
		{700211, "issuer", claims.Issuer, "", func(f FederatedCredential) bool { return f.Issuer == claims.Issuer }},
		{700213, "subject", claims.Subject, "",
			func(f FederatedCredential) bool { return strings.EqualFold(f.Subject, claims.Subject) }},
		{7002138, "subject", claims.Subject, inAnotherCase,
			func(f FederatedCredential) bool { return f.Subject == claims.Subject }},
		{700212, "audience", strings.Join(claims.Audience, ","), "",
			func(f FederatedCredential) bool { return slices.Contains(claims.Audience, f.Audience) }},
	} {
		left = slices.DeleteFunc(slices.Clone(left), func(f FederatedCredential) bool { return !check.matches(f) })
		if len(left) == 0 {
			return &badCredential{check.number, fmt.Sprintf("No matching federated identity record found for presented "+
				"assertion %s '%s'. %sCheck your federated identity credential Subject, Audience and Issuer against the "+
				"presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation",
				check.what, check.presented, check.more)}
		}
	}
	return nil
}

// untimely refuses an assertion outside its validity. One without a beginning was seen as valid from 1970; that one
// without an end is refused alike is inferred.
func untimely(now time.Time, claims jwt.RegisteredClaims) *badCredential {
	written := func(date *jwt.NumericDate) string {
		return cmp.Or(date, jwt.NewNumericDate(time.Unix(0, 0))).UTC().Format("2006-01-02T15:04:05.0000000Z")
	}
	return &badCredential{700024, fmt.Sprintf("Client assertion is not within its valid time range. Current time: %s, "+
		"assertion valid from %s, expiry time of assertion %s. Review the documentation at "+
		"https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
		written(&jwt.NumericDate{Time: now}), written(claims.NotBefore), written(claims.ExpiresAt))}
}

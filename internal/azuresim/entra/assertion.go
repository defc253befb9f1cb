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
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

// checkAssertion checks the signed statement that a client signs in with. One that the client issued about itself is
// signed with its certificate (README, "Certificates"); any other is the token of an issuer that the application trusts
// (README, "Federated credentials").
func (s *Service) checkAssertion(signed string, principal Principal) error {
	var claims jwt.RegisteredClaims
	_, err := jwt.ParseWithClaims(signed, &claims, func(assertion *jwt.Token) (any, error) {
		if claims.Issuer == claims.Subject {
			return principal.certificateKey(assertion.Header)
		}
		return s.signingKey, principal.checkTrust(claims)
	}, jwt.WithExpirationRequired())
	refused, isRefused := errors.AsType[*jsonhttp.Answer](err)
	switch {
	case err == nil:
		return nil
	case isRefused:
		return refused
	case errors.Is(err, jwt.ErrTokenMalformed):
		return refuse(50027)
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return refuse(50013, claims.Issuer)
	}
	// One without a beginning was seen as valid from 1970; that one without an end is refused alike is inferred.
	written := func(date *jwt.NumericDate) string {
		return cmp.Or(date, jwt.NewNumericDate(time.Unix(0, 0))).UTC().Format("2006-01-02T15:04:05.0000000Z")
	}
	now := &jwt.NumericDate{Time: time.Now()}
	return refuse(700024, written(now), written(claims.NotBefore), written(claims.ExpiresAt))
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
	return nil, refuse(700027, thumbprint, p.ClientID)
}

// checkTrust says which part of an assertion no federated credential expects.
func (p Principal) checkTrust(claims jwt.RegisteredClaims) error {
	left := p.Federated
	if len(left) == 0 {
		return refuse(70025, p.ClientID)
	}
	for _, check := range []struct {
		number    int
		presented string
		matches   func(FederatedCredential) bool
	}{
		{700211, claims.Issuer, func(f FederatedCredential) bool { return f.Issuer == claims.Issuer }},
		{700213, claims.Subject, func(f FederatedCredential) bool { return strings.EqualFold(f.Subject, claims.Subject) }},
		{7002138, claims.Subject, func(f FederatedCredential) bool { return f.Subject == claims.Subject }},
		{700212, strings.Join(claims.Audience, ","),
			func(f FederatedCredential) bool { return slices.Contains(claims.Audience, f.Audience) }},
	} {
		left = slices.DeleteFunc(slices.Clone(left), func(f FederatedCredential) bool { return !check.matches(f) })
		if len(left) == 0 {
			return refuse(check.number, check.presented)
		}
	}
	return nil
}

package entra

import (
	"fmt"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// FederatedCredential is the trust in an issuer's tokens that have a certain subject and audience.
type FederatedCredential struct {
	// Issuer is an IssuerURL, or "<URL>/<tenant>/v2.0" for a managed identity of a tenant.
	Issuer string `json:"issuer"`
	// Subject is case-sensitive; a managed identity's is its object id.
	Subject string `json:"subject"`
	// Audience is "api://AzureADTokenExchange" as a rule.
	Audience string `json:"audience"`
}

// checkFederated checks the token of an issuer that the application trusts (README, "Federated credentials").
func (s *Service) checkFederated(assertion clientAssertion, principal Principal) *badCredential {
	if refused := principal.checkTrust(assertion.claims); refused != nil {
		return refused
	}
	key, method := s.issuerOf(assertion.claims.Issuer)
	if key == nil || !assertion.isSignedWith(key, method) {
		// The code is from the published list; that it is this one here is inferred.
		return &badCredential{50013, fmt.Sprintf("Assertion failed signature validation. "+
			"[Reason - The key of issuer '%s' was not found or the signature is not by it.]", assertion.claims.Issuer)}
	}
	return assertion.checkTimes(s.now())
}

// checkTrust finds the credential for an assertion.
func (p Principal) checkTrust(claims jwt.RegisteredClaims) *badCredential {
	if len(p.Federated) == 0 {
		return &badCredential{70025, fmt.Sprintf(
			"The client '%s' has no configured federated identity credentials.", p.ClientID)}
	}
	const check = "Check your federated identity credential Subject, Audience and Issuer against the " +
		"presented assertion. " +
		"https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
	mismatch := func(number int, what, presented, more string) *badCredential {
		return &badCredential{number, fmt.Sprintf(
			"No matching federated identity record found for presented assertion %s '%s'. %s%s", what, presented, more, check)}
	}
	ofIssuer := matching(p.Federated, func(f FederatedCredential) bool { return f.Issuer == claims.Issuer })
	if len(ofIssuer) == 0 {
		return mismatch(700211, "issuer", claims.Issuer, "")
	}
	ofSubject := matching(ofIssuer, func(f FederatedCredential) bool { return f.Subject == claims.Subject })
	if len(ofSubject) == 0 {
		sameButForCase := func(f FederatedCredential) bool { return strings.EqualFold(f.Subject, claims.Subject) }
		if slices.ContainsFunc(ofIssuer, sameButForCase) {
			return mismatch(7002138, "subject", claims.Subject,
				"The subject matches with case-insensitive comparison, but not with case-sensitive comparison. ")
		}
		return mismatch(700213, "subject", claims.Subject, "")
	}
	hasAudience := func(f FederatedCredential) bool { return slices.Contains(claims.Audience, f.Audience) }
	if !slices.ContainsFunc(ofSubject, hasAudience) {
		return mismatch(700212, "audience", strings.Join(claims.Audience, ","), "")
	}
	return nil
}

func matching(of []FederatedCredential, keep func(FederatedCredential) bool) []FederatedCredential {
	return slices.DeleteFunc(slices.Clone(of), func(f FederatedCredential) bool { return !keep(f) })
}

// issuerOf finds the key of an issuer that the simulator runs, and how it signs. A real tenant signs with RS256 like
// any issuer. The simulator's tenants sign with a secret key, since nobody else has to check their tokens.
func (s *Service) issuerOf(issuer string) (key any, method string) {
	if strings.HasPrefix(issuer, s.url+issuersPath) {
		return s.issuerKey().Public(), jwt.SigningMethodRS256.Alg()
	}
	tenant, ofTenant := strings.CutSuffix(strings.TrimPrefix(issuer, s.url+"/"), "/v2.0")
	if _, found := s.existing(tenant); ofTenant && found {
		return s.signingKey, jwt.SigningMethodHS256.Alg()
	}
	return nil, ""
}

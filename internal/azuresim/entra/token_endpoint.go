package entra

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const openIDConfiguration = "/v2.0/.well-known/openid-configuration"

// authorities are the hosts of the clouds' token services. The simulator's own is not among them, as a custom cloud's
// isn't.
var authorities = []string{"login.microsoftonline.com", "login.partner.microsoftonline.cn", "login.microsoftonline.us"}

// discoverInstance says under which names an authority is known (README, "Instance discovery").
func (s *Service) discoverInstance(r *http.Request) (any, error) {
	endpoint, err := url.Parse(r.FormValue("authorization_endpoint"))
	if err != nil || !slices.Contains(authorities, endpoint.Host) {
		return nil, refuse(50049)
	}
	tenant, _, _ := strings.Cut(strings.TrimPrefix(endpoint.Path, "/"), "/")
	return map[string]any{
		"tenant_discovery_endpoint": "https://" + endpoint.Host + "/" + tenant + openIDConfiguration,
		"api-version":               "1.1",
		"metadata": []any{map[string]any{
			"preferred_network": endpoint.Host, "preferred_cache": endpoint.Host, "aliases": []string{endpoint.Host},
		}},
	}, nil
}

// directoryOf finds the tenant that a path begins with.
func (s *Service) directoryOf(r *http.Request) (*Directory, error) {
	directory, found := s.directories.get(r.PathValue("tenant"))
	if !found {
		return nil, refuse(90002, r.PathValue("tenant"))
	}
	return directory, nil
}

func (s *Service) configuration(r *http.Request) (any, error) {
	directory, err := s.directoryOf(r)
	if err != nil {
		return nil, err
	}
	base := "https://" + r.Host + "/" + directory.id
	return map[string]any{
		"issuer":                 base + "/v2.0",
		"authorization_endpoint": base + "/oauth2/v2.0/authorize",
		"token_endpoint":         base + "/oauth2/v2.0/token",
	}, nil
}

// grantToken grants client credentials (README, "The token endpoint").
func (s *Service) grantToken(r *http.Request) (any, error) {
	directory, err := s.directoryOf(r)
	if err != nil {
		return nil, err
	}
	clientID := r.PostFormValue("client_id")
	principal, found := directory.principals.get(clientID)
	if !found {
		return nil, refuse(700016, clientID, directory.id)
	}
	if err := s.authenticate(r.PostForm, principal); err != nil {
		return nil, err
	}
	// MSAL asks for OpenID's scopes, too.
	scopes := strings.Fields(r.PostForm.Get("scope"))
	i := slices.IndexFunc(scopes, func(scope string) bool { return strings.HasSuffix(scope, "/.default") })
	if i < 0 {
		return nil, refuse(1002012)
	}
	audience := strings.TrimSuffix(scopes[i], "/.default")
	tokens := cmp.Or(directory.tokens.Load(), &TokenBehaviour{})
	life := cmp.Or(time.Duration(tokens.Life)*time.Second, tokenLife)
	token := s.newToken(cmp.Or(tokens.Of, directory.id), audience, principal, life)
	token.RequestedClaims = r.PostForm.Get("claims")
	return map[string]any{
		"token_type": "Bearer", "access_token": s.sign(token), "expires_in": int(life.Seconds()),
	}, nil
}

// authenticate checks the secret or the assertion that a client sent.
func (s *Service) authenticate(form url.Values, principal Principal) error {
	const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	secret, assertion := form.Get("client_secret"), form.Get("client_assertion")
	switch {
	case assertion != "" && form.Get("client_assertion_type") == assertionType:
		return s.checkAssertion(assertion, principal)
	case secret == "":
		return refuse(7000218)
	case secret != principal.Secret:
		return refuse(7000215, principal.ClientID)
	default:
		return nil
	}
}

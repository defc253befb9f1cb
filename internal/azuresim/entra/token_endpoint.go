package entra

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

const openIDConfiguration = "/v2.0/.well-known/openid-configuration"

// authorities are the hosts of the clouds' token services. The simulator's own is not among them, as a custom cloud's
// isn't.
var authorities = []string{"login.microsoftonline.com", "login.partner.microsoftonline.cn", "login.microsoftonline.us"}

// serveDiscovery says under which names an authority is known (README, "Instance discovery").
func (s *Service) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	endpoint, err := url.Parse(r.FormValue("authorization_endpoint"))
	if err != nil || !slices.Contains(authorities, endpoint.Host) {
		s.refuseSignIn(w, http.StatusBadRequest, "invalid_instance", 50049, "Unknown or invalid instance.")
		return
	}
	tenant, _, _ := strings.Cut(strings.TrimPrefix(endpoint.Path, "/"), "/")
	jsonhttp.Write(w, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": "https://" + endpoint.Host + "/" + tenant + openIDConfiguration,
		"api-version":               "1.1",
		"metadata": []any{map[string]any{
			"preferred_network": endpoint.Host, "preferred_cache": endpoint.Host, "aliases": []string{endpoint.Host},
		}},
	})
}

// inTenant answers at a path that begins with a tenant, if there is such a tenant.
func (s *Service) inTenant(answer func(http.ResponseWriter, *http.Request, *Directory)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if directory, found := s.directories.get(r.PathValue("tenant")); found {
			answer(w, r, directory)
			return
		}
		s.refuseSignIn(w, http.StatusBadRequest, "invalid_request", 90002, fmt.Sprintf("Tenant '%s' not found. Check to "+
			"make sure you have the correct tenant ID and are signing into the correct cloud.", r.PathValue("tenant")))
	}
}

func (s *Service) serveOpenIDConfiguration(w http.ResponseWriter, r *http.Request, directory *Directory) {
	base := "https://" + r.Host + "/" + directory.id
	jsonhttp.Write(w, http.StatusOK, map[string]any{
		"issuer":                 base + "/v2.0",
		"authorization_endpoint": base + "/oauth2/v2.0/authorize",
		"token_endpoint":         base + "/oauth2/v2.0/token",
	})
}

// serveToken grants client credentials (README, "The token endpoint").
func (s *Service) serveToken(w http.ResponseWriter, r *http.Request, directory *Directory) {
	clientID := r.PostFormValue("client_id")
	principal, found := directory.principals.get(clientID)
	if !found {
		s.refuseSignIn(w, http.StatusBadRequest, "unauthorized_client", 700016, fmt.Sprintf(
			"Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has "+
				"not been installed by the administrator of the tenant or consented to by any user in the tenant.",
			clientID, directory.id))
		return
	}
	if refused := s.authenticate(r.PostForm, principal); refused != nil {
		s.refuseSignIn(w, http.StatusUnauthorized, "invalid_client", refused.number, refused.message)
		return
	}
	audience, hasScope := audienceOf(r.PostForm.Get("scope"))
	if !hasScope {
		s.refuseSignIn(w, http.StatusBadRequest, "invalid_scope", 1002012, "The provided value for scope is not valid. "+
			"Client credential flows must have a scope value with /.default suffixed to the resource identifier "+
			"(application ID URI).")
		return
	}
	tokens := cmp.Or(directory.tokens.Load(), &TokenBehaviour{})
	life := cmp.Or(tokens.Life, tokenLife)
	token := s.newToken(cmp.Or(tokens.Of, directory.id), audience, principal.ClientID, principal.ObjectID, life)
	token.RequestedClaims = r.PostForm.Get("claims")
	jsonhttp.Write(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "access_token": s.sign(token), "expires_in": int(life.Seconds()),
	})
}

// badCredential says why a client's credential is not accepted.
type badCredential struct {
	number  int
	message string
}

func (b *badCredential) Error() string { return b.message }

// authenticate checks the secret or the assertion that a client sent.
func (s *Service) authenticate(form url.Values, principal Principal) *badCredential {
	const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	secret, assertion := form.Get("client_secret"), form.Get("client_assertion")
	switch {
	case assertion != "" && form.Get("client_assertion_type") == assertionType:
		return s.checkAssertion(assertion, principal)
	case secret == "":
		return &badCredential{7000218,
			"The request body must contain the following parameter: 'client_assertion' or 'client_secret'."}
	case secret != principal.Secret:
		return &badCredential{7000215, fmt.Sprintf("Invalid client secret provided. Ensure the secret being sent in the "+
			"request is the client secret value, not the client secret ID, for a secret added to app '%s'.",
			principal.ClientID)}
	default:
		return nil
	}
}

// audienceOf finds the resource in a scope parameter, next to the OpenID scopes that MSAL adds.
func audienceOf(scope string) (string, bool) {
	for word := range strings.FieldsSeq(scope) {
		if audience, found := strings.CutSuffix(word, "/.default"); found {
			return audience, true
		}
	}
	return "", false
}

func (s *Service) refuseSignIn(w http.ResponseWriter, status int, code string, number int, message string) {
	jsonhttp.Write(w, status, map[string]any{
		"error":             code,
		"error_description": fmt.Sprintf("AADSTS%d: %s", number, message),
		"error_codes":       []int{number},
		"timestamp":         s.now().UTC().Format("2006-01-02 15:04:05Z"),
	})
}

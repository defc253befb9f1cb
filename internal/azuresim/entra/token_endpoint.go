package entra

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

const openIDConfiguration = "/v2.0/.well-known/openid-configuration"

// serveTenant answers at the paths that begin with a tenant.
func (s *Service) serveTenant(w http.ResponseWriter, r *http.Request) {
	tenantID, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	directory, found := s.existing(tenantID)
	switch {
	case !found:
		s.refuseSignIn(w, http.StatusBadRequest, "invalid_request", 90002, fmt.Sprintf("Tenant '%s' not found. "+
			"Check to make sure you have the correct tenant ID and are signing into the correct cloud.", tenantID))
	case "/"+rest == openIDConfiguration:
		base := baseURL(r) + "/" + directory.id
		jsonhttp.Write(w, http.StatusOK, map[string]any{
			"issuer":                 base + "/v2.0",
			"authorization_endpoint": base + "/oauth2/v2.0/authorize",
			"token_endpoint":         base + "/oauth2/v2.0/token",
		})
	case r.Method == http.MethodPost && rest == "oauth2/v2.0/token":
		s.serveToken(w, r, directory)
	default:
		jsonhttp.Write(w, http.StatusNotFound, map[string]any{"error": "not_found"})
	}
}

// serveToken grants client credentials (README, "The token endpoint").
func (s *Service) serveToken(w http.ResponseWriter, r *http.Request, directory *Directory) {
	if err := r.ParseForm(); err != nil || r.PostForm.Get("grant_type") != "client_credentials" {
		s.refuseSignIn(w, http.StatusBadRequest, "unsupported_grant_type", 70003,
			"The app requested an unsupported grant type.")
		return
	}
	clientID := r.PostForm.Get("client_id")
	principal, found := directory.principal(clientID)
	if !found {
		s.refuseSignIn(w, http.StatusBadRequest, "unauthorized_client", 700016, fmt.Sprintf(
			"Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has "+
				"not been installed by the administrator of the tenant or consented to by any user in the tenant.",
			clientID, directory.id))
		return
	}
	endpoint := baseURL(r) + "/" + directory.id + "/oauth2/"
	if refused := s.authenticate(r.PostForm, endpoint, principal); refused != nil {
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
	tenant, life := directory.tokenTenantAndLife()
	token := s.newToken(tenant, audience, principal.ClientID, principal.ObjectID, life)
	token.RequestedClaims = r.PostForm.Get("claims")
	// The claim has whole seconds, and must not expire before the client thinks so.
	token.ExpiresAt = jwt.NewNumericDate(s.now().Add(life + time.Second))
	jsonhttp.Write(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "access_token": s.sign(token), "expires_in": int(life.Seconds()),
	})
}

// badCredential says why a client's credential is not accepted.
type badCredential struct {
	number  int
	message string
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// authenticate checks the secret or the assertion that a client sent to a tenant's endpoint.
func (s *Service) authenticate(form url.Values, endpoint string, principal Principal) *badCredential {
	secret, assertion := form.Get("client_secret"), form.Get("client_assertion")
	switch {
	case assertion != "" && form.Get("client_assertion_type") == assertionType:
		return s.checkAssertion(assertion, endpoint, principal)
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

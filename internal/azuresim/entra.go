package azuresim

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const tokenLife = time.Hour

// entra answers as Entra ID's token service, which is the public OAuth 2 protocol of the Microsoft identity platform.
func (s *Simulator) entra(w http.ResponseWriter, r *http.Request) {
	tenantID, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	tenant, found := s.existingTenant(tenantID)
	switch {
	case !found:
		refuseSignIn(w, http.StatusBadRequest, "invalid_request", 90002, fmt.Sprintf(
			"Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.", tenantID))
	case rest == "v2.0/.well-known/openid-configuration":
		base := s.URL + "/" + tenant.id
		writeJSON(w, http.StatusOK, map[string]any{
			"issuer":                 base + "/v2.0",
			"authorization_endpoint": base + "/oauth2/v2.0/authorize",
			"token_endpoint":         base + "/oauth2/v2.0/token",
		})
	case isTokenRequest(r):
		s.token(w, r, tenant)
	default:
		writeJSON(w, http.StatusNotFound, map[string]any{"error": "not_found"})
	}
}

func isTokenRequest(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token")
}

// token grants client credentials. The refusals are worded as Entra words them; azidentity's troubleshooting
// guide and auth-and-scale 4.4 list their codes.
func (s *Simulator) token(w http.ResponseWriter, r *http.Request, tenant *Tenant) {
	if err := r.ParseForm(); err != nil || r.PostForm.Get("grant_type") != "client_credentials" {
		refuseSignIn(w, http.StatusBadRequest, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
		return
	}
	clientID := r.PostForm.Get("client_id")
	principal, found := tenant.principal(clientID)
	if !found {
		refuseSignIn(w, http.StatusBadRequest, "unauthorized_client", 700016, fmt.Sprintf(
			"Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has not been "+
				"installed by the administrator of the tenant or consented to by any user in the tenant.", clientID, tenant.id))
		return
	}
	if refused := s.authenticate(r.PostForm, tenant, principal); refused != nil {
		refuseSignIn(w, http.StatusUnauthorized, "invalid_client", refused.number, refused.message)
		return
	}
	audience, hasScope := audienceOf(r.PostForm.Get("scope"))
	if !hasScope {
		refuseSignIn(w, http.StatusBadRequest, "invalid_scope", 1002012, "The provided value for scope is not valid. "+
			"Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).")
		return
	}
	token := s.newToken(tenant.tokenTenant(), audience, principal.ClientID, principal.ObjectID)
	token.Demanded = r.PostForm.Get("claims")
	life := tenant.tokenLife()
	token.ExpiresAt = jwt.NewNumericDate(s.now().Add(life).Add(time.Second)) // a whole second, and not before the client thinks so
	signed, err := s.sign(token)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "access_token": signed, "expires_in": int(life.Seconds()),
	})
}

// badCredential says why a client's credential is not accepted. Entra calls it invalid_client, as seen for an issuer
// (Azure/azure-workload-identity#1200) and an expired assertion (obikuro/Sato#1); that it does so for all of them, and
// with status 401, is inferred.
type badCredential struct {
	number  int
	message string
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// authenticate checks the secret or the assertion that a client sent.
func (s *Simulator) authenticate(form url.Values, tenant *Tenant, principal Principal) *badCredential {
	secret, assertion := form.Get("client_secret"), form.Get("client_assertion")
	switch {
	case assertion != "" && form.Get("client_assertion_type") == assertionType:
		return s.checkAssertion(assertion, tenant, principal)
	case secret == "":
		// MicrosoftDocs/azure-docs#25959
		return &badCredential{7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."}
	case secret != principal.Secret:
		return &badCredential{7000215, fmt.Sprintf("Invalid client secret provided. Ensure the secret being sent in the request is the "+
			"client secret value, not the client secret ID, for a secret added to app '%s'.", principal.ClientID)}
	default:
		return nil
	}
}

// audienceOf finds the resource in a scope parameter, beside the OpenID scopes that MSAL adds.
func audienceOf(scope string) (string, bool) {
	for word := range strings.FieldsSeq(scope) {
		if audience, found := strings.CutSuffix(word, "/.default"); found {
			return audience, true
		}
	}
	return "", false
}

func refuseSignIn(w http.ResponseWriter, status int, code string, number int, message string) {
	writeJSON(w, status, map[string]any{
		"error":             code,
		"error_description": fmt.Sprintf("AADSTS%d: %s", number, message),
		"error_codes":       []int{number},
		"timestamp":         time.Now().UTC().Format("2006-01-02 15:04:05Z"),
	})
}

// accessToken is what the simulator's tokens say. Clients must not rely on more than "tid" here, access tokens being opaque.
type accessToken struct {
	jwt.RegisteredClaims
	Tenant   string `json:"tid"`
	ClientID string `json:"appid"`
	ObjectID string `json:"oid"`
	// Demanded are the claims that it was asked for with, as Entra's own do not say.
	Demanded string `json:"demanded,omitempty"`
}

// exchangeAudience is what an assertion of a federated identity is meant for.
const exchangeAudience = "api://AzureADTokenExchange"

// newToken makes a tenant's token. One that is to be exchanged is of version 2.0, and its subject is the object id, as seen of
// a managed identity's (AzureAD/microsoft-identity-web#2551).
func (s *Simulator) newToken(tenant, audience, clientID, objectID string) accessToken {
	issuer := s.URL + "/" + tenant
	if audience == exchangeAudience {
		issuer += "/v2.0"
	}
	return accessToken{
		RegisteredClaims: jwt.RegisteredClaims{
			ID:        rand.Text(),
			Audience:  jwt.ClaimStrings{audience},
			Issuer:    issuer,
			Subject:   objectID,
			NotBefore: jwt.NewNumericDate(s.now()),
			ExpiresAt: jwt.NewNumericDate(s.now().Add(tokenLife)),
		},
		Tenant:   tenant,
		ClientID: clientID,
		ObjectID: objectID,
	}
}

// A token's one audience is a text, as Microsoft's documentation of access tokens has it and as azurerm's SDK reads it, not a list of one.
func init() { jwt.MarshalSingleStringAsArray = false }

func (t accessToken) isFor(audience string) bool { return slices.Contains(t.Audience, audience) }

func (s *Simulator) sign(token accessToken) (string, error) {
	return jwt.NewWithClaims(jwt.SigningMethodHS256, token).SignedString(s.signing)
}

// readToken checks the signature and life of a request's bearer token.
func (s *Simulator) readToken(r *http.Request) (accessToken, error) {
	bearer, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		return accessToken{}, errors.New("the 'Authorization' header is missing")
	}
	return s.verify(bearer)
}

func (s *Simulator) verify(signed string) (accessToken, error) {
	var token accessToken
	_, err := jwt.ParseWithClaims(signed, &token, func(*jwt.Token) (any, error) { return s.signing, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Name}), jwt.WithTimeFunc(s.now))
	return token, err
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may have gone
}

package entra

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

const (
	appServicePath = "/msi/"
	imdsPath       = "/metadata/identity/"
)

// ManagedIdentity is one that is assigned to the machine that asks. Its role is that of the Principal with its client
// id.
type ManagedIdentity struct {
	ClientID string `json:"clientId"`
	ObjectID string `json:"objectId"`
	// Tenant is its home tenant, which all its tokens belong to.
	Tenant string `json:"tenant"`
	// SystemAssigned is the one that answers where no client id is asked for. A machine has at most one.
	SystemAssigned bool `json:"systemAssigned,omitempty"`
}

// AddManagedIdentity assigns an identity, or replaces the one with its client id.
func (s *Service) AddManagedIdentity(identity ManagedIdentity) {
	s.Directory(identity.Tenant) // its tokens are of a tenant that exists
	s.mu.Lock()
	defer s.mu.Unlock()
	s.identities = slices.DeleteFunc(s.identities, func(other ManagedIdentity) bool {
		return strings.EqualFold(other.ClientID, identity.ClientID) || other.SystemAssigned && identity.SystemAssigned
	})
	s.identities = append(s.identities, identity)
}

// IdentityEndpoint is what App Service sets as IDENTITY_ENDPOINT and IDENTITY_HEADER. Without these variables a client
// takes the machine for a virtual machine, and asks at an address that only a transport can redirect.
func (s *Service) IdentityEndpoint() (endpoint, header string) {
	return s.url + appServicePath + "token", s.identityHeader
}

// serveAppService answers as App Service's endpoint (README, "Managed identities").
func (s *Service) serveAppService(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, message string) {
		jsonhttp.Write(w, status, map[string]any{"statusCode": status, "message": message, "correlationId": rand.Text()})
	}
	query := r.URL.Query()
	identity, found := s.assigned(query)
	switch {
	case r.Method != http.MethodGet:
		refuse(http.StatusMethodNotAllowed, "The requested resource does not support http method '"+r.Method+"'.")
	case r.Header.Get("X-Identity-Header") != s.identityHeader:
		refuse(http.StatusUnauthorized, "The header X-IDENTITY-HEADER is missing or wrong.")
	case query.Get("api-version") != "2019-08-01":
		refuse(http.StatusBadRequest, "The api-version is missing or not supported.")
	case query.Get("resource") == "":
		refuse(http.StatusBadRequest, "The resource is missing.")
	case !found:
		refuse(http.StatusBadRequest,
			"No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.")
	default:
		s.answerIdentity(w, identity, query.Get("resource"))
	}
}

// serveIMDS answers as the instance metadata service of virtual machines (README, "Managed identities").
func (s *Service) serveIMDS(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, code, description string) {
		jsonhttp.Write(w, status, map[string]any{"error": code, "error_description": description})
	}
	query := r.URL.Query()
	identity, found := s.assigned(query)
	switch {
	case r.Method != http.MethodGet || !strings.EqualFold(r.URL.Path, imdsPath+"oauth2/token"):
		refuse(http.StatusNotFound, "not_found", "The requested resource is not found.")
	case r.Header.Get("Metadata") != "true":
		refuse(http.StatusBadRequest, "bad_request_102", "Required metadata header not specified")
	case query.Get("api-version") != "2018-02-01" || query.Get("resource") == "":
		refuse(http.StatusBadRequest, "invalid_request", "The api-version or the resource is missing or not supported.")
	case !found:
		refuse(http.StatusBadRequest, "invalid_request", "Identity not found")
	default:
		s.answerIdentity(w, identity, query.Get("resource"))
	}
}

// assigned finds the identity that a query asks for. The simulator's identities have no resource id.
func (s *Service) assigned(query url.Values) (ManagedIdentity, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.identities, func(identity ManagedIdentity) bool {
		switch {
		case query.Has("client_id"):
			return strings.EqualFold(identity.ClientID, query.Get("client_id"))
		case query.Has("object_id"):
			return strings.EqualFold(identity.ObjectID, query.Get("object_id"))
		case query.Has("mi_res_id"), query.Has("msi_res_id"):
			return false
		default:
			return identity.SystemAssigned
		}
	})
	if i < 0 {
		return ManagedIdentity{}, false
	}
	return s.identities[i], true
}

func (s *Service) answerIdentity(w http.ResponseWriter, identity ManagedIdentity, resource string) {
	token := s.newToken(strings.ToLower(identity.Tenant), resource, identity.ClientID, identity.ObjectID, tokenLife)
	jsonhttp.Write(w, http.StatusOK, map[string]any{
		"access_token": s.sign(token),
		"expires_in":   strconv.Itoa(int(tokenLife.Seconds())),
		"expires_on":   strconv.FormatInt(token.ExpiresAt.Unix(), 10),
		"resource":     resource,
		"token_type":   "Bearer",
		"client_id":    identity.ClientID,
	})
}

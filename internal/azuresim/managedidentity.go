package azuresim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const identityPath = "/msi/"

// ManagedIdentity is one that is assigned to the machine which asks. Its roles are those of a Principal with its client id.
type ManagedIdentity struct {
	ClientID string `json:"clientId"`
	ObjectID string `json:"objectId"`
	// Tenant is its home, the one that every token of it is of (auth-and-scale 0.2).
	Tenant string `json:"tenant"`
	// SystemAssigned is the one that answers where no client id is asked for. A machine has at most one.
	SystemAssigned bool `json:"systemAssigned,omitempty"`
}

// AddManagedIdentity assigns an identity, or replaces the one with its client id.
func (s *Simulator) AddManagedIdentity(identity ManagedIdentity) {
	s.Tenant(identity.Tenant) // so that its tokens are of a tenant that exists
	s.mu.Lock()
	defer s.mu.Unlock()
	s.identities = slices.DeleteFunc(s.identities, func(other ManagedIdentity) bool {
		return strings.EqualFold(other.ClientID, identity.ClientID) || other.SystemAssigned && identity.SystemAssigned
	})
	s.identities = append(s.identities, identity)
}

// IdentityEndpoint is what App Service tells its programs as IDENTITY_ENDPOINT and IDENTITY_HEADER.
func (s *Simulator) IdentityEndpoint() (endpoint, header string) {
	return s.URL + identityPath + "token", s.identityHeader
}

// managedIdentity answers as App Service's endpoint for managed identities does by its REST documentation. What it answers to
// a wrong header and a wrong version is inferred.
func (s *Simulator) managedIdentity(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	identity, found := s.assigned(query)
	switch {
	case r.Method != http.MethodGet:
		refuseIdentity(w, http.StatusMethodNotAllowed, "The requested resource does not support http method '"+r.Method+"'.")
	case r.Header.Get("X-Identity-Header") != s.identityHeader:
		refuseIdentity(w, http.StatusUnauthorized, "The header X-IDENTITY-HEADER is missing or wrong.")
	case query.Get("api-version") != "2019-08-01":
		refuseIdentity(w, http.StatusBadRequest, "The api-version is missing or not supported.")
	case query.Get("resource") == "":
		refuseIdentity(w, http.StatusBadRequest, "The resource is missing.")
	case !found:
		// Azure-Samples/azure-search-openai-demo#2148
		refuseIdentity(w, http.StatusBadRequest, "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.")
	default:
		s.answerIdentity(w, identity, query.Get("resource"))
	}
}

// assigned finds the identity that is asked for.
func (s *Simulator) assigned(query url.Values) (ManagedIdentity, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.identities, func(identity ManagedIdentity) bool {
		switch {
		case query.Has("client_id"):
			return strings.EqualFold(identity.ClientID, query.Get("client_id"))
		case query.Has("object_id"):
			return strings.EqualFold(identity.ObjectID, query.Get("object_id"))
		case query.Has("mi_res_id"):
			return false // the simulator's identities have no resource id
		default:
			return identity.SystemAssigned
		}
	})
	if i < 0 {
		return ManagedIdentity{}, false
	}
	return s.identities[i], true
}

func (s *Simulator) answerIdentity(w http.ResponseWriter, identity ManagedIdentity, resource string) {
	token := s.newToken(strings.ToLower(identity.Tenant), resource, identity.ClientID, identity.ObjectID)
	signed, err := s.sign(token)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": signed,
		"expires_on":   strconv.FormatInt(token.ExpiresAt.Unix(), 10),
		"resource":     resource,
		"token_type":   "Bearer",
		"client_id":    identity.ClientID,
	})
}

// refuseIdentity has the shape of MicrosoftDocs/azure-docs#43543.
func refuseIdentity(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]any{"statusCode": status, "message": message, "correlationId": guidOf(time.Now().String())})
}

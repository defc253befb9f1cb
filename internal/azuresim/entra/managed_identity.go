package entra

import (
	"crypto/rand"
	"net/http"
	"strconv"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

const (
	appServicePath = "/msi/"
	imdsPath       = "/metadata/identity/"
)

// ManagedIdentity is a service principal that is assigned to the machine that asks.
type ManagedIdentity struct {
	Principal
	// Tenant is its home tenant, which all its tokens belong to.
	Tenant string `json:"tenant"`
	// SystemAssigned is the one that answers where no client id is asked for. A machine has at most one.
	SystemAssigned bool `json:"systemAssigned,omitempty"`
}

// AddManagedIdentity assigns an identity, or replaces the one with its client id.
func (s *Service) AddManagedIdentity(identity ManagedIdentity) {
	s.Directory(identity.Tenant).AddPrincipal(identity.Principal)
	s.identities.put(identity.ClientID, identity)
	if identity.SystemAssigned {
		s.identities.put("", identity)
	}
}

// IdentityEndpoint is what App Service sets as IDENTITY_ENDPOINT and IDENTITY_HEADER. Without these variables a client
// takes the machine for a virtual machine, and asks at an address that only a transport can redirect.
func (s *Service) IdentityEndpoint() (endpoint, header string) {
	return s.url + appServicePath + "token", s.identityHeader
}

// identityEndpoint is where a machine's identities get their tokens (README, "Managed identities").
type identityEndpoint struct {
	header, value string // that a request must have
	version       string
	unassigned    string // is said of an identity that the machine doesn't have
	refusal       func(message string) any
}

func (s *Service) appService() identityEndpoint {
	return identityEndpoint{
		header: "X-Identity-Header", value: s.identityHeader, version: "2019-08-01",
		unassigned: "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
		refusal: func(message string) any {
			return map[string]any{"statusCode": http.StatusBadRequest, "message": message, "correlationId": rand.Text()}
		},
	}
}

// imds is the instance metadata service of virtual machines.
var imds = identityEndpoint{
	header: "Metadata", value: "true", version: "2018-02-01", unassigned: "Identity not found",
	refusal: func(message string) any {
		return map[string]any{"error": "invalid_request", "error_description": message}
	},
}

func (s *Service) identityToken(endpoint identityEndpoint) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		resource := r.FormValue("resource")
		identity, assigned := s.identities.get(r.FormValue("client_id"))
		wrong := ""
		switch {
		case r.Header.Get(endpoint.header) != endpoint.value:
			wrong = "The header " + endpoint.header + " is missing or wrong."
		case r.FormValue("api-version") != endpoint.version || resource == "":
			wrong = "The api-version or the resource is missing or not supported."
		case !assigned:
			wrong = endpoint.unassigned
		}
		if wrong != "" {
			return nil, &jsonhttp.Answer{Status: http.StatusBadRequest, Body: endpoint.refusal(wrong)}
		}
		token := s.newToken(identity.Tenant, resource, identity.Principal, tokenLife)
		return map[string]any{
			"access_token": s.sign(token),
			"expires_in":   strconv.Itoa(int(tokenLife.Seconds())),
			"expires_on":   strconv.FormatInt(token.ExpiresAt.Unix(), 10),
			"resource":     resource,
			"token_type":   "Bearer",
			"client_id":    identity.ClientID,
		}, nil
	}
}

package entra

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

const azureDevOpsPath = "/ado/"

// ServiceConnection is a service connection of Azure DevOps with workload identity federation.
type ServiceConnection struct {
	ID string `json:"id"`
	// SystemAccessToken is that of the jobs that may use the connection. Several connections can share one.
	SystemAccessToken string `json:"systemAccessToken"`
	// Subject is that of its ID tokens, such as "sc://contoso/platform/entra-logs".
	Subject string `json:"subject"`
	// Lifetime is that of its ID tokens, as in IdentityToken; 0 means 10 minutes.
	Lifetime time.Duration `json:"lifetime,omitempty"`
}

// AddServiceConnection adds a service connection, or replaces the one with its id.
func (s *Service) AddServiceConnection(connection ServiceConnection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections[strings.ToLower(connection.ID)] = connection
}

// AzureDevOpsRequestURL is the jobs' SYSTEM_OIDCREQUESTURI, to which a client adds a query.
func (s *Service) AzureDevOpsRequestURL() string {
	return s.url + azureDevOpsPath +
		"contoso/2f6e1d50-7b3c-4e8a-9c41-5d0a8b7f6e33/_apis/distributedtask/hubs/build/" +
		"plans/8a9b0c1d-2e3f-4a5b-8c6d-7e8f9a0b1c44/jobs/12f1170f-54f2-53f3-20dd-22fc7dff55f9/oidctoken"
}

// serveAzureDevOps answers a request for an ID token (README, "Pipelines").
func (s *Service) serveAzureDevOps(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	id := query.Get("serviceConnectionId")
	connection, known, allowed := s.connectionFor(id, bearerOf(r))
	switch {
	case r.Method != http.MethodPost:
		refuseTokenMethod(w, r)
	case !strings.HasSuffix(r.URL.Path, "/oidctoken"):
		refuseAtPipeline(w, http.StatusNotFound, "The resource cannot be found.")
	case !allowed && r.Header.Get("X-TFS-FedAuthRedirect") != "Suppress":
		http.Redirect(w, r, s.url+azureDevOpsPath+"_signin", http.StatusFound)
	case !allowed:
		w.WriteHeader(http.StatusUnauthorized)
	case query.Get("api-version") == "":
		refuseAtPipeline(w, http.StatusBadRequest, `No api-version was supplied for the "POST" request.`)
	case !known:
		refuseAtPipeline(w, http.StatusNotFound,
			fmt.Sprintf("The service connection '%s' does not exist or the job may not use it.", id))
	default:
		s.answerIdentityToken(w, "oidcToken", IdentityToken{
			Issuer:   IssuerAzureDevOps,
			Subject:  connection.Subject,
			Lifetime: cmp.Or(connection.Lifetime, 10*time.Minute),
		})
	}
}

// connectionFor says whether there is a connection that the bearer may use, and whether it may use any.
func (s *Service) connectionFor(id, bearer string) (connection ServiceConnection, known, allowed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	connection, known = s.connections[strings.ToLower(id)]
	if known && connection.SystemAccessToken == bearer {
		return connection, true, true
	}
	for _, other := range s.connections {
		allowed = allowed || other.SystemAccessToken == bearer
	}
	return ServiceConnection{}, false, allowed
}

// refuseTokenMethod answers as Azure DevOps does. That GitHub's answer looks alike is inferred.
func refuseTokenMethod(w http.ResponseWriter, r *http.Request) {
	jsonhttp.Write(w, http.StatusMethodNotAllowed, map[string]any{"count": 1, "value": map[string]any{
		"Message": fmt.Sprintf("The requested resource does not support http method '%s'.", r.Method),
	}})
}

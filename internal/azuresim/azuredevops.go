package azuresim

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const azureDevOpsPath = "/ado/"

// ServiceConnection is a service connection of Azure DevOps with workload identity federation.
type ServiceConnection struct {
	ID string `json:"id"`
	// SystemAccessToken is of the jobs that may use the connection. Several connections can share one.
	SystemAccessToken string `json:"systemAccessToken"`
	// Subject is of its ID tokens, such as "sc://contoso/platform/entra-logs".
	Subject string `json:"subject"`
	// Lifetime is of its ID tokens, as an IdentityToken's, but 10 minutes where it is 0, as seen in dotnet/docker-tools#1310.
	Lifetime time.Duration `json:"lifetime,omitempty"`
}

// AddServiceConnection adds a service connection, or replaces the one with its id.
func (s *Simulator) AddServiceConnection(connection ServiceConnection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections[strings.ToLower(connection.ID)] = connection
}

// AzureDevOpsRequestURL is the jobs' SYSTEM_OIDCREQUESTURI, to which a client adds a query.
func (s *Simulator) AzureDevOpsRequestURL() string {
	return s.URL + azureDevOpsPath + "contoso/2f6e1d50-7b3c-4e8a-9c41-5d0a8b7f6e33/_apis/distributedtask/hubs/build/" +
		"plans/8a9b0c1d-2e3f-4a5b-8c6d-7e8f9a0b1c44/jobs/12f1170f-54f2-53f3-20dd-22fc7dff55f9/oidctoken"
}

// azureDevOps answers a request for an ID token, by the documentation of Oidctoken - Create. The answers to a bad token
// are those that azidentity asks for; to an unknown connection and a missing version they are inferred.
func (s *Simulator) azureDevOps(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	connection, known, allowed := s.connectionFor(query.Get("serviceConnectionId"), bearerOf(r))
	switch {
	case r.Method != http.MethodPost:
		refuseTokenMethod(w, r)
	case !strings.HasSuffix(r.URL.Path, "/oidctoken"):
		refuseAtAzureDevOps(w, http.StatusNotFound, "The resource cannot be found.")
	case !allowed && r.Header.Get("X-TFS-FedAuthRedirect") != "Suppress":
		http.Redirect(w, r, s.URL+azureDevOpsPath+"_signin", http.StatusFound)
	case !allowed:
		w.WriteHeader(http.StatusUnauthorized)
	case query.Get("api-version") == "":
		refuseAtAzureDevOps(w, http.StatusBadRequest, `No api-version was supplied for the "POST" request.`)
	case !known:
		refuseAtAzureDevOps(w, http.StatusNotFound, fmt.Sprintf("The service connection '%s' does not exist or the job may not use it.",
			query.Get("serviceConnectionId")))
	default:
		s.answerAzureDevOps(w, connection)
	}
}

// connectionFor says whether there is a connection that a bearer may use, and whether it may use any.
func (s *Simulator) connectionFor(id, bearer string) (connection ServiceConnection, known, allowed bool) {
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

func (s *Simulator) answerAzureDevOps(w http.ResponseWriter, connection ServiceConnection) {
	token, err := s.IssueIdentityToken(IdentityToken{
		Issuer:   IssuerAzureDevOps,
		Subject:  connection.Subject,
		Lifetime: cmp.Or(connection.Lifetime, 10*time.Minute),
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"oidcToken": token})
}

func refuseAtAzureDevOps(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]any{"message": message})
}

// refuseTokenMethod is the answer that microsoft/terraform-provider-fabric#922 saw of Azure DevOps. That GitHub's is alike is
// inferred.
func refuseTokenMethod(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusMethodNotAllowed, map[string]any{"count": 1, "value": map[string]any{
		"Message": fmt.Sprintf("The requested resource does not support http method '%s'.", r.Method),
	}})
}

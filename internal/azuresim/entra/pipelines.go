package entra

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

// The OIDC issuers that tests use. Any other name is an issuer as well.
const (
	IssuerGitHub       = "github"
	IssuerAzureDevOps  = "azuredevops"
	IssuerHCPTerraform = "hcpterraform"
	IssuerKubernetes   = "kubernetes"
)

const (
	githubPath      = "/github/idtoken/"
	azureDevOpsPath = "/ado/contoso/"
)

// IdentityToken describes an ID token.
type IdentityToken struct {
	// Issuer is the name of an issuer, such as IssuerGitHub.
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
	// Audience is "api://AzureADTokenExchange" if it is empty.
	Audience string `json:"audience,omitempty"`
	// Lifetime is how long the token is good for; 0 means 5 minutes, like GitHub's. A negative one says how long ago it
	// expired.
	Lifetime time.Duration `json:"-"`
}

// IssuerURL is the iss claim of an issuer's tokens, which a FederatedCredential names.
func (s *Service) IssuerURL(name string) string { return s.url + "/oidc/" + name }

// IssueIdentityToken signs an ID token, as its issuer would with a key that it publishes.
func (s *Service) IssueIdentityToken(token IdentityToken) string {
	return s.sign(jwt.RegisteredClaims{
		Issuer:    s.IssuerURL(token.Issuer),
		Subject:   token.Subject,
		Audience:  jwt.ClaimStrings{cmp.Or(token.Audience, exchangeAudience)},
		NotBefore: jwt.NewNumericDate(time.Now().Add(min(token.Lifetime, 0))),
		ExpiresAt: jwt.NewNumericDate(time.Now().Add(cmp.Or(token.Lifetime, 5*time.Minute))),
	})
}

// GitHubJob is a job of GitHub Actions that may request ID tokens.
type GitHubJob struct {
	// RequestToken is the job's ACTIONS_ID_TOKEN_REQUEST_TOKEN. It identifies the job.
	RequestToken string `json:"requestToken"`
	// Subject is that of its ID tokens, such as "repo:contoso/logs:ref:refs/heads/main".
	Subject string `json:"subject"`
}

// AddGitHubJob adds a job, or replaces the one with its request token.
func (s *Service) AddGitHubJob(job GitHubJob) { s.jobs.put(job.RequestToken, job) }

// GitHubRequestURL is the jobs' ACTIONS_ID_TOKEN_REQUEST_URL. Like GitHub's it has a query, to which a client adds
// "&audience=".
func (s *Service) GitHubRequestURL() string {
	return s.url + githubPath + "6b1f2a50-8c0d-4b0e-a0c5-3c2f6d3e9a11/9d4c7e02-51a7-4f3b-b8d6-0e6a2f7c1b22?api-version=2.0"
}

// githubToken answers a request for an ID token (README, "Pipelines").
func (s *Service) githubToken(r *http.Request) (any, error) {
	job, known := s.jobs.get(bearerOf(r))
	if !known {
		return nil, refusedByPipeline(http.StatusUnauthorized, "The request token is missing or is not one of a running job.")
	}
	owner, _, _ := strings.Cut(strings.TrimPrefix(job.Subject, "repo:"), "/")
	return map[string]any{"value": s.IssueIdentityToken(IdentityToken{
		Issuer: IssuerGitHub, Subject: job.Subject, Audience: cmp.Or(r.FormValue("audience"), "https://github.com/"+owner),
	})}, nil
}

// ServiceConnection is a service connection of Azure DevOps with workload identity federation.
type ServiceConnection struct {
	ID string `json:"id"`
	// SystemAccessToken is that of the jobs that may use the connection. Several connections can share one.
	SystemAccessToken string `json:"systemAccessToken"`
	// Subject is that of its ID tokens, such as "sc://contoso/platform/entra-logs".
	Subject string `json:"subject"`
}

// AddServiceConnection adds a service connection, or replaces the one with its id.
func (s *Service) AddServiceConnection(connection ServiceConnection) {
	s.connections.put(connection.ID, connection)
}

// AzureDevOpsRequestURL is the jobs' SYSTEM_OIDCREQUESTURI, to which a client adds a query.
func (s *Service) AzureDevOpsRequestURL() string {
	return s.url + azureDevOpsPath + "2f6e1d50-7b3c-4e8a-9c41-5d0a8b7f6e33/_apis/distributedtask/hubs/build/plans/" +
		"8a9b0c1d-2e3f-4a5b-8c6d-7e8f9a0b1c44/jobs/12f1170f-54f2-53f3-20dd-22fc7dff55f9/oidctoken"
}

// azureDevOpsToken answers a request for an ID token (README, "Pipelines").
func (s *Service) azureDevOpsToken(r *http.Request) (any, error) {
	id := r.FormValue("serviceConnectionId")
	connection, known := s.connections.get(id)
	switch allowed := connection.SystemAccessToken == bearerOf(r); {
	case r.FormValue("api-version") == "":
		return nil, refusedByPipeline(http.StatusBadRequest, `No api-version was supplied for the "POST" request.`)
	case !known:
		return nil, refusedByPipeline(http.StatusNotFound,
			fmt.Sprintf("The service connection '%s' does not exist or the job may not use it.", id))
	case !allowed && r.Header.Get("X-TFS-FedAuthRedirect") != "Suppress":
		return nil, &jsonhttp.Answer{Status: http.StatusFound, Headers: map[string]string{
			"Location": s.url + azureDevOpsPath + "_signin",
		}}
	case !allowed:
		return nil, &jsonhttp.Answer{Status: http.StatusUnauthorized}
	}
	return map[string]any{"oidcToken": s.IssueIdentityToken(IdentityToken{
		Issuer: IssuerAzureDevOps, Subject: connection.Subject, Lifetime: 10 * time.Minute,
	})}, nil
}

func refusedByPipeline(status int, message string) error {
	return &jsonhttp.Answer{Status: status, Body: map[string]any{"message": message}}
}

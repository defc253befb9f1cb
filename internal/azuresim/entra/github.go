package entra

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

const githubPath = "/github/"

// GitHubJob is a job of GitHub Actions that may request ID tokens.
type GitHubJob struct {
	// RequestToken is the job's ACTIONS_ID_TOKEN_REQUEST_TOKEN. It identifies the job.
	RequestToken string `json:"requestToken"`
	// Subject is that of its ID tokens, such as "repo:contoso/logs:ref:refs/heads/main".
	Subject string `json:"subject"`
	// Lifetime is that of its ID tokens, as in IdentityToken.
	Lifetime time.Duration `json:"lifetime,omitempty"`
}

// AddGitHubJob adds a job, or replaces the one with its request token.
func (s *Service) AddGitHubJob(job GitHubJob) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs[job.RequestToken] = job
}

// GitHubRequestURL is the jobs' ACTIONS_ID_TOKEN_REQUEST_URL. Like GitHub's it has a query, to which a client adds
// "&audience=".
func (s *Service) GitHubRequestURL() string {
	return s.url + githubPath + "idtoken/6b1f2a50-8c0d-4b0e-a0c5-3c2f6d3e9a11/" +
		"9d4c7e02-51a7-4f3b-b8d6-0e6a2f7c1b22?api-version=2.0"
}

// serveGitHub answers a request for an ID token (README, "Pipelines").
func (s *Service) serveGitHub(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		refuseTokenMethod(w, r)
		return
	}
	s.mu.Lock()
	job, known := s.jobs[bearerOf(r)]
	s.mu.Unlock()
	if !known {
		refuseAtPipeline(w, http.StatusUnauthorized, "The request token is missing or is not one of a running job.")
		return
	}
	s.answerIdentityToken(w, "value", IdentityToken{
		Issuer:   IssuerGitHub,
		Subject:  job.Subject,
		Audience: cmp.Or(r.URL.Query().Get("audience"), "https://github.com/"+ownerOf(job.Subject)),
		Lifetime: job.Lifetime,
	})
}

func ownerOf(subject string) string {
	owner, _, _ := strings.Cut(strings.TrimPrefix(subject, "repo:"), "/")
	return owner
}

// answerIdentityToken answers with an ID token as a member of the given name.
func (s *Service) answerIdentityToken(w http.ResponseWriter, member string, token IdentityToken) {
	signed, err := s.IssueIdentityToken(token)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	jsonhttp.Write(w, http.StatusOK, map[string]any{member: signed})
}

func refuseAtPipeline(w http.ResponseWriter, status int, message string) {
	jsonhttp.Write(w, status, map[string]any{"message": message})
}

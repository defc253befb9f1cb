package azuresim

import (
	"cmp"
	"net/http"
	"strings"
	"time"
)

const githubPath = "/github/"

// GitHubJob is a job of GitHub Actions that may request ID tokens.
type GitHubJob struct {
	// RequestToken is the job's ACTIONS_ID_TOKEN_REQUEST_TOKEN, by which the endpoint knows it.
	RequestToken string `json:"requestToken"`
	// Subject is of its ID tokens, such as "repo:contoso/logs:ref:refs/heads/main".
	Subject string `json:"subject"`
	// Lifetime is of its ID tokens, as an IdentityToken's.
	Lifetime time.Duration `json:"lifetime,omitempty"`
}

// AddGitHubJob adds a job, or replaces the one with its request token.
func (s *Simulator) AddGitHubJob(job GitHubJob) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs[job.RequestToken] = job
}

// GitHubRequestURL is the jobs' ACTIONS_ID_TOKEN_REQUEST_URL. It has a query, as GitHub's does, to which a client adds
// "&audience=".
func (s *Simulator) GitHubRequestURL() string {
	return s.URL + githubPath + "idtoken/6b1f2a50-8c0d-4b0e-a0c5-3c2f6d3e9a11/9d4c7e02-51a7-4f3b-b8d6-0e6a2f7c1b22?api-version=2.0"
}

// github answers a request for an ID token, by GitHub's documentation of OpenID Connect. Its refusals' bodies are
// inferred.
func (s *Simulator) github(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		refuseTokenMethod(w, r) // auth-and-scale 1.4
		return
	}
	s.mu.Lock()
	job, known := s.jobs[bearerOf(r)]
	s.mu.Unlock()
	if !known {
		writeJSON(w, http.StatusUnauthorized, map[string]any{"message": "The request token is missing or is not one of a running job."})
		return
	}
	token, err := s.IssueIdentityToken(IdentityToken{
		Issuer:  IssuerGitHub,
		Subject: job.Subject,
		// Without an audience it is the URL of the repository's owner.
		Audience: cmp.Or(r.URL.Query().Get("audience"), "https://github.com/"+ownerOf(job.Subject)),
		Lifetime: job.Lifetime,
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"value": token})
}

func ownerOf(subject string) string {
	owner, _, _ := strings.Cut(strings.TrimPrefix(subject, "repo:"), "/")
	return owner
}

func bearerOf(r *http.Request) string {
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return bearer
}

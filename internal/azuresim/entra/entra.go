// Package entra simulates Entra ID's token service, and the services that give out tokens to an identity without a
// secret: OIDC issuers, the request endpoints of GitHub Actions and Azure DevOps, and managed identities. README.md in
// the directory above says how each behaves and how that is known.
package entra

import (
	"crypto/rand"
	"crypto/rsa"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Service is the token service of all tenants. Its methods are safe for concurrent use.
type Service struct {
	url            string
	now            func() time.Time
	signingKey     []byte                 // of access tokens
	issuerKey      func() *rsa.PrivateKey // of the OIDC issuers' tokens
	identityHeader string                 // the secret of App Service's managed identity endpoint

	mu          sync.Mutex
	directories map[string]*Directory
	identities  []ManagedIdentity
	jobs        map[string]GitHubJob         // by their request tokens
	connections map[string]ServiceConnection // by their ids in lower case
	rejected    map[string]string            // why tokens are no longer accepted, by their ids
	demanded    map[string]string            // the claims that a tenant's tokens must be requested with, by tenant
}

// New makes a token service with a URL of its own.
func New(url string, now func() time.Time) *Service {
	return &Service{
		url:            url,
		now:            now,
		signingKey:     []byte(rand.Text()),
		issuerKey:      sync.OnceValue(newIssuerKey), // slow, and few tests need it
		identityHeader: rand.Text(),
		directories:    map[string]*Directory{},
		jobs:           map[string]GitHubJob{},
		connections:    map[string]ServiceConnection{},
		rejected:       map[string]string{},
		demanded:       map[string]string{},
	}
}

// Directory returns a tenant's directory, and makes it if there is none of that id yet.
func (s *Service) Directory(id string) *Directory {
	s.mu.Lock()
	defer s.mu.Unlock()
	id = strings.ToLower(id)
	if s.directories[id] == nil {
		s.directories[id] = &Directory{id: id}
	}
	return s.directories[id]
}

// HasDirectory reports whether there is a tenant of an id.
func (s *Service) HasDirectory(id string) bool {
	_, found := s.existing(id)
	return found
}

// TenantIDs returns the ids of all tenants, sorted.
func (s *Service) TenantIDs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.directories))
}

func (s *Service) existing(id string) (*Directory, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	directory, found := s.directories[strings.ToLower(id)]
	return directory, found
}

// ServeHTTP hands a request to the service of its path. A path without such a prefix begins with a tenant.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, service := range []struct {
		prefix string
		answer http.HandlerFunc
	}{
		{issuersPath, s.serveIssuer},
		{githubPath, s.serveGitHub},
		{azureDevOpsPath, s.serveAzureDevOps},
		{appServicePath, s.serveAppService},
		{imdsPath, s.serveIMDS},
		{discoveryPath, s.serveDiscovery},
	} {
		if strings.HasPrefix(strings.ToLower(r.URL.Path), service.prefix) {
			service.answer(w, r)
			return
		}
	}
	s.serveTenant(w, r)
}

// HandsOutTokens reports whether bodies at a path hold secrets or tokens, whatever the method.
func HandsOutTokens(path string) bool {
	path = strings.ToLower(path)
	return strings.Contains(path, "/oauth2/") || strings.HasPrefix(path, githubPath) ||
		strings.HasPrefix(path, azureDevOpsPath) || strings.HasPrefix(path, appServicePath)
}

// baseURL is the URL at which a client reaches the service.
func baseURL(r *http.Request) string { return "https://" + r.Host }

// Package entra simulates Entra ID's token service, and the services that give out tokens to an identity without a
// secret: OIDC issuers, the request endpoints of GitHub Actions and Azure DevOps, and managed identities. README.md in
// the directory above says how each behaves and how that is known.
package entra

import (
	"crypto/rand"
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
	handler        http.Handler
	signingKey     []byte // of every token, since nobody else checks them
	identityHeader string // the secret of App Service's managed identity endpoint

	mu          sync.Mutex
	directories map[string]*Directory
	identities  map[string]ManagedIdentity   // by their client ids in lower case; the system-assigned one also by ""
	jobs        map[string]GitHubJob         // by their request tokens
	connections map[string]ServiceConnection // by their ids in lower case
	rejected    map[string]string            // why tokens are no longer accepted, by their ids
	demanded    map[string]string            // the claim that a tenant's tokens must be requested with, by tenant
}

// New makes a token service with a URL of its own.
func New(url string, now func() time.Time) *Service {
	s := &Service{
		url:            url,
		now:            now,
		signingKey:     []byte(rand.Text()),
		identityHeader: rand.Text(),
		directories:    map[string]*Directory{},
		identities:     map[string]ManagedIdentity{},
		jobs:           map[string]GitHubJob{},
		connections:    map[string]ServiceConnection{},
		rejected:       map[string]string{},
		demanded:       map[string]string{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /common/discovery/instance", s.serveDiscovery)
	mux.HandleFunc("GET /{tenant}"+openIDConfiguration, s.inTenant(s.serveOpenIDConfiguration))
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", s.inTenant(s.serveToken))
	mux.HandleFunc("GET "+appServicePath+"token", s.serveIdentity(s.appService()))
	mux.HandleFunc("GET "+imdsPath+"oauth2/token", s.serveIdentity(imds))
	mux.HandleFunc("GET "+githubPath, s.serveGitHub)
	mux.HandleFunc("POST "+azureDevOpsPath, s.serveAzureDevOps)
	s.handler = mux
	return s
}

// ServeHTTP answers a request to any of the services.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Directory returns a tenant's directory, and makes it if there is none of that id yet.
func (s *Service) Directory(id string) *Directory {
	s.mu.Lock()
	defer s.mu.Unlock()
	id = strings.ToLower(id)
	if s.directories[id] == nil {
		s.directories[id] = &Directory{id: id, principals: map[string]Principal{}}
	}
	return s.directories[id]
}

// HasDirectory reports whether there is a tenant of an id.
func (s *Service) HasDirectory(id string) bool { return s.existing(id) != nil }

// TenantIDs returns the ids of all tenants, sorted.
func (s *Service) TenantIDs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.directories))
}

// existing returns the directory of a tenant, nil if there is no such tenant.
func (s *Service) existing(id string) *Directory {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.directories[strings.ToLower(id)]
}

// HandsOutTokens reports whether bodies at a path hold secrets or tokens, whatever the method.
func HandsOutTokens(path string) bool {
	path = strings.ToLower(path)
	return strings.Contains(path, "/oauth2/") || strings.HasPrefix(path, githubPath) ||
		strings.HasPrefix(path, azureDevOpsPath) || strings.HasPrefix(path, appServicePath)
}

// Package entra simulates Entra ID's token service, and the services that give out tokens to an identity without a
// secret: OIDC issuers, the request endpoints of GitHub Actions and Azure DevOps, and managed identities. README.md in
// the directory above says how each behaves and how that is known.
package entra

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Service is the token service of all tenants. Its methods are safe for concurrent use.
type Service struct {
	url            string
	now            func() time.Time
	handler        http.Handler
	signingKey     []byte // of every token, since nobody else checks them
	identityHeader string // the secret of App Service's managed identity endpoint

	directories named[*Directory]
	identities  named[ManagedIdentity]   // by their client ids; the system-assigned one also by ""
	jobs        named[GitHubJob]         // by their request tokens
	connections named[ServiceConnection] // by their ids
	rejected    named[string]            // why tokens are no longer accepted, by their ids
	demanded    named[string]            // the claim that a tenant's tokens must be requested with, by tenant
}

// New makes a token service with a URL of its own.
func New(url string, now func() time.Time) *Service {
	s := &Service{url: url, now: now, signingKey: []byte(rand.Text()), identityHeader: rand.Text()}
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
	id = strings.ToLower(id)
	s.directories.values.LoadOrStore(id, &Directory{id: id})
	directory, _ := s.directories.get(id)
	return directory
}

// HasDirectory reports whether there is a tenant of an id.
func (s *Service) HasDirectory(id string) bool {
	_, found := s.directories.get(id)
	return found
}

// TenantIDs returns the ids of all tenants, sorted.
func (s *Service) TenantIDs() (ids []string) {
	for key := range s.directories.values.Range {
		id, _ := key.(string)
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// HandsOutTokens reports whether bodies at a path hold secrets or tokens, whatever the method.
func HandsOutTokens(path string) bool {
	path = strings.ToLower(path)
	return strings.Contains(path, "/oauth2/") || strings.HasPrefix(path, githubPath) ||
		strings.HasPrefix(path, azureDevOpsPath) || strings.HasPrefix(path, appServicePath)
}

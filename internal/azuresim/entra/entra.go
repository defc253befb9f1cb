// Package entra simulates Entra ID's token service, and the services that give out tokens to an identity without a
// secret: OIDC issuers, the request endpoints of GitHub Actions and Azure DevOps, and managed identities. README.md in
// the directory above says how each behaves and how that is known.
package entra

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

// Service is the token service of all tenants. Its methods are safe for concurrent use.
type Service struct {
	http.Handler

	url            string
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
func New(url string) *Service {
	mux := http.NewServeMux()
	s := &Service{
		Handler: mux, url: url, signingKey: []byte(rand.Text()), identityHeader: rand.Text(),
	}
	for pattern, answer := range map[string]func(*http.Request) (document any, err error){
		"GET /common/discovery/instance":        s.discoverInstance,
		"GET /{tenant}" + openIDConfiguration:   s.configuration,
		"POST /{tenant}/oauth2/v2.0/token":      s.grantToken,
		"GET " + appServicePath + "token":       s.identityToken(s.appService()),
		"GET " + imdsPath + "oauth2/token":      s.identityToken(imds),
		"GET " + githubPath + "{path...}":       s.githubToken,
		"POST " + azureDevOpsPath + "{path...}": s.azureDevOpsToken,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			document, err := answer(r)
			jsonhttp.Respond(w, document, err)
		})
	}
	return s
}

// Directory returns a tenant's directory, and makes it if there is none of that id yet.
func (s *Service) Directory(id string) *Directory {
	id = strings.ToLower(id)
	s.directories.values.LoadOrStore(id, &Directory{id: id})
	directory, _ := s.directories.get(id)
	return directory
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

// named holds values by names in any letter case. It is safe for concurrent use, and its zero value is empty.
type named[V any] struct{ values sync.Map }

func (n *named[V]) put(name string, value V) { n.values.Store(strings.ToLower(name), value) }

func (n *named[V]) get(name string) (value V, found bool) {
	stored, found := n.values.Load(strings.ToLower(name))
	value, _ = stored.(V)
	return value, found
}

// Package azuresim simulates, on loopback and over TLS, the Azure services that the provider talks to: Entra
// ID's token service, Azure Resource Manager with Microsoft.AADIAM diagnostic settings and Log Analytics
// workspaces, and the query service of Log Analytics; and the places where an identity comes from that has no secret:
// OIDC issuers, the request endpoints of GitHub Actions and Azure DevOps, and managed identities.
//
// It is written from the published evidence of how the services behave, the wire contract and the Log Analytics facts,
// and shares no code with the provider's clients, so that the two can disagree. A behaviour's comment names the
// section of these; what they do not settle says that it is inferred.
package azuresim

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Audience is the resource that tokens for the simulated Azure Resource Manager name.
const Audience = "https://management.simulator.invalid/"

// LogAnalyticsAudience is the resource that tokens for the simulated query service name. The service itself is at
// the simulator's URL and "/v1".
const LogAnalyticsAudience = "https://loganalytics.simulator.invalid"

// Simulator is a simulator of the services. Its methods are safe for concurrent use.
type Simulator struct {
	// URL is where every service answers: "https://127.0.0.1:<port>" once the simulator listens. Before that it is a
	// name that can't be resolved: only Do and ServeHTTP answer.
	URL string

	now            func() time.Time
	handler        http.Handler
	server         *http.Server                    // nil where nothing listens
	signing        []byte                          // the key of its tenants' tokens
	issuerKey      func() (*rsa.PrivateKey, error) // of its OIDC issuers' tokens
	identityHeader string                          // what a caller of the managed identities' endpoint has to know
	latency        atomic.Int64

	mu          sync.Mutex
	tenants     map[string]*Tenant
	identities  []ManagedIdentity
	jobs        map[string]GitHubJob         // by their request tokens
	connections map[string]ServiceConnection // by their ids in lower case
	faults      []Fault
	spoiled     map[string]string // how tokens that are no longer accepted are, by their ids
	demanded    map[string]string // the claims that a tenant's tokens must have been asked for with, by tenant
	journal     []*Exchange
	silent      bool // no journal is kept
}

// Option changes how a simulator is made.
type Option func(*Simulator)

// WithClock lets a simulator take the time from a clock other than time.Now: for the life of tokens, the age of records,
// replicas that lag, and the request log.
func WithClock(now func() time.Time) Option { return func(s *Simulator) { s.now = now } }

// New makes a simulator that listens nowhere. Do and ServeHTTP answer for it, and Listen serves it on a port.
func New(options ...Option) *Simulator {
	s := &Simulator{
		URL:            "https://azure.simulator.invalid",
		now:            time.Now,
		signing:        []byte(rand.Text()),
		issuerKey:      sync.OnceValues(newIssuerKey), // only few tests need it, and it takes a moment
		identityHeader: rand.Text(),
		tenants:        map[string]*Tenant{},
		jobs:           map[string]GitHubJob{},
		connections:    map[string]ServiceConnection{},
		spoiled:        map[string]string{},
		demanded:       map[string]string{},
	}
	for _, option := range options {
		option(s)
	}
	s.handler = s.routes()
	return s
}

// Start makes a simulator and lets it listen.
func Start(listen string, authority *Authority, options ...Option) (*Simulator, error) {
	s := New(options...)
	return s, s.Listen(listen, authority)
}

// Listen serves the simulator over TLS on an address of the loopback interface, such as "127.0.0.1:0", with a
// certificate from the given authority. Since it sets the URL, it is called before the simulator is used.
func (s *Simulator) Listen(address string, authority *Authority) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("the address to listen on: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("%q is not an address of the loopback interface: "+
			"a simulator hands tokens to anybody who asks", host)
	}
	listener, err := authority.listen(address)
	if err != nil {
		return err
	}
	s.URL = "https://" + listener.Addr().String()
	s.server = &http.Server{
		Handler: http.HandlerFunc(s.listening), ReadHeaderTimeout: time.Minute, ConnContext: withConnection,
	}
	go func() { _ = s.server.Serve(listener) }() // returns when Close is called
	return nil
}

// Close stops listening and drops the connections.
func (s *Simulator) Close() error {
	if s.server == nil {
		return nil
	}
	return s.server.Close()
}

// Tenant returns a tenant, making it where there is none of that id yet.
func (s *Simulator) Tenant(id string) *Tenant {
	s.mu.Lock()
	defer s.mu.Unlock()
	id = strings.ToLower(id)
	if s.tenants[id] == nil {
		s.tenants[id] = newTenant(id, s.now)
	}
	return s.tenants[id]
}

func (s *Simulator) existingTenant(id string) (*Tenant, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, found := s.tenants[strings.ToLower(id)]
	return t, found
}

// routes hands each request to the service whose path it has. Resource Manager ignores the letter case of paths (wire
// contract 2.8).
func (s *Simulator) routes() http.Handler {
	control := s.control()
	services := s.recorded(s.delayed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.withFaults(w, r, s.serviceOf(strings.ToLower(r.URL.Path)))
	})))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, controlPrefix) {
			control.ServeHTTP(w, r)
			return
		}
		services.ServeHTTP(w, r)
	})
}

// serviceOf finds the service of a path in lower case. What has no service's prefix is Entra's, whose paths begin with a
// tenant.
func (s *Simulator) serviceOf(path string) http.HandlerFunc {
	for _, service := range []struct {
		prefix string
		answer http.HandlerFunc
	}{
		{"/providers/", s.resourceManager},
		{"/subscriptions/", s.resourceManager},
		{"/metadata/", s.metadata},
		{"/v1/", s.logAnalytics},
		{issuersPath, s.issuers},
		{githubPath, s.github},
		{azureDevOpsPath, s.azureDevOps},
		{identityPath, s.managedIdentity},
	} {
		if strings.HasPrefix(path, service.prefix) {
			return service.answer
		}
	}
	return s.entra
}

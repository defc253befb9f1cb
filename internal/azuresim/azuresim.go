// Package azuresim simulates the Azure services that the provider talks to: Entra ID's token service, Azure Resource
// Manager with the diagnostic settings of Entra ID and Log Analytics workspaces, and the query service of Log
// Analytics; and the services that give out tokens to an identity without a secret. Each has a package of its own
// below this one, which adds a request log, faults, a control endpoint, and ways to reach the services with and
// without a network.
//
// README.md says how the services behave and how that is known. The simulator shares no code with the provider's
// clients, so that the two can disagree. It is not part of the provider's interface, and can change with any release.
package azuresim

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/entra"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/loganalytics"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/resourcemanager"
)

// Simulator is a simulator of the services. Its methods are safe for concurrent use.
type Simulator struct {
	// URL is where every service answers: "https://127.0.0.1:<port>" if the simulator listens, or else a name that can't
	// be resolved.
	URL string

	*entra.Service
	resourceManager *resourcemanager.Service
	logAnalytics    *loganalytics.Service
	control         http.Handler

	server  *http.Server // nil if it doesn't listen
	latency atomic.Int64

	mu      sync.Mutex
	faults  []Fault
	journal []*Exchange
}

// New makes a simulator that listens nowhere: only Do answers for it.
func New() *Simulator {
	return newAt("https://azure.simulator.invalid", LogAnalyticsAudience)
}

// newAt makes a simulator with the URL of all services, and that of the query service. The latter has its own name,
// since a cloud's metadata has one value for both its URL and its audience, which must not be Resource Manager's.
func newAt(url, queryURL string) *Simulator {
	s := &Simulator{URL: url, Service: entra.New(url)}
	s.resourceManager = resourcemanager.New(s.Service, url, queryURL)
	s.logAnalytics = loganalytics.New(s.Service, s.resourceManager, queryURL)
	s.control = s.newControl()
	return s
}

// Start makes a simulator and serves it over TLS on an address of the loopback interface, such as "127.0.0.1:0". It
// writes its certificate to a file. A client that has the file's name in SSL_CERT_FILE trusts it.
func Start(address, certificateFile string) (*Simulator, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("the address to listen on: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("%q is not an address of the loopback interface: "+
			"a simulator hands tokens to anybody who asks", host)
	}
	certificate, err := newAuthority(certificateFile)
	if err != nil {
		return nil, err
	}
	listener, err := tls.Listen("tcp", address, &tls.Config{
		Certificates: []tls.Certificate{certificate},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2", "http/1.1"},
	})
	if err != nil {
		return nil, err
	}
	bound := listener.Addr().String()
	s := newAt("https://"+bound, "https://localhost"+bound[strings.LastIndex(bound, ":"):])
	s.server = &http.Server{
		Handler: s, ReadHeaderTimeout: time.Minute,
		ConnContext: func(ctx context.Context, connection net.Conn) context.Context {
			return context.WithValue(ctx, connectionKey{}, connection)
		},
	}
	go func() { _ = s.server.Serve(listener) }() // returns when Close is called
	return s, nil
}

// Close ends what Start began: it stops listening and drops the connections.
func (s *Simulator) Close() error { return s.server.Close() }

// SetLatency holds back every answer of every service. The control endpoint answers at once.
func (s *Simulator) SetLatency(latency time.Duration) { s.latency.Store(int64(latency)) }

// serve answers a request, or returns the error of a connection that breaks.
func (s *Simulator) serve(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	if strings.HasPrefix(r.URL.Path, controlPrefix) {
		s.control.ServeHTTP(answer, r)
		return answer.Result(), nil
	}
	exchange := s.begin(r)
	if latency := time.Duration(s.latency.Load()); latency > 0 {
		hold(r, time.After(latency))
	}
	response, err := s.takeFault(exchange).strike(s, answer, r)
	if err == nil {
		s.end(exchange, answer)
	}
	return response, err
}

// serviceOf finds the service of a request by its path. What has no service's prefix is Entra ID's.
func (s *Simulator) serviceOf(r *http.Request) http.Handler {
	for prefix, service := range map[string]http.Handler{
		"/providers/":         s.resourceManager,
		"/subscriptions/":     s.resourceManager,
		"/metadata/endpoints": s.resourceManager,
		"/v1/":                s.logAnalytics,
	} {
		if strings.HasPrefix(strings.ToLower(r.URL.Path), prefix) {
			return service
		}
	}
	return s.Service
}

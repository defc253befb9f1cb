// Package azuretest is what the tests of packages azure and signin share: an app that signs in to two simulated
// tenants.
package azuretest

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

// What is in a World. The services have hosts of their own.
const (
	TenantID      = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
	OtherTenantID = "7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506"
	AppID         = "c0ffee00-9d2e-4a57-8f31-6b1de1a5c0de"
	Secret        = "the-client-secret"

	Settings  = "/providers/microsoft.aadiam/diagnosticSettings"
	TokenPath = "/oauth2/v2.0/token"
)

// World is a simulator with an app in two tenants that may read, and the sign-in that a test adds to. Nothing listens.
type World struct {
	*testing.T
	Sim *azuresim.Simulator
	App azuresim.Principal
	// Config has no secret. The first List that can makes Tenants of it.
	Config  azure.Config
	Tenants *azure.Tenants
	// Answer may answer a request in the simulator's place.
	Answer func(*http.Request) (*http.Response, error)

	mu   sync.Mutex
	sent []*http.Request
}

// New makes a world.
func New(t *testing.T) *World {
	t.Helper()
	sim := azuresim.New()
	w := &World{
		T: t, Sim: sim,
		App: azuresim.Principal{ClientID: AppID, ObjectID: "an-object", Secret: Secret, Role: azuresim.Reader},
		Config: azure.Config{
			Cloud: azure.Cloud{
				AuthorityHost:   sim.URL,
				ResourceManager: azure.Endpoint{URL: "https://arm.example", Audience: azuresim.Audience},
				LogAnalytics:    azure.Endpoint{URL: "https://la.example/v1", Audience: azuresim.LogAnalyticsAudience},
			},
			SignIn:           signin.Config{},
			AllowedTenantIDs: []string{"*"},
		},
	}
	w.Config.Transport = w
	w.Given("tenant_id", TenantID, "client_id", AppID, "disable_instance_discovery", "true")
	w.Trust("", "")
	return w
}

// WithSecret is New, with a secret from ARM_CLIENT_SECRET.
func WithSecret(t *testing.T) *World {
	t.Helper()
	w := New(t)
	w.Config.SignIn["client_secret"] = signin.Input{Value: Secret, Source: "ARM_CLIENT_SECRET"}
	return w
}

// Given configures values of the sign-in, by the names before them.
func (w *World) Given(values ...string) {
	for pair := range slices.Chunk(values, 2) {
		w.Config.SignIn[pair[0]] = signin.Input{Value: pair[1], Source: "the test"}
	}
}

// Trust lets the app sign in to both tenants, by its secret or by an issuer's tokens for a subject.
func (w *World) Trust(issuer, subject string, certificates ...string) {
	w.App.Certificates = certificates
	w.App.Federated = []azuresim.FederatedCredential{{Issuer: issuer, Subject: subject,
		Audience: "api://AzureADTokenExchange"}}
	for _, tenant := range []string{TenantID, OtherTenantID} {
		w.Sim.Tenant(tenant).AddPrincipal(w.App)
	}
}

// Do makes the world a transport.
func (w *World) Do(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.sent = append(w.sent, r)
	w.mu.Unlock()
	if w.Answer != nil {
		if response, err := w.Answer(r); response != nil || err != nil {
			return response, err
		}
	}
	return w.Sim.Do(r)
}

// Sent returns the requests to paths with an end.
func (w *World) Sent(end string) []*http.Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	isOther := func(r *http.Request) bool { return !strings.HasSuffix(r.URL.Path, end) }
	return slices.DeleteFunc(slices.Clone(w.sent), isOther)
}

// List reads the settings of a tenant, "" meaning the home tenant, which needs a token that the simulator accepts.
func (w *World) List(ctx context.Context, tenant string) (err error) {
	w.Helper()
	if w.Tenants == nil {
		if w.Tenants, err = azure.NewTenants(w.Config); err != nil {
			return err
		}
	}
	if tenant == "" {
		if tenant, err = w.Tenants.HomeTenant(ctx); err != nil {
			return err
		}
	}
	service, err := w.Tenants.ResourceManager(ctx, tenant)
	if err != nil {
		return err
	}
	return service.Get(ctx, Settings, "2017-04-01", &struct{}{})
}

// Query asks the Log Analytics of a tenant for anything, after a List.
func (w *World) Query(tenant string) error {
	service, err := w.Tenants.LogAnalytics(w.Context(), tenant)
	if err != nil {
		return err
	}
	return service.Get(w.Context(), "/any", "1", &struct{}{})
}

// Accepts checks that listing the settings of a tenant works, with a token of the tenant and a client.
func (w *World) Accepts(tenant, client string) {
	w.Helper()
	if err := w.List(w.Context(), tenant); err != nil {
		w.Fatalf("%v\n%s", err, remedy.ServiceMessage(err))
	}
	requests := w.Sim.Requests()
	last := requests[len(requests)-1]
	if !strings.EqualFold(last.TokenTenant, cmp.Or(tenant, TenantID)) || last.TokenClient != client {
		w.Errorf("the last request carried a token of tenant %s for %s", last.TokenTenant, last.TokenClient)
	}
}

// Refuses checks what the user is told about listing the settings of a tenant.
func (w *World) Refuses(tenant string, wants ...string) {
	w.Helper()
	w.Tells(w.List(w.Context(), tenant), wants...)
}

// Tells checks what the user is told about an error, and that no secret, token or page is part of it.
func (w *World) Tells(err error, wants ...string) {
	w.Helper()
	if err == nil {
		w.Fatal("it was accepted")
	}
	advice := remedy.For(err, TenantID)
	told := fmt.Sprintf("%s\n%s\n%s\n%v", advice.Problem, advice.Remedy, remedy.ServiceMessage(err), err)
	for _, want := range wants {
		if !strings.Contains(told, want) {
			w.Errorf("the user is not told %q, but:\n%s", want, told)
		}
	}
	const jwtHeader = "eyJhbGci"
	for _, hidden := range []string{Secret, jwtHeader, "<html"} {
		if strings.Contains(told, hidden) {
			w.Errorf("the user is shown %q:\n%s", hidden, told)
		}
	}
}

// WithIdentity signs in with a managed identity of the machine, which is in App Service, and of tenant TenantID. It
// returns the client id, which is new, since MSAL caches an identity's tokens for the whole process.
func (w *World) WithIdentity() (clientID string) {
	w.Helper()
	clientID = rand.Text()
	reader := azuresim.Principal{ClientID: clientID, ObjectID: "object", Role: azuresim.Reader}
	w.Sim.AddManagedIdentity(azuresim.ManagedIdentity{Principal: reader, Tenant: TenantID, SystemAssigned: true})
	delete(w.Config.SignIn, "client_secret")
	w.Given("use_msi", "true", "client_id", clientID)
	endpoint, header := w.Sim.IdentityEndpoint()
	w.Setenv("IDENTITY_ENDPOINT", endpoint)
	w.Setenv("IDENTITY_HEADER", header)
	return clientID
}

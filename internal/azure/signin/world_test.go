package signin_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

const (
	tenantID      = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
	otherTenantID = "7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506"
	appID         = "c0ffee00-9d2e-4a57-8f31-6b1de1a5c0de"
	identityID    = "1de0717e-5a6b-4c7d-8e9f-0a1b2c3d4e5f"
	identityOID   = "0b1ec7ed-1111-4222-8333-444455556666"
	subject       = "repo:contoso/logs:ref:refs/heads/main"
	exchange      = "api://AzureADTokenExchange"
	secret        = "the-client-secret"

	settings = "/providers/microsoft.aadiam/diagnosticSettings"
)

// world is a simulator with an app in two tenants that may read, and the sign-in that a test adds to. Nothing listens.
type world struct {
	sim    *azuresim.Simulator
	app    azuresim.Principal
	signIn signin.Config
	config azure.Config
}

func input(value string) signin.Input { return signin.Input{Value: value, Source: "the test"} }

func newWorld() *world {
	sim := azuresim.New()
	w := &world{
		sim: sim,
		app: azuresim.Principal{
			ClientID: appID, ObjectID: "0b1ec700-4c5d-4b6f-9e0a-7d3f2a1b0c9d", Secret: secret, Role: azuresim.Reader,
		},
		signIn: signin.Config{TenantID: input(tenantID), ClientID: input(appID), DisableInstanceDiscovery: true},
		config: azure.Config{
			Cloud: azure.Cloud{
				AuthorityHost:   sim.URL,
				ResourceManager: azure.Endpoint{URL: sim.URL, Audience: azuresim.Audience},
				LogAnalytics:    azure.Endpoint{URL: sim.URL + "/v1", Audience: azuresim.LogAnalyticsAudience},
			},
			AllowedTenantIDs: []string{"*"},
			Transport:        sim,
		},
	}
	w.trust()
	return w
}

// trust lets the app sign in to both tenants by the federated credentials, and by its secret.
func (w *world) trust(credentials ...azuresim.FederatedCredential) {
	w.app.Federated = credentials
	for _, tenant := range []string{tenantID, otherTenantID} {
		w.sim.Tenant(tenant).AddPrincipal(w.app)
	}
}

func (w *world) tenants(t *testing.T) *azure.Tenants {
	t.Helper()
	w.config.SignIn = w.signIn
	tenants, err := azure.NewTenants(w.config)
	if err != nil {
		t.Fatal(err)
	}
	return tenants
}

// list reads the settings of a tenant, which needs a token that the simulator accepts.
func (w *world) list(t *testing.T, tenant string) error {
	t.Helper()
	w.config.SignIn = w.signIn
	tenants, err := azure.NewTenants(w.config)
	if err != nil {
		return err
	}
	return list(t, tenants, tenant)
}

func list(t *testing.T, tenants *azure.Tenants, tenant string) error {
	t.Helper()
	service, err := tenants.ResourceManager(t.Context(), tenant)
	if err != nil {
		return err
	}
	return service.Get(t.Context(), settings, "2017-04-01", &struct{}{})
}

// accepted checks that the last request carried a good token of the tenant and client.
func (w *world) accepted(t *testing.T, err error, tenant, client string) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v\n%s", err, remedy.ServiceMessage(err))
	}
	requests := w.sim.Requests()
	last := requests[len(requests)-1]
	if last.Status != http.StatusOK || last.TokenTenant != tenant || last.TokenClient != client {
		t.Errorf("the last request was answered with %d and carried a token of tenant %s for %s", last.Status,
			last.TokenTenant, last.TokenClient)
	}
}

// refused checks what the user is told, and that no secret is part of it.
func (w *world) refused(t *testing.T, err error, problem string, remedies ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("it was accepted")
	}
	advice := remedy.For(err, tenantID)
	told := advice.Problem + "\n" + advice.Remedy + "\n" + remedy.ServiceMessage(err)
	for _, want := range append(remedies, problem) {
		if !strings.Contains(told, want) {
			t.Errorf("the user is not told %q, but:\n%s", want, told)
		}
	}
	for _, hidden := range []string{secret, "eyJ"} {
		if strings.Contains(told+err.Error(), hidden) {
			t.Errorf("the user is shown a secret:\n%s\n%v", told, err)
		}
	}
}

func write(t *testing.T, name, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

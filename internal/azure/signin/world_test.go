package signin_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
	secret        = "the-client-secret"

	settings = "/providers/microsoft.aadiam/diagnosticSettings"
)

// world is a simulator with an app in two tenants that may read, and the sign-in that a test adds to. Nothing listens.
type world struct {
	*testing.T
	sim     *azuresim.Simulator
	app     azuresim.Principal
	config  azure.Config
	signIn  signin.Config  // in config
	tenants *azure.Tenants // made of config by the first list that can
	azLog   string         // the file with what the Azure CLI was asked
}

func newWorld(t *testing.T) *world {
	t.Helper()
	sim := azuresim.New()
	w := &world{
		T: t, sim: sim,
		app: azuresim.Principal{ClientID: appID, ObjectID: "an-object", Secret: secret, Role: azuresim.Reader},
		config: azure.Config{
			Cloud: azure.Cloud{
				AuthorityHost:   sim.URL,
				ResourceManager: azure.Endpoint{URL: sim.URL, Audience: azuresim.Audience},
				LogAnalytics:    azure.Endpoint{URL: sim.URL + "/v1", Audience: azuresim.LogAnalyticsAudience},
			},
			SignIn:           signin.Config{},
			AllowedTenantIDs: []string{"*"},
			Transport:        sim,
		},
	}
	w.signIn = w.config.SignIn
	w.given("tenant_id", tenantID, "client_id", appID, "disable_instance_discovery", "true")
	w.trust("", "")
	return w
}

// given configures values of the sign-in, by the names before them.
func (w *world) given(values ...string) {
	for pair := range slices.Chunk(values, 2) {
		w.signIn[pair[0]] = signin.Input{Value: pair[1], Source: "the test"}
	}
}

// trust lets the app sign in to both tenants, by its secret or by an issuer's tokens for a subject.
func (w *world) trust(issuer, subject string, certificates ...string) {
	w.app.Certificates = certificates
	w.app.Federated = []azuresim.FederatedCredential{{Issuer: issuer, Subject: subject,
		Audience: "api://AzureADTokenExchange"}}
	for _, tenant := range []string{tenantID, otherTenantID} {
		w.sim.Tenant(tenant).AddPrincipal(w.app)
	}
}

// identityToken is one that the app trusts.
func (w *world) identityToken() string {
	w.trust(w.sim.IssuerURL(azuresim.IssuerGitHub), "a-subject")
	return w.sim.IssueIdentityToken(azuresim.IdentityToken{Issuer: azuresim.IssuerGitHub, Subject: "a-subject"})
}

// list reads the settings of a tenant, "" meaning the home tenant, which needs a token that the simulator accepts.
func (w *world) list(tenant string) (err error) {
	w.Helper()
	if w.tenants == nil {
		if w.tenants, err = azure.NewTenants(w.config); err != nil {
			return err
		}
	}
	if tenant == "" {
		if tenant, err = w.tenants.HomeTenant(w.Context()); err != nil {
			return err
		}
	}
	service, err := w.tenants.ResourceManager(w.Context(), tenant)
	if err != nil {
		return err
	}
	return service.Get(w.Context(), settings, "2017-04-01", &struct{}{})
}

// accepts checks that listing the settings of a tenant works, with a token of the tenant and a client.
func (w *world) accepts(tenant, client string) {
	w.Helper()
	if err := w.list(tenant); err != nil {
		w.Fatalf("%v\n%s", err, remedy.ServiceMessage(err))
	}
	requests := w.sim.Requests()
	if last := requests[len(requests)-1]; last.TokenTenant != cmp.Or(tenant, tenantID) || last.TokenClient != client {
		w.Errorf("the last request carried a token of tenant %s for %s", last.TokenTenant, last.TokenClient)
	}
}

// requestsTo counts the requests to paths with an end.
func (w *world) requestsTo(end string) (requests int) {
	for _, exchange := range w.sim.Requests() {
		if strings.HasSuffix(exchange.Path, end) {
			requests++
		}
	}
	return requests
}

// refuses checks what the user is told about listing the settings of a tenant, and that no secret is part of it.
func (w *world) refuses(tenant string, wants ...string) {
	w.Helper()
	told := w.tells(tenant, wants...)
	for _, hidden := range []string{secret, "eyJ"} {
		if strings.Contains(told, hidden) {
			w.Errorf("the user is shown a secret:\n%s", told)
		}
	}
}

func (w *world) tells(tenant string, wants ...string) string {
	w.Helper()
	err := w.list(tenant)
	if err == nil {
		w.Fatal("it was accepted")
	}
	advice := remedy.For(err, tenantID)
	told := fmt.Sprintf("%s\n%s\n%s\n%v", advice.Problem, advice.Remedy, remedy.ServiceMessage(err), err)
	for _, want := range wants {
		if !strings.Contains(told, want) {
			w.Errorf("the user is not told %q, but:\n%s", want, told)
		}
	}
	return told
}

func write(t *testing.T, name, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

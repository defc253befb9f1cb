// Package azidentity_test signs in at the simulator with Azure's own client. It stands apart from the simulator, which
// imports no client.
package azidentity_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

const (
	tenantID     = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
	homeTenantID = "0c7b9a52-6f0e-4b6e-8f3a-1d2c3b4a5e6f"
	audience     = "api://AzureADTokenExchange"
)

// world is a simulator and how a client reaches it.
type world struct {
	t       *testing.T
	sim     *azuresim.Simulator
	options azcore.ClientOptions
}

func newWorld(t *testing.T, principal azuresim.Principal) *world {
	t.Helper()
	authority, err := azuresim.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	sim, err := azuresim.Start("127.0.0.1:0", authority)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	principal.ClientID, principal.ObjectID = "app", "object"
	sim.Tenant(tenantID).AddPrincipal(principal)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.PEM)
	return &world{t, sim, azcore.ClientOptions{
		Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: sim.URL},
		Retry: policy.RetryOptions{MaxRetries: -1},
		Transport: &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
		}},
	}}
}

// expect asks a credential for a token, which a call of Resource Manager is to show as one of a tenant; a code is to be in the
// refusal instead.
func (w *world) expect(name string, credential azcore.TokenCredential, err error, tenant, code string) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	token, err := credential.GetToken(w.t.Context(), policy.TokenRequestOptions{Scopes: []string{azuresim.Audience + "/.default"}})
	if code != "" {
		var refused *azidentity.AuthenticationFailedError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), code) {
			w.t.Errorf("%s: %v, want %s", name, err, code)
		}
		return
	}
	if err != nil {
		w.t.Errorf("%s: %v", name, err)
		return
	}
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.sim.URL+"/providers/microsoft.aadiam/diagnosticSettings?api-version=2017-04-01", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token.Token)
	response, err := w.options.Transport.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = response.Body.Close()
	log := w.sim.Requests()
	if last := log[len(log)-1]; response.StatusCode != http.StatusOK || last.TokenTenant != tenant {
		w.t.Errorf("%s: %s with a token of tenant %q, want %q", name, response.Status, last.TokenTenant, tenant)
	}
}

func TestClientCertificate(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	registered := []string{string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
	for code, certificates := range map[string][]string{"": registered, "AADSTS700027": nil} {
		w := newWorld(t, azuresim.Principal{Role: azuresim.Reader, Certificates: certificates})
		credential, err := azidentity.NewClientCertificateCredential(tenantID, "app", []*x509.Certificate{certificate}, key,
			&azidentity.ClientCertificateCredentialOptions{ClientOptions: w.options, DisableInstanceDiscovery: true})
		w.expect("a certificate", credential, err, tenantID, code)
	}
}

func (w *world) assertionCredential(assertion func(context.Context) (string, error)) (azcore.TokenCredential, error) {
	return azidentity.NewClientAssertionCredential(tenantID, "app", assertion,
		&azidentity.ClientAssertionCredentialOptions{ClientOptions: w.options, DisableInstanceDiscovery: true})
}

func TestClientAssertion(t *testing.T) {
	w := newWorld(t, azuresim.Principal{})
	trust := azuresim.FederatedCredential{Issuer: w.sim.IssuerURL(azuresim.IssuerHCPTerraform), Subject: "run", Audience: audience}
	w.sim.Tenant(tenantID).AddPrincipal(azuresim.Principal{ClientID: "app", ObjectID: "object", Role: azuresim.Reader, Federated: []azuresim.FederatedCredential{trust}})
	for subject, code := range map[string]string{"run": "", "another": "AADSTS700213"} {
		credential, err := w.assertionCredential(func(context.Context) (string, error) {
			return w.sim.IssueIdentityToken(azuresim.IdentityToken{Issuer: azuresim.IssuerHCPTerraform, Subject: subject})
		})
		w.expect("the subject "+subject, credential, err, tenantID, code)
	}
}

func TestAzurePipelines(t *testing.T) {
	w := newWorld(t, azuresim.Principal{})
	const subject = "sc://contoso/platform/entra-logs"
	trust := azuresim.FederatedCredential{Issuer: w.sim.IssuerURL(azuresim.IssuerAzureDevOps), Subject: subject, Audience: audience}
	w.sim.Tenant(tenantID).AddPrincipal(azuresim.Principal{ClientID: "app", ObjectID: "object", Role: azuresim.Reader, Federated: []azuresim.FederatedCredential{trust}})
	w.sim.AddServiceConnection(azuresim.ServiceConnection{ID: "connection", SystemAccessToken: "system-token", Subject: subject})
	t.Setenv("SYSTEM_OIDCREQUESTURI", w.sim.AzureDevOpsRequestURL())
	for _, test := range []struct{ connection, token, code string }{
		{"connection", "system-token", ""}, {"another", "system-token", "404"}, {"connection", "another", "401"},
	} {
		credential, err := azidentity.NewAzurePipelinesCredential(tenantID, "app", test.connection, test.token,
			&azidentity.AzurePipelinesCredentialOptions{ClientOptions: w.options, DisableInstanceDiscovery: true})
		w.expect(test.connection+" by "+test.token, credential, err, tenantID, test.code)
	}
}

// newIdentityWorld is a world on a machine with an identity of another tenant, which the application trusts, and the identity's
// client id. That is a new one each time, since MSAL remembers the tokens of managed identities for the whole process.
func newIdentityWorld(t *testing.T) (*world, string) {
	t.Helper()
	clientID := rand.Text()
	w := newWorld(t, azuresim.Principal{})
	trust := azuresim.FederatedCredential{Issuer: w.sim.URL + "/" + homeTenantID + "/v2.0", Subject: "machine-object", Audience: audience}
	w.sim.Tenant(tenantID).AddPrincipal(azuresim.Principal{ClientID: "app", ObjectID: "object", Role: azuresim.Reader, Federated: []azuresim.FederatedCredential{trust}})
	w.sim.AddManagedIdentity(azuresim.ManagedIdentity{ClientID: clientID, ObjectID: "machine-object", Tenant: homeTenantID})
	w.sim.Tenant(homeTenantID).AddPrincipal(azuresim.Principal{ClientID: clientID, ObjectID: "machine-object", Role: azuresim.Reader})
	endpoint, header := w.sim.IdentityEndpoint()
	t.Setenv("IDENTITY_ENDPOINT", endpoint)
	t.Setenv("IDENTITY_HEADER", header)
	return w, clientID
}

func (w *world) identityCredential(clientID string) (*azidentity.ManagedIdentityCredential, error) {
	return azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{
		ClientOptions: w.options, ID: azidentity.ClientID(clientID),
	})
}

func TestManagedIdentity(t *testing.T) {
	w, clientID := newIdentityWorld(t)
	_, header := w.sim.IdentityEndpoint()
	for _, test := range []struct{ header, clientID, code string }{
		{"another", clientID, "401"}, {header, clientID, ""}, {header, "another", "No User Assigned or Delegated Managed Identity found"},
	} {
		t.Setenv("IDENTITY_HEADER", test.header)
		credential, err := w.identityCredential(test.clientID)
		w.expect("the identity "+test.clientID, credential, err, homeTenantID, test.code)
	}
}

func TestManagedIdentityAsFederatedCredential(t *testing.T) {
	w, clientID := newIdentityWorld(t)
	identity, err := w.identityCredential(clientID)
	if err != nil {
		t.Fatal(err)
	}
	credential, err := w.assertionCredential(func(ctx context.Context) (string, error) {
		token, err := identity.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{audience + "/.default"}})
		return token.Token, err
	})
	w.expect("an identity of another tenant", credential, err, tenantID, "")
}

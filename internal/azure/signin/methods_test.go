package signin_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/testcert"
)

// That each method signs in to all tenants is in the tests of the documented provider blocks, and what users are told
// when one doesn't in the golden files of package connector. Here is what those leave out.

func TestCertificates(t *testing.T) {
	certificate := testcert.New(t)
	elliptic := certificate
	_, elliptic.Key, _ = ed25519.GenerateKey(nil)
	file := func(content string) string { return write(t, "client.pem", content, 0o600) }
	pfx := certificate.PFX(t, pkcs12.Modern, "the password")
	const inline, path = "client_certificate", "client_certificate_path"
	for name, test := range map[string]struct{ attribute, value, password, problem string }{
		"a PFX as OpenSSL 3 writes it":  {inline, pfx, "the password", ""},
		"a PFX as older tools write it": {inline, certificate.PFX(t, pkcs12.LegacyRC2, "the password"), "the password", ""},
		"a PEM file":                    {path, file(certificate.PEMWithKey(t)), "", ""},
		"another password":              {inline, pfx, "another", "The client certificate from the test can't be read"},
		"another kind of key":           {path, file(elliptic.PEMWithKey(t)), "", "its key is not an RSA key"},
		"no file":                       {path, filepath.Join(t.TempDir(), "none.pfx"), "", "none.pfx: "},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.trust("", "", certificate.PEM())
			w.given(test.attribute, test.value, "client_certificate_password", test.password)
			if test.problem != "" {
				w.refuses(tenantID, test.problem, "client_certificate_password")
				return
			}
			w.accepts(tenantID, appID)
			w.accepts(otherTenantID, appID)
		})
	}
	w := newWorld(t)
	w.trust("", "", certificate.PEM())
	w.given("client_certificate_password", "that of another certificate, in the environment")
	w.signIn[inline] = signin.Input{Value: certificate.PFX(t, pkcs12.Modern, ""), InBlock: true}
	w.accepts(tenantID, appID)
}

func TestOIDCToken(t *testing.T) {
	w := newWorld(t)
	w.given("use_oidc", "true", "oidc_token", w.identityToken())
	w.accepts(otherTenantID, appID)
}

// The file is read anew for each tenant, since its tokens live for minutes.
func TestOIDCTokenFile(t *testing.T) {
	w := newWorld(t)
	path := filepath.Join(t.TempDir(), "token")
	w.given("use_oidc", "true", "oidc_token_file_path", path)
	for _, tenant := range []string{tenantID, otherTenantID} {
		w.refuses(tenant, "there is no identity token", path+": ")
		if err := os.WriteFile(path, []byte(w.identityToken()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		w.accepts(tenant, appID)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// Azure DevOps would redirect a bad token to a page for people.
func TestAzureDevOpsRefuses(t *testing.T) {
	w := newWorld(t)
	w.sim.AddServiceConnection(azuresim.ServiceConnection{ID: "connection", SystemAccessToken: "the-token"})
	w.given("use_oidc", "true", "oidc_request_token", "another", "oidc_request_url", w.sim.AzureDevOpsRequestURL())
	w.refuses(tenantID, "ado_pipeline_service_connection_id is missing")
	w.given("ado_pipeline_service_connection_id", "connection")
	w.refuses(tenantID, "the pipeline gave no identity token", "401 Unauthorized")
}

// The request for an identity token carries a token itself.
func TestIdentityTokensAreRequestedByHTTPS(t *testing.T) {
	for _, connection := range []string{"", "connection"} {
		for _, requestURL := range []string{"http://token.example/?api-version=2.0", "token.example", "https:///token"} {
			w := newWorld(t)
			w.given("use_oidc", "true", "oidc_request_token", "the-request-token", "oidc_request_url", requestURL,
				"ado_pipeline_service_connection_id", connection)
			err := w.list(tenantID)
			if fault, ok := errors.AsType[*signin.ConfigError](err); !ok || fault.Attribute != "oidc_request_url" ||
				!strings.Contains(remedy.Configuration(fault), "https://") {
				t.Errorf("with the URL %q and the connection %q: error %v", requestURL, connection, err)
			}
		}
	}
}

// withIdentity signs in with a managed identity of the machine. Its name is new, since MSAL caches an identity's tokens
// for the whole process.
func withIdentity(t *testing.T) (w *world, clientID string) {
	t.Helper()
	w, clientID = newWorld(t), rand.Text()
	w.sim.AddManagedIdentity(azuresim.ManagedIdentity{ClientID: clientID, ObjectID: "object", Tenant: tenantID,
		SystemAssigned: true})
	w.sim.Tenant(tenantID).AddPrincipal(azuresim.Principal{ClientID: clientID, Role: azuresim.Reader})
	w.given("use_msi", "true", "client_id", clientID)
	return w, clientID
}

func (w *world) inAppService() {
	w.Helper()
	endpoint, header := w.sim.IdentityEndpoint()
	w.Setenv("IDENTITY_ENDPOINT", endpoint)
	w.Setenv("IDENTITY_HEADER", header)
}

func TestManagedIdentity(t *testing.T) {
	w, clientID := withIdentity(t)
	w.inAppService()
	w.signIn["client_id"] = signin.Input{Value: clientID, InBlock: true}
	w.given("managed_identity_client_id", "the environment's")
	w.accepts(tenantID, clientID)
	w.refuses(otherTenantID, "the sign-in gave a token of another tenant", otherTenantID,
		"A managed identity never leaves its own tenant")
	w, clientID = withIdentity(t)
	w.inAppService()
	delete(w.signIn, "client_id")
	w.accepts(tenantID, clientID)
}

// The statuses are those that clients are told to retry: internal/azuresim/README.md, "Managed identities".
func TestManagedIdentityRetriesWhatIMDSMayAnswer(t *testing.T) {
	for _, name := range []string{"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "IMDS_ENDPOINT"} {
		t.Setenv(name, "")
		_ = os.Unsetenv(name)
	}
	synctest.Test(t, func(t *testing.T) {
		w, clientID := withIdentity(t)
		for _, status := range []int{http.StatusNotFound, http.StatusGone, http.StatusTooManyRequests,
			http.StatusInternalServerError} {
			w.sim.AddFault(azuresim.Fault{Path: "/metadata/identity", Status: status})
		}
		w.accepts(tenantID, clientID)
	})
}

// One token of an identity that an app trusts serves all tenants.
func TestManagedIdentityAsFederatedCredential(t *testing.T) {
	w, identity := withIdentity(t)
	w.inAppService()
	w.trust(w.sim.URL+"/"+tenantID+"/v2.0", "object")
	w.given("use_oidc", "true", "client_id", appID, "managed_identity_client_id", identity)
	w.accepts(otherTenantID, appID)
	w.accepts(tenantID, appID)
	if asked := w.requestsTo("/msi/token"); asked != 1 {
		t.Errorf("the identity was asked for %d tokens", asked)
	}
}

func TestAuxiliaryTenants(t *testing.T) {
	w := newWorld(t)
	w.given("client_secret", secret)
	w.config.AuxiliaryTenantIDs = []string{strings.ToUpper(otherTenantID), tenantID}
	w.accepts(tenantID, appID)
	requests := w.sim.Requests()
	if got := requests[len(requests)-1].AuxiliaryTenants; !slices.Equal(got, []string{otherTenantID}) {
		t.Errorf("the request carried tokens of the auxiliary tenants %v, want %s", got, otherTenantID)
	}
	w.sim.Tenant(otherTenantID).ChangeTokens(azuresim.TokenBehaviour{Of: tenantID})
	w.tenants = nil
	w.refuses(tenantID, "the sign-in gave a token of another tenant")
}

func TestMetadataHost(t *testing.T) {
	w := newWorld(t)
	w.given("client_secret", secret)
	w.config.Cloud = azure.Cloud{}
	w.config.MetadataHost = strings.TrimPrefix(w.sim.URL, "https://")
	w.accepts(tenantID, appID)
	w.accepts(otherTenantID, appID)
	if asked := w.requestsTo("/metadata/endpoints"); asked != 1 {
		t.Errorf("the metadata host was asked %d times", asked)
	}
}

// The public cloud's default path: MSAL asks its authority about itself, once for each tenant's credential.
func TestInstanceDiscovery(t *testing.T) {
	for _, authority := range []string{"https://login.microsoftonline.com", "https://azure.simulator.invalid"} {
		for _, disabled := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, disabled %v", authority, disabled), func(t *testing.T) {
				w := newWorld(t)
				w.given("client_secret", secret)
				if !disabled {
					delete(w.signIn, "disable_instance_discovery")
				}
				w.config.Cloud.AuthorityHost = authority
				if authority == w.sim.URL && !disabled {
					w.refuses(tenantID, "Entra ID does not know the authority host", "disable_instance_discovery")
				} else {
					w.accepts(tenantID, appID)
				}
				if asked := w.requestsTo("/common/discovery/instance"); (asked == 0) != disabled {
					t.Errorf("instance discovery was asked %d times", asked)
				}
			})
		}
	}
}

package signin_test

import (
	"crypto/ed25519"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest/azuretest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/testcert"
)

const (
	tenantID      = azuretest.TenantID
	otherTenantID = azuretest.OtherTenantID
	appID         = azuretest.AppID
	settings      = azuretest.Settings
)

// identityToken is one that the app trusts.
func identityToken(w *azuretest.World) string {
	w.Trust(w.Sim.IssuerURL(azuresim.IssuerGitHub), "a-subject")
	return w.Sim.IssueIdentityToken(azuresim.IdentityToken{Issuer: azuresim.IssuerGitHub, Subject: "a-subject"})
}

func write(t *testing.T, name, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

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
		"a password that is not its":    {inline, certificate.PFX(t, pkcs12.Modern, ""), "the environment's", ""},
		"a PEM file":                    {path, file(certificate.PEMWithKey(t)), "", ""},
		"another password":              {inline, pfx, "another", "The client certificate from the test can't be read"},
		"another kind of key":           {path, file(elliptic.PEMWithKey(t)), "", "its key is not an RSA key"},
		"no file":                       {path, filepath.Join(t.TempDir(), "none.pfx"), "", "none.pfx: "},
	} {
		t.Run(name, func(t *testing.T) {
			w := azuretest.New(t)
			w.Trust("", "", certificate.PEM())
			w.Given("client_certificate_password", test.password)
			w.Config.SignIn[test.attribute] = signin.Input{Value: test.value, Source: "the test", InBlock: true}
			if test.problem != "" {
				w.Refuses(tenantID, test.problem, "client_certificate_password")
				return
			}
			w.Accepts(tenantID, appID)
			w.Accepts(otherTenantID, appID)
		})
	}
}

// The file is read again for each tenant, since its tokens live for minutes.
func TestOIDCTokens(t *testing.T) {
	w := azuretest.New(t)
	path := filepath.Join(t.TempDir(), "token")
	w.Given("use_oidc", "true", "oidc_token_file_path", path)
	for _, tenant := range []string{tenantID, otherTenantID} {
		w.Refuses(tenant, "there is no identity token", path+": ")
		if err := os.WriteFile(path, []byte(identityToken(w)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		w.Accepts(tenant, appID)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	w = azuretest.New(t)
	w.Given("use_oidc", "true", "oidc_token", identityToken(w))
	w.Accepts(otherTenantID, appID)
}

// Azure DevOps would redirect a bad token to a page for people.
func TestAzureDevOpsRefuses(t *testing.T) {
	w := azuretest.New(t)
	w.Sim.AddServiceConnection(azuresim.ServiceConnection{ID: "connection", SystemAccessToken: "the-token"})
	w.Given("use_oidc", "true", "oidc_request_token", "another", "oidc_request_url", w.Sim.AzureDevOpsRequestURL())
	w.Refuses(tenantID, "ado_pipeline_service_connection_id is missing")
	w.Given("ado_pipeline_service_connection_id", "connection")
	w.Refuses(tenantID, "the pipeline gave no identity token", "401 Unauthorized")
}

// The request for an identity token carries a token itself.
func TestIdentityTokensAreRequestedByHTTPS(t *testing.T) {
	for _, connection := range []string{"", "connection"} {
		for _, requestURL := range []string{"http://token.example/?api-version=2.0", "token.example", "https:///token"} {
			w := azuretest.New(t)
			w.Given("use_oidc", "true", "oidc_request_token", "the-request-token", "oidc_request_url", requestURL,
				"ado_pipeline_service_connection_id", connection)
			w.Refuses(tenantID, "requested from the URL from the test.", "It must be a whole https:// URL")
		}
	}
}

func TestManagedIdentity(t *testing.T) {
	w := azuretest.New(t)
	clientID := w.WithIdentity()
	w.Config.SignIn["client_id"] = signin.Input{Value: clientID, InBlock: true}
	w.Given("managed_identity_client_id", "the environment's")
	w.Accepts(tenantID, clientID)
	w.Refuses(otherTenantID, "the sign-in gave a token of another tenant", otherTenantID,
		"A managed identity never leaves its own tenant")
	w = azuretest.New(t)
	clientID = w.WithIdentity()
	delete(w.Config.SignIn, "client_id")
	w.Accepts(tenantID, clientID)
}

// The statuses are those that clients are told to retry: internal/azuresim/README.md, "Managed identities".
func TestManagedIdentityRetriesWhatIMDSMayAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := azuretest.New(t)
		clientID := w.WithIdentity()
		for _, name := range []string{"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "IMDS_ENDPOINT"} {
			t.Setenv(name, "")
			_ = os.Unsetenv(name)
		}
		for _, status := range []int{http.StatusNotFound, http.StatusGone, http.StatusTooManyRequests,
			http.StatusInternalServerError} {
			w.Sim.AddFault(azuresim.Fault{Path: "/metadata/identity", Status: status})
		}
		w.Accepts(tenantID, clientID)
	})
}

// One token of an identity that an app trusts serves all tenants.
func TestManagedIdentityAsFederatedCredential(t *testing.T) {
	w := azuretest.New(t)
	identity := w.WithIdentity()
	w.Trust(w.Sim.URL+"/"+tenantID+"/v2.0", "object")
	w.Given("use_oidc", "true", "client_id", appID, "managed_identity_client_id", identity)
	w.Accepts(otherTenantID, appID)
	w.Accepts(tenantID, appID)
	if asked := len(w.Sent("/msi/token")); asked != 1 {
		t.Errorf("the identity was asked for %d tokens", asked)
	}
}

func TestAuxiliaryTenants(t *testing.T) {
	w := azuretest.WithSecret(t)
	w.Config.AuxiliaryTenantIDs = []string{strings.ToUpper(otherTenantID), tenantID}
	w.Accepts(tenantID, appID)
	requests := w.Sim.Requests()
	if got := requests[len(requests)-1].AuxiliaryTenants; !slices.Equal(got, []string{otherTenantID}) {
		t.Errorf("the request carried tokens of the auxiliary tenants %v, want %s", got, otherTenantID)
	}
	w.Sim.Tenant(otherTenantID).ChangeTokens(azuresim.TokenBehaviour{Of: tenantID})
	w.Tenants = nil
	w.Refuses(tenantID, "the sign-in gave a token of another tenant")
}

func TestMetadataHost(t *testing.T) {
	w := azuretest.WithSecret(t)
	w.Config.Cloud = azure.Cloud{}
	w.Config.MetadataHost = strings.TrimPrefix(w.Sim.URL, "https://")
	w.Accepts(tenantID, appID)
	w.Accepts(otherTenantID, appID)
	if asked := len(w.Sent("/metadata/endpoints")); asked != 1 {
		t.Errorf("the metadata host was asked %d times", asked)
	}
}

// The public cloud's default path: MSAL asks its authority about itself, once for each tenant's credential.
func TestInstanceDiscovery(t *testing.T) {
	for _, authority := range []string{"https://login.microsoftonline.com", "https://azure.simulator.invalid"} {
		for _, disabled := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, disabled %v", authority, disabled), func(t *testing.T) {
				w := azuretest.WithSecret(t)
				if !disabled {
					delete(w.Config.SignIn, "disable_instance_discovery")
				}
				w.Config.Cloud.AuthorityHost = authority
				if authority == w.Sim.URL && !disabled {
					w.Refuses(tenantID, "Entra ID does not know the authority host", "disable_instance_discovery")
				} else {
					w.Accepts(tenantID, appID)
				}
				if asked := len(w.Sent("/common/discovery/instance")); (asked == 0) != disabled {
					t.Errorf("instance discovery was asked %d times", asked)
				}
			})
		}
	}
}

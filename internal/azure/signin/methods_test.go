package signin_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/testcert"
)

func TestClientSecret(t *testing.T) {
	w := newWorld()
	w.signIn.ClientSecret = input(secret)
	w.accepted(t, w.list(t, otherTenantID), otherTenantID, appID)
	w.signIn.ClientSecret = input("another")
	w.refused(t, w.list(t, tenantID), "Entra ID does not accept the client secret", "AADSTS7000215",
		"client secret (the test)")
}

func TestClientCertificate(t *testing.T) {
	w := newWorld()
	certificate := testcert.New(t)
	w.app.Certificates = []string{certificate.PEM()}
	w.trust()
	for name, encoder := range map[string]*pkcs12.Encoder{
		"as OpenSSL 3 writes it": pkcs12.Modern, "as older tools write it": pkcs12.LegacyRC2,
	} {
		t.Run("a PFX "+name, func(t *testing.T) {
			w.signIn.Certificate = input(certificate.PFX(t, encoder, "the password"))
			w.signIn.CertificatePassword = input("the password")
			w.accepted(t, w.list(t, otherTenantID), otherTenantID, appID)
			w.signIn.CertificatePassword = input("another")
			w.refused(t, w.list(t, tenantID), "The client certificate from the test can't be read",
				"client_certificate_password")
		})
	}
	w.signIn.Certificate, w.signIn.CertificatePassword = signin.Input{}, signin.Input{}
	t.Run("a PEM file", func(t *testing.T) {
		w.signIn.CertificatePath = input(write(t, "client.pem", certificate.PEMWithKey(t), 0o600))
		w.accepted(t, w.list(t, tenantID), tenantID, appID)
	})
	t.Run("another certificate", func(t *testing.T) {
		w.app.Certificates = []string{testcert.New(t).PEM()}
		w.trust()
		w.signIn.CertificatePath = input(write(t, "client.pem", certificate.PEMWithKey(t), 0o600))
		w.refused(t, w.list(t, tenantID), "Entra ID does not know the client certificate", "AADSTS700027")
	})
	t.Run("a key that Entra ID does not accept", func(t *testing.T) {
		w.signIn.CertificatePath = input(write(t, "client.pem", testcert.NewEC(t).PEMWithKey(t), 0o600))
		w.refused(t, w.list(t, tenantID), "its key is not an RSA key")
	})
	t.Run("no file", func(t *testing.T) {
		w.signIn.CertificatePath = input(filepath.Join(t.TempDir(), "none.pfx"))
		w.refused(t, w.list(t, tenantID), "none.pfx: ")
	})
}

func TestOIDCToken(t *testing.T) {
	w := newWorld()
	w.trust(azuresim.FederatedCredential{Issuer: w.sim.IssuerURL(azuresim.IssuerHCPTerraform), Subject: subject,
		Audience: exchange})
	good := azuresim.IdentityToken{Issuer: azuresim.IssuerHCPTerraform, Subject: subject}
	w.signIn.UseOIDC, w.signIn.OIDCToken = input("true"), input(w.sim.IssueIdentityToken(good))
	w.accepted(t, w.list(t, otherTenantID), otherTenantID, appID)

	for name, test := range map[string]struct {
		token    azuresim.IdentityToken
		problem  string
		remedies []string
	}{
		"another subject": {azuresim.IdentityToken{Issuer: good.Issuer, Subject: "repo:contoso/other"},
			"does not expect the identity token's subject", []string{"subject  repo:contoso/other",
				"az ad app federated-credential create"}},
		"another issuer": {azuresim.IdentityToken{Issuer: azuresim.IssuerGitHub, Subject: subject},
			"does not trust the identity token's issuer", []string{"issuer   " + w.sim.IssuerURL(azuresim.IssuerGitHub)}},
		"another audience": {azuresim.IdentityToken{Issuer: good.Issuer, Subject: subject,
			Audience: "api://other"}, "does not expect the identity token's audience", []string{"audience " + "api://other"}},
		"an old one": {azuresim.IdentityToken{Issuer: good.Issuer, Subject: subject, Lifetime: -time.Hour},
			"the identity token is out of date", []string{"oidc_token_file_path"}},
	} {
		t.Run(name, func(t *testing.T) {
			w.signIn.OIDCToken = input(w.sim.IssueIdentityToken(test.token))
			w.refused(t, w.list(t, tenantID), test.problem, test.remedies...)
		})
	}
	w.trust()
	w.signIn.OIDCToken = input(w.sim.IssueIdentityToken(good))
	w.refused(t, w.list(t, tenantID), "the app has no federated credential", "AADSTS70025")
}

// The file is read anew for each tenant, since its tokens live for minutes.
func TestOIDCTokenFile(t *testing.T) {
	w := newWorld()
	w.trust(azuresim.FederatedCredential{Issuer: w.sim.IssuerURL(azuresim.IssuerHCPTerraform), Subject: subject,
		Audience: exchange})
	good := azuresim.IdentityToken{Issuer: azuresim.IssuerHCPTerraform, Subject: subject}
	path := write(t, "token", "an old one", 0o600)
	w.signIn.UseOIDC, w.signIn.OIDCTokenPath = input("true"), input(path)
	tenants := w.tenants(t)
	for _, tenant := range []string{tenantID, otherTenantID} {
		if err := os.WriteFile(path, []byte(w.sim.IssueIdentityToken(good)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		w.accepted(t, list(t, tenants, tenant), tenant, appID)
		if err := os.WriteFile(path, []byte("an old one"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.signIn.OIDCTokenPath = input(filepath.Join(t.TempDir(), "none"))
	w.refused(t, w.list(t, tenantID), "there is no identity token", "none: ")
}

func TestGitHubActions(t *testing.T) {
	w := newWorld()
	w.sim.AddGitHubJob(azuresim.GitHubJob{RequestToken: "the-request-token", Subject: subject})
	w.trust(azuresim.FederatedCredential{Issuer: w.sim.IssuerURL(azuresim.IssuerGitHub), Subject: subject,
		Audience: exchange})
	w.signIn.UseOIDC, w.signIn.OIDCRequestURL, w.signIn.OIDCRequestToken = input("true"),
		input(w.sim.GitHubRequestURL()), input("the-request-token")
	w.accepted(t, w.list(t, otherTenantID), otherTenantID, appID)
	w.signIn.OIDCRequestToken = input("another")
	w.refused(t, w.list(t, tenantID), "the pipeline gave no identity token",
		"requesting an identity token from azure.simulator.invalid", "401 Unauthorized")
}

func TestAzureDevOps(t *testing.T) {
	const connection, token = "5e12f1ce-0000-4000-8000-000000000001", "the-system-access-token"
	w := newWorld()
	w.sim.AddServiceConnection(azuresim.ServiceConnection{ID: connection, SystemAccessToken: token,
		Subject: "sc://contoso/platform/entra-logs"})
	w.trust(azuresim.FederatedCredential{Issuer: w.sim.IssuerURL(azuresim.IssuerAzureDevOps),
		Subject: "sc://contoso/platform/entra-logs", Audience: exchange})
	w.signIn.UseOIDC, w.signIn.OIDCRequestURL, w.signIn.OIDCRequestToken = input("true"),
		input(w.sim.AzureDevOpsRequestURL()), input(token)

	if err := w.list(t, tenantID); err == nil || !strings.Contains(err.Error(),
		"ado_pipeline_service_connection_id is missing") {
		t.Errorf("without a connection: %v", err)
	}
	w.signIn.ADOConnectionID = input(connection)
	w.accepted(t, w.list(t, tenantID), tenantID, appID)
	w.signIn.OIDCRequestToken = input("another")
	w.refused(t, w.list(t, tenantID), "the pipeline gave no identity token", "requesting an identity token")
}

// The request for an identity token carries a token itself.
func TestIdentityTokensAreRequestedByHTTPS(t *testing.T) {
	w := newWorld()
	w.signIn.UseOIDC, w.signIn.OIDCRequestToken = input("true"), input("the-request-token")
	for _, connection := range []string{"", "5e12f1ce-0000-4000-8000-000000000001"} {
		for _, requestURL := range []string{"http://token.example/?api-version=2.0", "token.example", "https:///token"} {
			w.signIn.ADOConnectionID, w.signIn.OIDCRequestURL = input(connection), input(requestURL)
			err := w.list(t, tenantID)
			if fault, ok := errors.AsType[*signin.ConfigError](err); !ok || fault.Attribute != "oidc_request_url" ||
				!strings.Contains(remedy.Configuration(fault), "https://") {
				t.Errorf("with the URL %q and the connection %q: error %v", requestURL, connection, err)
			}
		}
	}
}

func TestAKSWorkloadIdentity(t *testing.T) {
	w := newWorld()
	const pod = "system:serviceaccount:logs:terraform"
	w.trust(azuresim.FederatedCredential{Issuer: w.sim.IssuerURL(azuresim.IssuerKubernetes), Subject: pod,
		Audience: exchange})
	w.signIn.UseAKS = input("true")
	w.refused(t, w.list(t, tenantID), "the provider block is not complete", "AZURE_FEDERATED_TOKEN_FILE")
	w.signIn.OIDCTokenPath = input(write(t, "token", w.sim.IssueIdentityToken(
		azuresim.IdentityToken{Issuer: azuresim.IssuerKubernetes, Subject: pod}), 0o600))
	w.accepted(t, w.list(t, otherTenantID), otherTenantID, appID)
	w.signIn.OIDCTokenPath = input(write(t, "token", w.sim.IssueIdentityToken(
		azuresim.IdentityToken{Issuer: azuresim.IssuerKubernetes, Subject: "system:serviceaccount:other:pod"}), 0o600))
	w.refused(t, w.list(t, tenantID), "does not expect the identity token's subject")
}

func assignIdentity(t *testing.T, w *world) {
	t.Helper()
	w.sim.AddManagedIdentity(azuresim.ManagedIdentity{ClientID: identityID, ObjectID: identityOID,
		Tenant: tenantID, SystemAssigned: true})
	w.sim.Tenant(tenantID).AddPrincipal(azuresim.Principal{ClientID: identityID, ObjectID: identityOID,
		Role: azuresim.Reader})
	endpoint, header := w.sim.IdentityEndpoint()
	t.Setenv("IDENTITY_ENDPOINT", endpoint)
	t.Setenv("IDENTITY_HEADER", header)
}

func TestManagedIdentity(t *testing.T) {
	w := newWorld()
	assignIdentity(t, w)
	w.signIn.UseMSI, w.signIn.ClientID = input("true"), signin.Input{}
	w.accepted(t, w.list(t, tenantID), tenantID, identityID)
	w.signIn.ClientID = input(identityID)
	w.accepted(t, w.list(t, tenantID), tenantID, identityID)

	w.refused(t, w.list(t, otherTenantID), "the sign-in gave a token of another tenant",
		"A managed identity never leaves its own tenant", otherTenantID)
	w.signIn.ClientID = input("99999999-0000-4000-8000-000000000000")
	w.refused(t, w.list(t, tenantID), "the managed identity gave no token")
}

// The statuses are those that clients are told to retry: internal/azuresim/README.md, "Managed identities".
func TestManagedIdentityRetriesWhatIMDSMayAnswer(t *testing.T) {
	assignIdentity(t, newWorld())
	for _, name := range []string{"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "IMDS_ENDPOINT"} {
		t.Setenv(name, "")
		_ = os.Unsetenv(name)
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.sim.AddManagedIdentity(azuresim.ManagedIdentity{ClientID: "imds", ObjectID: identityOID, Tenant: tenantID})
		w.sim.Tenant(tenantID).AddPrincipal(azuresim.Principal{ClientID: "imds", ObjectID: identityOID,
			Role: azuresim.Reader})
		for _, status := range []int{http.StatusNotFound, http.StatusGone, http.StatusTooManyRequests,
			http.StatusInternalServerError} {
			w.sim.AddFault(azuresim.Fault{Path: "/metadata/identity", Status: status})
		}
		w.signIn.UseMSI, w.signIn.ClientID = input("true"),
			input("imds") // MSAL caches an identity's tokens for the whole process
		w.accepted(t, w.list(t, tenantID), tenantID, "imds")
	})
}

// The way without secrets into other tenants.
func TestManagedIdentityAsFederatedCredential(t *testing.T) {
	w := newWorld()
	assignIdentity(t, w)
	w.trust(azuresim.FederatedCredential{Issuer: w.sim.URL + "/" + tenantID + "/v2.0", Subject: identityOID,
		Audience: exchange})
	w.signIn.UseOIDC, w.signIn.UseMSI = input("true"), input("true")
	w.accepted(t, w.list(t, otherTenantID), otherTenantID, appID)
	w.signIn.ManagedIdentityID = input(identityID)
	w.accepted(t, w.list(t, tenantID), tenantID, appID)
	w.trust(azuresim.FederatedCredential{Issuer: w.sim.URL + "/" + tenantID + "/v2.0", Subject: "another",
		Audience: exchange})
	w.refused(t, w.list(t, tenantID), "does not expect the identity token's subject", "subject  "+identityOID)
}

func TestAuxiliaryTenants(t *testing.T) {
	w := newWorld()
	w.signIn.ClientSecret = input(secret)
	w.config.AuxiliaryTenantIDs = []string{strings.ToUpper(otherTenantID), tenantID}
	w.accepted(t, w.list(t, tenantID), tenantID, appID)
	requests := w.sim.Requests()
	if got := requests[len(requests)-1].AuxiliaryTenants; len(got) != 1 || got[0] != otherTenantID {
		t.Errorf("the request carried tokens of the auxiliary tenants %v, want %s", got, otherTenantID)
	}
	w.sim.Tenant(otherTenantID).ChangeTokens(azuresim.TokenBehaviour{Of: tenantID})
	w.refused(t, w.list(t, tenantID), "the sign-in gave a token of another tenant")
}

func TestMetadataHost(t *testing.T) {
	w := newWorld()
	w.signIn.ClientSecret = input(secret)
	w.config.Cloud = azure.Cloud{}
	w.config.MetadataHost = strings.TrimPrefix(w.sim.URL, "https://")
	tenants := w.tenants(t)
	if asked := len(w.sim.Requests()); asked != 0 {
		t.Errorf("making the provider sends %d requests", asked)
	}
	for _, tenant := range []string{tenantID, otherTenantID} {
		if _, err := tenants.LogAnalytics(t.Context(), tenant); err != nil {
			t.Error(err)
		}
	}
	if asked := len(w.sim.Requests()); asked != 1 {
		t.Errorf("the metadata host was asked %d times", asked)
	}
	w.accepted(t, list(t, tenants, tenantID), tenantID, appID)
}

// The public cloud's default path: MSAL asks its authority about itself, once for each tenant's credential.
func TestInstanceDiscovery(t *testing.T) {
	for name, authority := range map[string]string{"a public authority": "https://login.microsoftonline.com",
		"one that nobody knows": ""} {
		for _, disabled := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, disabled %v", name, disabled), func(t *testing.T) {
				w := newWorld()
				w.signIn.ClientSecret, w.signIn.DisableInstanceDiscovery = input(secret), disabled
				if authority != "" {
					w.config.Cloud.AuthorityHost = authority
				}
				err := w.list(t, tenantID)
				asked := slices.ContainsFunc(w.sim.Requests(), func(r azuresim.Exchange) bool {
					return strings.HasSuffix(r.Path, "/common/discovery/instance")
				})
				if asked == disabled {
					t.Errorf("instance discovery is disabled: %v, and was asked: %v", disabled, asked)
				}
				if authority == "" && !disabled {
					w.refused(t, err, "Entra ID does not know the authority host", "disable_instance_discovery")
					return
				}
				w.accepted(t, err, tenantID, appID)
			})
		}
	}
}

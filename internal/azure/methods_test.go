package azure_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

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
)

// world is a simulator with an app in two tenants that may read, and the sign-in that a test adds to.
type world struct {
	sim       *azuresim.Simulator
	transport *http.Client
	app       azuresim.Principal
	signIn    signin.Config
	config    azure.Config
}

func input(value string) signin.Input { return signin.Input{Value: value, Source: "the test"} }

func newWorld(t *testing.T) *world {
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
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.PEM)
	w := &world{
		sim:       sim,
		transport: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}},
		app:       azuresim.Principal{ClientID: appID, ObjectID: "0b1ec700-4c5d-4b6f-9e0a-7d3f2a1b0c9d", Secret: secret, Role: azuresim.Reader},
		signIn:    signin.Config{TenantID: input(tenantID), ClientID: input(appID), DisableInstanceDiscovery: true},
	}
	w.config = azure.Config{
		Cloud: azure.Cloud{
			AuthorityHost:   sim.URL,
			ResourceManager: azure.Endpoint{URL: sim.URL, Audience: azuresim.Audience},
			LogAnalytics:    azure.Endpoint{URL: sim.URL + "/v1", Audience: azuresim.LogAnalyticsAudience},
		},
		AllowedTenantIDs: []string{"*"},
		Transport:        w.transport,
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

// list asks for the settings of a tenant, which needs a token that the simulator accepts.
func (w *world) list(t *testing.T, tenant string) error {
	t.Helper()
	w.config.SignIn = w.signIn
	tenants, err := azure.NewTenants(w.config)
	if err != nil {
		return err
	}
	service, err := tenants.ResourceManager(t.Context(), tenant)
	if err != nil {
		return err
	}
	return service.Get(t.Context(), settings, "2017-04-01", &struct{}{})
}

const settings = "/providers/microsoft.aadiam/diagnosticSettings"

// accepted checks that the last request carried a good token of the tenant and client.
func (w *world) accepted(t *testing.T, err error, tenant, client string) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v\n%s", err, remedy.ServiceMessage(err))
	}
	requests := w.sim.Requests()
	last := requests[len(requests)-1]
	if last.Status != http.StatusOK || last.TokenTenant != tenant || last.TokenClient != client {
		t.Errorf("the last request was answered with %d and carried a token of tenant %s for %s", last.Status, last.TokenTenant, last.TokenClient)
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

func (w *world) identityToken(t *testing.T, token azuresim.IdentityToken) string {
	t.Helper()
	signed, err := w.sim.IssueIdentityToken(token)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func write(t *testing.T, name, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestClientSecret(t *testing.T) {
	w := newWorld(t)
	w.signIn.ClientSecret = input(secret)
	w.accepted(t, w.list(t, otherTenantID), otherTenantID, appID)
	w.signIn.ClientSecret = input("another")
	w.refused(t, w.list(t, tenantID), "Entra ID does not accept the client secret", "AADSTS7000215", "client secret (the test)")
}

func TestClientCertificate(t *testing.T) {
	w := newWorld(t)
	key, certificate := newCertificate(t)
	w.app.Certificates = []string{string(pemOf("CERTIFICATE", certificate.Raw))}
	w.trust()
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	pemFile := string(pemOf("PRIVATE KEY", encoded)) + w.app.Certificates[0]
	for name, encoder := range map[string]*pkcs12.Encoder{"as OpenSSL 3 writes it": pkcs12.Modern, "as older tools write it": pkcs12.LegacyRC2} {
		pfx, err := encoder.Encode(key, certificate, nil, "the password")
		if err != nil {
			t.Fatal(err)
		}
		t.Run("a PFX "+name, func(t *testing.T) {
			w.signIn.Certificate, w.signIn.CertificatePassword = input(base64.StdEncoding.EncodeToString(pfx)), input("the password")
			w.accepted(t, w.list(t, otherTenantID), otherTenantID, appID)
			w.signIn.CertificatePassword = input("another")
			err := w.list(t, tenantID)
			if err == nil || !strings.Contains(err.Error(), "The client certificate from the test can't be read") {
				t.Errorf("with a wrong password: %v", err)
			}
		})
	}
	w.signIn.Certificate, w.signIn.CertificatePassword = signin.Input{}, signin.Input{}
	t.Run("a PEM file", func(t *testing.T) {
		w.signIn.CertificatePath = input(write(t, "client.pem", pemFile, 0o600))
		w.accepted(t, w.list(t, tenantID), tenantID, appID)
	})
	t.Run("another certificate", func(t *testing.T) {
		_, other := newCertificate(t)
		w.app.Certificates = []string{string(pemOf("CERTIFICATE", other.Raw))}
		w.trust()
		w.signIn.CertificatePath = input(write(t, "client.pem", pemFile, 0o600))
		w.refused(t, w.list(t, tenantID), "Entra ID does not know the client certificate", "AADSTS700027")
	})
	t.Run("no file", func(t *testing.T) {
		w.signIn.CertificatePath = input(filepath.Join(t.TempDir(), "none.pfx"))
		if err := w.list(t, tenantID); err == nil || !strings.Contains(err.Error(), "none.pfx: ") {
			t.Errorf("error = %v", err)
		}
	})
}

func newCertificate(t *testing.T) (*rsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, certificate
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func TestACertificateWithAnUnusableKeyIsRefused(t *testing.T) {
	w := newWorld(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	w.signIn.CertificatePath = input(write(t, "client.pem", string(pemOf("CERTIFICATE", certificate))+string(pemOf("PRIVATE KEY", encoded)), 0o600))
	if err := w.list(t, tenantID); err == nil || !strings.Contains(err.Error(), "its key is not an RSA key") {
		t.Errorf("error = %v", err)
	}
}

func TestOIDCToken(t *testing.T) {
	w := newWorld(t)
	w.trust(azuresim.FederatedCredential{Issuer: w.sim.IssuerURL(azuresim.IssuerHCPTerraform), Subject: subject, Audience: exchange})
	good := azuresim.IdentityToken{Issuer: azuresim.IssuerHCPTerraform, Subject: subject}
	w.signIn.UseOIDC, w.signIn.OIDCToken = input("true"), input(w.identityToken(t, good))
	w.accepted(t, w.list(t, otherTenantID), otherTenantID, appID)

	for name, test := range map[string]struct {
		token    azuresim.IdentityToken
		problem  string
		remedies []string
	}{
		"another subject":  {azuresim.IdentityToken{Issuer: good.Issuer, Subject: "repo:contoso/other"}, "does not expect the identity token's subject", []string{"subject  repo:contoso/other", "az ad app federated-credential create"}},
		"another issuer":   {azuresim.IdentityToken{Issuer: azuresim.IssuerGitHub, Subject: subject}, "does not trust the identity token's issuer", []string{"issuer   " + w.sim.IssuerURL(azuresim.IssuerGitHub)}},
		"another audience": {azuresim.IdentityToken{Issuer: good.Issuer, Subject: subject, Audience: "api://other"}, "does not expect the identity token's audience", []string{"audience api://other"}},
		"an old one":       {azuresim.IdentityToken{Issuer: good.Issuer, Subject: subject, Lifetime: -time.Hour}, "the identity token is out of date", []string{"oidc_token_file_path"}},
	} {
		t.Run(name, func(t *testing.T) {
			w.signIn.OIDCToken = input(w.identityToken(t, test.token))
			w.refused(t, w.list(t, tenantID), test.problem, test.remedies...)
		})
	}
	w.trust()
	w.signIn.OIDCToken = input(w.identityToken(t, good))
	w.refused(t, w.list(t, tenantID), "the app trusts no other issuer", "AADSTS70025")
}

// The file is read anew for each tenant, since its tokens live for minutes.
func TestOIDCTokenFile(t *testing.T) {
	w := newWorld(t)
	w.trust(azuresim.FederatedCredential{Issuer: w.sim.IssuerURL(azuresim.IssuerHCPTerraform), Subject: subject, Audience: exchange})
	good := azuresim.IdentityToken{Issuer: azuresim.IssuerHCPTerraform, Subject: subject}
	path := write(t, "token", "an old one", 0o600)
	w.signIn.UseOIDC, w.signIn.OIDCTokenPath = input("true"), input(path)
	w.config.SignIn = w.signIn
	tenants, err := azure.NewTenants(w.config)
	if err != nil {
		t.Fatal(err)
	}
	for _, tenant := range []string{tenantID, otherTenantID} {
		if err := os.WriteFile(path, []byte(w.identityToken(t, good)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		service, err := tenants.ResourceManager(t.Context(), tenant)
		if err != nil {
			t.Fatal(err)
		}
		if err := service.Get(t.Context(), settings, "2017-04-01", &struct{}{}); err != nil {
			t.Errorf("tenant %s: %v", tenant, err)
		}
		if err := os.WriteFile(path, []byte("an old one"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.signIn.OIDCTokenPath = input(filepath.Join(t.TempDir(), "none"))
	w.refused(t, w.list(t, tenantID), "there is no identity token", "none: ")
}

func TestGitHubActions(t *testing.T) {
	w := newWorld(t)
	w.sim.AddGitHubJob(azuresim.GitHubJob{RequestToken: "the-request-token", Subject: subject})
	w.trust(azuresim.FederatedCredential{Issuer: w.sim.IssuerURL(azuresim.IssuerGitHub), Subject: subject, Audience: exchange})
	w.signIn.UseOIDC, w.signIn.OIDCRequestURL, w.signIn.OIDCRequestToken = input("true"), input(w.sim.GitHubRequestURL()), input("the-request-token")
	w.accepted(t, w.list(t, otherTenantID), otherTenantID, appID)
	w.signIn.OIDCRequestToken = input("another")
	w.refused(t, w.list(t, tenantID), "the pipeline gave no identity token", "requesting an identity token from 127.0.0.1", "401 Unauthorized")
}

func TestAzureDevOps(t *testing.T) {
	const connection, token = "5e12f1ce-0000-4000-8000-000000000001", "the-system-access-token"
	w := newWorld(t)
	w.sim.AddServiceConnection(azuresim.ServiceConnection{ID: connection, SystemAccessToken: token, Subject: "sc://contoso/platform/entra-logs"})
	w.trust(azuresim.FederatedCredential{Issuer: w.sim.IssuerURL(azuresim.IssuerAzureDevOps), Subject: "sc://contoso/platform/entra-logs", Audience: exchange})
	w.signIn.UseOIDC, w.signIn.OIDCRequestURL, w.signIn.OIDCRequestToken = input("true"), input(w.sim.AzureDevOpsRequestURL()), input(token)

	if err := w.list(t, tenantID); err == nil || !strings.Contains(err.Error(), "ado_pipeline_service_connection_id is missing") {
		t.Errorf("without a connection: %v", err)
	}
	w.signIn.ADOConnectionID = input(connection)
	w.accepted(t, w.list(t, tenantID), tenantID, appID)
	w.signIn.OIDCRequestToken = input("another")
	w.refused(t, w.list(t, tenantID), "the pipeline gave no identity token", "requesting an identity token")
}

// The request for an identity token carries a token itself.
func TestIdentityTokensAreRequestedByHTTPS(t *testing.T) {
	w := newWorld(t)
	w.signIn.UseOIDC, w.signIn.OIDCRequestToken = input("true"), input("the-request-token")
	for _, connection := range []string{"", "5e12f1ce-0000-4000-8000-000000000001"} {
		for _, requestURL := range []string{"http://token.example/?api-version=2.0", "token.example", "https:///token"} {
			w.signIn.ADOConnectionID, w.signIn.OIDCRequestURL = input(connection), input(requestURL)
			err := w.list(t, tenantID)
			if fault, ok := errors.AsType[*signin.ConfigError](err); !ok || fault.Attribute != "oidc_request_url" || !strings.Contains(remedy.Configuration(fault), "https://") {
				t.Errorf("with the URL %q and the connection %q: error %v", requestURL, connection, err)
			}
		}
	}
}

func TestAKSWorkloadIdentity(t *testing.T) {
	w := newWorld(t)
	const pod = "system:serviceaccount:logs:terraform"
	w.trust(azuresim.FederatedCredential{Issuer: w.sim.IssuerURL(azuresim.IssuerKubernetes), Subject: pod, Audience: exchange})
	w.signIn.UseAKS = input("true")
	w.refused(t, w.list(t, tenantID), "the provider block is not complete", "AZURE_FEDERATED_TOKEN_FILE")
	w.signIn.OIDCTokenPath = input(write(t, "token", w.identityToken(t, azuresim.IdentityToken{Issuer: azuresim.IssuerKubernetes, Subject: pod}), 0o600))
	w.accepted(t, w.list(t, otherTenantID), otherTenantID, appID)
	w.signIn.OIDCTokenPath = input(write(t, "token", w.identityToken(t, azuresim.IdentityToken{Issuer: azuresim.IssuerKubernetes, Subject: "system:serviceaccount:other:pod"}), 0o600))
	w.refused(t, w.list(t, tenantID), "does not expect the identity token's subject")
}

func assignIdentity(t *testing.T, w *world) {
	t.Helper()
	w.sim.AddManagedIdentity(azuresim.ManagedIdentity{ClientID: identityID, ObjectID: identityOID, Tenant: tenantID, SystemAssigned: true})
	w.sim.Tenant(tenantID).AddPrincipal(azuresim.Principal{ClientID: identityID, ObjectID: identityOID, Role: azuresim.Reader})
	endpoint, header := w.sim.IdentityEndpoint()
	t.Setenv("IDENTITY_ENDPOINT", endpoint)
	t.Setenv("IDENTITY_HEADER", header)
}

func TestManagedIdentity(t *testing.T) {
	w := newWorld(t)
	assignIdentity(t, w)
	w.signIn.UseMSI, w.signIn.ClientID = input("true"), signin.Input{}
	w.accepted(t, w.list(t, tenantID), tenantID, identityID)
	w.signIn.ClientID = input(identityID)
	w.accepted(t, w.list(t, tenantID), tenantID, identityID)

	w.refused(t, w.list(t, otherTenantID), "the sign-in gave a token of another tenant", "A managed identity never leaves its own tenant", otherTenantID)
	w.signIn.ClientID = input("99999999-0000-4000-8000-000000000000")
	w.refused(t, w.list(t, tenantID), "the managed identity gave no token")
}

// The way without secrets into other tenants.
func TestManagedIdentityAsFederatedCredential(t *testing.T) {
	w := newWorld(t)
	assignIdentity(t, w)
	w.trust(azuresim.FederatedCredential{Issuer: w.sim.URL + "/" + tenantID + "/v2.0", Subject: identityOID, Audience: exchange})
	w.signIn.UseOIDC, w.signIn.UseMSI = input("true"), input("true")
	w.accepted(t, w.list(t, otherTenantID), otherTenantID, appID)
	w.signIn.ManagedIdentityID = input(identityID)
	w.accepted(t, w.list(t, tenantID), tenantID, appID)
	w.trust(azuresim.FederatedCredential{Issuer: w.sim.URL + "/" + tenantID + "/v2.0", Subject: "another", Audience: exchange})
	w.refused(t, w.list(t, tenantID), "does not expect the identity token's subject", "subject  "+identityOID)
}

// accessToken signs the app in by hand, for the tools that hand out tokens.
func (w *world) accessToken(t *testing.T, tenant string) string {
	t.Helper()
	response, err := w.transport.PostForm(w.sim.URL+"/"+tenant+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {appID}, "client_secret": {secret}, "scope": {azuresim.Audience + "/.default"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer.Token
}

// needShell skips a test on Windows: the programs that stand in for CLIs are shell scripts.
func needShell(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
}

// tool puts a program on PATH that prints an answer for one tenant, and fails for any other.
func tool(t *testing.T, name, tenant, answer, failure string) {
	t.Helper()
	needShell(t)
	script := fmt.Sprintf("#!/bin/sh\ncase \"$*\" in\n  *%s*) echo '%s' ;;\n  *) echo '%s' >&2; exit 1 ;;\nesac\n", tenant, answer, failure)
	path := write(t, name, script, 0o700)
	t.Setenv("PATH", filepath.Dir(path)+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func TestAzureCLI(t *testing.T) {
	w := newWorld(t)
	answer := fmt.Sprintf(`{"accessToken": "%s", "expires_on": %d, "tenant": "%s"}`, w.accessToken(t, otherTenantID), time.Now().Add(time.Hour).Unix(), otherTenantID)
	tool(t, "az", otherTenantID, answer, "ERROR: AADSTS50076: Due to a configuration change, you must use multi-factor authentication.")
	w.signIn.UseCLI = input("true")
	w.accepted(t, w.list(t, otherTenantID), otherTenantID, appID)
	w.refused(t, w.list(t, tenantID), "the Azure CLI gave no token", `az login --tenant `+tenantID, "AADSTS50076")
}

func TestAzureDeveloperCLI(t *testing.T) {
	w := newWorld(t)
	answer := fmt.Sprintf(`{"token": "%s", "expiresOn": "%s"}`, w.accessToken(t, otherTenantID), time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	tool(t, "azd", otherTenantID, answer, "ERROR: not logged in, run `azd auth login` to login")
	w.signIn.UseDevCLI = input("true")
	w.accepted(t, w.list(t, otherTenantID), otherTenantID, appID)
	w.refused(t, w.list(t, tenantID), "the Azure Developer CLI gave no token", "azd auth login")
}

func TestAuxiliaryTenants(t *testing.T) {
	w := newWorld(t)
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
	w := newWorld(t)
	w.signIn.ClientSecret = input(secret)
	w.config.Cloud = azure.Cloud{}
	w.config.MetadataHost = strings.TrimPrefix(w.sim.URL, "https://")
	w.accepted(t, w.list(t, tenantID), tenantID, appID)

	w.config.SignIn = w.signIn
	tenants, err := azure.NewTenants(w.config)
	if err != nil {
		t.Fatal(err)
	}
	w.sim.ForgetRequests()
	for _, tenant := range []string{tenantID, otherTenantID} {
		if _, err := tenants.LogAnalytics(t.Context(), tenant); err != nil {
			t.Error(err)
		}
	}
	if asked := len(w.sim.Requests()); asked != 1 {
		t.Errorf("the metadata host was asked %d times", asked)
	}
	w.config.MetadataHost = "127.0.0.1:1"
	w.sim.ForgetRequests()
	ctx := t.Context()
	if _, err := azure.NewTenants(w.config); err != nil || ctx.Err() != nil {
		t.Errorf("making the provider asks the metadata host: %v", err)
	}
}

package examples_test

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/testcert"
)

// What the provider blocks name besides the app of the simulated world.
const (
	connectionID = "d3b07384-d9a0-4c9b-8f3e-2a1c5d6e7f80"
	identityID   = "1d5c3e0a-7b42-4f9d-8a66-90e1b2c3d4f5"
	identityOID  = "2e6d4f1b-8c53-4a0e-9b77-a1f2c3d4e506"
)

// signIns prepare the surroundings of each provider block: they return what is in the environment, and write to the
// folder. A block that is not here finds a client secret in the environment.
var signIns = map[string]func(t *testing.T, w *acctest.World, folder string) []string{
	"provider-azure-cli.tf":           signedInAtTheCLI,
	"provider-azure-developer-cli.tf": signedInAtTheDeveloperCLI,
	"provider-client-secret.tf": func(*testing.T, *acctest.World, string) []string {
		return []string{"ARM_CLIENT_SECRET=" + acctest.Secret}
	},
	"provider-client-certificate.tf":             withCertificate,
	"provider-github-actions.tf":                 onGitHub,
	"provider-azure-devops.tf":                   onAzureDevOps,
	"provider-hcp-terraform.tf":                  onHCPTerraform,
	"provider-aks.tf":                            onAKS,
	"provider-managed-identity.tf":               onAzure,
	"provider-managed-identity-other-tenants.tf": onAzureWithApp,
}

// Each provider block signs in with its own method, to its own tenant and to the others that it allows. The environment
// is the process's, so these tests run one after the other.
func TestProviders(t *testing.T) {
	for _, file := range examples(t, "provider") {
		name := path.Base(file)
		t.Run(name, func(t *testing.T) {
			w := acctest.NewQuietWorld()
			block := inSimulatedCloud(w, example(t, file))
			environment := slices.Clone(acctest.SignIn)
			folder := t.TempDir()
			t.Chdir(folder)
			if surround := signIns[name]; surround != nil {
				environment = surround(t, w, folder)
			}
			if !strings.Contains(block, "endpoint") {
				environment = append(environment, w.Sim.Environment()...)
			}
			for _, entry := range signedIn() {
				variable, _, _ := strings.Cut(entry, "=")
				t.Setenv(variable, "")
			}
			for _, entry := range environment {
				variable, value, _ := strings.Cut(entry, "=")
				t.Setenv(variable, value)
			}
			probe := "data \"sentinel_aad_connectors\" \"own\" {}\n"
			others := strings.Contains(block, "allowed_tenant_ids")
			if others {
				probe += fmt.Sprintf("data \"sentinel_aad_connectors\" \"other\" {\n  tenant_id = %q\n}\n", acctest.OtherTenantID)
			}
			if plan := w.Terraform(t).Plan(block + probe); len(plan.Diagnostics) > 0 {
				t.Fatal(plan.Diagnostics)
			}
			client := acctest.ClientID
			if name == "provider-managed-identity.tf" {
				client = identityID
			}
			asked := map[string]string{} // the app that asked, by tenant
			for _, exchange := range w.Sim.Requests() {
				if strings.HasPrefix(exchange.Path, "/providers/") {
					asked[exchange.TokenTenant] = exchange.TokenClient
				}
			}
			if asked[acctest.TenantID] != client || others && asked[acctest.OtherTenantID] != client {
				t.Errorf("by tenant, these asked: %v, want %s", asked, client)
			}
		})
	}
}

// inSimulatedCloud is the provider block of an example, with the simulator's addresses in place of a custom cloud's and
// with the values of its variables, which Terraform would take from the environment.
func inSimulatedCloud(w *acctest.World, text string) string {
	block := strings.NewReplacer(
		"https://login.cloud.example", w.Sim.URL,
		"https://management.cloud.example", w.Sim.URL,
		"https://management.core.cloud.example/", azuresim.Audience,
		"https://api.loganalytics.cloud.example/v1", w.Sim.URL+"/v1",
		"https://api.loganalytics.cloud.example", azuresim.LogAnalyticsAudience,
		"var.tfc_azure_dynamic_credentials.default.client_id_file_path", `"client-id"`,
		"var.tfc_azure_dynamic_credentials.default.oidc_token_file_path", `"token"`,
	).Replace(text)
	return block[strings.Index(block, "provider \"sentinel\""):]
}

// trust lets the app read in both tenants without a secret, by an issuer's identity tokens or a certificate.
func trust(w *acctest.World, issuer, subject string, certificates ...string) {
	const exchange = "api://AzureADTokenExchange"
	for _, tenant := range []*azuresim.Tenant{w.Tenant, w.Other} {
		tenant.AddPrincipal(azuresim.Principal{
			ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Role: azuresim.Reader, Certificates: certificates,
			Federated: []azuresim.FederatedCredential{{Issuer: issuer, Subject: subject, Audience: exchange}},
		})
	}
}

// tokenFile trusts an issuer's tokens, and writes one into a file.
func tokenFile(t *testing.T, w *acctest.World, folder, issuer, subject string) string {
	t.Helper()
	trust(w, w.Sim.IssuerURL(issuer), subject)
	token := w.Sim.IssueIdentityToken(azuresim.IdentityToken{Issuer: issuer, Subject: subject})
	return write(t, folder, "token", token, 0o600)
}

// tool puts a program on PATH that answers with a token when it is asked for the tenant. The environment selects
// another method.
func tool(t *testing.T, w *acctest.World, folder, name, answer string, expiry any) []string {
	t.Helper()
	token := w.Sim.IssueAccessToken(acctest.TenantID, azuresim.Audience, app)
	const script = "#!/bin/sh\ncase \"$*\" in *%s*) echo '%s' ;; *) exit 1 ;; esac\n"
	write(t, folder, name, fmt.Sprintf(script, acctest.TenantID, fmt.Sprintf(answer, token, expiry)), 0o700)
	return []string{"PATH=" + folder + string(os.PathListSeparator) + os.Getenv("PATH"), "ARM_USE_OIDC=true"}
}

func signedInAtTheCLI(t *testing.T, w *acctest.World, folder string) []string {
	t.Helper()
	const answer = `{"accessToken": %q, "expires_on": %d, "tenant": "` + acctest.TenantID + `"}`
	return tool(t, w, folder, "az", answer, time.Now().Add(time.Hour).Unix())
}

func signedInAtTheDeveloperCLI(t *testing.T, w *acctest.World, folder string) []string {
	t.Helper()
	expiry := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	return tool(t, w, folder, "azd", `{"token": %q, "expiresOn": %q}`, expiry)
}

func withCertificate(t *testing.T, w *acctest.World, folder string) []string {
	t.Helper()
	certificate := testcert.New(t)
	pfx, err := pkcs12.Modern.Encode(certificate.Key, certificate.Certificate, nil, "the-password")
	if err != nil {
		t.Fatal(err)
	}
	write(t, folder, "entra-logs.pfx", string(pfx), 0o600)
	trust(w, "", "", certificate.PEM())
	return []string{"ARM_CLIENT_CERTIFICATE_PASSWORD=the-password"}
}

func onGitHub(_ *testing.T, w *acctest.World, _ string) []string {
	const branch = "repo:contoso/entra-logs:ref:refs/heads/main"
	w.Sim.AddGitHubJob(azuresim.GitHubJob{RequestToken: "request-token", Subject: branch})
	trust(w, w.Sim.IssuerURL(azuresim.IssuerGitHub), branch)
	return []string{
		"ACTIONS_ID_TOKEN_REQUEST_URL=" + w.Sim.GitHubRequestURL(), "ACTIONS_ID_TOKEN_REQUEST_TOKEN=request-token",
	}
}

func onAzureDevOps(_ *testing.T, w *acctest.World, _ string) []string {
	const subject = "sc://contoso/platform/entra-logs"
	w.Sim.AddServiceConnection(azuresim.ServiceConnection{
		ID: connectionID, SystemAccessToken: "system-token", Subject: subject,
	})
	trust(w, w.Sim.IssuerURL(azuresim.IssuerAzureDevOps), subject)
	return []string{"SYSTEM_OIDCREQUESTURI=" + w.Sim.AzureDevOpsRequestURL(), "SYSTEM_ACCESSTOKEN=system-token"}
}

func onHCPTerraform(t *testing.T, w *acctest.World, folder string) []string {
	t.Helper()
	write(t, folder, "client-id", acctest.ClientID+"\n", 0o600)
	const run = "organization:contoso:project:soc:workspace:entra-logs:run_phase:plan"
	tokenFile(t, w, folder, azuresim.IssuerHCPTerraform, run)
	return nil
}

func onAKS(t *testing.T, w *acctest.World, folder string) []string {
	t.Helper()
	token := tokenFile(t, w, folder, azuresim.IssuerKubernetes, "system:serviceaccount:logs:terraform")
	return []string{
		"AZURE_TENANT_ID=" + acctest.TenantID, "AZURE_CLIENT_ID=" + acctest.ClientID, "AZURE_FEDERATED_TOKEN_FILE=" + token,
	}
}

func onAzure(_ *testing.T, w *acctest.World, _ string) []string {
	identity := azuresim.ManagedIdentity{ClientID: identityID, ObjectID: identityOID, Tenant: acctest.TenantID}
	w.Sim.AddManagedIdentity(identity)
	w.Tenant.AddPrincipal(azuresim.Principal{ClientID: identityID, ObjectID: identityOID, Role: azuresim.Reader})
	endpoint, header := w.Sim.IdentityEndpoint()
	return []string{"IDENTITY_ENDPOINT=" + endpoint, "IDENTITY_HEADER=" + header}
}

func onAzureWithApp(t *testing.T, w *acctest.World, folder string) []string {
	t.Helper()
	trust(w, w.Sim.URL+"/"+acctest.TenantID+"/v2.0", identityOID)
	return onAzure(t, w, folder)
}

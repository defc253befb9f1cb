package examples_test

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/testcert"
)

// What the provider blocks name besides the app of the simulated world.
const (
	connectionID = "d3b07384-d9a0-4c9b-8f3e-2a1c5d6e7f80"
	identityID   = "1d5c3e0a-7b42-4f9d-8a66-90e1b2c3d4f5"
)

// signIns lets the app sign in to the simulated Azure in every way, but only read there. It returns what each provider
// block then finds in the environment, without which no other block's method works; one that is not here finds a client
// secret. The files are in the folder, and the machine has a managed identity of that client id.
func signIns(t *testing.T, w *acctest.World, folder, identity string) map[string][]string {
	t.Helper()
	const (
		identityOID = "2e6d4f1b-8c53-4a0e-9b77-a1f2c3d4e506"
		branch      = "repo:contoso/entra-logs:ref:refs/heads/main"
		connection  = "sc://contoso/platform/entra-logs"
		run         = "organization:contoso:project:soc:workspace:entra-logs:run_phase:plan"
		pod         = "system:serviceaccount:logs:terraform"
	)
	w.Sim.AddGitHubJob(azuresim.GitHubJob{RequestToken: "request-token", Subject: branch})
	w.Sim.AddServiceConnection(azuresim.ServiceConnection{
		ID: connectionID, SystemAccessToken: "system-token", Subject: connection,
	})
	assigned := azuresim.Principal{ClientID: identity, ObjectID: identityOID, Role: azuresim.Reader}
	w.Sim.AddManagedIdentity(azuresim.ManagedIdentity{Principal: assigned, Tenant: acctest.TenantID})

	certificate, reader := testcert.New(t), acctest.App
	reader.Role, reader.Certificates = azuresim.Reader, []string{certificate.PEM()}
	for issuer, subject := range map[string]string{
		w.Sim.IssuerURL(azuresim.IssuerGitHub):       branch,
		w.Sim.IssuerURL(azuresim.IssuerAzureDevOps):  connection,
		w.Sim.IssuerURL(azuresim.IssuerHCPTerraform): run,
		w.Sim.IssuerURL(azuresim.IssuerKubernetes):   pod,
		w.Sim.URL + "/" + acctest.TenantID + "/v2.0": identityOID,
	} {
		trust := azuresim.FederatedCredential{Issuer: issuer, Subject: subject, Audience: "api://AzureADTokenExchange"}
		reader.Federated = append(reader.Federated, trust)
	}
	w.Tenant.AddPrincipal(reader)
	w.Other.AddPrincipal(reader)

	pfx, err := pkcs12.Modern.Encode(certificate.Key, certificate.Certificate, nil, "the-password")
	if err != nil {
		t.Fatal(err)
	}
	write(t, folder, "entra-logs.pfx", string(pfx), 0o600)
	write(t, folder, "client-id", acctest.ClientID+"\n", 0o600)
	tokenFile := func(name, issuer, subject string) string {
		token := w.Sim.IssueIdentityToken(azuresim.IdentityToken{Issuer: issuer, Subject: subject})
		return write(t, folder, name, token, 0o600)
	}
	tokenFile("token", azuresim.IssuerHCPTerraform, run)

	// The command-line tools answer when they are asked for the tenant. The environment selects another method.
	const script = "#!/bin/sh\ncase \"$*\" in *" + acctest.TenantID + "*) echo '%s' ;; *) exit 1 ;; esac\n"
	token := w.Sim.IssueAccessToken(acctest.TenantID, azuresim.Audience, acctest.App)
	expiry := time.Now().Add(time.Hour).UTC()
	az := fmt.Sprintf(`{"accessToken": %q, "expires_on": %d, "tenant": %q}`, token, expiry.Unix(), acctest.TenantID)
	azd := fmt.Sprintf(`{"token": %q, "expiresOn": %q}`, token, expiry.Format(time.RFC3339))
	write(t, folder, "az", fmt.Sprintf(script, az), 0o700)
	write(t, folder, "azd", fmt.Sprintf(script, azd), 0o700)
	tools := []string{"PATH=" + folder + string(os.PathListSeparator) + os.Getenv("PATH"), "ARM_USE_OIDC=true"}

	endpoint, header := w.Sim.IdentityEndpoint()
	machine := []string{"IDENTITY_ENDPOINT=" + endpoint, "IDENTITY_HEADER=" + header}
	return map[string][]string{
		"provider-azure-cli.tf":           tools,
		"provider-azure-developer-cli.tf": tools,
		"provider-client-secret.tf":       {"ARM_CLIENT_SECRET=" + acctest.Secret},
		"provider-client-certificate.tf":  {"ARM_CLIENT_CERTIFICATE_PASSWORD=the-password"},
		"provider-github-actions.tf": {
			"ACTIONS_ID_TOKEN_REQUEST_URL=" + w.Sim.GitHubRequestURL(), "ACTIONS_ID_TOKEN_REQUEST_TOKEN=request-token",
		},
		"provider-azure-devops.tf": {
			"SYSTEM_OIDCREQUESTURI=" + w.Sim.AzureDevOpsRequestURL(), "SYSTEM_ACCESSTOKEN=system-token",
		},
		"provider-hcp-terraform.tf": {},
		"provider-aks.tf": {
			"AZURE_TENANT_ID=" + acctest.TenantID, "AZURE_CLIENT_ID=" + acctest.ClientID,
			"AZURE_FEDERATED_TOKEN_FILE=" + tokenFile("pod-token", azuresim.IssuerKubernetes, pod),
		},
		"provider-managed-identity.tf":               machine,
		"provider-managed-identity-other-tenants.tf": machine,
	}
}

// Each provider block signs in with its own method, to its own tenant and to the others that it allows. The environment
// is the process's, so these tests run one after the other.
func TestProviders(t *testing.T) {
	blocks := map[string]string{}
	for _, file := range examples(t, "provider") {
		blocks[path.Base(file)] = example(t, file)
	}
	w, folder := acctest.NewSequentialWorld(), t.TempDir()
	identity := uuid.NewString() // new in each run, since MSAL caches an identity's tokens for the whole process
	environments := signIns(t, w, folder, identity)
	t.Chdir(folder)
	for name, text := range blocks {
		t.Run(name, func(t *testing.T) {
			block := inSimulatedCloud(w, strings.ReplaceAll(text, identityID, identity))
			environment, found := environments[name]
			if !found {
				environment = acctest.SignIn
			}
			if !strings.Contains(block, "endpoint") {
				environment = slices.Concat(environment, w.Sim.Environment())
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
			w.Sim.ForgetRequests()
			if plan := w.Terraform(t).Plan(block + probe); len(plan.Diagnostics) > 0 {
				t.Fatal(plan.Diagnostics)
			}
			client := acctest.ClientID
			if name == "provider-managed-identity.tf" {
				client = identity
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

package provider_test

import (
	"archive/zip"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/testcert"
)

func TestMain(m *testing.M) { acctest.Run(m) }

var configuration = fmt.Sprintf(`
provider "sentinel" {}
resource "sentinel_aad_connector" "entra" {
  log_analytics_workspace_id = %q
}
`, acctest.WorkspaceID("law"))

// Neither a secret nor a token gets into output at the highest log level, into the state or into a plan, whether all
// goes well or not. The sign-in comes from the environment, since Terraform itself keeps in a plan what the provider
// block says.
func TestAccNoSecretLeaks(t *testing.T) {
	w := acctest.NewShippedWorld(t)
	subject := "repo:contoso/logs:ref:refs/heads/main"
	certificate := testcert.New(t)
	pfx := certificate.PFX(t, pkcs12.Modern, "the-password")
	w.Tenant.AddPrincipal(azuresim.Principal{
		ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Secret: acctest.Secret, Role: azuresim.Contributor,
		Certificates: []string{certificate.PEM()},
		Federated: []azuresim.FederatedCredential{{Issuer: w.Sim.IssuerURL(azuresim.IssuerGitHub), Subject: subject,
			Audience: "api://AzureADTokenExchange"}},
	})
	identityToken := w.Sim.IssueIdentityToken(azuresim.IdentityToken{Issuer: azuresim.IssuerGitHub, Subject: subject})
	w.Sim.AddGitHubJob(azuresim.GitHubJob{RequestToken: "the-request-token", Subject: subject})
	cloud := append(w.Sim.Environment(),
		"TF_LOG=TRACE", "ARM_TENANT_ID="+acctest.TenantID, "ARM_CLIENT_ID="+acctest.ClientID)
	request := "ARM_OIDC_REQUEST_URL=" + w.Sim.GitHubRequestURL()
	secrets := []string{
		acctest.Secret, "wrong-but-secret", pfx, "the-password", identityToken, "the-request-token", "a-bad-token",
		"eyJ", // begins the base64 of every token's header
	}
	for name, environment := range map[string][]string{
		"a client secret":            {"ARM_CLIENT_SECRET=" + acctest.Secret},
		"a wrong client secret":      {"ARM_CLIENT_SECRET=wrong-but-secret"},
		"a client certificate":       {"ARM_CLIENT_CERTIFICATE=" + pfx, "ARM_CLIENT_CERTIFICATE_PASSWORD=the-password"},
		"an identity token":          {"ARM_USE_OIDC=true", "ARM_OIDC_TOKEN=" + identityToken},
		"a pipeline's request":       {"ARM_USE_OIDC=true", request, "ARM_OIDC_REQUEST_TOKEN=the-request-token"},
		"a wrong pipeline's request": {"ARM_USE_OIDC=true", request, "ARM_OIDC_REQUEST_TOKEN=a-bad-token"},
	} {
		t.Run(name, func(t *testing.T) {
			works := !strings.HasPrefix(name, "a wrong")
			folder := w.NewFolder(t, configuration, slices.Concat(cloud, environment)...)
			var printed strings.Builder
			for _, arguments := range [][]string{
				{"init"}, {"plan", "-out=tfplan"}, {"apply", "tfplan"}, {"plan"}, {"destroy", "-auto-approve"},
			} {
				output, err := folder.Command(arguments...).CombinedOutput()
				printed.Write(output)
				if arguments[0] == "apply" && (err == nil) != works {
					t.Fatalf("apply: error %v\n%s", err, output)
				}
			}
			for _, want := range []string{"Sign-in chosen", "Azure request"} {
				if !strings.Contains(printed.String(), want) {
					t.Errorf("the log does not show %q, so it proves nothing", want)
				}
			}
			seen := printed.String() + everythingIn(t, folder.Path)
			for _, secret := range secrets {
				if i := strings.Index(seen, secret); i >= 0 {
					t.Errorf("%q was shown:\n%s", secret, seen[max(0, i-300):min(len(seen), i+100)])
				}
			}
		})
	}
}

// everythingIn is the text of all files in a folder, those in a plan file included, but for the provider's own binary.
func everythingIn(t *testing.T, folder string) string {
	t.Helper()
	var all strings.Builder
	for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup", ".terraform.lock.hcl"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		all.Write(text)
	}
	plan, err := zip.OpenReader(filepath.Join(folder, "tfplan"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plan.Close() }()
	for _, file := range plan.File {
		text, err := fs.ReadFile(plan, file.Name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

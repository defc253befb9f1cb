package provider_test

import (
	"archive/zip"
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

// Neither a secret nor a token gets into output at the highest log level, into the state or into a plan, whether all
// goes well or not. The sign-in comes from the environment, since Terraform itself keeps in a plan what the provider
// block says.
func TestAccNoSecretLeaks(t *testing.T) {
	w := acctest.NewShippedWorld(t)
	subject := "repo:contoso/logs:ref:refs/heads/main"
	certificate := testcert.New(t)
	pfx := certificate.PFX(t, pkcs12.Modern, "the-password")
	app := acctest.App
	app.Certificates = []string{certificate.PEM()}
	app.Federated = []azuresim.FederatedCredential{{
		Issuer: w.Sim.IssuerURL(azuresim.IssuerGitHub), Subject: subject, Audience: "api://AzureADTokenExchange",
	}}
	w.Tenant.AddPrincipal(app)
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
			folder := w.NewFolder(t, connector, slices.Concat(cloud, environment)...)
			seen := ""
			for _, command := range []string{"init", "plan -out=tfplan", "apply tfplan", "plan", "destroy -auto-approve"} {
				output, err := folder.Command(strings.Fields(command)...).CombinedOutput()
				seen += string(output)
				if works := !strings.HasPrefix(name, "a wrong"); command == "apply tfplan" && works != (err == nil) {
					t.Fatalf("apply: error %v\n%s", err, output)
				}
			}
			if !strings.Contains(seen, "Sign-in chosen") || !strings.Contains(seen, "Azure request") {
				t.Errorf("the log does not show what the provider does, so it proves nothing:\n%s", seen)
			}
			state, _ := filepath.Glob(filepath.Join(folder.Path, "terraform.tfstate*")) // none if all fails
			for _, file := range append(state, filepath.Join(folder.Path, ".terraform.lock.hcl")) {
				seen += read(t, os.DirFS(folder.Path), filepath.Base(file))
			}
			plan, err := zip.OpenReader(filepath.Join(folder.Path, "tfplan"))
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range plan.File {
				seen += read(t, plan, file.Name)
			}
			for _, secret := range secrets {
				if i := strings.Index(seen, secret); i >= 0 {
					t.Errorf("%q was shown:\n%s", secret, seen[max(0, i-300):min(len(seen), i+100)])
				}
			}
			_ = plan.Close()
		})
	}
}

func read(t *testing.T, from fs.FS, name string) string {
	t.Helper()
	text, err := fs.ReadFile(from, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

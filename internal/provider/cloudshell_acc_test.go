package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// In Cloud Shell the only sign-in is az, which rejects --tenant there.
func TestAccCloudShell(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the stand-in for az is a shell script")
	}
	w := acctest.NewShippedWorld(t)
	bin := t.TempDir()
	script := "#!/bin/sh\ncase \"$*\" in\n" +
		"*--tenant*) echo \"ERROR: Tenant shouldn't be specified for Cloud Shell account\" >&2; exit 1;;\n"
	for _, audience := range []string{azuresim.Audience, azuresim.LogAnalyticsAudience} {
		script += fmt.Sprintf("*%s*) echo '{\"accessToken\": %q, \"expires_on\": %d}';;\n", audience,
			accessToken(t, w, audience), time.Now().Add(time.Hour).Unix())
	}
	if err := os.WriteFile(filepath.Join(bin, "az"), []byte(script+"esac\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	environment := slices.Concat(w.Sim.Environment(),
		[]string{"ARM_USE_CLI=true", "PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH")})
	for _, tenant := range []string{"", acctest.TenantID} {
		t.Run("ARM_TENANT_ID="+tenant, func(t *testing.T) {
			f := w.NewFolder(t, configuration, append(environment, "ARM_TENANT_ID="+tenant)...)
			if output := f.Run("apply", "-auto-approve"); !strings.Contains(output, "Resources: 1 added") {
				t.Errorf("it printed\n%s", output)
			}
			if _, connected := w.Tenant.Setting("AzureSentinel_law"); !connected {
				t.Error("the tenant has no setting")
			}
			f.Run("plan", "-detailed-exitcode")
			f.Run("destroy", "-auto-approve")
			if _, connected := w.Tenant.Setting("AzureSentinel_law"); connected {
				t.Error("the setting is still there")
			}
		})
	}
}

// accessToken signs the app in by its secret.
func accessToken(t *testing.T, w *acctest.World, audience string) string {
	t.Helper()
	options := &azidentity.ClientSecretCredentialOptions{DisableInstanceDiscovery: true}
	options.Transport, options.Cloud = w.Sim, cloud.Configuration{ActiveDirectoryAuthorityHost: w.Sim.URL}
	credential, err := azidentity.NewClientSecretCredential(acctest.TenantID, acctest.ClientID, acctest.Secret, options)
	if err != nil {
		t.Fatal(err)
	}
	token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{audience + "/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	return token.Token
}

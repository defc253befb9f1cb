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

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// In Cloud Shell the only sign-in is az, which rejects --tenant there.
func TestAccCloudShell(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the stand-in for az is a shell script")
	}
	w := acctest.NewShippedWorld(t)
	app := azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID}
	bin := t.TempDir()
	script := "#!/bin/sh\ncase \"$*\" in\n" +
		"*--tenant*) echo \"ERROR: Tenant shouldn't be specified for Cloud Shell account\" >&2; exit 1;;\n"
	for _, audience := range []string{azuresim.Audience, azuresim.LogAnalyticsAudience} {
		script += fmt.Sprintf("*%s*) echo '{\"accessToken\": %q, \"expires_on\": %d}';;\n", audience,
			w.Sim.IssueAccessToken(acctest.TenantID, audience, app), time.Now().Add(time.Hour).Unix())
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

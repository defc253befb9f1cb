package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// In Cloud Shell the only sign-in is az, which rejects --tenant there.
func TestAccCloudShell(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for az is a shell script")
	}
	w := acctest.NewShippedWorld(t)
	bin := t.TempDir()
	script := fmt.Sprintf(`#!/bin/sh
case "$*" in *--tenant*) echo "ERROR: Tenant shouldn't be specified for Cloud Shell account" >&2; exit 1;; esac
echo '{"accessToken": %q, "expires_on": %d}'
`, w.Sim.IssueAccessToken(acctest.TenantID, azuresim.Audience, acctest.App), time.Now().Add(time.Hour).Unix())
	if err := os.WriteFile(filepath.Join(bin, "az"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	path := "PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH")
	for _, tenant := range []string{"", acctest.TenantID} {
		t.Run("ARM_TENANT_ID="+tenant, func(t *testing.T) {
			f := w.NewFolder(t, connector, append(w.Sim.Environment(), path, "ARM_USE_CLI=true", "ARM_TENANT_ID="+tenant)...)
			f.Run("apply", "-auto-approve")
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

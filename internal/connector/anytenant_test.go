package connector_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
)

// This runs against the simulator, and as it is against a real tenant. So it tells the tenant nothing but what the
// provider tells it: the changes from outside are those of a second Terraform.
func TestAccAnyTenant(t *testing.T) {
	environment, workspace := acctest.AnyTenant(t)
	name := "terraform-test-" + strings.ToLower(rand.Text()[:8])
	config := func(categories ...string) string {
		return acctest.RequiredProvider + fmt.Sprintf(`
resource "sentinel_aad_connector" "entra" {
  name                       = %q
  log_analytics_workspace_id = %q
  log_categories             = ["%s"]
}

data "sentinel_aad_connectors" "all" {
  depends_on = [sentinel_aad_connector.entra]
}

data "sentinel_aad_log_categories" "offered" {}

data "sentinel_aad_connector_status" "entra" {
  log_analytics_workspace_id = sentinel_aad_connector.entra.log_analytics_workspace_id
  tables                     = ["AuditLogs"]
}

output "names" {
  value = join(" ", data.sentinel_aad_connectors.all.connectors[*].name)
}

output "audit_table" {
  value = data.sentinel_aad_log_categories.offered.categories["AuditLogs"]
}

output "state" {
  value = data.sentinel_aad_connector_status.entra.status["AuditLogs"].state
}
`, name, workspace, strings.Join(categories, `", "`))
	}
	folder := acctest.NewFolder(t, config("B2CRequestLogs", "RiskyUsers"), environment...)
	defer folder.Run("destroy", "-auto-approve")
	folder.Run("apply", "-auto-approve")
	noChanges := func(f *acctest.Folder) {
		t.Helper()
		if printed := f.Run("plan"); !strings.Contains(printed, "No changes.") {
			t.Fatalf("the plan is\n%s", printed)
		}
	}
	noChanges(folder)
	if names := folder.Run("output", "names"); !strings.Contains(names, name) {
		t.Errorf("the tenant's connectors are %s", names)
	}
	if table := folder.Run("output", "-raw", "audit_table"); table != "AuditLogs" {
		t.Errorf("audit logs arrive in %q", table)
	}
	if state := folder.Run("output", "-raw", "state"); state == "" {
		t.Error("the table has no state")
	}

	another := acctest.NewFolder(t, config("B2CRequestLogs"), environment...)
	another.Write("import.tf", fmt.Sprintf("import {\n  to = %s\n  id = "+
		"\"//providers/Microsoft.AADIAM/diagnosticSettings/%s\"\n}\n", address, name))
	if printed := another.Run("apply", "-auto-approve"); !strings.Contains(printed, "1 imported, 0 added, 1 changed") {
		t.Errorf("the second Terraform did\n%s", printed)
	}
	if printed := folder.Run("plan"); !acctest.Says(`+ "RiskyUsers"`,
		"0 to add, 1 to change, 0 to destroy").MatchString(printed) {
		t.Errorf("the drift is\n%s", printed)
	}
	folder.Run("apply", "-auto-approve")
	noChanges(folder)
	if printed := acctest.NewFolder(t, strings.ReplaceAll(config("RiskyUsers"), workspace, strings.ToLower(workspace)),
		environment...).Fail("apply", "-auto-approve"); !acctest.Says(
		"already exists", "import {", "/"+name).MatchString(printed) {
		t.Errorf("creating it once more printed\n%s", printed)
	}
	folder.Run("destroy", "-auto-approve")
	if printed := folder.Run("plan"); !strings.Contains(printed, "1 to add") {
		t.Errorf("after the destruction the plan is\n%s", printed)
	}
}

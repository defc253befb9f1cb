package status_test

import (
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// The documentation's example: a check warns and stops nothing where a table never had a record, and a postcondition
// stops the plan where one has gone silent.
func TestAccStatus_example(t *testing.T) {
	w := acctest.NewWorld(t)
	tables := map[string]azuresim.Table{}
	for _, name := range six {
		tables[name.(string)] = received(1, hour)
	}
	tables["AuditLogs"] = azuresim.Table{}
	put(t, w.Tenant, tables)
	const example = "../../examples/data-sources/sentinel_aad_connector_status"
	f := w.CopyFolder(t, example, "TF_VAR_workspace_id="+workspaceID)
	f.Write("provider.tf", acctest.RequiredProvider+w.Provider())
	f.Run("apply", "-auto-approve")
	printed := f.Run("plan", "-detailed-exitcode")
	if !acctest.Contains(printed, "Warning: Check block", "Not receiving: AuditLogs (silent)") {
		t.Errorf("the check does not warn:\n%s", printed)
	}
	tables["AuditLogs"] = received(1, 8*day)
	put(t, w.Tenant, tables)
	if printed := f.Fail("plan"); !acctest.Contains(printed, "Gone silent: AuditLogs since 20") {
		t.Errorf("the plan says\n%s", printed)
	}
}

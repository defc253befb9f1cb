package connector_test

import (
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// However the service writes what means the same, it is no drift.
func TestNoiseIsNoDrift(t *testing.T) {
	each(t, map[string]azuresim.Behaviour{
		"ids in lower case":        {LowerCaseIDs: true},
		"brand-new categories":     {NewCategories: []string{"BrandNewLogs", "EvenNewerLogs"}},
		"unused destinations null": {Unused: "null"},
		"unused ones absent":       {Unused: "absent"},
	}, func(r *run, behaviour azuresim.Behaviour) {
		workspace := acctest.WorkspaceID("Law-SOC")
		config := r.connector(workspace, categories("SignInLogs", "AuditLogs"))
		r.apply(config)
		r.Tenant.Behave(behaviour)
		r.plan(config, noChanges)
		r.put("AzureSentinel_Law-SOC", portal(strings.ToUpper(workspace), nil, "AuditLogs", "SignInLogs"))
		r.plan(config, noChanges)
	})
}

// Another spelling in the configuration is no change either, and replaces nothing. A slash at the end of an id is not
// sent.
func TestSpellingOfTheConfiguration(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		r.Tenant.Behave(azuresim.Behaviour{NewCategories: []string{"BrandNewLogs"}})
		config := func(change func(string) string, slash string) string {
			return r.connector(change(lawSOC)+slash, line("name", change(soc)), line("tenant_id", change(acctest.TenantID)),
				line("storage_account_id", change(archive)+slash), categories("AuditLogs", change("BrandNewLogs")))
		}
		unchanged := func(text string) string { return text }
		r.apply(config(unchanged, "/"))
		r.has(map[string]any{"workspaceId": lawSOC, "storageAccountId": archive})
		r.matches("the state", r.tf.Attributes(address), map[string]any{"log_analytics_workspace_id": lawSOC + "/"})
		for _, change := range []func(string) string{unchanged, strings.ToLower, strings.ToUpper} {
			r.plan(config(change, ""), noChanges)
			r.plan(config(change, "/"), noChanges)
		}
	})
}

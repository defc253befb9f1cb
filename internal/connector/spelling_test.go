package connector_test

import (
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// However the service writes what means the same, it is no drift.
func TestNoiseIsNoDrift(t *testing.T) {
	for name, behaviour := range map[string]azuresim.Behaviour{
		"ids in lower case":        {LowerCaseIDs: true},
		"brand-new categories":     {NewCategories: []string{"BrandNewLogs", "EvenNewerLogs"}},
		"unused destinations null": {Unused: "null"},
		"unused ones absent":       {Unused: "absent"},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(r *run) {
				workspace := acctest.WorkspaceID("Law-SOC")
				config := r.connector(workspace, categories("SignInLogs", "AuditLogs"))
				r.apply(config)
				r.Tenant.Behave(behaviour)
				r.plan(config, noChanges)
				r.put("AzureSentinel_Law-SOC", portal(strings.ToUpper(workspace), nil, "AuditLogs", "SignInLogs"))
				r.plan(config, noChanges)
			})
		})
	}
}

// Another spelling in the configuration is no change either, and replaces nothing.
func TestSpellingOfTheConfiguration(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		r.Tenant.Behave(azuresim.Behaviour{NewCategories: []string{"BrandNewLogs"}})
		config := func(change func(string) string, slash string) string {
			return r.connector(change(lawSOC)+slash, line("name", change("Entra logs")),
				line("tenant_id", change(acctest.TenantID)),
				line("storage_account_id", change(archive)+slash), categories("AuditLogs", "BrandNewLogs"))
		}
		r.apply(config(strings.ToLower, ""))
		r.plan(config(strings.ToUpper, ""), noChanges)
		r.plan(config(strings.ToUpper, "/"), noChanges)
	})
}

// A slash at the end of an id is taken, and not sent.
func TestTrailingSlash(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		r.apply(r.connector(lawSOC+"/", line("storage_account_id", archive+"/")))
		r.has(map[string]any{"workspaceId": lawSOC, "storageAccountId": archive})
		r.matches("the state", r.tf.Attributes(address), map[string]any{"name": soc, "log_analytics_workspace_id": lawSOC +
			"/"})
	})
}

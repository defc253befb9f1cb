package connector_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

func TestLifecycle(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		whole := map[string]any{
			"name": soc, "id": "/providers/microsoft.aadiam/diagnosticSettings/" + soc, "tenant_id": acctest.TenantID,
			"log_analytics_workspace_id": lawSOC, "log_categories": list(six...),
			"storage_account_id": nil, "eventhub_authorization_rule_id": nil, "eventhub_name": nil,
			"tables": map[string]any{
				"AuditLogs": "AuditLogs", "ManagedIdentitySignInLogs": "AADManagedIdentitySignInLogs",
				"NonInteractiveUserSignInLogs": "AADNonInteractiveUserSignInLogs", "ProvisioningLogs": "AADProvisioningLogs",
				"ServicePrincipalSignInLogs": "AADServicePrincipalSignInLogs", "SignInLogs": "SigninLogs",
			},
		}
		plan := r.plan(r.connector(lawSOC), toAdd)
		r.matches("the plan", plan.Changes[address].After, whole)
		r.called(adviceOn("law-soc")...)

		if said := plan.Apply(); len(said) > 0 {
			t.Fatal(said)
		}
		r.matches("the state", r.tf.Attributes(address), whole)
		r.streams(six...)
		// An apply plans once more, reads, writes, and reads until the content has shown three times.
		calls := r.calls()
		want := []string{"GET " + soc, "GET diagnosticSettings", "PUT " + soc, "GET " + soc, "GET " + soc, "GET " + soc}
		if made := calls[len(adviceOn("law-soc")):]; !slices.Equal(made, want) {
			t.Errorf("creating made the requests %v, want %v", made, want)
		}

		r.Sim.ForgetRequests()
		r.plan(r.connector(lawSOC), noChanges)
		r.called("GET " + soc)

		plan = r.plan(r.connector(lawSOC, categories("AuditLogs", "RiskyUsers", "BrandNewLogs")), toChange)
		r.matches("the plan", plan.Changes[address].After, map[string]any{
			"tables": map[string]any{"AuditLogs": "AuditLogs", "RiskyUsers": "AADRiskyUsers"}, // the new one's is not known
		})
		r.apply(r.connector(lawSOC, categories("AuditLogs", "RiskyUsers")))
		r.streams("AuditLogs", "RiskyUsers")
		r.matches("the state", r.tf.Attributes(address), map[string]any{"log_categories": list("AuditLogs", "RiskyUsers")})

		// Timeouts are the state's alone.
		r.Sim.ForgetRequests()
		r.plan(r.connector(lawSOC, categories("AuditLogs", "RiskyUsers"), timeout("read", "1m")), toChange)
		r.apply(r.connector(lawSOC, categories("AuditLogs", "RiskyUsers"), timeout("read", "1m")))
		r.called(slices.Repeat([]string{"GET " + soc}, 3)...)

		// Without log_categories it is the six again; the default name stays when the workspace changes.
		r.plan(r.connector(lawTwo), toChange)
		r.apply(r.connector(lawTwo))
		r.has(map[string]any{"workspaceId": lawTwo})
		r.streams(six...)

		config := r.connector(lawTwo, line("name", "Entra logs"))
		r.plan(config, toReplace)
		r.apply(config)
		r.streams()
		r.matches("the state", r.tf.Attributes(address),
			map[string]any{"id": "/providers/microsoft.aadiam/diagnosticSettings/Entra logs"})

		if plan := r.tf.Destroy(config); len(plan.Diagnostics) > 0 {
			t.Error(plan.Diagnostics)
		}
		if names := r.Tenant.SettingNames(); len(names) > 0 {
			t.Errorf("the settings %v are left behind", names)
		}
	})
}

// A workspace may be made in the same run, and categories, too, may be known after the apply only.
func TestUnknownValues(t *testing.T) {
	withoutTables := map[string]any{"name": soc, "tables": protocol.Unknown}
	type testCase struct {
		config string
		want   map[string]any
	}
	each(t, map[string]testCase{
		"a workspace": {strings.ReplaceAll(connector("unknown"), `"unknown"`, "unknown"), map[string]any{
			"name": protocol.Unknown, "id": protocol.Unknown, "tenant_id": acctest.TenantID, "log_categories": list(six...)}},
		"categories": {connector(lawSOC, "log_categories = unknown"), withoutTables},
		"a category": {connector(lawSOC, `log_categories = ["AuditLogs", unknown]`), withoutTables},
	}, func(r *run, test testCase) {
		r.matches("the plan", r.plan(r.Provider()+test.config, toAdd).Changes[address].After, test.want)
		r.apply(r.connector(lawSOC))
		after := r.plan(r.Provider()+test.config, toChange).Changes[address].After
		if test.want["tables"] != nil {
			r.matches("the plan of the change", after, test.want)
		}
	})
}

func TestOtherDestinations(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		rule := line("eventhub_authorization_rule_id", hubRule)
		r.apply(r.connector(lawSOC, line("storage_account_id", archive), rule, line("eventhub_name", "entra")))
		r.has(map[string]any{"storageAccountId": archive, "eventHubAuthorizationRuleId": hubRule, "eventHubName": "entra"})
		r.apply(r.connector(lawSOC, rule))
		r.has(map[string]any{"storageAccountId": "", "eventHubAuthorizationRuleId": hubRule, "eventHubName": ""})
		r.matches("the state", r.tf.Attributes(address), map[string]any{"storage_account_id": nil, "eventhub_name": nil})
		r.apply(r.connector(lawSOC))
		r.has(map[string]any{"eventHubAuthorizationRuleId": ""})
	})
}

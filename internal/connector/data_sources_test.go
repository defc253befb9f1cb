package connector_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

func data(kind string, lines ...string) string {
	return fmt.Sprintf("data %q \"entra\" {\n  %s\n}\n", kind, strings.Join(lines, "\n  "))
}

const connectors, offered = "sentinel_aad_connectors", "sentinel_aad_log_categories"

func TestConnectorsDataSource(t *testing.T) {
	ours := map[string]any{
		"id": "/providers/microsoft.aadiam/diagnosticSettings/" + soc, "name": soc, "tenant_id": acctest.TenantID,
		"log_analytics_workspace_id": lawSOC, "storage_account_id": nil, "eventhub_authorization_rule_id": hubRule,
		"eventhub_name":  "entra",
		"log_categories": list("AuditLogs", "SignInLogs"), "tables": map[string]any{"AuditLogs": "AuditLogs",
			"SignInLogs": "SigninLogs"},
	}
	for name, test := range map[string]struct {
		config string
		tenant string
		names  []string
	}{
		"all of the provider's tenant": {"", acctest.TenantID, []string{soc, "Entra logs", "archive"}},
		"of one workspace": {line("log_analytics_workspace_id", strings.ToUpper(lawSOC)), acctest.TenantID,
			[]string{soc}},
		"of another tenant": {line("tenant_id", strings.ToUpper(acctest.OtherTenantID)),
			strings.ToUpper(acctest.OtherTenantID), []string{"theirs"}},
		"none": {line("log_analytics_workspace_id", acctest.WorkspaceID("law-none")), acctest.TenantID, nil},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(r *run) {
				r.severalSettings()
				plan := r.plan(r.Provider(`allowed_tenant_ids = ["*"]`)+data(connectors, test.config), noChanges)
				found := plan.Data(connectors + ".entra")
				r.matches("the data source", found, map[string]any{"tenant_id": test.tenant})
				var names []string
				for _, entry := range found["connectors"].([]any) {
					connector := entry.(map[string]any)
					names = append(names, connector["name"].(string))
					if connector["name"] == soc {
						r.matches("the connector", connector, ours)
					}
				}
				if !slices.Equal(names, test.names) {
					t.Errorf("it lists %q, want %q", names, test.names)
				}
				r.called("GET diagnosticSettings")
			})
		})
	}
}

func TestLogCategoriesDataSource(t *testing.T) {
	refusing := func(status, settings int) func(*run) {
		return func(r *run) {
			r.Sim.AddFault(azuresim.Fault{Path: "/diagnosticSettingsCategories", Status: status, Times: 9})
			for i := range settings {
				r.put(fmt.Sprintf("setting-%d", i), portal(acctest.WorkspaceID(fmt.Sprintf("law-%d", i)), nil, "AuditLogs"))
			}
		}
	}
	for name, test := range map[string]struct {
		azure func(*run)
		calls []string
	}{
		"from the list": {func(*run) {}, []string{"GET diagnosticSettingsCategories"}},
		"from the settings' own lists": {refusing(400, 1), []string{"GET diagnosticSettingsCategories",
			"GET diagnosticSettings"}},
		"the list is forbidden": {refusing(403, 2), []string{"GET diagnosticSettingsCategories", "GET diagnosticSettings"}},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(r *run) {
				r.Tenant.Behave(azuresim.Behaviour{NewCategories: []string{"BrandNewLogs"}})
				test.azure(r)
				found := r.plan(r.Provider()+data(offered), noChanges).Data(offered + ".entra")
				r.called(test.calls...)
				r.matches("the data source", found, map[string]any{"tenant_id": acctest.TenantID})
				tables := found["categories"].(map[string]any)
				r.matches("the map", tables, map[string]any{"SignInLogs": "SigninLogs",
					"NetworkAccessTrafficLogs": "NetworkAccessTraffic", "BrandNewLogs": nil})
				if len(tables) != 27 {
					t.Errorf("there are %d categories, want 27", len(tables))
				}
			})
		})
	}
}

func TestDataSourceRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		config string
		azure  func(*run)
		says   []string
	}{
		"categories, no role": {data(offered), role(azuresim.NoRole), []string{
			"Cannot list the tenant's log categories: no permission to read diagnostic settings", acctest.TenantID,
			`--role "Reader"`}},
		"categories, neither list nor settings": {data(offered), strike(azuresim.Fault{
			Path: "/diagnosticSettingsCategories", Status: 400, Body: `{"code":"BadRequest","message":"Not at this version."}`,
		}), []string{"Cannot list the tenant's log categories: the service refused the request", "Not at this version."}},
		"connectors, no role": {data(connectors), role(azuresim.NoRole), []string{"Cannot list the " +
			"tenant's connectors: no permission to read diagnostic settings", `--role "Reader"`}},
		"connectors, a tenant that isn't allowed": {data(connectors, line("tenant_id", acctest.OtherTenantID)), nil,
			[]string{"Cannot list the tenant's connectors", "allowed_tenant_ids"}},
		"connectors, a tenant's domain": {data(connectors, line("tenant_id", "contoso.com")), nil,
			[]string{"Not a tenant id"}},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(r *run) {
				if test.azure != nil {
					test.azure(r)
				}
				r.fails(r.tf.Plan(r.Provider()+test.config).Diagnostics, test.says...)
			})
		})
	}
}

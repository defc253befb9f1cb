package connector_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

const connectors, offered = "sentinel_aad_connectors", "sentinel_aad_log_categories"

func data(kind string, lines ...string) string {
	return fmt.Sprintf("data %q \"entra\" {\n  %s\n}\n", kind, strings.Join(lines, "\n  "))
}

// severalSettings are two that send to workspaces, one that does not, and one of another tenant. They are not made in
// the order of their names.
func (r *run) severalSettings() {
	r.put("archive", portal("", map[string]any{"storageAccountId": archive}, "RiskyUsers"))
	r.put(soc, portal(lawSOC, map[string]any{"eventHubAuthorizationRuleId": hubRule, "eventHubName": "entra"},
		"SignInLogs", "AuditLogs"))
	r.put("Entra logs", portal(lawTwo, nil, "AuditLogs"))
	r.must(r.Other.PutSetting("theirs", portal(lawSOC, nil, six...)))
}

// The data source lists every setting, and the list resource those that "terraform query" can write a configuration
// for: those with a workspace.
func TestListing(t *testing.T) {
	ofLaw := func(workspace string) string { return line("log_analytics_workspace_id", workspace) }
	type testCase struct {
		config string
		limit  int64
		all    []string
		listed []string
	}
	each(t, map[string]testCase{
		"the provider's tenant": {"", 100, []string{soc, "Entra logs", "archive"}, []string{soc, "Entra logs"}},
		"a limit":               {"", 1, []string{soc, "Entra logs", "archive"}, []string{soc}},
		"no limit":              {"", 0, []string{soc, "Entra logs", "archive"}, []string{soc, "Entra logs"}},
		"one workspace":         {ofLaw(strings.ToUpper(lawTwo)), 100, []string{"Entra logs"}, []string{"Entra logs"}},
		"another tenant": {line("tenant_id", strings.ToUpper(acctest.OtherTenantID)), 100, []string{"theirs"},
			[]string{"theirs"}},
		"nothing there": {ofLaw(lawNone), 100, nil, nil},
	}, func(r *run, test testCase) {
		r.severalSettings()
		block := r.Provider(`allowed_tenant_ids = ["*"]`)
		tenant := acctest.TenantID
		if strings.Contains(test.config, "tenant_id") {
			tenant = acctest.OtherTenantID
		}
		found := r.plan(block+data(connectors, test.config), noChanges).Data(connectors + ".entra")
		r.called("GET diagnosticSettings")
		if id := found["tenant_id"].(string); !strings.EqualFold(id, tenant) {
			r.Errorf("the data source is of tenant %s", id)
		}
		var all, listed []string
		for _, entry := range found["connectors"].([]any) {
			all = append(all, entry.(map[string]any)["name"].(string))
		}
		for _, one := range r.tf.List(block, typeName, test.config, test.limit) {
			r.succeeded(one.Diagnostics)
			r.matches("the identity", one.Identity, map[string]any{"name": one.DisplayName, "tenant_id": tenant})
			listed = append(listed, one.DisplayName)
		}
		r.called("GET diagnosticSettings")
		if !slices.Equal(all, test.all) || !slices.Equal(listed, test.listed) {
			r.Errorf("found %q and %q, want %q and %q", all, listed, test.all, test.listed)
		}
	})
}

// What is listed is the whole resource, as an import and a read have it.
func TestListedConnectorsAreWhole(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		r.severalSettings()
		ofWorkspace := line("log_analytics_workspace_id", lawSOC)
		imported := r.tf.Plan(r.connector(lawSOC) + importing(soc)).Refreshed[address].Attributes()
		r.matches("the imported one", imported, map[string]any{"name": soc, "eventhub_name": "entra",
			"log_categories": list("AuditLogs", "SignInLogs"),
			"tables":         map[string]any{"AuditLogs": "AuditLogs", "SignInLogs": "SigninLogs"}})
		if listed := r.tf.List(r.Provider(), typeName, ofWorkspace, 100); len(listed) != 1 ||
			!reflect.DeepEqual(listed[0].Resource, imported) {
			t.Errorf("the listed resources are %v, and the imported one is %v", listed, imported)
		}
		delete(imported, "timeouts") // which a data source's objects have none of
		found := r.plan(r.Provider()+data(connectors, ofWorkspace), noChanges).Data(connectors + ".entra")["connectors"]
		if !reflect.DeepEqual(found, []any{imported}) {
			t.Errorf("the data source has %v, and the imported one is %v", found, imported)
		}
	})
}

func TestLogCategoriesDataSource(t *testing.T) {
	each(t, map[string]int{"from the list": 0, "from the settings' own lists": 400, "the list is forbidden": 403},
		func(r *run, refused int) {
			offering("BrandNewLogs")(r)
			some(0, 1)(r)
			calls := []string{"GET diagnosticSettingsCategories"}
			if refused != 0 {
				forGood(azuresim.Fault{Path: "/diagnosticSettingsCategories", Status: refused})(r)
				calls = append(calls, "GET diagnosticSettings")
			}
			found := r.plan(r.Provider()+data(offered), noChanges).Data(offered + ".entra")
			r.called(calls...)
			r.matches("the data source", found, map[string]any{"tenant_id": acctest.TenantID})
			tables := found["categories"].(map[string]any)
			r.matches("the map", tables, map[string]any{"SignInLogs": "SigninLogs",
				"NetworkAccessTrafficLogs": "NetworkAccessTraffic", "BrandNewLogs": nil})
			if len(tables) != 27 {
				r.Errorf("there are %d categories, want 27", len(tables))
			}
		})
}

// A query says what a data source or the resource says.
func TestQueryRefusals(t *testing.T) {
	for golden, config := range map[string]string{
		"no role to list connectors":    "",
		"a list of a domain":            line("tenant_id", "contoso.com"),
		"a customer id for a workspace": line("log_analytics_workspace_id", "5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10"),
	} {
		t.Run(golden, func(t *testing.T) {
			inVirtualTime(t, func(r *run) {
				role(azuresim.NoRole)(r)
				results := r.tf.List(r.Provider(), typeName, config, 100)
				if len(results) != 1 || len(results[0].Diagnostics) != 1 {
					r.Fatalf("the results are %+v", results)
				}
				r.teaches("errors", golden, r.printed(results[0].Diagnostics[0]))
			})
		})
	}
}

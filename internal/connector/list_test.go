package connector_test

import (
	"encoding/json"
	"fmt"
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
// for: those with a workspace. Each is whole, as an import and a read have it.
func TestListing(t *testing.T) {
	ofLaw := func(workspace string) string { return line("log_analytics_workspace_id", workspace) }
	type testCase struct {
		config string
		limit  int64
	}
	each(t, map[string]testCase{
		"all":            {"", 100},
		"with a limit":   {"", 1},
		"without one":    {"", 0},
		"one workspace":  {ofLaw(strings.ToUpper(lawTwo)), 100},
		"another tenant": {line("tenant_id", strings.ToUpper(acctest.OtherTenantID)), 100},
		"nothing there":  {ofLaw(lawNone), 100},
	}, func(r *run, test testCase) {
		r.severalSettings()
		block := r.Provider(`allowed_tenant_ids = ["*"]`)
		plan := r.plan(block+data(connectors, test.config), noChanges)
		told := r.told(plan) + document(plan.Data(connectors+".entra"))
		for _, one := range r.tf.List(block, typeName, test.config, test.limit) {
			r.succeeded(one.Diagnostics)
			told += fmt.Sprintf("\n%s is %s%s", one.DisplayName, document(one.Identity), document(one.Resource))
		}
		r.toldOf("lists", told+"\n"+r.requests())
	})
}

func document(attributes map[string]any) string {
	text, _ := json.MarshalIndent(attributes, "", "  ")
	return string(text) + "\n"
}

func TestLogCategoriesDataSource(t *testing.T) {
	each(t, map[string]int{"from the list": 0, "from the lists of the settings": 400, "the list is forbidden": 403},
		func(r *run, refused int) {
			offering("BrandNewLogs")(r)
			some(0, 1)(r)
			if refused != 0 {
				forGood(azuresim.Fault{Path: "/diagnosticSettingsCategories", Status: refused})(r)
			}
			plan := r.plan(r.Provider()+data(offered), noChanges)
			r.toldOf("categories", r.told(plan)+document(plan.Data(offered+".entra")))
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

package connector_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

func TestAccConnectors(t *testing.T) {
	w := acctest.NewWorld(t)
	workspace := acctest.WorkspaceID("law-soc")
	put(t, w.Tenant, "archive", portal("", map[string]any{"storageAccountId": movedStorage}, "RiskyUsers"))
	put(t, w.Tenant, soc, portal(workspace, map[string]any{"eventHubAuthorizationRuleId": movedRule, "eventHubName": "entra"}, "SignInLogs", "AuditLogs"))
	put(t, w.Other, "theirs", portal(workspace, nil, "AuditLogs"))
	ours := knownvalue.ObjectExact(map[string]knownvalue.Check{
		"id": knownvalue.StringExact("/providers/microsoft.aadiam/diagnosticSettings/" + soc), "name": knownvalue.StringExact(soc),
		"tenant_id": knownvalue.StringExact(acctest.TenantID), "log_analytics_workspace_id": knownvalue.StringExact(workspace), "storage_account_id": knownvalue.Null(),
		"eventhub_authorization_rule_id": knownvalue.StringExact(movedRule), "eventhub_name": knownvalue.StringExact("entra"),
		"log_categories": setOf("AuditLogs", "SignInLogs"),
		"tables":         knownvalue.MapExact(map[string]knownvalue.Check{"AuditLogs": knownvalue.StringExact("AuditLogs"), "SignInLogs": knownvalue.StringExact("SigninLogs")}),
	})
	names := func(names ...string) knownvalue.Check {
		var entries []knownvalue.Check
		for _, name := range names {
			entries = append(entries, knownvalue.ObjectPartial(map[string]knownvalue.Check{"name": knownvalue.StringExact(name)}))
		}
		return knownvalue.ListExact(entries)
	}
	in := func(name, attribute string, value knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("data.sentinel_aad_connectors."+name, at(attribute), value)
	}
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: w.Provider(fmt.Sprintf("allowed_tenant_ids = [%q]", acctest.OtherTenantID)) + fmt.Sprintf(`
data "sentinel_aad_connectors" "all" {}
data "sentinel_aad_connectors" "soc" {
  log_analytics_workspace_id = %q
}
data "sentinel_aad_connectors" "theirs" {
  tenant_id = %q
}
data "sentinel_aad_connectors" "none" {
  log_analytics_workspace_id = %q
}
`, strings.ToUpper(workspace), strings.ToUpper(acctest.OtherTenantID), acctest.WorkspaceID("law-none")),
		ConfigStateChecks: []statecheck.StateCheck{
			in("all", "connectors", names(soc, "archive")),
			in("all", "tenant_id", knownvalue.StringExact(acctest.TenantID)),
			in("soc", "connectors", knownvalue.ListExact([]knownvalue.Check{ours})),
			in("theirs", "connectors", names("theirs")),
			in("theirs", "tenant_id", knownvalue.StringExact(strings.ToUpper(acctest.OtherTenantID))),
			in("none", "connectors", knownvalue.ListSizeExact(0)),
		},
	}}})
	sentNothing(t, w)
}

func TestAccLogCategories(t *testing.T) {
	const address = "data.sentinel_aad_log_categories.entra"
	config := "\ndata \"sentinel_aad_log_categories\" \"entra\" {}\n"
	partly := knownvalue.MapPartial(map[string]knownvalue.Check{
		"SignInLogs": knownvalue.StringExact("SigninLogs"), "NetworkAccessTrafficLogs": knownvalue.StringExact("NetworkAccessTraffic"), "BrandNewLogs": knownvalue.Null(),
	})
	for name, test := range map[string]struct {
		settings int
		fault    azuresim.Fault
		calls    []string
	}{
		"from the list":                {calls: []string{"GET diagnosticSettingsCategories"}},
		"from the settings' own lists": {1, azuresim.Fault{Path: "/diagnosticSettingsCategories", Status: 400, Times: 9}, []string{"GET diagnosticSettingsCategories", "GET diagnosticSettings"}},
		"the list is forbidden":        {2, azuresim.Fault{Path: "/diagnosticSettingsCategories", Status: 403, Times: 9}, []string{"GET diagnosticSettingsCategories", "GET diagnosticSettings"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.NewWorld(t)
			w.Tenant.Behave(azuresim.Behaviour{NewCategories: []string{"BrandNewLogs"}})
			settings(t, w, test.settings)
			if test.fault.Status != 0 {
				w.Sim.AddFault(test.fault)
			}
			w.Test(t, resource.TestCase{Steps: []resource.TestStep{{
				Config: w.Provider() + config,
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, at("categories"), partly),
					statecheck.ExpectKnownValue(address, at("categories"), knownvalue.MapSizeExact(27)),
					statecheck.ExpectKnownValue(address, at("tenant_id"), knownvalue.StringExact(acctest.TenantID)),
				},
			}}})
			if calls := w.Calls()[:len(test.calls)]; !slices.Equal(calls, test.calls) {
				t.Errorf("the requests were %v, want %v", calls, test.calls)
			}
		})
	}
}

func TestAccLookups_refusals(t *testing.T) {
	categories := "\ndata \"sentinel_aad_log_categories\" \"entra\" {}\n"
	connectors := "\ndata \"sentinel_aad_connectors\" \"entra\" {}\n"
	forbidden := func(w *acctest.World) {
		w.Tenant.AddPrincipal(azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Secret: acctest.Secret, Role: azuresim.NoRole})
	}
	for name, test := range map[string]struct {
		config  string
		prepare func(*acctest.World)
		want    []string
	}{
		"categories, no role": {categories, forbidden, []string{"Cannot list the tenant's log categories: no permission to read diagnostic settings", acctest.TenantID, `--role "Reader"`}},
		"categories, neither list nor settings": {categories, func(w *acctest.World) {
			w.Sim.AddFault(azuresim.Fault{Path: "/diagnosticSettingsCategories", Status: 400, Times: 9, Body: `{"code":"BadRequest","message":"Not at this version."}`})
		}, []string{"Cannot list the tenant's log categories: the service refused the request", "Not at this version."}},
		"connectors, no role":           {connectors, forbidden, []string{"Cannot list the tenant's connectors: no permission to read diagnostic settings", `--role "Reader"`}},
		"connectors, a foreign tenant":  {strings.Replace(connectors, "{}", fmt.Sprintf("{\n  tenant_id = %q\n}", acctest.OtherTenantID), 1), nil, []string{"Cannot list the tenant's connectors", "allowed_tenant_ids"}},
		"connectors, a tenant's domain": {strings.Replace(connectors, "{}", "{\n  tenant_id = \"contoso.com\"\n}", 1), nil, []string{"Not a tenant id"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.NewWorld(t)
			if test.prepare != nil {
				test.prepare(w)
			}
			w.Test(t, resource.TestCase{Steps: []resource.TestStep{{Config: w.Provider() + test.config, ExpectError: acctest.Says(test.want...)}}})
		})
	}
}

package connector_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// portal is a setting as a person makes it in the portal.
func portal(workspace string, more map[string]any, names ...string) map[string]any {
	logs := []any{}
	for _, name := range names {
		logs = append(logs, map[string]any{"category": name, "enabled": true})
	}
	properties := map[string]any{"workspaceId": workspace, "logs": logs}
	for name, value := range more {
		properties[name] = value
	}
	return map[string]any{"properties": properties}
}

func put(t *testing.T, tenant *azuresim.Tenant, name string, document map[string]any) {
	t.Helper()
	if err := tenant.PutSetting(name, document); err != nil {
		t.Fatal(err)
	}
}

func TestAccConnector_driftIsShownAndRepaired(t *testing.T) {
	here, elsewhere := acctest.WorkspaceID("law-soc"), acctest.WorkspaceID("law-elsewhere")
	withStorage := map[string]any{"storageAccountId": "/subscriptions/1/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/s"}
	for name, test := range map[string]struct {
		change func(t *testing.T, w *acctest.World)
		action plancheck.ResourceActionType
	}{
		"a category turned off": {func(t *testing.T, w *acctest.World) {
			put(t, w.Tenant, soc, portal(here, nil, six[1:]...))
		}, plancheck.ResourceActionUpdate},
		"a category turned on": {func(t *testing.T, w *acctest.World) {
			put(t, w.Tenant, soc, portal(here, nil, append([]string{"RiskyUsers"}, six...)...))
		}, plancheck.ResourceActionUpdate},
		"another workspace": {func(t *testing.T, w *acctest.World) {
			put(t, w.Tenant, soc, portal(elsewhere, nil, six...))
		}, plancheck.ResourceActionUpdate},
		"a storage account added": {func(t *testing.T, w *acctest.World) {
			put(t, w.Tenant, soc, portal(here, withStorage, six...))
		}, plancheck.ResourceActionUpdate},
		"deleted": {func(t *testing.T, w *acctest.World) {
			w.Tenant.DeleteSetting(soc)
		}, plancheck.ResourceActionCreate},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.NewWorld(t)
			config := w.Provider() + connector(here)
			w.Test(t, resource.TestCase{Steps: []resource.TestStep{
				{Config: config},
				{
					PreConfig:        func() { test.change(t, w) },
					Config:           config,
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, test.action)}},
				},
				{
					PreConfig: func() {
						streams(t, w, six...)
						has(t, w, "workspaceId", here)()
						has(t, w, "storageAccountId", "")()
					},
					Config: config, PlanOnly: true,
				},
			}})
		})
	}
}

func TestAccConnector_noiseIsNoDrift(t *testing.T) {
	for name, behaviour := range map[string]azuresim.Behaviour{
		"ids in lower case":        {LowerCaseIDs: true},
		"brand-new categories":     {NewCategories: []string{"BrandNewLogs", "EvenNewerLogs"}},
		"unused destinations null": {Unused: "null"},
		"unused ones absent":       {Unused: "absent"},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.NewWorld(t)
			config := w.Provider() + connector(acctest.WorkspaceID("Law-SOC"), categories("SignInLogs", "AuditLogs"))
			w.Test(t, resource.TestCase{Steps: []resource.TestStep{
				{Config: config},
				{PreConfig: func() { w.Tenant.Behave(behaviour) }, Config: config, PlanOnly: true},
				{
					PreConfig: func() {
						put(t, w.Tenant, "AzureSentinel_Law-SOC", portal(strings.ToUpper(acctest.WorkspaceID("Law-SOC")), nil, "AuditLogs", "SignInLogs"))
					},
					Config: config, PlanOnly: true,
				},
			}})
		})
	}
}

// Another spelling in the configuration is no change either, and replaces nothing.
func TestAccConnector_letterCaseOfTheConfiguration(t *testing.T) {
	w := acctest.NewWorld(t)
	w.Tenant.Behave(azuresim.Behaviour{NewCategories: []string{"BrandNewLogs"}})
	lines := func(change func(string) string) string {
		return connector(change(acctest.WorkspaceID("law-soc")),
			fmt.Sprintf("name = %q", change("Entra logs")),
			fmt.Sprintf("tenant_id = %q", change(acctest.TenantID)),
			categories("AuditLogs", "BrandNewLogs"))
	}
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: w.Provider() + lines(strings.ToLower)},
		{Config: w.Provider() + lines(strings.ToUpper), PlanOnly: true},
	}})
}

// What the provider does not know of a setting survives its changes.
func TestAccConnector_unknownPropertySurvives(t *testing.T) {
	w := acctest.NewWorld(t)
	const bus, partner = "/subscriptions/1/the/bus/rule", "/subscriptions/1/the/partner"
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: w.Provider() + connector(acctest.WorkspaceID("law-soc"))},
		{
			PreConfig: func() {
				put(t, w.Tenant, soc, portal(acctest.WorkspaceID("law-soc"), map[string]any{"serviceBusRuleId": bus, "marketplacePartnerId": partner}, six...))
			},
			Config: w.Provider() + connector(acctest.WorkspaceID("law-soc"), categories("AuditLogs")),
		},
		{
			PreConfig: func() {
				streams(t, w, "AuditLogs")
				has(t, w, "serviceBusRuleId", bus)()
				has(t, w, "marketplacePartnerId", partner)()
			},
			Config: w.Provider() + connector(acctest.WorkspaceID("law-soc"), categories("AuditLogs")), PlanOnly: true,
		},
	}})
}

func TestAccConnector_existingSettingIsNotOverwritten(t *testing.T) {
	w := acctest.NewWorld(t)
	before := portal(acctest.WorkspaceID("law-soc"), nil, "AuditLogs")
	put(t, w.Tenant, soc, before)
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: w.Provider() + connector(acctest.WorkspaceID("law-soc")),
		ExpectError: acctest.Says(`Cannot create the connector "AzureSentinel_law-soc": it exists already`, "import {",
			`id = "`+acctest.TenantID+`/AzureSentinel_law-soc"`),
	}}})
	streams(t, w, "AuditLogs")
	sentNothing(t, w)
}

func TestAccConnector_importForms(t *testing.T) {
	w := acctest.NewWorld(t)
	config := w.Provider() + connector(acctest.WorkspaceID("law-soc"))
	steps := []resource.TestStep{{Config: config}}
	for _, id := range []string{
		soc,
		acctest.TenantID + "/" + soc,
		strings.ToUpper(acctest.TenantID) + "/" + soc,
		"/providers/microsoft.aadiam/diagnosticSettings/" + soc,
		"/providers/Microsoft.AADIAM/diagnosticsettings/" + soc,
		"//providers/Microsoft.AADIAM/diagnosticSettings/" + soc,
	} {
		steps = append(steps,
			resource.TestStep{ResourceName: address, ImportState: true, ImportStateId: id, ImportStateVerify: true},
			resource.TestStep{
				ResourceName: address, ImportState: true, ImportStateId: id, ImportStateKind: resource.ImportBlockWithID,
				ImportPlanChecks: resource.ImportPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionNoop),
				}},
			})
	}
	for id, want := range map[string]string{
		"contoso.onmicrosoft.com/" + soc: "is none of",
		"a:b":                            "is none of",
		"/subscriptions/1/x":             "is none of",
	} {
		steps = append(steps, resource.TestStep{ResourceName: address, ImportState: true, ImportStateId: id, ExpectError: acctest.Says("Not an import id", want)})
	}
	w.Test(t, resource.TestCase{Steps: steps})
}

func TestAccConnector_importShowsWhatWouldBeLost(t *testing.T) {
	w := acctest.NewWorld(t)
	const storage = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/archive"
	put(t, w.Tenant, soc, portal(acctest.WorkspaceID("law-soc"), map[string]any{"storageAccountId": storage}, append([]string{"RiskyUsers"}, six...)...))
	config := w.Provider() + connector(acctest.WorkspaceID("law-soc"))
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config + fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, soc),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
				before("storage_account_id", storage),
				inPlan("storage_account_id", knownvalue.Null()),
				inPlan("log_categories", setOf(six...)),
				sendsNothing(t, w),
			}},
		},
		{
			PreConfig: func() {
				streams(t, w, six...)
				has(t, w, "storageAccountId", "")()
			},
			Config: config, PlanOnly: true,
		},
	}})
}

// What somebody changes between plan and apply is neither undone nor mixed in without having been shown.
func TestAccConnector_changedSincePlan(t *testing.T) {
	w := acctest.NewWorld(t)
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: w.Provider() + connector(acctest.WorkspaceID("law-soc"))},
		{
			Config: w.Provider() + connector(acctest.WorkspaceID("law-soc"), categories("AuditLogs")),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{act(func() {
				put(t, w.Tenant, soc, portal(acctest.WorkspaceID("law-soc"), nil, append([]string{"RiskyUsers"}, six...)...))
			})}},
			ExpectError: acctest.Says("changed since the plan was made", "RiskyUsers on", "terraform plan"),
		},
		{
			PreConfig: func() { streams(t, w, append([]string{"RiskyUsers"}, six...)...) },
			Config:    w.Provider() + connector(acctest.WorkspaceID("law-soc"), categories("AuditLogs")),
		},
	}})
}

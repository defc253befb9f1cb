package connector_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
)

func TestMain(m *testing.M) { acctest.Run(m) }

const (
	address = "sentinel_aad_connector.entra"
	soc     = "AzureSentinel_law-soc" // the default name for the workspace law-soc
)

var six = []string{
	"AuditLogs", "ManagedIdentitySignInLogs", "NonInteractiveUserSignInLogs", "ProvisioningLogs", "ServicePrincipalSignInLogs", "SignInLogs",
}

// connector is the resource with a workspace and further lines.
func connector(workspace string, more ...string) string {
	return fmt.Sprintf(`
resource "sentinel_aad_connector" "entra" {
  log_analytics_workspace_id = %q
  %s
}
`, workspace, strings.Join(more, "\n  "))
}

func categories(names ...string) string {
	return `log_categories = ["` + strings.Join(names, `", "`) + `"]`
}

func setOf(names ...string) knownvalue.Check {
	var checks []knownvalue.Check
	for _, name := range names {
		checks = append(checks, knownvalue.StringExact(name))
	}
	return knownvalue.SetExact(checks)
}

func inState(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), value)
}

func inPlan(attribute string, value knownvalue.Check) plancheck.PlanCheck {
	return plancheck.ExpectKnownValue(address, tfjsonpath.New(attribute), value)
}

// gone checks that the simulator has no setting of the given names.
func gone(w *acctest.World, names ...string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		for _, name := range names {
			if _, exists := w.Tenant.Setting(name); exists {
				return fmt.Errorf("the setting %s is left behind", name)
			}
		}
		return nil
	}
}

// has checks a property of the connector's setting in the simulator.
func has(t *testing.T, w *acctest.World, property string, want any) func() {
	return func() {
		t.Helper()
		setting, exists := w.Tenant.Setting(soc)
		if !exists {
			t.Errorf("there is no setting %s", soc)
			return
		}
		if got := setting["properties"].(map[string]any)[property]; got != want {
			t.Errorf("%s of %s is %v, want %v", property, soc, got, want)
		}
	}
}

// streams checks the categories of the connector's setting in the simulator.
func streams(t *testing.T, w *acctest.World, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := w.Tenant.Categories(soc); !slices.Equal(got, want) {
		t.Errorf("%s streams %v, want %v", soc, got, want)
	}
}

func TestAccConnector_lifecycle(t *testing.T) {
	w := acctest.NewWorld(t)
	tables := knownvalue.MapExact(map[string]knownvalue.Check{
		"AuditLogs":                    knownvalue.StringExact("AuditLogs"),
		"ManagedIdentitySignInLogs":    knownvalue.StringExact("AADManagedIdentitySignInLogs"),
		"NonInteractiveUserSignInLogs": knownvalue.StringExact("AADNonInteractiveUserSignInLogs"),
		"ProvisioningLogs":             knownvalue.StringExact("AADProvisioningLogs"),
		"ServicePrincipalSignInLogs":   knownvalue.StringExact("AADServicePrincipalSignInLogs"),
		"SignInLogs":                   knownvalue.StringExact("SigninLogs"),
	})
	w.Test(t, resource.TestCase{
		CheckDestroy: gone(w, soc),
		Steps: []resource.TestStep{
			{
				Config: w.Provider() + connector(acctest.WorkspaceID("law-soc")),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
					inPlan("name", knownvalue.StringExact(soc)),
					inPlan("id", knownvalue.StringExact("/providers/microsoft.aadiam/diagnosticSettings/"+soc)),
					inPlan("tenant_id", knownvalue.StringExact(acctest.TenantID)),
					inPlan("log_categories", setOf(six...)),
					inPlan("tables", tables),
				}},
				ConfigStateChecks: []statecheck.StateCheck{
					inState("name", knownvalue.StringExact(soc)),
					inState("log_analytics_workspace_id", knownvalue.StringExact(acctest.WorkspaceID("law-soc"))),
					inState("storage_account_id", knownvalue.Null()),
					inState("tables", tables),
				},
			},
			{
				PreConfig: func() {
					streams(t, w, six...)
					calls := w.Calls()
					creation := slices.Index(calls, "GET "+soc)
					advice := slices.Sorted(slices.Values(calls[:creation])) // Terraform plans once more when it applies
					if want := []string{"GET diagnosticSettings", "GET diagnosticSettings", "GET diagnosticSettingsCategories", "GET diagnosticSettingsCategories"}; !slices.Equal(advice, want) {
						t.Errorf("planning made the requests %v, want %v", advice, want)
					}
					want := []string{"GET " + soc, "GET diagnosticSettings", "PUT " + soc, "GET " + soc, "GET " + soc, "GET " + soc}
					if got := calls[creation:][:6]; !slices.Equal(got, want) {
						t.Errorf("creating made the requests %v, want %v", got, want)
					}
				},
				Config: w.Provider() + connector(acctest.WorkspaceID("law-soc"), categories("AuditLogs", "RiskyUsers", "BrandNewLogs")),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
					inPlan("tables", knownvalue.MapExact(map[string]knownvalue.Check{
						"AuditLogs": knownvalue.StringExact("AuditLogs"), "RiskyUsers": knownvalue.StringExact("AADRiskyUsers"),
					})),
				}},
				ExpectError: regexp.MustCompile(`Category 'BrandNewLogs' is not supported`),
			},
			{
				Config: w.Provider() + connector(acctest.WorkspaceID("law-soc"), categories("AuditLogs", "RiskyUsers")),
				ConfigStateChecks: []statecheck.StateCheck{
					inState("log_categories", setOf("AuditLogs", "RiskyUsers")),
				},
			},
			{
				PreConfig: func() { streams(t, w, "AuditLogs", "RiskyUsers") },
				Config:    w.Provider() + connector(acctest.WorkspaceID("law-two"), categories("AuditLogs", "RiskyUsers")),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
					inPlan("name", knownvalue.StringExact(soc)),
				}},
			},
			{
				PreConfig: has(t, w, "workspaceId", acctest.WorkspaceID("law-two")),
				Config:    w.Provider() + connector(acctest.WorkspaceID("law-two"), `name = "Entra logs"`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate),
				}},
				ConfigStateChecks: []statecheck.StateCheck{
					inState("id", knownvalue.StringExact("/providers/microsoft.aadiam/diagnosticSettings/Entra logs")),
				},
			},
			{
				PreConfig: func() {
					if w.Tenant.Categories(soc) != nil {
						t.Errorf("the setting of the old name is left behind")
					}
					w.Sim.ForgetRequests()
				},
				Config:   w.Provider() + connector(acctest.WorkspaceID("law-two"), `name = "Entra logs"`),
				PlanOnly: true,
			},
			{
				PreConfig: func() {
					for _, call := range w.Calls() {
						if call != "GET Entra logs" {
							t.Errorf("a plan without changes made the request %s", call)
						}
					}
				},
				Config: w.Provider() + connector(acctest.WorkspaceID("law-two"), `name = "Entra logs"`),
			},
		},
	})
	if _, left := w.Tenant.Setting("Entra logs"); left {
		t.Error("the setting is left behind")
	}
}

func TestAccConnector_identity(t *testing.T) {
	w := acctest.NewWorld(t)
	w.Test(t, resource.TestCase{
		TerraformVersionChecks: []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		Steps: []resource.TestStep{
			{
				Config: w.Provider() + connector(acctest.WorkspaceID("law-soc"), fmt.Sprintf("tenant_id = %q", strings.ToUpper(acctest.TenantID))),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectIdentity(address, map[string]knownvalue.Check{
						"name": knownvalue.StringExact(soc), "tenant_id": knownvalue.StringExact(acctest.TenantID),
					}),
				},
			},
			{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
		},
	})
}

// The workspace may be made in the same run.
func TestAccConnector_unknownWorkspace(t *testing.T) {
	w := acctest.NewWorld(t)
	w.Test(t, resource.TestCase{
		CheckDestroy: gone(w, soc),
		Steps: []resource.TestStep{{
			Config: w.Provider() + fmt.Sprintf(`
resource "terraform_data" "workspace" {
  input = %q
}
resource "sentinel_aad_connector" "entra" {
  log_analytics_workspace_id = terraform_data.workspace.output
}
`, acctest.WorkspaceID("law-soc")),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectUnknownValue(address, tfjsonpath.New("name")),
				plancheck.ExpectUnknownValue(address, tfjsonpath.New("id")),
				inPlan("tables", knownvalue.MapSizeExact(6)),
			}},
			ConfigStateChecks: []statecheck.StateCheck{inState("name", knownvalue.StringExact(soc))},
		}},
	})
}

func TestAccConnector_otherDestinations(t *testing.T) {
	w := acctest.NewWorld(t)
	const group = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/"
	const storage, rule = group + "Microsoft.Storage/storageAccounts/archive", group + "Microsoft.EventHub/namespaces/hubs/authorizationRules/send"
	w.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config: w.Provider() + connector(acctest.WorkspaceID("law-soc"),
					fmt.Sprintf("storage_account_id = %q", storage),
					fmt.Sprintf("eventhub_authorization_rule_id = %q", rule),
					`eventhub_name = "entra"`),
			},
			{
				PreConfig: func() {
					has(t, w, "storageAccountId", storage)()
					has(t, w, "eventHubAuthorizationRuleId", rule)()
					has(t, w, "eventHubName", "entra")()
				},
				Config: w.Provider() + connector(acctest.WorkspaceID("law-soc"), fmt.Sprintf("eventhub_authorization_rule_id = %q", rule)),
				ConfigStateChecks: []statecheck.StateCheck{
					inState("storage_account_id", knownvalue.Null()), inState("eventhub_name", knownvalue.Null()),
				},
			},
			{
				PreConfig: func() {
					has(t, w, "storageAccountId", "")()
					has(t, w, "eventHubAuthorizationRuleId", rule)()
					has(t, w, "eventHubName", "")()
				},
				Config: w.Provider() + connector(acctest.WorkspaceID("law-soc")),
			},
		},
	})
}

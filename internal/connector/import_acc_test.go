package connector_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
)

// An import by either id leaves nothing to change, by the command and by a block.
func TestAccImport(t *testing.T) {
	w := acctest.NewWorld(t)
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: w.Provider() + connector(lawSOC, categories("AuditLogs", "SignInLogs")),
			ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{
				plancheck.ExpectEmptyPlan(),
			}},
		},
		{ResourceName: address, ImportState: true, ImportStateVerify: true},
		{ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateId: acctest.TenantID + "/" + soc},
		{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithID},
	}})
}

func TestAccIdentity(t *testing.T) {
	w := acctest.NewWorld(t)
	w.Test(t, resource.TestCase{
		TerraformVersionChecks: []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		Steps: []resource.TestStep{
			{
				Config: w.Provider() + connector(lawSOC, line("tenant_id", strings.ToUpper(acctest.TenantID))),
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

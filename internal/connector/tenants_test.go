package connector_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// Two tenants in one provider, with settings of telling names: no request may carry the other tenant's token.
func TestAccConnector_twoTenants(t *testing.T) {
	w := acctest.NewWorld(t)
	config := func(names ...string) string {
		return w.Provider(fmt.Sprintf("allowed_tenant_ids = [%q]", acctest.OtherTenantID)) + fmt.Sprintf(`
resource "sentinel_aad_connector" "ours" {
  count                      = 3
  name                       = "ours-${count.index}"
  log_analytics_workspace_id = "%[1]s${count.index}"
  %[3]s
}
resource "sentinel_aad_connector" "theirs" {
  count                      = 3
  tenant_id                  = %[2]q
  name                       = "theirs-${count.index}"
  log_analytics_workspace_id = "%[1]s${count.index}"
  %[3]s
}
`, acctest.WorkspaceID("law"), acctest.OtherTenantID, categories(names...))
	}
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config("AuditLogs"),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("sentinel_aad_connector.ours[0]", at("tenant_id"), knownvalue.StringExact(acctest.TenantID)),
				statecheck.ExpectKnownValue("sentinel_aad_connector.theirs[0]", at("tenant_id"), knownvalue.StringExact(acctest.OtherTenantID)),
			},
		},
		{Config: config("AuditLogs", "SignInLogs")},
		{ResourceName: "sentinel_aad_connector.theirs[0]", ImportState: true, ImportStateId: acctest.OtherTenantID + "/theirs-0", ImportStateVerify: true},
	}})

	ours, theirs := 0, 0
	for _, exchange := range w.Sim.Requests() {
		switch {
		case strings.Contains(exchange.Path, "/ours-"):
			ours++
			if exchange.TokenTenant != acctest.TenantID {
				t.Errorf("%s %s carried a token of tenant %s", exchange.Method, exchange.Path, exchange.TokenTenant)
			}
		case strings.Contains(exchange.Path, "/theirs-"):
			theirs++
			if exchange.TokenTenant != acctest.OtherTenantID {
				t.Errorf("%s %s carried a token of tenant %s", exchange.Method, exchange.Path, exchange.TokenTenant)
			}
		}
	}
	if ours < 20 || theirs < 20 {
		t.Errorf("the request log shows %d and %d requests, too few to prove anything", ours, theirs)
	}
}

func TestAccConnector_tokenOfAnotherTenantIsRefused(t *testing.T) {
	w := acctest.NewWorld(t)
	w.Tenant.ChangeTokens(azuresim.TokenBehaviour{Of: acctest.OtherTenantID})
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: w.Provider() + connector(acctest.WorkspaceID("law-soc")),
		ExpectError: acctest.Says("the sign-in gave a token of another tenant", "A token for tenant "+acctest.TenantID, "gave one of tenant "+acctest.OtherTenantID,
			"The request was not sent"),
	}}})
	if calls := w.Calls(); len(calls) > 0 {
		t.Errorf("the requests %v were sent", calls)
	}
}

func TestAccConnector_tenantThatIsNotAllowed(t *testing.T) {
	w := acctest.NewWorld(t)
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config:      w.Provider() + connector(acctest.WorkspaceID("law-soc"), fmt.Sprintf("tenant_id = %q", acctest.OtherTenantID)),
		PlanOnly:    true,
		ExpectError: acctest.Says("the provider does not allow tenant "+acctest.OtherTenantID, `allowed_tenant_ids = ["`+acctest.OtherTenantID+`"]`),
	}}})
	if requests := w.Sim.Requests(); len(requests) > 0 {
		t.Errorf("%d requests were sent, the first to %s", len(requests), requests[0].Path)
	}
}

// Taking tenant_id away means the provider's own tenant again, which is another setting.
func TestAccConnector_backToTheProvidersTenant(t *testing.T) {
	w := acctest.NewWorld(t)
	provider := w.Provider(`allowed_tenant_ids = ["*"]`)
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: provider + connector(acctest.WorkspaceID("law-soc"), fmt.Sprintf("tenant_id = %q", acctest.OtherTenantID))},
		{
			Config: provider + connector(acctest.WorkspaceID("law-soc")),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate),
				inPlan("tenant_id", knownvalue.StringExact(acctest.TenantID)),
			}},
		},
	}})
	if w.Other.Categories(soc) != nil {
		t.Error("the other tenant's setting is left behind")
	}
}

// A no-op plan costs one GET per connector, and one token per tenant.
func TestAccConnector_costOfANoOpPlan(t *testing.T) {
	w := acctest.NewWorld(t)
	config := w.Provider() + fmt.Sprintf(`
resource "sentinel_aad_connector" "each" {
  count                      = 4
  name                       = "setting-${count.index}"
  log_analytics_workspace_id = "%s${count.index}"
}
`, acctest.WorkspaceID("law"))
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config},
		{
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{
				// The step plans, checks, applies nothing and plans again: only what the first plan does is counted here.
				PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan(), acctest.PlanCheck(func(plancheck.CheckPlanRequest) error {
					return onePlanOf(w.Sim.Requests(), 4)
				})},
			},
			PreConfig: w.Sim.ForgetRequests,
		},
	}})
}

func onePlanOf(requests []azuresim.Exchange, connectors int) error {
	gets, tokens := 0, 0
	for _, r := range requests {
		switch {
		case r.Method == http.MethodGet && strings.Contains(r.Path, "/diagnosticSettings/"):
			gets++
		case r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/token"):
			tokens++
		case strings.HasSuffix(r.Path, "/openid-configuration"):
		default:
			return fmt.Errorf("the plan made the request %s %s", r.Method, r.Path)
		}
	}
	if gets != connectors || tokens != 1 {
		return fmt.Errorf("the plan made %d GETs and bought %d tokens, want %d and 1", gets, tokens, connectors)
	}
	return nil
}

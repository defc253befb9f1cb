package connector_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

const (
	fleetTenants = 40
	perTenant    = 5 // all that a tenant may have
)

func fleetTenant(i int) string { return fmt.Sprintf("%08d-0000-4000-8000-000000000000", i+1) }

// fleetContent is what the j-th setting of a tenant streams.
func fleetContent(j int) []string { return slices.Sorted(slices.Values(six[:j+1])) }

// fleetConfig gives each tenant five settings, each to a workspace that is named after the tenant, with contents of its own.
func fleetConfig(w *acctest.World) string {
	return w.Provider(`allowed_tenant_ids = ["*"]`) + fmt.Sprintf(`
locals {
  six = ["%s"]
}
resource "sentinel_aad_connector" "each" {
  count                      = %d
  tenant_id                  = format("%%08d-0000-4000-8000-000000000000", floor(count.index / %[3]d) + 1)
  name                       = "setting-${count.index %% %[3]d}"
  log_analytics_workspace_id = "%[4]s-${floor(count.index / %[3]d)}-${count.index %% %[3]d}"
  log_categories             = slice(local.six, 0, count.index %% %[3]d + 1)
}
`, strings.Join(six, `", "`), fleetTenants*perTenant, perTenant, acctest.WorkspaceID("law"))
}

// Many connectors of many tenants, fifty at a time: each tenant gets its own settings with their own content, whichever of the services is slow to
// show it, and asking for them costs no more than it has to.
func TestManyConnectorsAtOnce(t *testing.T) {
	w := acctest.NewWorld(t)
	for i := range fleetTenants {
		tenant := w.Sim.Tenant(fleetTenant(i))
		tenant.AddPrincipal(azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Secret: acctest.Secret, Role: azuresim.Contributor})
		if i%4 == 0 {
			lag := azuresim.Lag{Gets: 1, Lists: 1}
			tenant.Behave(azuresim.Behaviour{AfterCreate: lag, AfterDelete: lag})
		}
	}
	folder := w.NewFolder(t, fleetConfig(w))

	folder.Run("apply", "-auto-approve", "-parallelism=50")
	for i := range fleetTenants {
		hasFleet(t, w, i)
	}
	made := requestsByTenant(t, w)
	for i := range fleetTenants {
		// Twice a plan's look-ups, and for each setting two looks, a write, and some more looks until it has settled.
		if n := made[fleetTenant(i)]; n["PUT"] != perTenant || n["DELETE"] != 0 || n["POST"] != 2 || n["GET"] > perTenant*15 {
			t.Errorf("the creation took %v of tenant %d", n, i)
		}
	}

	w.Sim.ForgetRequests()
	folder.Run("plan", "-detailed-exitcode", "-parallelism=50")
	for tenant, n := range requestsByTenant(t, w) {
		if n["GET"] != perTenant || n["POST"] != 1 || n["PUT"]+n["DELETE"] != 0 {
			t.Errorf("a plan without changes took %v of tenant %s", n, tenant)
		}
	}

	w.Sim.ForgetRequests()
	folder.Run("destroy", "-auto-approve", "-parallelism=50")
	for tenant, n := range requestsByTenant(t, w) {
		if n["DELETE"] != perTenant || n["PUT"] != 0 || n["POST"] != 2 || n["GET"] > perTenant*20 {
			t.Errorf("the destruction took %v of tenant %s", n, tenant)
		}
	}
	for i := range fleetTenants {
		for j := range perTenant {
			if w.Sim.Tenant(fleetTenant(i)).Categories(fmt.Sprint("setting-", j)) != nil {
				t.Errorf("the setting %d of tenant %d is left", j, i)
			}
		}
	}
}

// hasFleet checks the settings of a tenant.
func hasFleet(t *testing.T, w *acctest.World, i int) {
	t.Helper()
	tenant := w.Sim.Tenant(fleetTenant(i))
	for j := range perTenant {
		name := fmt.Sprint("setting-", j)
		setting, exists := tenant.Setting(name)
		if !exists {
			t.Errorf("tenant %d has no %s", i, name)
			continue
		}
		workspace := setting["properties"].(map[string]any)["workspaceId"]
		if want := fmt.Sprintf("%s-%d-%d", acctest.WorkspaceID("law"), i, j); workspace != want || !slices.Equal(tenant.Categories(name), fleetContent(j)) {
			t.Errorf("%s of tenant %d sends %v to %s", name, i, tenant.Categories(name), workspace)
		}
	}
}

// requestsByTenant counts the requests to each tenant by their methods: GET, PUT and DELETE to Resource Manager, and POST for tokens. Each must carry
// the tenant's own token.
func requestsByTenant(t *testing.T, w *acctest.World) map[string]map[string]int {
	t.Helper()
	counts := map[string]map[string]int{}
	for i := range fleetTenants {
		counts[fleetTenant(i)] = map[string]int{}
	}
	for _, exchange := range w.Sim.Requests() {
		tenant := exchange.TokenTenant
		if exchange.Method == http.MethodPost {
			tenant, _, _ = strings.Cut(strings.TrimPrefix(exchange.Path, "/"), "/")
		}
		if strings.HasSuffix(exchange.Path, "/openid-configuration") {
			continue
		}
		if counts[tenant] == nil {
			t.Errorf("%s %s is of tenant %q", exchange.Method, exchange.Path, tenant)
			continue
		}
		counts[tenant][exchange.Method]++
	}
	return counts
}

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

// Taking tenant_id away means the provider's own tenant again, which is another setting.
func TestBackToTheProvidersTenant(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		config := func(more ...string) string {
			return r.Provider(`allowed_tenant_ids = ["*"]`) + connector(lawSOC, more...)
		}
		r.apply(config(line("tenant_id", acctest.OtherTenantID)))
		r.matches("the state", r.tf.Attributes(address), map[string]any{"tenant_id": acctest.OtherTenantID})
		r.plan(config(), toReplace)
		r.apply(config())
		r.streams(six...)
		if r.Other.Categories(soc) != nil {
			t.Error("the other tenant's setting is left behind")
		}
	})
}

// Before a tenant may be used, or a token is of the right one, no request is sent.
func TestTheWrongTenantOrNothing(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		r.fails(r.tf.Plan(r.connector(lawSOC, line("tenant_id", acctest.OtherTenantID))).Diagnostics,
			"the provider does not allow tenant "+acctest.OtherTenantID)
		if requests := r.Sim.Requests(); len(requests) > 0 {
			t.Errorf("%d requests were sent, the first to %s", len(requests), requests[0].Path)
		}
		r.Tenant.ChangeTokens(azuresim.TokenBehaviour{Of: acctest.OtherTenantID})
		r.fails(r.tf.Apply(r.connector(lawSOC)).Diagnostics, "the sign-in gave a token of another tenant")
		r.called()
	})
}

const (
	fleetTenants = 12
	perTenant    = 5 // all that a tenant may have
)

func fleetTenant(i int) string { return fmt.Sprintf("%08d-0000-4000-8000-000000000000", i+1) }

// fleetContent is what the j-th setting of a tenant streams.
func fleetContent(j int) []string { return slices.Sorted(slices.Values(six[:j+1])) }

// fleet gives each tenant five settings, each to a workspace that is named after the tenant, with contents of its own.
func (r *run) fleet() string {
	config := r.Provider(`allowed_tenant_ids = ["*"]`)
	for i := range fleetTenants {
		for j := range perTenant {
			config += connectorNamed(fmt.Sprintf("t%d_%d", i, j), fmt.Sprintf("%s-%d-%d", acctest.WorkspaceID("law"), i, j),
				line("tenant_id", fleetTenant(i)), line("name", fmt.Sprint("setting-", j)), categories(fleetContent(j)...))
		}
	}
	return config
}

// Many connectors of many tenants: each tenant gets its own settings with their own content, whichever of the
// services is slow to show it. No request carries another tenant's token, and asking costs no more than it has to.
func TestManyTenantsAtOnce(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		for i := range fleetTenants {
			tenant := r.Sim.Tenant(fleetTenant(i))
			tenant.AddPrincipal(azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID,
				Secret: acctest.Secret, Role: azuresim.Contributor})
			if i%4 == 0 {
				lag := azuresim.Lag{Gets: 1, Lists: 1}
				tenant.Behave(azuresim.Behaviour{AfterCreate: lag, AfterDelete: lag})
			}
		}
		config := r.fleet()
		r.succeeded(r.tf.Apply(config).Diagnostics)
		for i := range fleetTenants {
			r.hasFleet(i)
		}
		for tenant, n := range r.requestsByTenant() {
			// Twice a plan's reads for advice, and for each setting two reads, a write, and some more reads until it is steady.
			if n["PUT"] != perTenant || n["DELETE"] != 0 || n["POST"] != 2 || n["GET"] > perTenant*15 {
				t.Errorf("the creation took %v of tenant %s", n, tenant)
			}
		}
		r.plan(config, noChanges)
		for tenant, n := range r.requestsByTenant() {
			if n["GET"] != perTenant || n["POST"] != 1 || n["PUT"]+n["DELETE"] != 0 {
				t.Errorf("a plan without changes took %v of tenant %s", n, tenant)
			}
		}
		r.succeeded(r.tf.Destroy(config).Diagnostics)
		for tenant, n := range r.requestsByTenant() {
			if n["DELETE"] != perTenant || n["PUT"] != 0 || n["POST"] != 2 || n["GET"] > perTenant*20 {
				t.Errorf("the destruction took %v of tenant %s", n, tenant)
			}
			if left := r.Sim.Tenant(tenant).SettingNames(); len(left) > 0 {
				t.Errorf("the settings %v of tenant %s are left", left, tenant)
			}
		}
	})
}

// hasFleet checks the settings of a tenant.
func (r *run) hasFleet(i int) {
	r.Helper()
	tenant := r.Sim.Tenant(fleetTenant(i))
	for j := range perTenant {
		name := fmt.Sprint("setting-", j)
		setting, exists := tenant.Setting(name)
		if !exists {
			r.Errorf("tenant %d has no %s", i, name)
			continue
		}
		workspace := setting["properties"].(map[string]any)["workspaceId"]
		if want := fmt.Sprintf("%s-%d-%d", acctest.WorkspaceID("law"), i, j); workspace != want ||
			!slices.Equal(tenant.Categories(name), fleetContent(j)) {
			r.Errorf("%s of tenant %d sends %v to %s", name, i, tenant.Categories(name), workspace)
		}
	}
}

// requestsByTenant counts the requests to each tenant by their methods since the last call of it: GET, PUT and DELETE
// to Resource Manager, POST for tokens. Each must carry the tenant's own token.
func (r *run) requestsByTenant() map[string]map[string]int {
	r.Helper()
	counts := map[string]map[string]int{}
	for i := range fleetTenants {
		counts[fleetTenant(i)] = map[string]int{}
	}
	for _, e := range r.Sim.Requests() {
		tenant := e.TokenTenant
		if e.Method == http.MethodPost {
			tenant, _, _ = strings.Cut(strings.TrimPrefix(e.Path, "/"), "/")
		}
		switch {
		case strings.HasSuffix(e.Path, "/openid-configuration"):
		case counts[tenant] == nil:
			r.Errorf("%s %s is of tenant %q", e.Method, e.Path, tenant)
		default:
			counts[tenant][e.Method]++
		}
	}
	r.Sim.ForgetRequests()
	return counts
}

// Settings of telling names in two tenants: no request carries the other tenant's token.
func TestEachRequestCarriesItsTenantsToken(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		config := func(names ...string) string {
			return r.Provider(`allowed_tenant_ids = ["*"]`) + connectorNamed("ours", lawSOC, line("name", "ours"),
				categories(names...)) +
				connectorNamed("theirs", lawSOC, line("name", "theirs"), line("tenant_id", acctest.OtherTenantID),
					categories(names...))
		}
		r.apply(config("AuditLogs"))
		r.apply(config("AuditLogs", "SignInLogs"))
		requests := map[string]int{}
		for _, e := range r.Sim.Requests() {
			for name, tenant := range map[string]string{"/ours": acctest.TenantID, "/theirs": acctest.OtherTenantID} {
				if strings.HasSuffix(e.Path, name) {
					requests[name]++
					if e.TokenTenant != tenant {
						t.Errorf("%s %s carried a token of tenant %s", e.Method, e.Path, e.TokenTenant)
					}
				}
			}
		}
		if requests["/ours"] < 10 || requests["/theirs"] < 10 {
			t.Errorf("the requests were %v, too few to prove anything", requests)
		}
	})
}

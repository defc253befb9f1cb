package connector_test

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
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
		other := strings.ToUpper(acctest.OtherTenantID)
		r.apply(config(line("tenant_id", other)))
		r.matches("the state", r.tf.Attributes(address), map[string]any{"tenant_id": other})
		r.matches("the identity", r.tf.State[address].Identity(), map[string]any{"tenant_id": acctest.OtherTenantID})
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
		r.fails(r.refused(r.connector(lawSOC, line("tenant_id", acctest.OtherTenantID))),
			"the provider does not allow tenant "+acctest.OtherTenantID)
		r.Tenant.ChangeTokens(azuresim.TokenBehaviour{Of: acctest.OtherTenantID})
		r.fails(r.tf.Apply(r.connector(lawSOC)).Diagnostics, "the sign-in gave a token of another tenant")
		r.called()
	})
}

const perTenant = 5 // settings, all that a tenant may have

// Many connectors of many tenants: each tenant gets its own settings with their own content, whichever of the
// services is slow to show it. No request carries another tenant's token, and asking costs no more than it has to.
func TestManyTenantsAtOnce(t *testing.T) {
	name := func(j int) string { return fmt.Sprint("setting-", j) }
	inVirtualTime(t, func(r *run) {
		config := r.Provider(`allowed_tenant_ids = ["*"]`)
		want := map[string]any{} // the content of each setting, by tenant and name
		var tenants []string
		for i := range 12 {
			id := fmt.Sprintf("%08d-0000-4000-8000-000000000000", i+1)
			tenants = append(tenants, id)
			tenant := r.Sim.Tenant(id)
			tenant.AddPrincipal(azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID,
				Secret: acctest.Secret, Role: azuresim.Contributor})
			if i%4 == 0 {
				lag := azuresim.Lag{Gets: 1, Lists: 1}
				tenant.Behave(azuresim.Behaviour{AfterCreate: lag, AfterDelete: lag})
			}
			for j := range perTenant {
				workspace := fmt.Sprintf("%s-%d-%d", acctest.WorkspaceID("law"), i, j)
				config += connectorNamed(fmt.Sprintf("t%d_%d", i, j), workspace, line("tenant_id", id), line("name", name(j)),
					categories(six[:j+1]...))
				want[id+name(j)] = []any{workspace, slices.Sorted(slices.Values(six[:j+1]))}
			}
		}
		r.succeeded(r.tf.Apply(config).Diagnostics)
		got := map[string]any{}
		for _, id := range tenants {
			for _, name := range r.Sim.Tenant(id).SettingNames() {
				setting, _ := r.Sim.Tenant(id).Setting(name)
				got[id+name] = []any{setting["properties"].(map[string]any)["workspaceId"], r.Sim.Tenant(id).Categories(name)}
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the tenants have\n%v, want\n%v", got, want)
		}
		// Twice a plan's reads for advice, and for each setting two reads, a write, and some more reads until it is steady.
		r.asked(tenants, map[string]int{"PUT": perTenant, "POST": 2}, perTenant*15)
		r.plan(config, noChanges)
		r.asked(tenants, map[string]int{"POST": 1}, perTenant)
		r.succeeded(r.tf.Destroy(config).Diagnostics)
		r.asked(tenants, map[string]int{"DELETE": perTenant, "POST": 2}, perTenant*20)
		for _, id := range tenants {
			if left := r.Sim.Tenant(id).SettingNames(); len(left) > 0 {
				t.Errorf("the settings %v of tenant %s are left", left, id)
			}
		}
	})
}

// asked checks how often each tenant was asked since the last call of it: writes to Resource Manager, POST for tokens,
// and at least a GET for each setting and at most so many. Each request must carry the tenant's own token.
func (r *run) asked(tenants []string, want map[string]int, mostReads int) {
	r.Helper()
	counts := map[string]map[string]int{}
	reads := map[string]int{}
	for _, id := range tenants {
		counts[id] = map[string]int{}
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
		case e.Method == http.MethodGet:
			reads[tenant]++
		default:
			counts[tenant][e.Method]++
		}
	}
	for _, id := range tenants {
		if n := reads[id]; !maps.Equal(counts[id], want) || n < perTenant || n > mostReads {
			r.Errorf("tenant %s was asked %v and %d reads, want %v and at most %d", id, counts[id], n, want, mostReads)
		}
	}
	r.Sim.ForgetRequests()
}

package connector_test

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

// A sign-in that names no tenant, such as one to another tenant by mistake, does not take a connector there.
func TestAnotherSignInMovesNothing(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		r.apply(r.connector(lawSOC))
		identity := rand.Text() // MSAL caches an identity's tokens for the whole process
		r.Sim.AddManagedIdentity(azuresim.ManagedIdentity{Principal: azuresim.Principal{ClientID: identity},
			Tenant: acctest.OtherTenantID})
		block := r.ProviderWith("use_msi = true")
		block = strings.NewReplacer(acctest.TenantID, "", acctest.ClientID, identity).Replace(block)
		r.fails(r.tf.Plan(block+connector(lawTwo), protocol.WithoutRefresh()).Diagnostics,
			"the provider does not allow tenant "+acctest.TenantID, "signs in to tenant "+acctest.OtherTenantID)
	})
}

// Many connectors of many tenants: each tenant gets its own settings, whichever of the services is slow to show them.
// No request carries another tenant's token, and asking costs no more than it has to.
func TestManyTenantsAtOnce(t *testing.T) {
	const tenants, each = 12, 5 // settings, all that a tenant may have
	id := func(i int) string { return fmt.Sprintf("%08d-0000-4000-8000-000000000000", i+1) }
	inVirtualTime(t, func(r *run) {
		config := r.Provider(`allowed_tenant_ids = ["*"]`)
		for i := range tenants {
			tenant := r.Sim.Tenant(id(i))
			tenant.AddPrincipal(azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID,
				Secret: acctest.Secret, Role: azuresim.Contributor})
			if i%4 == 0 {
				lag := azuresim.Lag{Gets: 1, Lists: 1}
				tenant.Behave(azuresim.Behaviour{AfterCreate: lag, AfterDelete: lag})
			}
			for j := range each {
				config += acctest.Connector(fmt.Sprintf("t%d_%d", i, j), fmt.Sprintf("%s-%d-%d", lawSOC, i, j),
					line("tenant_id", id(i)), line("name", fmt.Sprint(id(i), "-", j)), categories(six[:j+1]...))
			}
		}
		// asked checks the requests since its last call by method, those for the tenant's token by POST.
		asked := func(want map[string]int, mostReads int) {
			t.Helper()
			counts := map[string]int{}
			for _, e := range r.Sim.Requests() {
				if _, of, found := strings.Cut(e.Path, "/diagnosticSettings/"); found && !strings.HasPrefix(of, e.TokenTenant) {
					t.Errorf("%s %s carried a token of tenant %s", e.Method, e.Path, e.TokenTenant)
				}
				if !strings.HasSuffix(e.Path, "/openid-configuration") {
					counts[e.Method]++
				}
			}
			reads := counts[http.MethodGet]
			if delete(counts, http.MethodGet); !maps.Equal(counts, want) || reads > mostReads {
				t.Errorf("there were the requests %v and %d reads, want %v and at most %d", counts, reads, want, mostReads)
			}
			r.Sim.ForgetRequests()
		}
		r.succeeded(r.tf.Apply(config).Diagnostics)
		// Twice a plan's reads for advice, and for each setting two reads, a write, and some more reads until it is steady.
		asked(map[string]int{"PUT": tenants * each, "POST": tenants * 2}, tenants*each*15)
		r.plan(config, noChanges)
		asked(map[string]int{"POST": tenants}, tenants*each)
		r.succeeded(r.tf.Destroy(config).Diagnostics)
		asked(map[string]int{"DELETE": tenants * each, "POST": tenants * 2}, tenants*each*20)
		for i := range tenants {
			if left := r.Sim.Tenant(id(i)).SettingNames(); len(left) > 0 {
				t.Errorf("the settings %v of tenant %s are left", left, id(i))
			}
		}
	})
}

package connector_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
)

func importing(id string) string {
	return fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, id)
}

func importingIdentity(lines ...string) string {
	return fmt.Sprintf("import {\n  to = %s\n  identity = {\n    %s\n  }\n}\n", address, strings.Join(lines, "\n    "))
}

const toImport = "Plan: 1 to import, 0 to add, 0 to change, 0 to destroy."

// Each form of an id imports the setting under the service's own spelling of its name, and leaves nothing to change.
func TestImport(t *testing.T) {
	each(t, map[string]string{
		"a name in another case":    importing(strings.ToUpper(soc)),
		"a tenant and a name":       importing(strings.ToUpper(acctest.OtherTenantID + "/" + soc)),
		"an ARM id in another case": importing("/PROVIDERS/Microsoft.AADIAM/diagnosticsettings/" + soc),
		"azapi's, with two slashes": importing("//providers/Microsoft.AADIAM/diagnosticSettings/" + soc),
		"an identity":               importingIdentity(line("name", strings.ToUpper(soc))),
		"an identity with a tenant": importingIdentity(line("name", soc), line("tenant_id", acctest.OtherTenantID)),
		"one in upper case": importingIdentity(line("name", soc),
			line("tenant_id", strings.ToUpper(acctest.OtherTenantID))),
	}, func(r *run, block string) {
		r.put(soc, portal(lawSOC, nil, six...))
		r.must(r.Other.PutSetting(soc, portal(lawSOC, nil, six...)))
		config, tenant := r.Provider(`allowed_tenant_ids = ["*"]`)+connector(lawSOC), acctest.TenantID
		if strings.Contains(strings.ToLower(block), acctest.OtherTenantID) {
			tenant = acctest.OtherTenantID
			config = r.Provider(`allowed_tenant_ids = ["*"]`) + connector(lawSOC, line("tenant_id", tenant))
		}
		plan := r.plan(config+block, toImport)
		r.called("GET diagnosticSettings", "GET "+soc) // the list has the service's spelling
		r.succeeded(plan.Apply())
		r.plan(config, noChanges)
		r.matches("the state", r.tf.Attributes(address), map[string]any{"name": soc, "tenant_id": tenant})
		r.matches("the identity", r.tf.State[address].Identity(), map[string]any{"name": soc, "tenant_id": tenant})
	})
}

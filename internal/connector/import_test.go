package connector_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
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
	type testCase struct{ block, tenant string }
	each(t, map[string]testCase{
		"a name":                 {importing(soc), ""},
		"a name in another case": {importing(strings.ToUpper(soc)), ""},
		"a tenant and a name":    {importing(acctest.OtherTenantID + "/" + soc), acctest.OtherTenantID},
		"the same in upper case": {importing(strings.ToUpper(acctest.OtherTenantID + "/" + soc)), acctest.OtherTenantID},
		"an ARM id":              {importing("/providers/microsoft.aadiam/diagnosticSettings/" + soc), ""},
		"an ARM id in another case": {importing("/PROVIDERS/Microsoft.AADIAM/diagnosticsettings/" + strings.ToLower(soc)),
			""},
		"azapi's, with two slashes":   {importing("//providers/Microsoft.AADIAM/diagnosticSettings/" + soc), ""},
		"an identity without tenant":  {importingIdentity(line("name", soc)), ""},
		"an identity in another case": {importingIdentity(line("name", strings.ToUpper(soc))), ""},
		"an identity with the tenant": {importingIdentity(line("name", soc), line("tenant_id", acctest.TenantID)), ""},
		"an identity in upper case": {importingIdentity(line("name", soc),
			line("tenant_id", strings.ToUpper(acctest.OtherTenantID))), acctest.OtherTenantID},
	}, func(r *run, test testCase) {
		r.put(soc, portal(lawSOC, nil, six...))
		r.must(r.Other.PutSetting(soc, portal(lawSOC, nil, six...)))
		tenant, more := acctest.TenantID, ""
		if test.tenant != "" {
			tenant, more = test.tenant, line("tenant_id", test.tenant)
		}
		config := r.Provider(`allowed_tenant_ids = ["*"]`) + connector(lawSOC, more)
		plan := r.plan(config+test.block, toImport)
		r.called("GET diagnosticSettings", "GET "+soc) // the list has the service's spelling
		r.succeeded(plan.Apply())
		r.plan(config, noChanges)
		r.matches("the state", r.tf.Attributes(address), map[string]any{"name": soc, "tenant_id": tenant})
		r.matches("the identity", r.tf.State[address].Identity(), map[string]any{"name": soc, "tenant_id": tenant})
	})
}

// A setting that the list does not show yet is imported all the same.
func TestImportBeforeTheListShowsIt(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		r.put(soc, portal(lawSOC, nil, six...))
		r.Sim.AddFault(azuresim.Fault{PathEnd: "/diagnosticSettings", Status: 200, Body: `{"value":[]}`})
		r.plan(r.connector(lawSOC)+importing(strings.ToLower(soc)), toImport)
	})
}

func TestImportRefusals(t *testing.T) {
	type testCase struct {
		block string
		says  []string
	}
	each(t, map[string]testCase{
		"a tenant's domain": {importing("contoso.onmicrosoft.com/" + soc),
			[]string{"Not an import id", "is not an import id"}},
		"an illegal name":       {importing("a:b"), []string{"Not an import id", "is not an import id"}},
		"another resource's id": {importing("/subscriptions/1/x"), []string{"Not an import id", "is not an import id"}},
		"a domain in an identity": {importingIdentity(line("name", soc), line("tenant_id", "contoso.com")),
			[]string{"Not an import id", "is not a GUID"}},
		"a bad name in an identity": {importingIdentity(line("name", "a/b")), []string{"Not an import id", "contains '/'"}},
		"a name that is not there": {importing("Entra"), []string{`Cannot import the connector "Entra": not found`,
			acctest.TenantID,
			`It has "AzureSentinel_law-soc", "archive".`, "<tenant id>/<name>"}},
		"a tenant without settings": {importing(acctest.OtherTenantID + "/" + soc),
			[]string{"not found", acctest.OtherTenantID, "It has none."}},
	}, func(r *run, test testCase) {
		r.put("archive", portal(lawTwo, nil, "AuditLogs"))
		r.put(soc, portal(lawSOC, nil, six...))
		r.fails(r.tf.Plan(r.Provider(`allowed_tenant_ids = ["*"]`)+connector(lawSOC)+test.block).Diagnostics, test.says...)
	})
}

// An import's plan shows what an apply would take out of the setting.
func TestImportShowsWhatWouldBeLost(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		r.put(soc, portal(lawSOC, map[string]any{"storageAccountId": archive}, append([]string{"RiskyUsers"}, six...)...))
		plan := r.plan(r.connector(lawSOC)+importing(soc), "Plan: 1 to import, 0 to add, 1 to change, 0 to destroy.")
		change := plan.Changes[address]
		r.matches("the setting", change.Before, map[string]any{"storage_account_id": archive,
			"log_categories": list(append([]string{"RiskyUsers"}, six...)...)})
		r.matches("the plan", change.After, map[string]any{"storage_account_id": nil, "log_categories": list(six...)})
		if said := plan.Apply(); len(said) > 0 {
			t.Fatal(said)
		}
		r.streams(six...)
		r.has(map[string]any{"storageAccountId": ""})
	})
}

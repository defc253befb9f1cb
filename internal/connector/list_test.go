package connector_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// severalSettings are two that send to workspaces, one that does not, and one of another tenant.
func (r *run) severalSettings() {
	r.put(soc, portal(lawSOC, map[string]any{"eventHubAuthorizationRuleId": hubRule, "eventHubName": "entra"},
		"SignInLogs", "AuditLogs"))
	r.put("Entra logs", portal(lawTwo, nil, "AuditLogs"))
	r.put("archive", portal("", map[string]any{"storageAccountId": archive}, "RiskyUsers"))
	r.must(r.Other.PutSetting("theirs", portal(lawSOC, nil, six...)))
}

// The list resource finds what "terraform query" can write a configuration for: settings with a workspace.
func TestListResource(t *testing.T) {
	for name, test := range map[string]struct {
		config string
		limit  int64
		want   []string
	}{
		"the provider's tenant": {"", 100, []string{soc, "Entra logs"}},
		"one workspace":         {line("log_analytics_workspace_id", strings.ToLower(lawTwo)), 100, []string{"Entra logs"}},
		"another tenant":        {line("tenant_id", strings.ToUpper(acctest.OtherTenantID)), 100, []string{"theirs"}},
		"a limit":               {"", 1, []string{soc}},
		"no limit":              {"", 0, []string{soc, "Entra logs"}},
		"nothing there":         {line("log_analytics_workspace_id", acctest.WorkspaceID("law-none")), 100, nil},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(r *run) {
				r.severalSettings()
				var names []string
				for _, found := range r.tf.List(r.Provider(`allowed_tenant_ids = ["*"]`), typeName, test.config, test.limit) {
					tenant := acctest.TenantID
					if strings.Contains(test.config, "tenant_id") {
						tenant = acctest.OtherTenantID
					}
					r.succeeded(found.Diagnostics)
					r.matches("the identity", found.Identity, map[string]any{"name": found.DisplayName, "tenant_id": tenant})
					names = append(names, found.DisplayName)
				}
				if !slices.Equal(names, test.want) {
					t.Errorf("found %q, want %q", names, test.want)
				}
			})
		})
	}
}

// What is listed is the whole resource, as an import and a read have it.
func TestListResourceIsWhole(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		r.severalSettings()
		listed := r.tf.List(r.Provider(), typeName, line("log_analytics_workspace_id", lawSOC), 100)
		plan := r.tf.Plan(r.connector(lawSOC) + importing(soc))
		if imported := plan.Refreshed[address].Attributes(); len(listed) != 1 ||
			!reflect.DeepEqual(listed[0].Resource, imported) {
			t.Errorf("the listed resources are %v, and the imported one is %v", listed, imported)
		}
	})
}

func TestListResourceRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		role   azuresim.Role
		config string
		says   []string
	}{
		"no role": {azuresim.NoRole, "", []string{"Cannot list the tenant's connectors: no permission to read " +
			"diagnostic settings", `--scope "/providers/Microsoft.aadiam" --role "Reader"`}},
		"a tenant's domain": {azuresim.Contributor, line("tenant_id", "contoso.com"),
			[]string{"Not a tenant id", "is not a GUID"}},
		"a workspace's GUID": {azuresim.Contributor, line("log_analytics_workspace_id", acctest.ObjectID),
			[]string{"Not the id of a Log Analytics workspace", "is a GUID"}},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(r *run) {
				r.role(test.role)
				results := r.tf.List(r.Provider(), typeName, test.config, 100)
				if len(results) != 1 {
					t.Fatalf("the results are %+v", results)
				}
				r.fails(results[0].Diagnostics, test.says...)
			})
		})
	}
}

package connector_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

var listType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{"tenant_id": tftypes.String, "log_analytics_workspace_id": tftypes.String}}

// listConnectors runs the list resource as "terraform query" does.
func listConnectors(t *testing.T, server tfprotov6.ListResourceServer, config map[string]string, limit int64) []tfprotov6.ListResourceResult {
	t.Helper()
	values := map[string]tftypes.Value{}
	for name, value := range config {
		values[name] = tftypes.NewValue(tftypes.String, value)
	}
	block := object(t, listType, values)
	validated, err := server.ValidateListResourceConfig(t.Context(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: typeName, Config: block})
	if err != nil {
		t.Fatal(err)
	}
	if len(validated.Diagnostics) > 0 {
		return []tfprotov6.ListResourceResult{{Diagnostics: validated.Diagnostics}}
	}
	stream, err := server.ListResource(t.Context(), &tfprotov6.ListResourceRequest{TypeName: typeName, Config: block, IncludeResource: true, Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(stream.Results)
}

func TestList(t *testing.T) {
	w := acctest.NewWorld(t)
	elsewhere := acctest.WorkspaceID("law-elsewhere")
	put(t, w.Tenant, soc, portal(acctest.WorkspaceID("law-soc"), map[string]any{"storageAccountId": movedStorage}, "AuditLogs", "SignInLogs"))
	put(t, w.Tenant, "Entra logs", portal(elsewhere, nil, "AuditLogs"))
	put(t, w.Tenant, "archive", portal("", map[string]any{"storageAccountId": movedStorage}, "RiskyUsers"))
	put(t, w.Other, "theirs", portal(acctest.WorkspaceID("law-soc"), nil, six...))
	server := configuredServer(t, w)
	for name, test := range map[string]struct {
		config map[string]string
		limit  int64
		want   []string
	}{
		"the provider's tenant": {nil, 100, []string{soc, "Entra logs"}},
		"one workspace":         {map[string]string{"log_analytics_workspace_id": strings.ToLower(elsewhere)}, 100, []string{"Entra logs"}},
		"another tenant":        {map[string]string{"tenant_id": strings.ToUpper(acctest.OtherTenantID)}, 100, []string{"theirs"}},
		"a limit":               {nil, 1, []string{soc}},
		"no limit":              {nil, 0, []string{soc, "Entra logs"}},
		"nothing there":         {map[string]string{"log_analytics_workspace_id": acctest.WorkspaceID("law-none")}, 100, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var names []string
			for _, result := range listConnectors(t, server, test.config, test.limit) {
				if len(result.Diagnostics) > 0 {
					t.Fatal(result.Diagnostics[0].Summary, result.Diagnostics[0].Detail)
				}
				tenant := acctest.TenantID
				if test.config["tenant_id"] != "" {
					tenant = acctest.OtherTenantID
				}
				if got, want := identityOf(t, result.Identity), map[string]string{"name": result.DisplayName, "tenant_id": tenant}; !maps.Equal(got, want) {
					t.Errorf("the identity is %v, want %v", got, want)
				}
				names = append(names, result.DisplayName)
			}
			if !slices.Equal(names, test.want) {
				t.Errorf("found %q, want %q", names, test.want)
			}
		})
	}
}

// What is listed is the whole resource, as an import and a read would have it.
func TestList_resource(t *testing.T) {
	w := acctest.NewWorld(t)
	put(t, w.Tenant, soc, portal(acctest.WorkspaceID("law-soc"), map[string]any{"storageAccountId": movedStorage}, "AuditLogs", "SignInLogs"))
	server := configuredServer(t, w)
	listed := listConnectors(t, server, nil, 100)[0]
	imported, err := server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: typeName, ID: soc})
	if err != nil || len(imported.Diagnostics) > 0 {
		t.Fatalf("importing: %v, %v", err, imported.Diagnostics)
	}
	read, err := server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: typeName, CurrentState: imported.ImportedResources[0].State})
	if err != nil || len(read.Diagnostics) > 0 {
		t.Fatalf("reading: %v, %v", err, read.Diagnostics)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	kind := schemas.ResourceSchemas[typeName].ValueType()
	got, err := listed.Resource.Unmarshal(kind)
	if err != nil {
		t.Fatal(err)
	}
	want, err := read.NewState.Unmarshal(kind)
	if err != nil {
		t.Fatal(err)
	}
	if differences, err := want.Diff(got); err != nil || len(differences) > 0 {
		t.Errorf("the listed resource differs from the read one: %v, error %v", differences, err)
	}
}

func TestList_refusals(t *testing.T) {
	for name, test := range map[string]struct {
		prepare         func(*acctest.World)
		config          map[string]string
		summary, detail string
	}{
		"no role": {
			prepare: func(w *acctest.World) {
				w.Tenant.AddPrincipal(azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Secret: acctest.Secret, Role: azuresim.NoRole})
			},
			summary: "Cannot list the tenant's connectors: no permission to read diagnostic settings", detail: `--scope "/providers/Microsoft.aadiam" --role "Reader"`,
		},
		"a tenant's domain": {config: map[string]string{"tenant_id": "contoso.com"}, summary: "Not a tenant id", detail: "is not a GUID"},
		"a workspace's GUID": {
			config:  map[string]string{"log_analytics_workspace_id": acctest.ObjectID},
			summary: "Not the id of a Log Analytics workspace", detail: "is a GUID",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.NewWorld(t)
			if test.prepare != nil {
				test.prepare(w)
			}
			results := listConnectors(t, configuredServer(t, w), test.config, 100)
			if len(results) != 1 || len(results[0].Diagnostics) != 1 {
				t.Fatalf("the results are %+v", results)
			}
			said := results[0].Diagnostics[0]
			if said.Summary != test.summary || !strings.Contains(said.Detail, test.detail) {
				t.Errorf("it says %q\n%s", said.Summary, said.Detail)
			}
		})
	}
}

// The real "terraform query" writes a configuration whose import changes nothing.
func TestAccList_query(t *testing.T) {
	if !acctest.CanQuery(t) {
		t.Skip("this Terraform has no query; TestList speaks the protocol instead")
	}
	w := acctest.NewWorld(t)
	put(t, w.Tenant, soc, portal(acctest.WorkspaceID("law-soc"), map[string]any{"storageAccountId": movedStorage}, "AuditLogs", "SignInLogs"))
	put(t, w.Tenant, "Entra logs", portal(acctest.WorkspaceID("law-elsewhere"), nil, "AuditLogs"))
	folder := w.NewFolder(t, w.Provider())
	folder.Write("entra.tfquery.hcl", fmt.Sprintf("list \"sentinel_aad_connector\" \"soc\" {\n  provider         = sentinel\n  include_resource = true\n  config {\n    log_analytics_workspace_id = %q\n  }\n}\n",
		acctest.WorkspaceID("law-soc")))
	printed := folder.Run("query", "-generate-config-out=generated.tf")
	if !strings.Contains(printed, soc) || strings.Contains(printed, "Entra logs") {
		t.Errorf("the query printed\n%s", printed)
	}
	if printed := folder.Run("plan"); !strings.Contains(printed, "1 to import, 0 to add, 0 to change, 0 to destroy") {
		t.Errorf("the plan of the generated configuration is\n%s", printed)
	}
}

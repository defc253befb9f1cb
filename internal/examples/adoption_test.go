package examples_test

import (
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

const (
	typeName     = "sentinel_aad_connector"
	fabrikamName = "AzureSentinel_law-fabrikam"
)

// connected is a world in which the portal has connected two tenants.
func connected(t *testing.T) *acctest.World {
	t.Helper()
	w := newWorld(t)
	acctest.PutSetting(t, w.Tenant, connectorName, workspaceID, entralogs.Names(entralogs.Connector())...)
	acctest.PutSetting(t, w.Other, fabrikamName, fabrikamID, "AuditLogs", "SignInLogs")
	return w
}

func TestAccImports(t *testing.T) {
	for _, file := range examples(t, "import") {
		t.Run(path.Base(file), func(t *testing.T) {
			w := connected(t)
			if _, minor := acctest.TerraformVersion(t); minor < 12 && path.Base(file) == "import-by-identity.tf" {
				resource := "resource \"" + typeName + "\" \"entra\" { log_analytics_workspace_id = \"" + workspaceID + "\" }\n"
				plan := w.Terraform(t).Plan(resource + example(t, file))
				change := plan.Changes[typeName+".entra"]
				if change == nil || !change.Imported || change.Action != protocol.NoOp {
					t.Errorf("%s: the plan is %+v, %s", file, change, plan.Diagnostics)
				}
				return
			}
			f := open(t, w, path.Dir(file), func(name string) bool {
				return name == "resource.tf" || name == "main.tf" || name == path.Base(file)
			})
			if path.Ext(file) == ".tf" {
				printed := f.Run("plan")
				if !acctest.Contains(printed, "to import, 0 to add, 0 to change, 0 to destroy") {
					t.Errorf("the plan is\n%s", printed)
				}
				return
			}
			for line := range strings.Lines(example(t, file)) {
				if command, isCommand := strings.CutPrefix(line, "terraform "); isCommand {
					f.Run(strings.Fields(command)...)
					f.Run("plan", "-detailed-exitcode")
					f.Write("terraform.tfstate", "")
				}
			}
		})
	}
}

func TestAccMoves(t *testing.T) {
	for _, file := range examples(t, "move") {
		t.Run(path.Base(file), func(t *testing.T) {
			w := newWorld(t)
			acctest.PutSetting(t, w.Tenant, "entra-logs", workspaceID, "AuditLogs", "SignInLogs")
			for _, other := range []string{"hashicorp/azurerm", "azure/azapi"} {
				w.Providers[other] = w.Providers[terraformcli.Name]
			}
			f := open(t, w, path.Dir(file), func(name string) bool { return name == path.Base(file) })
			f.Write("variables.tf", "variable \"workspace_id\" {}\n") // which resource.tf declares
			// The state of the provider that it moves from.
			left := strings.TrimSuffix(strings.TrimPrefix(path.Base(file), "moved-from-"), ".tf") + ".json"
			f.Write("terraform.tfstate", read(t, path.Join("internal/examples/testdata", left)))
			printed := f.Run("apply", "-auto-approve")
			if !acctest.Contains(printed, "has moved to sentinel_aad_connector.moved",
				"Plan: 0 to add, 0 to change, 0 to destroy.") {
				t.Errorf("the plan is\n%s", printed)
			}
			f.Run("plan", "-detailed-exitcode")
		})
	}
}

// What each file's query finds.
var found = map[string]string{
	"list-resource.tfquery.hcl":               connectorName,
	"list-resource-one-workspace.tfquery.hcl": fabrikamName,
}

// Queries find no more than they say, in Terraform 1.14 and through the protocol.
func TestAccQueries(t *testing.T) {
	const block = `provider "sentinel" { allowed_tenant_ids = ["*"] }`
	w, files := connected(t), examples(t, "query")
	acctest.PutSetting(t, w.Other, "elsewhere", workspaceID, "B2CRequestLogs")
	for _, file := range files {
		config := regexp.MustCompile(`(?s)config \{(.*?)\}|$`).FindStringSubmatch(example(t, file))[1]
		listed := w.Terraform(t).List(block, typeName, config, 0)
		if len(listed) != 1 || listed[0].DisplayName != found[path.Base(file)] {
			t.Errorf("%s finds %+v", file, listed)
		}
	}
	if product, minor := acctest.TerraformVersion(t); product != "Terraform" || minor < 14 {
		t.Skip("skipped: terraform query needs Terraform 1.14; the queries were tried through the protocol only")
	}
	f := open(t, w, path.Dir(files[0]), func(string) bool { return true })
	f.Write("provider.tf", block)
	printed := f.Run("query", "-generate-config-out=generated.tf")
	for file, name := range found {
		if !strings.Contains(printed, name) {
			t.Errorf("%s does not find %s:\n%s", file, name, printed)
		}
	}
	if printed := f.Run("plan"); !strings.Contains(printed, "2 to import, 0 to add, 0 to change, 0 to destroy") {
		t.Errorf("the plan of the generated configuration is\n%s", printed)
	}
}

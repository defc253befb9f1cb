package examples_test

import (
	"os"
	"path"
	"path/filepath"
	"slices"
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
			if path.Base(file) == "import-by-identity.tf" {
				importsByIdentity(t, w, file)
				if _, minor := acctest.TerraformVersion(t); minor < 12 {
					t.Skip("skipped: importing by identity needs Terraform or OpenTofu 1.12; tried through the protocol only")
				}
			}
			f := open(t, w, path.Dir(file), func(name string) bool {
				return name == "resource.tf" || name == "main.tf" || name == path.Base(file)
			})
			if path.Ext(file) == ".sh" {
				importsByCommands(t, f, file)
				return
			}
			if printed := f.Run("plan"); !acctest.Says("to import, 0 to add, 0 to change, 0 to destroy").MatchString(printed) {
				t.Errorf("the plan is\n%s", printed)
			}
		})
	}
}

func importsByCommands(t *testing.T, f *acctest.Folder, file string) {
	t.Helper()
	for line := range strings.Lines(example(t, file)) {
		if command, isCommand := strings.CutPrefix(line, "terraform "); isCommand {
			f.Run(strings.Fields(command)...)
			f.Run("plan", "-detailed-exitcode")
			if err := os.Remove(filepath.Join(f.Path, "terraform.tfstate")); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func importsByIdentity(t *testing.T, w *acctest.World, file string) {
	t.Helper()
	resource := "resource \"" + typeName + "\" \"entra\" {\n  log_analytics_workspace_id = \"" + workspaceID + "\"\n}\n"
	plan := w.Terraform(t).Plan(resource + example(t, file))
	if change := plan.Changes[typeName+".entra"]; change == nil || !change.Imported || change.Action != protocol.NoOp {
		t.Errorf("%s: the plan is %+v, %s", file, change, plan.Diagnostics)
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
			want := acctest.Says("has moved to sentinel_aad_connector.moved", "Plan: 0 to add, 0 to change, 0 to destroy.")
			if !want.MatchString(printed) {
				t.Errorf("the plan is\n%s", printed)
			}
			f.Run("plan", "-detailed-exitcode")
		})
	}
}

const queryProvider = `provider "sentinel" { allowed_tenant_ids = ["*"] }`

// What each file's query finds.
var found = map[string]string{
	"list-resource.tfquery.hcl":               connectorName,
	"list-resource-one-workspace.tfquery.hcl": fabrikamName,
}

func TestQueries(t *testing.T) {
	w := connected(t)
	acctest.PutSetting(t, w.Other, "elsewhere", workspaceID, "B2CRequestLogs")
	for _, file := range examples(t, "query") {
		text := example(t, file)
		for _, block := range parse(t, text) {
			if block.Type != "list" || len(block.Labels) != 2 || block.Labels[0] != typeName {
				t.Fatalf("%s has a block %s %q", file, block.Type, block.Labels)
			}
			settings := ""
			for _, inner := range block.Body.Blocks {
				settings += text[inner.OpenBraceRange.End.Byte:inner.CloseBraceRange.Start.Byte]
			}
			var names []string
			for _, one := range w.Terraform(t).List(queryProvider, typeName, settings, 0) {
				if len(one.Diagnostics) > 0 {
					t.Fatal(one.Diagnostics)
				}
				names = append(names, one.DisplayName)
			}
			if want := []string{found[path.Base(file)]}; !slices.Equal(names, want) {
				t.Errorf("%s finds %q, want %q", file, names, want)
			}
		}
	}
}

func TestAccQueries(t *testing.T) {
	w := connected(t)
	if product, minor := acctest.TerraformVersion(t); product != "Terraform" || minor < 14 {
		t.Skip("skipped: terraform query needs Terraform 1.14; the queries were tried through the protocol only")
	}
	folder := path.Dir(examples(t, "query")[0])
	f := open(t, w, folder, func(string) bool { return true })
	f.Write("provider.tf", queryProvider)
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

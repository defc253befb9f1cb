package connector_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// A connector's life by a real Terraform, for what the other tests take for granted of it: which plans it makes, what
// it prints and keeps.
func TestAccConnector(t *testing.T) {
	w := acctest.NewWorld(t)
	r := &run{T: t, World: w}
	for _, id := range []string{lawSOC, lawTwo} {
		r.must(w.Tenant.PutWorkspace(azuresim.Workspace{ID: id}))
	}
	folder := w.NewFolder(t, r.connector(lawSOC))
	prints := func(printed string, texts ...string) {
		t.Helper()
		if !acctest.Says(texts...).MatchString(printed) || strings.Count(printed,
			"Warning:") != strings.Count(strings.Join(texts, " "), "Warning:") {
			t.Errorf("want %q, got\n%s", texts, printed)
		}
	}
	prints(folder.Run("apply", "-auto-approve"), "1 added, 0 changed, 0 destroyed")
	prints(folder.Run("plan"), noChanges)

	// Another spelling is no change, although the attribute is not computed.
	folder.Write("main.tf", r.connector(strings.ToUpper(lawSOC)+"/"))
	prints(folder.Run("plan"), noChanges)

	r.put(soc, portal(lawSOC, nil, append([]string{"RiskyUsers"}, six...)...))
	prints(folder.Run("plan"), `- "RiskyUsers"`, toChange)

	// Terraform plans a replacement twice, and prints the warnings of one of the two.
	theirs(lawTwo, "RiskyUsers")(r)
	folder.Write("main.tf", r.connector(lawSOC, line("name", "theirs")))
	prints(folder.Run("plan"), toReplace, `Warning: The setting "theirs" already exists`)
	folder.Write("main.tf", r.connector(lawSOC))
	prints(folder.Run("plan", "-replace="+address), toReplace)

	printed := folder.Run("apply", "-auto-approve", "-replace="+address)
	prints(printed, "1 added, 0 changed, 1 destroyed")
	folder.Run("state", "rm", address)
	folder.Write("main.tf", r.connector(lawSOC)+importing(strings.ToLower(soc)))
	prints(folder.Run("apply", "-auto-approve"), "1 imported, 0 added, 0 changed, 0 destroyed")

	// An error is printed as its golden file has it, but for where in the configuration it is.
	folder.Run("destroy", "-auto-approve")
	folder.Write("main.tf", r.connector(lawSOC))
	r.role(azuresim.NoRole)
	r.teaches("no role at all", errorIn(t, folder.Fail("apply", "-auto-approve")))
}

// location is where Terraform says that an error is, in which its versions differ.
var location = regexp.MustCompile(`(?m)^  with .*,\n(  on .*:\n +\d+: .*\n)?\n`)

func errorIn(t *testing.T, printed string) string {
	t.Helper()
	at := strings.Index(printed, "\nError: ")
	if at < 0 {
		t.Fatalf("there is no error in:\n%s", printed)
	}
	return location.ReplaceAllString(printed[at+1:], "")
}

func TestAccIdentity(t *testing.T) {
	w := acctest.NewWorld(t)
	w.Test(t, resource.TestCase{
		TerraformVersionChecks: []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		Steps: []resource.TestStep{
			{
				Config: w.Provider() + connector(lawSOC, line("tenant_id", strings.ToUpper(acctest.TenantID))),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectIdentity(address, map[string]knownvalue.Check{
						"name": knownvalue.StringExact(soc), "tenant_id": knownvalue.StringExact(acctest.TenantID),
					}),
				},
			},
			{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
		},
	})
}

// The real "terraform query" writes a configuration whose import changes nothing.
func TestAccQuery(t *testing.T) {
	if !acctest.CanQuery(t) {
		t.Skip("this Terraform has no query; TestListResource speaks the protocol instead")
	}
	w := acctest.NewWorld(t)
	r := &run{T: t, World: w}
	r.severalSettings()
	folder := w.NewFolder(t, w.Provider())
	folder.Write("entra.tfquery.hcl", fmt.Sprintf("list %q \"soc\" {\n  provider         = sentinel\n  "+
		"include_resource = true\n  config {\n    %s\n  }\n}\n",
		typeName, line("log_analytics_workspace_id", lawSOC)))
	printed := folder.Run("query", "-generate-config-out=generated.tf")
	if !strings.Contains(printed, soc) || strings.Contains(printed, "Entra logs") {
		t.Errorf("the query printed\n%s", printed)
	}
	if printed := folder.Run("plan"); !strings.Contains(printed, toImport) {
		t.Errorf("the plan of the generated configuration is\n%s", printed)
	}
}

// A real Terraform calls the move for azurerm's resource.
func TestAccMove(t *testing.T) {
	w := acctest.NewWorld(t)
	w.ServeAs("hashicorp/azurerm")
	r := &run{T: t, World: w}
	r.put(movedName, movedSetting())
	folder := w.NewFolder(t, w.Provider())
	folder.Write("main.tf", w.Provider()+movedConnector+moved("azurerm_monitor_aad_diagnostic_setting"))
	folder.Write("terraform.tfstate", stateFile(t, "azurerm-4"))
	if printed := folder.Run("apply", "-auto-approve"); !acctest.Says("has moved to "+address,
		"0 added, 0 changed, 0 destroyed").MatchString(printed) {
		t.Fatalf("the move printed\n%s", printed)
	}
	if printed := folder.Run("plan"); !strings.Contains(printed, noChanges) {
		t.Errorf("the next plan is\n%s", printed)
	}
}

package connector_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// What the other tests take for granted of a real Terraform beside what package protocol compares.
func TestAccConnector(t *testing.T) {
	w := acctest.NewWorld(t)
	r := &run{T: t, World: w}
	for _, id := range []string{lawSOC, lawTwo} {
		r.must(w.Tenant.PutWorkspace(azuresim.Workspace{ID: id}))
	}
	folder := w.NewFolder(t, r.connector(lawSOC))
	folder.Run("apply", "-auto-approve")

	// Another spelling is no change, although the attribute is not computed.
	folder.Write("main.tf", r.connector(strings.ToUpper(lawSOC)+"/"))
	folder.Run("plan", "-detailed-exitcode")

	// Terraform plans a replacement twice, and prints the warnings of one of the two.
	theirs(lawTwo, "RiskyUsers")(r)
	folder.Write("main.tf", r.connector(lawSOC, line("name", "theirs")))
	if printed := folder.Run("plan"); strings.Count(printed, "Warning:") != 1 ||
		!acctest.Contains(printed, toReplace, `Warning: The setting "theirs" already exists`) {
		t.Errorf("the plan is\n%s", printed)
	}

	// An error is printed as its golden file has it, but for where in the configuration it is.
	folder.Run("destroy", "-auto-approve")
	role(azuresim.NoRole)(r)
	folder.Write("main.tf", r.connector(lawSOC))
	r.teaches("errors", "no role at all", errorIn(t, folder.Fail("apply", "-auto-approve")))
}

// An import leaves the state that a creation does, by either id and by the command or a block.
func TestAccImport(t *testing.T) {
	w := acctest.NewWorld(t)
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: w.Provider() + connector(lawSOC, categories("AuditLogs", "SignInLogs"))},
		{ResourceName: address, ImportState: true, ImportStateVerify: true},
		{ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateId: acctest.TenantID + "/" + soc},
		{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithID},
	}})
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

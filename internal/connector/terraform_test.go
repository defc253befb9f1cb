package connector_test

import (
	"regexp"
	"strings"
	"testing"

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

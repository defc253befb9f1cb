// Package examples_test runs every example of the documentation as a user would, against the simulator. A new example is run by the test that its
// folder and name call for.
package examples_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

func TestMain(m *testing.M) { acctest.Run(m) }

const root = "../../examples"

// What the examples say of the world that make simulator starts.
const (
	connectorName = "AzureSentinel_law-soc"
	workspaceID   = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-soc"
	fabrikamID    = "/subscriptions/9e3c7a52-61d8-4b0f-8a94-2f5b6c7d8e90/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-fabrikam"
)

const requiredProvider = `terraform {
  required_providers {
    sentinel = {
      source = "` + terraformcli.Source + `"
    }
  }
}
`

// The tests that examples are run by.
const (
	byConfiguration = "a configuration that is applied"
	byProvider      = "a provider block that signs in"
	byImport        = "an import"
	byMove          = "a move"
	byQuery         = "a query"
	byModule        = "a module that is tested by its own tests"
	byPipeline      = "a pipeline"
	byPicture       = "a picture that the documentation's tests compare with a report"
)

// runBy says by which test a file is run, "" for none.
func runBy(file string) string {
	name := path.Base(file)
	switch {
	case path.Ext(name) == ".yml", path.Ext(name) == ".jq":
		return byPipeline
	case path.Ext(name) == ".svg":
		return byPicture
	case strings.HasSuffix(name, ".tfquery.hcl"):
		return byQuery
	case name == "import.sh", strings.HasPrefix(name, "import-by-"):
		return byImport
	case strings.HasPrefix(name, "moved-from-"):
		return byMove
	case path.Dir(file) == "provider" && path.Ext(name) == ".tf":
		return byProvider
	case path.Dir(path.Dir(file)) == "modules" || path.Base(path.Dir(file)) == "tests":
		return byModule
	case path.Ext(name) == ".tf":
		return byConfiguration
	default:
		return ""
	}
}

// examples are the files that one kind of test runs, relative to the root.
func examples(t *testing.T, by string) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS(root), ".", func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && runBy(file) == by {
			files = append(files, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// folders are those of the files, each once.
func folders(files []string) []string {
	var all []string
	for _, file := range files {
		all = append(all, path.Dir(file))
	}
	return slices.Compact(all) // the files are sorted
}

func TestEveryFileIsRun(t *testing.T) {
	for _, file := range examples(t, "") {
		t.Errorf("no test runs %s", file)
	}
}

// newWorld is the world that make simulator starts, with records in every table.
func newWorld(t *testing.T) *acctest.World {
	t.Helper()
	w := acctest.NewShippedWorld(t)
	seed := readSeed(t, "../cmd/azuresim/seed.json")
	for _, tenant := range seed.Tenants {
		for _, workspace := range tenant.Workspaces {
			for name := range workspace.Tables {
				workspace.Tables[name] = azuresim.Table{Records: []azuresim.Record{azuresim.Aged(12, time.Hour, time.Hour)}}
			}
		}
	}
	if err := w.Sim.Seed(seed); err != nil {
		t.Fatal(err)
	}
	return w
}

func readSeed(t *testing.T, name string) azuresim.Seed {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	seed, err := azuresim.ReadSeed(file)
	if err != nil {
		t.Fatal(err)
	}
	return seed
}

// environment is what make simulator prints.
func environment(w *acctest.World) []string {
	return append(w.Environment(), "TF_VAR_workspace_id="+workspaceID)
}

// open copies the examples, and leaves of one folder only the files to be run together, which get a required_providers block where they have none.
func open(t *testing.T, folder string, environment []string, run func(name string) bool) *acctest.Folder {
	t.Helper()
	f := acctest.CopyFolder(t, root, environment...)
	f.Path = filepath.Join(f.Path, folder)
	entries, err := os.ReadDir(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	complete := false
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		if !run(entry.Name()) {
			if err := os.Remove(filepath.Join(f.Path, entry.Name())); err != nil {
				t.Fatal(err)
			}
			continue
		}
		text, err := os.ReadFile(filepath.Join(f.Path, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		complete = complete || strings.Contains(string(text), "required_providers")
	}
	if !complete {
		f.Write("versions.tf", requiredProvider)
	}
	return f
}

// What some configurations are to print besides being applied, finding nothing to do the next time, and being destroyed.
var printed = map[string][]string{
	"data-sources/sentinel_aad_connector_status": {`"ProvisioningLogs" = "receiving, last record 20`, `"SignInLogs" = "receiving, last record 20`},
	"data-sources/sentinel_aad_connectors":       {"connectors = {}"},
	"data-sources/sentinel_aad_log_categories":   {`"NetworkAccessTrafficLogs" = "NetworkAccessTraffic"`, `"RiskyUsers" = "AADRiskyUsers"`},
	"functions/category_to_table":                {`table = "SigninLogs"`},
	"functions/silence_query":                    {`where RecordCount == 0`},
	"functions/table_to_category":                {`category = "ProvisioningLogs"`},
	"resources/sentinel_aad_connector":           {"Apply complete! Resources: 2 added"},
	"many-tenants":                               {"Apply complete! Resources: 2 added", "silent = {}"},
}

func TestConfigurations(t *testing.T) {
	for _, folder := range folders(examples(t, byConfiguration)) {
		t.Run(folder, func(t *testing.T) {
			w := newWorld(t)
			f := open(t, folder, environment(w), func(name string) bool { return runBy(path.Join(folder, name)) == byConfiguration })
			f.Run("init")
			output := f.Run("apply", "-auto-approve")
			if !acctest.Says(printed[folder]...).MatchString(output) {
				t.Errorf("want %q, got\n%s", printed[folder], output)
			}
			if strings.Contains(output, "Warning") {
				t.Errorf("it warns:\n%s", output)
			}
			f.Run("plan", "-detailed-exitcode") // which fails where there is anything to do
			f.Run("destroy", "-auto-approve")
		})
	}
}

// A module brings its tests along, and says in simulator.json what they are to find.
func TestModules(t *testing.T) {
	tested := folders(slices.DeleteFunc(examples(t, byModule), func(file string) bool { return !strings.HasSuffix(file, ".tftest.hcl") }))
	for _, folder := range folders(examples(t, byModule)) {
		if tests := path.Join(folder, "tests"); path.Base(folder) != "tests" && !slices.Contains(tested, tests) {
			t.Errorf("%s has no tests", folder)
		}
	}
	for _, tests := range tested {
		folder := path.Dir(tests)
		t.Run(folder, func(t *testing.T) {
			w := acctest.NewShippedWorld(t)
			seed := readSeed(t, filepath.Join(root, tests, "simulator.json"))
			for i := range seed.Tenants { // as make simulator does
				seed.Tenants[i].Principals = []azuresim.Principal{
					{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Secret: acctest.Secret, Role: azuresim.Contributor},
				}
			}
			if err := w.Sim.Seed(seed); err != nil {
				t.Fatal(err)
			}
			f := open(t, folder, append(w.Environment(), w.AzurermStandIn(t)...), func(string) bool { return true })
			f.Run("init")
			output := f.Run("test")
			if !strings.Contains(output, "Success!") || strings.Contains(output, "skip") {
				t.Errorf("it printed\n%s", output)
			}
		})
	}
}

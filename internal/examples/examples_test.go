// Package examples_test runs every example of the documentation as a user would, against the simulator. A new example
// is run by the test that its folder and name call for.
package examples_test

import (
	"io/fs"
	"log"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// The environment signs every example in to the simulated Azure, as the one that make simulator prints does.
func TestMain(m *testing.M) {
	for _, entry := range signedIn() {
		name, value, _ := strings.Cut(entry, "=")
		if err := os.Setenv(name, value); err != nil {
			log.Fatal(err)
		}
	}
	acctest.Run(m)
}

func signedIn() []string {
	return slices.Concat(azuresim.New().Environment(), acctest.SignIn, []string{"TF_VAR_workspace_id=" + workspaceID})
}

const root = "../../examples"

// The names in the examples, from the world that make simulator starts.
const (
	connectorName = "AzureSentinel_law-soc"
	fabrikamID    = "/subscriptions/9e3c7a52-61d8-4b0f-8a94-2f5b6c7d8e90/resourceGroups/rg-soc" +
		"/providers/Microsoft.OperationalInsights/workspaces/law-fabrikam"
)

var workspaceID = acctest.WorkspaceID("law-soc")

// The kinds of examples, each with a test of its own.
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

// runBy returns the kind of a file, "" if no test runs it.
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

// examples returns the files of one kind, relative to the root.
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

// folders returns the folders of the files, each once.
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

// newWorld makes the world that make simulator starts, with records in every table.
func newWorld(t *testing.T) *acctest.World {
	t.Helper()
	return receiving(t, acctest.NewWorld(t))
}

func receiving(t *testing.T, w *acctest.World) *acctest.World {
	t.Helper()
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

// open copies the examples and keeps, of one folder, only the files to run together. They get a required_providers
// block if they have none, and are initialized if they call a module.
func open(t *testing.T, w *acctest.World, folder string, run func(name string) bool) *acctest.Folder {
	t.Helper()
	f := w.CopyFolder(t, root)
	f.Path = filepath.Join(f.Path, folder)
	entries, err := os.ReadDir(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, entry := range entries {
		switch file := filepath.Join(folder, entry.Name()); {
		case entry.IsDir():
		case run(entry.Name()):
			all.Write(read(t, file))
		default:
			if err := os.Remove(filepath.Join(f.Path, entry.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !strings.Contains(all.String(), "required_providers") {
		f.Write("versions.tf", acctest.RequiredProvider)
	}
	if strings.Contains(all.String(), "\nmodule ") {
		f.Run("init")
	}
	return f
}

// What a configuration prints when it is applied. It then has nothing to do.
var printed = map[string][]string{
	"data-sources/sentinel_aad_connector_status": {`"SignInLogs" = "receiving, last record 20`},
	"data-sources/sentinel_aad_connectors":       {"connectors = {}"},
	"data-sources/sentinel_aad_log_categories":   {`"NetworkAccessTrafficLogs" = "NetworkAccessTraffic"`},
	"functions/category_to_table":                {`table = "SigninLogs"`},
	"functions/silence_query":                    {`where RecordCount == 0`},
	"functions/table_to_category":                {`category = "ProvisioningLogs"`},
	"getting-started":                            {`"AuditLogs" = "receiving"`},
	"resources/sentinel_aad_connector":           {"Apply complete! Resources: 2 added"},
	"many-tenants":                               {"Resources: 2 added", "### No tenant of 2", "silent = {}"},
}

func TestAccConfigurations(t *testing.T) {
	for _, folder := range folders(examples(t, byConfiguration)) {
		t.Run(folder, func(t *testing.T) {
			f := open(t, newWorld(t), folder, func(name string) bool {
				return runBy(path.Join(folder, name)) == byConfiguration
			})
			output := f.Run("apply", "-auto-approve")
			if want := printed[folder]; want == nil || !acctest.Says(want...).MatchString(output) {
				t.Errorf("want %q, got\n%s", want, output)
			}
			if strings.Contains(output, "Warning") {
				t.Errorf("it warns:\n%s", output)
			}
			if strings.HasPrefix(folder, "functions/") {
				return // there is nothing that could change
			}
			f.Run("plan", "-detailed-exitcode") // fails if there are changes
		})
	}
}

// A module has its own tests, which run against what their simulator.json describes.
func TestAccModules(t *testing.T) {
	tested := folders(slices.DeleteFunc(examples(t, byModule), func(file string) bool {
		return !strings.HasSuffix(file, ".tftest.hcl")
	}))
	for _, folder := range folders(examples(t, byModule)) {
		if tests := path.Join(folder, "tests"); path.Base(folder) != "tests" && !slices.Contains(tested, tests) {
			t.Errorf("%s has no tests", folder)
		}
	}
	for _, tests := range tested {
		folder := path.Dir(tests)
		t.Run(folder, func(t *testing.T) {
			w := acctest.NewWorld(t)
			w.Serve("hashicorp/azurerm", providerserver.NewProtocol6(azurerm{}))
			seed := readSeed(t, filepath.Join(root, tests, "simulator.json"))
			for i := range seed.Tenants { // as make simulator does
				seed.Tenants[i].Principals = []azuresim.Principal{
					{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Secret: acctest.Secret, Role: azuresim.Contributor},
				}
			}
			if err := w.Sim.Seed(seed); err != nil {
				t.Fatal(err)
			}
			f := open(t, w, folder, func(string) bool { return true })
			output := f.Run("test")
			if !strings.Contains(output, "Success!") || strings.Contains(output, "skip") {
				t.Errorf("it printed\n%s", output)
			}
		})
	}
}

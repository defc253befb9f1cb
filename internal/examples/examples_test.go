// Package examples_test tests the documentation: it runs every example as a user would, against the simulator, and
// checks the pages. A new example is run by the test that its folder and name call for.
package examples_test

import (
	"cmp"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/provider"

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

// The names in the examples, from the world that make simulator starts.
const (
	connectorName = "AzureSentinel_law-soc"
	fabrikamID    = "/subscriptions/9e3c7a52-61d8-4b0f-8a94-2f5b6c7d8e90/resourceGroups/rg-soc" +
		"/providers/Microsoft.OperationalInsights/workspaces/law-fabrikam"
)

var workspaceID = acctest.WorkspaceID("law-soc")

// kinds are the kinds of examples by the names of their files, each with a test of its own. The first that matches
// counts.
var kinds = []struct {
	kind string
	file *regexp.Regexp
}{
	{"pipeline", regexp.MustCompile(`\.(yml|jq)$`)},
	{"picture", regexp.MustCompile(`\.svg$`)},
	{"query", regexp.MustCompile(`\.tfquery\.hcl$`)},
	{"import", regexp.MustCompile(`/import(\.sh$|-by-)`)},
	{"move", regexp.MustCompile(`/moved-from-`)},
	{"provider", regexp.MustCompile(`^provider/[^/]*\.tf$`)},
	{"module", regexp.MustCompile(`^modules/[^/]*/(tests/)?[^/]*$`)},
	{"configuration", regexp.MustCompile(`\.tf$`)},
}

// kindOf returns the kind of a file, "" if no test runs it.
func kindOf(file string) string {
	for _, one := range kinds {
		if one.file.MatchString(file) {
			return one.kind
		}
	}
	return ""
}

// root is the repository's.
const root = "../.."

// files returns the files below a folder of the repository, relative to it.
func files(t *testing.T, folder string) (all []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(filepath.Join(root, folder)), ".", func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			all = append(all, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// examples returns the files of one kind, relative to the examples.
func examples(t *testing.T, kind string) []string {
	t.Helper()
	return slices.DeleteFunc(files(t, "examples"), func(file string) bool { return kindOf(file) != kind })
}

// folders returns the folders of the examples of one kind, each once.
func folders(t *testing.T, kind string) (all []string) {
	t.Helper()
	for _, file := range examples(t, kind) {
		all = append(all, path.Dir(file))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestEveryFileIsRun(t *testing.T) {
	for _, file := range examples(t, "") {
		t.Errorf("no test runs %s", file)
	}
}

// read reads a file of the repository, and example one of the examples.
func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func example(t *testing.T, file string) string {
	t.Helper()
	return read(t, path.Join("examples", file))
}

func write(t *testing.T, folder, name, content string, mode os.FileMode) string {
	t.Helper()
	file := filepath.Join(folder, name)
	if err := os.WriteFile(file, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return file
}

// bash runs a script as the pipelines' services do. After "set -n" it only checks the syntax.
func bash(t *testing.T, folder string, environment []string, script string) (printed string, err error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	command.Dir, command.Env = folder, environment
	output, err := command.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w:\n%s\nprints\n%s", err, script, output)
	}
	return string(output), err
}

// programs makes a folder for programs that has the tests' Terraform, and returns the PATH that begins with it.
func programs(t *testing.T) (folder, variable string) {
	t.Helper()
	folder = t.TempDir()
	if err := os.Symlink(acctest.TerraformBinary(t), filepath.Join(folder, "terraform")); err != nil {
		t.Fatal(err)
	}
	return folder, "PATH=" + folder + string(os.PathListSeparator) + os.Getenv("PATH")
}

// newWorld makes the world that make simulator starts, with records in every table.
func newWorld(t *testing.T) *acctest.World {
	t.Helper()
	return seeded(t, acctest.NewWorld(t), azuresim.Aged(12, time.Hour, time.Hour))
}

// seeded adds what make simulator starts with, and records to every table.
func seeded(t *testing.T, w *acctest.World, records ...azuresim.Record) *acctest.World {
	t.Helper()
	seed(t, w, "internal/cmd/azuresim/seed.json", func(tenant *azuresim.SeedTenant) {
		for _, workspace := range tenant.Workspaces {
			for name := range workspace.Tables {
				workspace.Tables[name] = azuresim.Table{Records: records}
			}
		}
	})
	return w
}

// seed adds the tenants of a file, each edited.
func seed(t *testing.T, w *acctest.World, file string, edit func(*azuresim.SeedTenant)) {
	t.Helper()
	seed, err := azuresim.ReadSeed(strings.NewReader(read(t, file)))
	for i := range seed.Tenants {
		edit(&seed.Tenants[i])
	}
	if err := cmp.Or(err, w.Sim.Seed(seed)); err != nil {
		t.Fatal(err)
	}
}

// open copies the examples and keeps, of one folder, only the files to run together. They get a required_providers
// block if they have none, and are initialized if they call a module.
func open(t *testing.T, w *acctest.World, folder string, run func(name string) bool) *acctest.Folder {
	t.Helper()
	f := w.CopyFolder(t, filepath.Join(root, "examples"))
	f.Path = filepath.Join(f.Path, folder)
	var all string
	for _, name := range files(t, path.Join("examples", folder)) {
		switch {
		case strings.Contains(name, "/"):
		case run(name):
			all += example(t, path.Join(folder, name))
		default:
			if err := os.Remove(filepath.Join(f.Path, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !strings.Contains(all, "required_providers") {
		f.Write("versions.tf", acctest.RequiredProvider)
	}
	if strings.Contains(all, "\nmodule ") {
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
	for _, folder := range folders(t, "configuration") {
		t.Run(folder, func(t *testing.T) {
			f := open(t, newWorld(t), folder, func(name string) bool {
				return kindOf(path.Join(folder, name)) == "configuration"
			})
			output := f.Run("apply", "-auto-approve")
			if want := printed[folder]; want == nil || !acctest.Contains(output, want...) {
				t.Errorf("want %q, got\n%s", want, output)
			}
			if strings.Contains(output, "Warning") {
				t.Errorf("it warns:\n%s", output)
			}
			if !strings.HasPrefix(folder, "functions/") { // where there is nothing that could change
				f.Run("plan", "-detailed-exitcode") // fails if there are changes
			}
		})
	}
}

// A module has its own tests, which run against what their simulator.json describes.
func TestAccModules(t *testing.T) {
	for _, folder := range folders(t, "module") {
		if path.Base(folder) == "tests" {
			continue
		}
		t.Run(folder, func(t *testing.T) {
			w := acctest.NewWorld(t)
			w.Providers["hashicorp/azurerm"] = func() provider.Provider { return azurerm{} }
			seed(t, w, path.Join("examples", folder, "tests/simulator.json"), func(tenant *azuresim.SeedTenant) {
				tenant.Principals = []azuresim.Principal{acctest.App} // as make simulator does
			})
			output := open(t, w, folder, func(string) bool { return true }).Run("test")
			if !regexp.MustCompile(`Success! [1-9]`).MatchString(output) || strings.Contains(output, "skip") {
				t.Errorf("it printed\n%s", output)
			}
		})
	}
}

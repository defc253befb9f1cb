// Package docs_test tests the documentation: its links, its code, its table of log categories, and the commands in its
// guides.
package docs_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/oasdiff/yaml"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/provider"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/serve"
)

func TestMain(m *testing.M) { acctest.Run(m) }

const root = "../.."

// pages returns the documentation's files and the README, relative to the root.
func pages(t *testing.T) []string {
	t.Helper()
	all := []string{"README.md"}
	err := fs.WalkDir(os.DirFS(root), "docs", func(file string, entry fs.DirEntry, err error) error {
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

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ (.*)$`)
	anchored = regexp.MustCompile(`<a id="([^"]+)">`)
	unlinked = regexp.MustCompile(`[^\w\- ]`)
)

// ownPages matches the start of links to this repository's files on GitHub.
var ownPages = regexp.MustCompile(`^https://(github|raw\.githubusercontent)\.com/` +
	`terraform-provider-sentinel/terraform-provider-sentinel/((blob|tree)/)?main/`)

// A link leads to an existing file, and to a heading in it.
func TestLinks(t *testing.T) {
	others := []string{"CONTRIBUTING.md", "SECURITY.md", "ARCHITECTURE.md", "CHANGELOG.md", "internal/azuresim/README.md"}
	for _, page := range append(pages(t), others...) {
		for _, found := range link.FindAllStringSubmatch(fence.ReplaceAllString(read(t, page), ""), -1) {
			target, anchor, _ := strings.Cut(found[1], "#")
			file := page
			switch own := ownPages.ReplaceAllString(target, ""); {
			case own != target:
				file = own
			case strings.HasPrefix(target, "https://"):
				continue
			case target != "":
				file = filepath.Join(filepath.Dir(page), target)
			}
			info, err := os.Stat(filepath.Join(root, file))
			if err != nil {
				t.Errorf("%s: %s leads nowhere", page, found[1])
				continue
			}
			if anchor != "" && !info.IsDir() && !slices.Contains(anchors(t, file), anchor) {
				t.Errorf("%s: %s has no heading %s", page, file, anchor)
			}
		}
	}
}

func anchors(t *testing.T, file string) []string {
	t.Helper()
	var all []string
	for _, found := range heading.FindAllStringSubmatch(read(t, file), -1) {
		all = append(all, strings.ReplaceAll(unlinked.ReplaceAllString(strings.ToLower(found[1]), ""), " ", "-"))
	}
	for _, found := range anchored.FindAllStringSubmatch(read(t, file), -1) {
		all = append(all, found[1])
	}
	return all
}

// block is a fenced code block.
type block struct{ language, text string }

var fence = regexp.MustCompile("(?ms)^( *)```(\\w*)\n(.*?)\n *```$")

// blocks returns a page's code blocks, without the indentation that they have in a list.
func blocks(t *testing.T, text string) []block {
	t.Helper()
	var all []block
	for _, found := range fence.FindAllStringSubmatch(text, -1) {
		all = append(all, block{found[2], strings.ReplaceAll("\n"+found[3], "\n"+found[1], "\n")[1:]})
	}
	return all
}

// Code is well-formed, and uses only names that the provider's schema has.
func TestCode(t *testing.T) {
	known := schemas(t)
	for _, page := range pages(t) {
		for _, block := range blocks(t, read(t, page)) {
			if err := check(t, block, known); err != nil {
				t.Errorf("%s: %v in\n%s", page, err, block.text)
			}
		}
	}
}

func check(t *testing.T, block block, known *tfprotov6.GetProviderSchemaResponse) error {
	t.Helper()
	switch block.language {
	case "terraform", "hcl":
		parsed, diags := hclsyntax.ParseConfig([]byte(block.text), "block", hcl.InitialPos)
		if diags.HasErrors() {
			return diags
		}
		for _, inner := range parsed.Body.(*hclsyntax.Body).Blocks {
			if err := checkNames(inner, known); err != nil {
				return err
			}
		}
		return nil
	case "json":
		_, err := azuresim.ReadSeed(strings.NewReader(block.text))
		return err
	case "yaml":
		_, err := yaml.YAMLToJSON([]byte(block.text))
		return err
	case "shell":
		if output, err := exec.CommandContext(t.Context(), "bash", "-nc", block.text).CombinedOutput(); err != nil {
			return errors.New(string(output))
		}
		return nil
	case "mermaid", "kusto", "text", "jq", "markdown": // jq and markdown are files that the examples' tests use
		return nil
	default:
		return fmt.Errorf("nothing checks the language %q", block.language)
	}
}

// checkNames compares a block with the provider's schema, if it is one of this provider's.
func checkNames(block *hclsyntax.Block, known *tfprotov6.GetProviderSchemaResponse) error {
	var schema *tfprotov6.Schema
	switch {
	case block.Type == "provider" && block.Labels[0] == "sentinel":
		schema = known.Provider
	case block.Type == "resource" && strings.HasPrefix(block.Labels[0], "sentinel_"):
		schema = known.ResourceSchemas[block.Labels[0]]
	case block.Type == "data" && strings.HasPrefix(block.Labels[0], "sentinel_"):
		schema = known.DataSourceSchemas[block.Labels[0]]
	default:
		return nil
	}
	if schema == nil {
		return fmt.Errorf("there is no %s %s", block.Type, block.Labels[0])
	}
	names := []string{"for_each", "count", "depends_on", "provider", "alias"}
	for _, attribute := range schema.Block.Attributes {
		names = append(names, attribute.Name)
	}
	for name := range block.Body.Attributes {
		if !slices.Contains(names, name) {
			return fmt.Errorf("%s has no %s", block.Labels[0], name)
		}
	}
	return nil
}

func schemas(t *testing.T) *tfprotov6.GetProviderSchemaResponse {
	t.Helper()
	server := serve.NewServer(provider.New("test")())
	known, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// The guide's table of log categories equals the catalogue.
func TestLogCategories(t *testing.T) {
	var want strings.Builder
	for i, category := range entralogs.All() {
		name, licence := "`"+category.Name+"`", category.Licence
		if i < len(entralogs.Connector()) {
			name = "**" + name + "**"
		}
		if licence == "" {
			licence = map[bool]string{true: "none", false: "not known"}[category.Name == "AuditLogs"]
		}
		fmt.Fprintf(&want, "| %s | `%s` | %s |\n", name, category.Table, licence)
	}
	if page := read(t, "docs/guides/log-categories.md"); !strings.Contains(page, "|---|---|---|\n"+want.String()+"\n") {
		t.Errorf("the table should be\n%s", want.String())
	}
}

// The first page's shorter table agrees with the catalogue as well.
func TestLicences(t *testing.T) {
	_, table, _ := strings.Cut(read(t, "docs/index.md"), "\n| category | licence |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := 0
	for row := range strings.Lines(table) {
		rows++
		cells := strings.Split(strings.Trim(strings.TrimSpace(row), "| "), " | ")
		for _, name := range strings.Split(strings.ReplaceAll(cells[0], "`", ""), ", ") {
			if category, known := entralogs.Lookup(name); !known || cmp.Or(category.Licence, "none") != cells[1] {
				t.Errorf("%s needs %q, not %q", name, category.Licence, cells[1])
			}
		}
	}
	if rows == 0 {
		t.Error("there is no table")
	}
}

// The guide's picture shows the report that the module's own test expects.
func TestPicture(t *testing.T) {
	picture := html.UnescapeString(read(t, "examples/ci/summary.svg"))
	for line := range strings.Lines(read(t, "examples/modules/many-tenants/tests/report.md")) {
		for cell := range strings.SplitSeq(strings.Trim(strings.TrimSpace(line), "#| "), " | ") {
			_, rest, found := strings.Cut(picture, ">"+cell+"</text>")
			switch {
			case found:
				picture = rest
			case strings.Trim(cell, "|-") != "":
				t.Fatalf("the picture lacks %q, or has it too early", cell)
			}
		}
	}
}

// The provider's page names every environment variable that the provider reads.
func TestEnvironmentVariables(t *testing.T) {
	source, err := os.ReadFile("../provider/configuration.go")
	if err != nil {
		t.Fatal(err)
	}
	page := read(t, "docs/index.md")
	for _, name := range regexp.MustCompile(`"((?:ARM|SYSTEM|ACTIONS|AZURE\w*)_\w+)"`).FindAllSubmatch(source, -1) {
		if !strings.Contains(page, "`"+string(name[1])+"`") {
			t.Errorf("docs/index.md does not name %s", name[1])
		}
	}
}

// reader follows a guide, in a shell with the environment that make simulator prints.
type reader struct {
	t      *testing.T
	world  *acctest.World
	folder *acctest.Folder
}

var workspaceID = acctest.WorkspaceID("law-soc")

func newReader(t *testing.T) *reader {
	t.Helper()
	w := seeded(t, acctest.NewShippedWorld(t))
	bin := t.TempDir()
	if err := os.Symlink(acctest.TerraformBinary(t), filepath.Join(bin, "terraform")); err != nil {
		t.Fatal(err)
	}
	path := "PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH")
	folder := w.CopyFolder(t, t.TempDir(), append(w.Environment(),
		path, "TF_VAR_workspace_id="+workspaceID, "TF_CLI_ARGS=-no-color", "TF_CLI_ARGS_apply=-auto-approve")...)
	return &reader{t, w, folder}
}

// seeded adds what make simulator starts with.
func seeded(t *testing.T, w *acctest.World) *acctest.World {
	t.Helper()
	seed, err := azuresim.ReadSeed(strings.NewReader(read(t, "internal/cmd/azuresim/seed.json")))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Sim.Seed(seed); err != nil {
		t.Fatal(err)
	}
	return w
}

// does runs a shell block, and returns its output.
func (r *reader) does(text string) string {
	r.t.Helper()
	command := exec.CommandContext(r.t.Context(), "bash", "-euo", "pipefail", "-c", text)
	command.Dir, command.Env = r.folder.Path, append(os.Environ(), r.folder.Environment...)
	output, err := command.CombinedOutput()
	if err != nil {
		r.t.Fatalf("%v:\n%s\n%s", err, text, output)
	}
	return string(output)
}

// section returns the code blocks between two headings of a page.
func section(t *testing.T, page, from, to string) []block {
	t.Helper()
	text := read(t, page)
	_, text, found := strings.Cut(text, "\n## "+from+"\n")
	text, _, end := strings.Cut(text, "\n## "+to+"\n")
	if !found || !end {
		t.Fatalf("%s has no sections %q and %q", page, from, to)
	}
	return blocks(t, text)
}

// A reader who follows the guide sees what it says.
func TestAccGettingStarted(t *testing.T) {
	r := newReader(t)
	files := []string{"main.tf", "status.tf"}
	sees := [][]string{ // in each shell block's output
		{"Plan: 1 to add", "Apply complete! Resources: 1 added"},
		{},
		{`- "RiskyUsers"`, `+ "SignInLogs"`, "Plan: 0 to add, 1 to change, 0 to destroy."},
		{"1 changed", `"AuditLogs" = "silent"`, `"SigninLogs" = "silent"`},
		{},
		{`"AuditLogs" = "silent"`, `"SigninLogs" = "receiving"`},
	}
	guide := section(t, "docs/guides/getting-started.md", "Connect a simulated tenant", "Connect your own tenant")
	for _, block := range guide {
		switch {
		case block.text == "make simulator": // the test does that
		case block.language == "terraform":
			r.folder.Write(files[0], block.text)
			files = files[1:]
		default:
			printed := r.does(block.text)
			if !acctest.Says(sees[0]...).MatchString(printed) {
				t.Errorf("%s\nprints\n%s\nwant %q", block.text, printed, sees[0])
			}
			sees = sees[1:]
		}
	}
	if len(files)+len(sees) > 0 {
		t.Errorf("the guide no longer has %q and %q", files, sees)
	}
}

// The guide's commands change the simulator as their comments say.
func TestAccControlCommands(t *testing.T) {
	r := newReader(t)
	r.folder.Write("main.tf", read(t, "examples/getting-started/main.tf"))
	r.does("terraform init && terraform apply")
	const page = "docs/guides/testing-with-the-simulator.md"
	commands := section(t, page, "Change things outside Terraform", "The diagnostic setting of azurerm and azapi")[0].text
	steps := strings.Split(commands, "\ncontrol ")
	prelude, _, _ := strings.Cut(steps[0], "\n\n")
	var printed string
	for _, step := range steps[1:] {
		step, _, _ = strings.Cut(step, "\n\n#")
		printed = r.does(prelude + "\ncontrol " + step)
		switch {
		case strings.Contains(step, `"AuditLogs", "enabled"`):
			if got := r.world.Tenant.Categories("AzureSentinel_law-soc"); !slices.Equal(got, []string{"AuditLogs"}) {
				t.Errorf("the setting streams %v", got)
			}
		case strings.Contains(step, "DELETE"):
			if _, found := r.world.Tenant.Setting("AzureSentinel_law-soc"); found {
				t.Error("the setting is still there")
			}
		case strings.Contains(step, `"count": 87`), strings.Contains(step, `"9d"`):
			workspace, _ := r.world.Tenant.Workspace(workspaceID)
			count := map[bool]int{true: 87, false: 1}[strings.Contains(step, "87")]
			if records := workspace.Tables["AuditLogs"].Records; len(records) != 1 || records[0].Count != count {
				t.Errorf("AuditLogs has %v", records)
			}
		}
	}
	var requests []azuresim.Exchange
	if err := json.Unmarshal([]byte(printed), &requests); err != nil || len(requests) == 0 {
		t.Errorf("the request log is %v, error %v", requests, err)
	}
	if _, err := acctest.Terraform(t, r.folder.Path, r.folder.Environment, "plan"); err == nil {
		t.Error("the identity has kept its role")
	}
}

// The README's configuration prints what its transcripts show, parts marked as shortened aside.
func TestAccTranscripts(t *testing.T) {
	w := seeded(t, acctest.NewWorld(t))
	f := w.CopyFolder(t, t.TempDir(), "TF_VAR_workspace_id="+workspaceID)
	f.Write("override.tf", w.Provider()) // signs in
	var shown []string
	for _, block := range blocks(t, read(t, "README.md")) {
		switch block.language {
		case "terraform":
			f.Write("main.tf", block.text)
		case "text":
			shown = append(shown, block.text)
		}
	}
	for table, age := range map[string]time.Duration{
		"SigninLogs": 3 * time.Minute, "AADNonInteractiveUserSignInLogs": 2 * time.Minute, "AuditLogs": 12 * time.Minute,
		"AADServicePrincipalSignInLogs": 8 * time.Minute, "AADManagedIdentitySignInLogs": 9 * 24 * time.Hour,
	} {
		records := azuresim.Table{Records: []azuresim.Record{azuresim.Aged(1, age, age)}}
		if err := w.Tenant.PutTable(workspaceID, table, records); err != nil {
			t.Fatal(err)
		}
	}
	times := regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
	printed := times.ReplaceAllString(f.Run("apply", "-auto-approve"), "TIME")
	if want := times.ReplaceAllString(shown[0], "TIME"); !strings.Contains(printed, want) {
		t.Errorf("Terraform does not print\n%s\nbut\n%s", want, printed)
	}
	categories := slices.DeleteFunc(append(entralogs.Names(entralogs.Connector()), "RiskyUsers"),
		func(category string) bool { return category == "SignInLogs" })
	acctest.PutSetting(t, w.Tenant, "AzureSentinel_law-soc", workspaceID, categories...)
	printed = f.Run("plan")
	for part := range strings.SplitSeq(shown[1], "[...]\n") {
		before, after, found := strings.Cut(printed, part)
		if !found {
			t.Fatalf("Terraform does not print\n%s\nafter what is before it, but\n%s", part, before)
		}
		printed = after
	}
}

package examples_test

import (
	"cmp"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/oasdiff/yaml"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/provider"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/serve"
)

// pages returns the documentation's files and the README.
func pages(t *testing.T) []string {
	t.Helper()
	all := []string{"README.md"}
	for _, file := range files(t, "docs") {
		all = append(all, "docs/"+file)
	}
	return all
}

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	anchored = regexp.MustCompile(`(?m)^#+ (.*)$|<a id="([^"]+)">`)
	unlinked = regexp.MustCompile(`[^\w\- ]`)
)

// ownPages matches the start of links to this repository's files on GitHub.
var ownPages = regexp.MustCompile(`^https://(github|raw\.githubusercontent)\.com/` +
	`terraform-provider-sentinel/terraform-provider-sentinel/((blob|tree)/)?main/`)

// A link leads to an existing file, and to a heading in it.
func TestLinks(t *testing.T) {
	others := []string{"CONTRIBUTING.md", "SECURITY.md", "ARCHITECTURE.md", "CHANGELOG.md",
		"internal/azuresim/README.md", "internal/conformance/README.md", "internal/remedy/remedies.md"}
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

// anchors are a file's headings as GitHub names them, and what has an id.
func anchors(t *testing.T, file string) (all []string) {
	t.Helper()
	for _, found := range anchored.FindAllStringSubmatch(read(t, file), -1) {
		heading := unlinked.ReplaceAllString(strings.ToLower(found[1]), "")
		all = append(all, strings.ReplaceAll(heading, " ", "-")+found[2])
	}
	return all
}

// codeBlock is a fenced code block.
type codeBlock struct{ language, text string }

var fence = regexp.MustCompile("(?ms)^( *)```(\\w*)\n(.*?)\n *```$")

// blocks returns a page's code blocks, without the indentation that they have in a list.
func blocks(text string) (all []codeBlock) {
	for _, found := range fence.FindAllStringSubmatch(text, -1) {
		all = append(all, codeBlock{found[2], strings.ReplaceAll("\n"+found[3], "\n"+found[1], "\n")[1:]})
	}
	return all
}

// Code is well-formed, and uses only names that the provider's schema has.
func TestCode(t *testing.T) {
	known, err := serve.NewServer(provider.New("test")()).GetProviderSchema(
		t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages(t) {
		for _, block := range blocks(read(t, page)) {
			var err error
			switch block.language {
			case "terraform", "hcl":
				err = checkNames(block.text, known)
			case "json":
				_, err = azuresim.ReadSeed(strings.NewReader(block.text))
			case "yaml":
				_, err = yaml.YAMLToJSON([]byte(block.text))
			case "shell":
				_, err = bash(t, "", nil, "set -n\n"+block.text)
			case "mermaid", "kusto", "text", "jq", "markdown": // jq and markdown are files that the examples' tests use
			default:
				err = fmt.Errorf("nothing checks the language %q", block.language)
			}
			if err != nil {
				t.Errorf("%s: %v in\n%s", page, err, block.text)
			}
		}
	}
}

// checkNames compares the blocks that are this provider's with its schema.
func checkNames(text string, known *tfprotov6.GetProviderSchemaResponse) error {
	parsed, diags := hclsyntax.ParseConfig([]byte(text), "", hcl.InitialPos)
	if diags.HasErrors() {
		return diags
	}
	schemas := map[string]map[string]*tfprotov6.Schema{
		"provider": {"sentinel": known.Provider}, "resource": known.ResourceSchemas, "data": known.DataSourceSchemas,
	}
	for _, block := range parsed.Body.(*hclsyntax.Body).Blocks {
		if schemas[block.Type] == nil || len(block.Labels) == 0 || !strings.HasPrefix(block.Labels[0], "sentinel") {
			continue
		}
		schema := schemas[block.Type][block.Labels[0]]
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
	}
	return nil
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
	rows := regexp.MustCompile(`(?m)^\| (.*) \| (.*) \|$`).FindAllStringSubmatch(table, -1)
	for _, row := range rows {
		for name := range strings.SplitSeq(strings.ReplaceAll(row[1], "`", ""), ", ") {
			if category, known := entralogs.Lookup(name); !known || cmp.Or(category.Licence, "none") != row[2] {
				t.Errorf("%s needs %q, not %q", name, category.Licence, row[2])
			}
		}
	}
	if len(rows) == 0 {
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
	var code string
	for _, file := range files(t, "internal/provider") {
		if !strings.HasSuffix(file, "_test.go") {
			code += read(t, "internal/provider/"+file)
		}
	}
	page, variable := read(t, "docs/index.md"), regexp.MustCompile(`"((?:ARM|SYSTEM|ACTIONS|AZURE\w*)_\w+)"`)
	all := variable.FindAllStringSubmatch(code, -1)
	for _, name := range all {
		if !strings.Contains(page, "`"+name[1]+"`") {
			t.Errorf("docs/index.md does not name %s", name[1])
		}
	}
	if len(all) == 0 {
		t.Error("the provider reads no variable")
	}
}

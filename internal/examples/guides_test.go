package examples_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
)

// newReader follows a guide: it runs shell blocks in a folder, with the environment that make simulator prints.
func newReader(t *testing.T) (w *acctest.World, f *acctest.Folder, does func(block string) (printed string)) {
	t.Helper()
	w = seeded(t, acctest.NewShippedWorld(t))
	_, path := programs(t)
	f = w.CopyFolder(t, t.TempDir(), append(w.Environment(),
		path, "TF_VAR_workspace_id="+workspaceID, "TF_CLI_ARGS=-no-color", "TF_CLI_ARGS_apply=-auto-approve")...)
	return w, f, func(block string) string {
		t.Helper()
		printed, err := bash(t, f.Path, append(os.Environ(), f.Environment...), "set -u\n"+block)
		if err != nil {
			t.Fatal(err)
		}
		return printed
	}
}

// section returns the code blocks between two headings of a page.
func section(t *testing.T, page, from, to string) []codeBlock {
	t.Helper()
	_, text, found := strings.Cut(read(t, page), "\n## "+from+"\n")
	text, _, end := strings.Cut(text, "\n## "+to+"\n")
	if !found || !end {
		t.Fatalf("%s has no sections %q and %q", page, from, to)
	}
	return blocks(text)
}

// A reader who follows the guide sees what it says.
func TestAccGettingStarted(t *testing.T) {
	_, f, does := newReader(t)
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
			f.Write(files[0], block.text)
			files = files[1:]
		default:
			printed := does(block.text)
			if !acctest.Contains(printed, sees[0]...) {
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
	w, f, does := newReader(t)
	f.Write("main.tf", example(t, "getting-started/main.tf"))
	does("terraform init && terraform apply")
	const page = "docs/guides/testing-with-the-simulator.md"
	commands := section(t, page, "Change things outside Terraform", "The diagnostic setting of azurerm and azapi")[0].text
	steps := strings.Split(commands, "\ncontrol ")
	prelude, _, _ := strings.Cut(steps[0], "\n\n")
	var printed string
	for _, step := range steps[1:] {
		step, _, _ = strings.Cut(step, "\n\n#")
		printed = does(prelude + "\ncontrol " + step)
		streams := w.Tenant.Categories(connectorName)
		workspace, _ := w.Tenant.Workspace(workspaceID)
		records := workspace.Tables["AuditLogs"].Records
		has := func(count int) bool { return len(records) == 1 && records[0].Count == count }
		if strings.Contains(step, `"AuditLogs", "enabled"`) && !slices.Equal(streams, []string{"AuditLogs"}) ||
			strings.Contains(step, "DELETE") && streams != nil ||
			strings.Contains(step, `"count": 87`) && !has(87) || strings.Contains(step, `"9d"`) && !has(1) {
			t.Errorf("%s\nmakes the setting stream %q, and AuditLogs have %v", step, streams, records)
		}
	}
	var requests []azuresim.Exchange
	if err := json.Unmarshal([]byte(printed), &requests); err != nil || len(requests) == 0 {
		t.Errorf("the request log is %v, error %v", requests, err)
	}
	f.Fail("plan") // since the identity has no role any more
}

// The README's configuration prints what its transcripts show, parts marked as shortened aside.
func TestAccTranscripts(t *testing.T) {
	w := seeded(t, acctest.NewWorld(t))
	f := w.CopyFolder(t, t.TempDir())
	f.Write("override.tf", w.Provider()) // signs in
	var shown []string
	for _, block := range blocks(read(t, "README.md")) {
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
		receive(t, w, table, azuresim.Aged(1, age, age))
	}
	times := regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
	printed := times.ReplaceAllString(f.Run("apply", "-auto-approve"), "TIME")
	if want := times.ReplaceAllString(shown[0], "TIME"); !strings.Contains(printed, want) {
		t.Errorf("Terraform does not print\n%s\nbut\n%s", want, printed)
	}
	categories := slices.DeleteFunc(append(entralogs.Names(entralogs.Connector()), "RiskyUsers"),
		func(category string) bool { return category == "SignInLogs" })
	acctest.PutSetting(t, w.Tenant, connectorName, workspaceID, categories...)
	printed = f.Run("plan")
	for part := range strings.SplitSeq(shown[1], "[...]\n") {
		before, after, found := strings.Cut(printed, part)
		if !found {
			t.Fatalf("Terraform does not print\n%s\nafter what is before it, but\n%s", part, before)
		}
		printed = after
	}
}

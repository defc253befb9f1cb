package examples_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oasdiff/yaml"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

// reportProgram makes the report of both pipelines from the JSON of a plan.
const reportProgram = "ci/entra-logs-report.jq"

// The pipelines' own scripts run against the simulator, as an identity that can only read.
func TestAccPipelines(t *testing.T) {
	needJQ(t)
	for _, file := range examples(t, "pipeline") {
		if file == reportProgram {
			continue
		}
		t.Run(path.Base(path.Dir(file)), func(t *testing.T) {
			w := seeded(t, acctest.NewShippedWorld(t), azuresim.Aged(12, time.Hour, time.Hour))
			f := w.NewFolder(t, read(t, "internal/examples/testdata/watched.tf"), w.Environment()...)
			f.Run("apply", "-auto-approve")
			p := newPipeline(t, w, file, f.Path)

			receive(t, w, "AuditLogs", azuresim.Aged(17, time.Minute, time.Minute))
			p.expect("", "all is well", "Changes to Outputs:")

			six := entralogs.Names(entralogs.Connector())
			acctest.PutSetting(t, w.Tenant, "Copy", fabrikamID, "SignInLogs")
			acctest.PutSetting(t, w.Tenant, connectorName, workspaceID, append(six[1:], "RiskyUsers")...)
			p.expect("settings that nobody manages, drift",
				"| "+acctest.TenantID+" | Copy | law-fabrikam | SignInLogs |",
				"| sentinel_aad_connector.entra | update | log_categories | …, RiskyUsers | …, AuditLogs |",
				"Plan: 0 to add, 1 to change, 0 to destroy.")

			w.Tenant.DeleteSetting("Copy")
			acctest.PutSetting(t, w.Tenant, connectorName, workspaceID, six...)
			receive(t, w, "SigninLogs")
			p.expect("a check fails", "| check.entra_logs_arrive | Silent: SigninLogs. |")

			untrusted := azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Role: azuresim.Reader}
			w.Tenant.AddPrincipal(untrusted)
			p.expect(planFailed, "AADSTS70025")
		})
	}
}

// The report leaves known settings alone, and includes the report of the module for many tenants.
func TestPipelineReport(t *testing.T) {
	needJQ(t)
	var plans map[string]struct {
		Plan           json.RawMessage
		Known, Finding string
		Report         []string
	}
	if err := json.Unmarshal([]byte(read(t, "internal/examples/testdata/plans.json")), &plans); err != nil {
		t.Fatal(err)
	}
	for name, test := range plans {
		jq := exec.CommandContext(t.Context(), "jq", "-f", filepath.Join(root, "examples", reportProgram))
		jq.Stdin, jq.Env = bytes.NewReader(test.Plan), append(os.Environ(), "KNOWN_SETTINGS="+test.Known)
		output, err := jq.Output()
		var got struct{ Finding, Report string }
		if err = cmp.Or(err, json.Unmarshal(output, &got)); err != nil {
			t.Fatal(err)
		}
		empty := test.Report == nil && got.Report == ""
		if got.Finding != test.Finding || !empty && !acctest.Contains(got.Report, test.Report...) {
			t.Errorf("%s: got %q and\n%s", name, got.Finding, got.Report)
		}
	}
}

func needJQ(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("skipped: the pipelines' report needs jq")
	}
}

// receive lets a table have these records.
func receive(t *testing.T, w *acctest.World, table string, records ...azuresim.Record) {
	t.Helper()
	if err := w.Tenant.PutTable(workspaceID, table, azuresim.Table{Records: records}); err != nil {
		t.Fatal(err)
	}
}

// pipeline runs the scripts of a file in a folder.
type pipeline struct {
	t            *testing.T
	file, folder string
	environment  []string          // of each script
	values       map[string]string // of expressions
	scripts      []step
}

const (
	gitHub      = "ci/github-actions/entra-logs-drift.yml"
	azureDevOps = "ci/azure-devops/entra-logs-drift.yml"
	reportFile  = "Entra logs.md"
)

// newPipeline gives the scripts what their service does, and lets its identity sign in. GitHub's program is a stand-in
// that takes the open issue from a file and prints what it does.
func newPipeline(t *testing.T, w *acctest.World, file, folder string) pipeline {
	t.Helper()
	bin, search := programs(t)
	const gh = "#!/bin/sh\ncase \"$1 $2\" in\n'issue list') cat issue ;;\n*) echo \"$@\" ;;\nesac\n"
	write(t, bin, "gh", gh, 0o700)
	if err := os.Mkdir(filepath.Join(folder, ".github"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{".", ".github"} {
		write(t, folder, filepath.Join(place, path.Base(reportProgram)), example(t, reportProgram), 0o600)
	}
	methods := map[string]string{gitHub: "provider-github-actions.tf", azureDevOps: "provider-azure-devops.tf"}
	signIn, found := signIns(t, w, t.TempDir(), identityID)[methods[file]]
	if !found {
		t.Fatalf("no test runs %s", file)
	}
	p := pipeline{t: t, file: file, folder: folder, values: map[string]string{
		"vars.ARM_TENANT_ID": acctest.TenantID, "vars.ARM_CLIENT_ID": acctest.ClientID,
		"github.token": "gh-token", "github.repository": "contoso/entra-logs",
		"serviceConnectionId": connectionID, "System.AccessToken": "system-token",
		"System.OidcRequestUri": w.Sim.AzureDevOpsRequestURL(),
	}}
	p.environment = slices.Concat(terraformcli.Environment(), w.Installs, w.Sim.Environment(), signIn, []string{search,
		"TF_VAR_workspace_id=" + workspaceID,
		"RUNNER_TEMP=" + t.TempDir(), "GITHUB_WORKSPACE=" + folder, "GITHUB_SERVER_URL=https://github.com",
		"GITHUB_REPOSITORY=contoso/entra-logs", "GITHUB_RUN_ID=1",
		"GITHUB_OUTPUT=" + filepath.Join(folder, "output"), "GITHUB_STEP_SUMMARY=" + filepath.Join(folder, reportFile),
		"AGENT_TEMPDIRECTORY=" + folder, "BUILD_SOURCESDIRECTORY=" + folder,
		"tenantId=" + acctest.TenantID, "servicePrincipalId=" + acctest.ClientID, // because of addSpnToEnvironment
	})
	p.readScripts()
	return p
}

// planFailed is the only finding that fails the pipeline.
const planFailed = "the plan failed"

// expect runs the pipeline, and checks its finding and the parts of its report, in this order.
func (p pipeline) expect(finding string, report ...string) {
	p.t.Helper()
	_ = os.Remove(filepath.Join(p.folder, reportFile))
	p.values = maps.Clone(p.values)
	printed, err := p.run(p.scripts, "")
	if (err != nil) != (finding == planFailed) {
		p.t.Fatalf("it ends with %v:\n%s", err, printed)
	}
	text, err := os.ReadFile(filepath.Join(p.folder, reportFile))
	if err != nil || !acctest.Contains(string(text), append([]string{finding}, report...)...) {
		p.t.Errorf("the report lacks one of %q, error %v:\n%s", report, err, text)
	}
	if p.file == azureDevOps {
		want := []string{"##vso[task.uploadsummary]" + filepath.Join(p.folder, reportFile)}
		if finding != "" && finding != planFailed {
			want = append(want, "##vso[task.logissue type=warning]Entra logs: "+finding,
				"##vso[task.complete result=SucceededWithIssues;]")
		}
		p.expectCommands(printed, want...)
		return
	}
	first, later := []string(nil), "issue close 7 --comment The latest plan has no findings."
	if finding != "" {
		first = []string{"issue create --title Entra logs: " + finding + " --body-file issue.md --label entra-logs-drift"}
		later = "issue edit 7 --title Entra logs: " + finding + " --body-file issue.md"
	}
	p.expectCommands(printed, first...)
	if printed, err = p.run(p.scripts[len(p.scripts)-1:], "7"); err != nil { // the next day
		p.t.Fatalf("%v:\n%s", err, printed)
	}
	p.expectCommands(printed, later)
}

var commands = regexp.MustCompile(`(?m)^(issue \w+ |##vso\[).*`)

// expectCommands checks what changes issues, and the commands for the agent of Azure DevOps.
func (p pipeline) expectCommands(printed string, want ...string) {
	p.t.Helper()
	if got := commands.FindAllString(printed, -1); !slices.Equal(got, want) {
		p.t.Errorf("its commands are %q, want %q, in\n%s", got, want, printed)
	}
}

// step is a step of either service.
type step struct {
	ID, If, Uses, Run, Bash, Task string
	With                          map[string]any
	Inputs                        struct {
		InlineScript        string
		AddSpnToEnvironment bool
	}
	Env map[string]string
}

var pinned = regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40}$`)

// readScripts finds the steps that run a script with the pipeline's identity. GitHub's others are pinned actions; those
// of Azure DevOps are only checked for their syntax, since installing Terraform takes a network.
func (p *pipeline) readScripts() {
	p.t.Helper()
	var document struct {
		Steps []step
		Jobs  struct {
			Drift struct {
				Env   map[string]string
				Steps []step
			}
		}
	}
	text, err := yaml.YAMLToJSON([]byte(example(p.t, p.file)))
	if err = cmp.Or(err, json.Unmarshal(text, &document)); err != nil {
		p.t.Fatal(err)
	}
	p.environment = append(p.environment, p.evaluated(document.Jobs.Drift.Env)...)
	for _, s := range append(document.Steps, document.Jobs.Drift.Steps...) {
		if s.Task == "AzureCLI@2" && s.Inputs.AddSpnToEnvironment {
			s.Run = s.Inputs.InlineScript
		}
		switch {
		case s.Uses != "" && !pinned.MatchString(s.Uses):
			p.t.Errorf("%s is not pinned to a commit", s.Uses)
		case strings.HasPrefix(s.Uses, "hashicorp/setup-terraform@") && s.With["terraform_version"] == nil:
			p.t.Error("Terraform is not pinned to a version")
		case s.Bash != "":
			if _, err := bash(p.t, "", nil, "set -n\n"+s.Bash); err != nil {
				p.t.Error(err)
			}
		case s.Run != "":
			p.scripts = append(p.scripts, s)
		}
	}
}

// run runs the steps while an issue is open, "" for none. After a failed step it runs those that always run.
func (p pipeline) run(steps []step, issue string) (printed string, failure error) {
	p.t.Helper()
	write(p.t, p.folder, "issue", issue, 0o600)
	for _, step := range steps {
		if failure != nil && step.If != "${{ !cancelled() }}" {
			p.values["steps."+step.ID+".outcome"] = "skipped"
			continue
		}
		results := write(p.t, p.folder, "output", "", 0o600)
		output, err := bash(p.t, p.folder, slices.Concat(p.environment, p.evaluated(step.Env)), step.Run)
		printed += output
		failure = errors.Join(failure, err)
		p.values["steps."+step.ID+".outcome"] = map[bool]string{true: "success", false: "failure"}[err == nil]
		text, err := os.ReadFile(results)
		if err != nil {
			p.t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			p.values["steps."+step.ID+".outputs."+name] = value
		}
	}
	return printed, failure
}

var expression = regexp.MustCompile(`\$\{\{ \S+ \}\}|\$\(\S+\)`)

// evaluated has values in place of a service's expressions: ${{ name }} of GitHub Actions, $(name) of Azure DevOps.
func (p pipeline) evaluated(environment map[string]string) (entries []string) {
	p.t.Helper()
	for name, text := range environment {
		entries = append(entries, name+"="+expression.ReplaceAllStringFunc(text, func(found string) string {
			value, known := p.values[strings.Trim(found, "${() }")]
			if !known {
				p.t.Fatalf("nobody knows %s", found)
			}
			return value
		}))
	}
	return entries
}

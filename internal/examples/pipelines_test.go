package examples_test

import (
	"encoding/json"
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

// step is a pipeline's step that runs a script.
type step struct {
	name, script string
	always       bool // also runs after a failed step
	environment  map[string]string
}

// pipeline describes how to run a pipeline's scripts outside its service.
type pipeline struct {
	steps func(t *testing.T, file string) []step
	// surround returns the environment that the service gives each script, and lets its identity sign in.
	surround func(t *testing.T, w *acctest.World, folder string) []string
	// values of the expressions in the steps' environments, in addition to the outputs of earlier steps.
	values map[string]string
	// program and report are the files, in the run's folder, of the report's program and of the report.
	program, report string
}

var pipelines = map[string]pipeline{
	"ci/github-actions/entra-logs-drift.yml": {
		steps: gitHubSteps, surround: onGitHubRunner, program: ".github/entra-logs-report.jq", report: "summary.md",
		values: map[string]string{
			"vars.ARM_TENANT_ID": acctest.TenantID, "vars.ARM_CLIENT_ID": acctest.ClientID,
			"github.token": "gh-token", "github.repository": "contoso/entra-logs",
		},
	},
	"ci/azure-devops/entra-logs-drift.yml": {
		steps: azureDevOpsSteps, surround: onAzureDevOpsAgent, program: "entra-logs-report.jq", report: "Entra logs.md",
		values: map[string]string{"System.AccessToken": "system-token", "serviceConnectionId": connectionID},
	},
}

// watched has an output that changes with every plan, and a data source in a check, which every plan reads again.
// Neither is drift.
const watched = `
variable "workspace_id" {}

resource "sentinel_aad_connector" "entra" {
  log_analytics_workspace_id = var.workspace_id
}

data "sentinel_aad_connectors" "all" {}

data "sentinel_aad_connector_status" "entra" {
  log_analytics_workspace_id = var.workspace_id
}

check "entra_logs_arrive" {
  assert {
    condition     = data.sentinel_aad_connector_status.entra.all_receiving
    error_message = "Silent: ${join(", ", data.sentinel_aad_connector_status.entra.silent_tables)}."
  }
}

output "records" {
  value = data.sentinel_aad_connector_status.entra.status["AuditLogs"].record_count
}

check "audit_logs_arrive" {
  data "sentinel_aad_connector_status" "audit" {
    log_analytics_workspace_id = var.workspace_id
    tables                     = ["AuditLogs"]
  }
  assert {
    condition     = data.sentinel_aad_connector_status.audit.all_receiving
    error_message = "Silent: AuditLogs."
  }
}
`

// The pipelines' own scripts run against the simulator, as an identity that can only read.
func TestAccPipelines(t *testing.T) {
	needJQ(t)
	for _, file := range examples(t, byPipeline) {
		if file == reportProgram {
			continue
		}
		t.Run(path.Base(path.Dir(file)), func(t *testing.T) {
			p, known := pipelines[file]
			if !known {
				t.Fatalf("no test runs %s", file)
			}
			w := receiving(t, acctest.NewShippedWorld(t)) // which signs in with the scripts' environment
			f := w.NewFolder(t, watched, w.Environment()...)
			f.Run("apply", "-auto-approve")
			r := run{t: t, pipeline: p, file: file, folder: f.Path}
			r.environment = slices.Concat(terraformcli.Environment(), w.Trusting(), w.Sim.Environment(),
				[]string{"TF_VAR_workspace_id=" + workspaceID, r.path()}, p.surround(t, w, f.Path))

			receive(t, w, "AuditLogs", 17)
			r.expect("", "all is well", "Changes to Outputs:")

			six := entralogs.Names(entralogs.Connector())
			acctest.PutSetting(t, w.Tenant, "Copy", fabrikamID, "SignInLogs")
			acctest.PutSetting(t, w.Tenant, connectorName, workspaceID, append(six[1:], "RiskyUsers")...)
			r.expect("settings that nobody manages, drift",
				"| "+acctest.TenantID+" | Copy | law-fabrikam | SignInLogs |",
				"| sentinel_aad_connector.entra | update | log_categories | …, RiskyUsers | …, AuditLogs |",
				"Plan: 0 to add, 1 to change, 0 to destroy.")

			w.Tenant.DeleteSetting("Copy")
			acctest.PutSetting(t, w.Tenant, connectorName, workspaceID, six...)
			receive(t, w, "SigninLogs", 0)
			r.expect("a check fails", "| check.entra_logs_arrive | Silent: SigninLogs. |")

			untrusted := azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Role: azuresim.Reader}
			w.Tenant.AddPrincipal(untrusted)
			r.expect(planFailed, "AADSTS70025")
		})
	}
}

// The report leaves known settings alone, and includes the report of the module for many tenants.
func TestPipelineReport(t *testing.T) {
	needJQ(t)
	const one = `{"prior_state": {"values": {"root_module": {"child_modules": [{"resources": [
		{"mode": "data", "type": "sentinel_aad_connectors", "values": {"connectors": [{"tenant_id": "t", "name": "Backup",
			"storage_account_id": "/subscriptions/s/resourceGroups/g/providers/p/a/archive",
			"log_categories": ["AuditLogs"]}]}}]}]}}}}`
	const fleet = `{"output_changes": {"unmanaged": {"after": {"wingtip": ["Copy"]}},
		"report": {"after": "### 2 of 5 tenants"}}, "checks": [{"address": {"to_display": "check.arrive"}, "status": "fail",
		"instances": [{"problems": [{"message": "northwind: silent"}]}]}]}`
	const other = `{"resource_changes": [{"address": "azurerm_resource_group.soc", "mode": "managed",
		"type": "azurerm_resource_group", "change": {"actions": ["delete", "create"],
		"before": {"name": "secret"}, "after": {"name": "other"}, "after_unknown": {}}}]}`
	const unmanaged, nothingLooks = "settings that nobody manages", "no data source `sentinel_aad_connectors`"
	for name, test := range map[string]struct {
		plan, known, finding string
		report               []string
	}{
		"an unmanaged setting":        {one, "", unmanaged, []string{"| t | Backup | archive | AuditLogs |"}},
		"a known setting":             {one, "Other, backup", "", nil},
		"a fleet":                     {fleet, "Copy", unmanaged + ", a check fails", []string{"2 of 5", "check.arrive"}},
		"another provider's resource": {other, "", "drift", []string{nothingLooks, "| delete and create |  |  |  |"}},
		"nothing to look for":         {`{}`, "", "", []string{nothingLooks}},
	} {
		t.Run(name, func(t *testing.T) {
			jq := exec.CommandContext(t.Context(), "jq", "-f", filepath.Join(root, reportProgram))
			jq.Stdin, jq.Env = strings.NewReader(test.plan), append(os.Environ(), "KNOWN_SETTINGS="+test.known)
			output, err := jq.Output()
			if err != nil {
				t.Fatal(err)
			}
			var got struct{ Finding, Report string }
			if err := json.Unmarshal(output, &got); err != nil {
				t.Fatal(err)
			}
			empty := test.report == nil && got.Report == ""
			if got.Finding != test.finding || !empty && !acctest.Says(test.report...).MatchString(got.Report) {
				t.Errorf("got %q and\n%s", got.Finding, got.Report)
			}
		})
	}
}

func needJQ(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("skipped: the pipelines' report needs jq")
	}
}

// receive lets a table have so many records.
func receive(t *testing.T, w *acctest.World, table string, count int) {
	t.Helper()
	var content azuresim.Table
	if count > 0 {
		content.Records = []azuresim.Record{azuresim.Aged(count, time.Minute, time.Minute)}
	}
	if err := w.Tenant.PutTable(workspaceID, table, content); err != nil {
		t.Fatal(err)
	}
}

// run is a pipeline in a folder.
type run struct {
	t *testing.T
	pipeline
	file, folder string
	environment  []string
}

// path returns the PATH with the tests' Terraform and a stand-in for GitHub's program, which takes the open issue from
// a file and writes down what it does.
func (r run) path() string {
	r.t.Helper()
	bin := filepath.Join(r.folder, "bin")
	for _, folder := range []string{bin, filepath.Join(r.folder, path.Dir(r.program))} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			r.t.Fatal(err)
		}
	}
	if err := os.Symlink(acctest.TerraformBinary(r.t), filepath.Join(bin, "terraform")); err != nil {
		r.t.Fatal(err)
	}
	write(r.t, r.folder, r.program, string(read(r.t, reportProgram)), 0o600)
	const gh = "#!/bin/sh\ncase \"$1 $2\" in\n'issue list') cat \"$ISSUE\" ;;\nesac\necho \"$@\" >> \"$DONE\"\n"
	write(r.t, bin, "gh", gh, 0o700)
	return "PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH")
}

// planFailed is the only finding that fails the pipeline.
const planFailed = "the plan failed"

// expect runs the pipeline, and checks its finding and the parts of its report, in this order.
func (r run) expect(finding string, report ...string) {
	r.t.Helper()
	_ = os.Remove(filepath.Join(r.folder, r.report))
	steps := r.steps(r.t, r.file)
	printed, values, err := r.scripts(steps, maps.Clone(r.values), "")
	if (err != nil) != (finding == planFailed) {
		r.t.Fatalf("it ends with %v:\n%s", err, printed)
	}
	text, err := os.ReadFile(filepath.Join(r.folder, r.report))
	if err != nil || !acctest.Says(append([]string{finding}, report...)...).Match(text) {
		r.t.Errorf("the report lacks one of %q, error %v:\n%s", report, err, text)
	}
	if strings.HasPrefix(r.file, "ci/azure-devops/") {
		r.expectCommands(printed, finding)
		return
	}
	const file = " --body-file issue.md"
	if finding == "" {
		r.expectIssue("")
	} else {
		r.expectIssue("issue create --title Entra logs: " + finding + file + " --label entra-logs-drift")
	}
	if printed, _, err := r.scripts(steps[len(steps)-1:], values, "7"); err != nil { // the next day
		r.t.Fatalf("%v:\n%s", err, printed)
	}
	if finding == "" {
		r.expectIssue("issue close 7 --comment The latest plan has no findings.")
	} else {
		r.expectIssue("issue edit 7 --title Entra logs: " + finding + file)
	}
}

// expectIssue checks what was done to issues, besides listing them.
func (r run) expectIssue(want string) {
	r.t.Helper()
	done, err := os.ReadFile(filepath.Join(r.folder, "done"))
	if err != nil {
		r.t.Fatal(err)
	}
	var did string
	for line := range strings.Lines(string(done)) {
		if strings.HasPrefix(line, "issue ") && !strings.HasPrefix(line, "issue list") {
			did += strings.TrimSpace(line)
		}
	}
	if did != want {
		r.t.Errorf("it did %q, want %q", did, want)
	}
}

// expectCommands checks the commands for the agent of Azure DevOps.
func (r run) expectCommands(printed, finding string) {
	r.t.Helper()
	if !strings.Contains(printed, "##vso[task.uploadsummary]"+filepath.Join(r.folder, r.report)+"\n") {
		r.t.Errorf("the report is not uploaded:\n%s", printed)
	}
	const partially = "\n##vso[task.complete result=SucceededWithIssues;]\n"
	warning := "##vso[task.logissue type=warning]Entra logs: " + finding + partially
	if strings.Contains(printed, warning) != (finding != "" && finding != planFailed) {
		r.t.Errorf("for the finding %q it printed\n%s", finding, printed)
	}
}

// scripts runs the steps while an issue is open, "" for none. After a failed step it runs those that always run.
func (r run) scripts(steps []step, values map[string]string, issue string) (string, map[string]string, error) {
	r.t.Helper()
	files := []string{
		"ISSUE=" + write(r.t, r.folder, "issue", issue, 0o600), "DONE=" + write(r.t, r.folder, "done", "", 0o600),
		"GITHUB_OUTPUT=" + write(r.t, r.folder, "output", "", 0o600),
		"GITHUB_STEP_SUMMARY=" + filepath.Join(r.folder, "summary.md"),
	}
	var printed string
	var failure error
	for _, step := range steps {
		if failure != nil && !step.always {
			values["steps."+step.name+".outcome"] = "skipped"
			continue
		}
		command := exec.CommandContext(r.t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.script)
		command.Dir = r.folder
		command.Env = slices.Concat(r.environment, files)
		for name, value := range step.environment {
			command.Env = append(command.Env, name+"="+r.evaluate(value, values))
		}
		output, err := command.CombinedOutput()
		printed += string(output)
		values["steps."+step.name+".outcome"] = map[bool]string{true: "success", false: "failure"}[err == nil]
		if err != nil {
			failure = err
		}
		outputs, err := os.ReadFile(filepath.Join(r.folder, "output"))
		if err != nil {
			r.t.Fatal(err)
		}
		for line := range strings.Lines(string(outputs)) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			values["steps."+step.name+".outputs."+name] = value
		}
	}
	return printed, values, failure
}

var expression = regexp.MustCompile(`\$\{\{ (\S+) \}\}|\$\((\S+)\)`)

// evaluate replaces a service's expressions with values: ${{ name }} of GitHub Actions, $(name) of Azure DevOps.
func (r run) evaluate(text string, values map[string]string) string {
	r.t.Helper()
	return expression.ReplaceAllStringFunc(text, func(found string) string {
		names := expression.FindStringSubmatch(found)
		if names[2] == "System.OidcRequestUri" {
			return r.inEnvironment("SYSTEM_OIDCREQUESTURI")
		}
		value, known := values[names[1]+names[2]]
		if !known {
			r.t.Fatalf("%s: nobody knows %s", r.file, found)
		}
		return value
	})
}

func (r run) inEnvironment(name string) string {
	for _, entry := range r.environment {
		if value, found := strings.CutPrefix(entry, name+"="); found {
			return value
		}
	}
	r.t.Fatalf("%s is not set", name)
	return ""
}

// readYAML reads an example by the names in JSON tags.
func readYAML(t *testing.T, file string, document any) {
	t.Helper()
	text, err := yaml.YAMLToJSON(read(t, file))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, document); err != nil {
		t.Fatal(err)
	}
}

var pinned = regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40}$`)

func gitHubSteps(t *testing.T, file string) []step {
	t.Helper()
	var document struct {
		Jobs map[string]struct {
			Env   map[string]string `json:"env"`
			Steps []struct {
				ID   string            `json:"id"`
				If   string            `json:"if"`
				Uses string            `json:"uses"`
				With map[string]any    `json:"with"`
				Run  string            `json:"run"`
				Env  map[string]string `json:"env"`
			} `json:"steps"`
		} `json:"jobs"`
	}
	readYAML(t, file, &document)
	var steps []step
	for _, job := range document.Jobs {
		for _, s := range job.Steps {
			if s.Uses != "" {
				if !pinned.MatchString(s.Uses) {
					t.Errorf("%s is not pinned to a commit", s.Uses)
				}
				if strings.HasPrefix(s.Uses, "hashicorp/setup-terraform@") && s.With["terraform_version"] == nil {
					t.Error("Terraform is not pinned to a version")
				}
				continue
			}
			environment := map[string]string{}
			maps.Copy(environment, job.Env)
			maps.Copy(environment, s.Env)
			steps = append(steps, step{s.ID, s.Run, s.If == "${{ !cancelled() }}", environment})
		}
	}
	return steps
}

func onGitHubRunner(t *testing.T, w *acctest.World, folder string) []string {
	t.Helper()
	environment := onGitHub(t, w, folder)
	mayOnlyRead(w, w.Sim.IssuerURL(azuresim.IssuerGitHub), branch)
	return append(environment, "RUNNER_TEMP="+t.TempDir(), "GITHUB_WORKSPACE="+folder,
		"GITHUB_SERVER_URL=https://github.com", "GITHUB_REPOSITORY=contoso/entra-logs", "GITHUB_RUN_ID=1")
}

// azureDevOpsSteps are the scripts of Azure CLI tasks. The others are only checked for their syntax: installing
// Terraform takes a network.
func azureDevOpsSteps(t *testing.T, file string) []step {
	t.Helper()
	var document struct {
		Steps []struct {
			Bash   string            `json:"bash"`
			Task   string            `json:"task"`
			Env    map[string]string `json:"env"`
			Inputs struct {
				Script      string `json:"inlineScript"`
				Environment bool   `json:"addSpnToEnvironment"`
			} `json:"inputs"`
		} `json:"steps"`
	}
	readYAML(t, file, &document)
	var steps []step
	for _, s := range document.Steps {
		if s.Bash != "" {
			if output, err := exec.CommandContext(t.Context(), "bash", "-nc", s.Bash).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, output)
			}
		}
		if s.Task == "AzureCLI@2" && s.Inputs.Environment {
			steps = append(steps, step{s.Task, s.Inputs.Script, false, s.Env})
		}
	}
	return steps
}

func onAzureDevOpsAgent(t *testing.T, w *acctest.World, folder string) []string {
	t.Helper()
	environment := onAzureDevOps(t, w, folder)
	mayOnlyRead(w, w.Sim.IssuerURL(azuresim.IssuerAzureDevOps), "sc://contoso/platform/entra-logs")
	// tenantId and servicePrincipalId are the task's, because of addSpnToEnvironment.
	return append(environment, "tenantId="+acctest.TenantID, "servicePrincipalId="+acctest.ClientID,
		"AGENT_TEMPDIRECTORY="+folder, "BUILD_SOURCESDIRECTORY="+folder)
}

func mayOnlyRead(w *acctest.World, issuer, subject string) {
	w.Tenant.AddPrincipal(azuresim.Principal{
		ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Role: azuresim.Reader,
		Federated: []azuresim.FederatedCredential{{Issuer: issuer, Subject: subject, Audience: exchange}},
	})
}

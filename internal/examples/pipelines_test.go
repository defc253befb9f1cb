package examples_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/oasdiff/yaml"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
)

// step is one of a pipeline's that runs a script.
type step struct {
	name, script string
	environment  map[string]string
}

// pipeline is what it takes to run a pipeline's scripts in a folder, where the pipeline's own service would.
type pipeline struct {
	steps func(t *testing.T, file string) []step
	// surround is the environment that the service gives each script, and the identity that it can prove.
	surround func(t *testing.T, w *acctest.World, folder string) []string
	// values are of the expressions in the steps' environments, besides what earlier steps put out.
	values map[string]string
	// report says where the scripts' report is.
	report string
}

var pipelines = map[string]pipeline{
	"ci/github-actions/entra-logs-drift.yml": {
		steps: gitHubSteps, surround: onGitHubRunner, report: "summary.md",
		values: map[string]string{"vars.ARM_TENANT_ID": acctest.TenantID, "vars.ARM_CLIENT_ID": acctest.ClientID, "github.token": "gh-token", "github.repository": "contoso/entra-logs"},
	},
	"ci/azure-devops/entra-logs-drift.yml": {
		steps: azureDevOpsSteps, surround: onAzureDevOpsAgent, report: "Entra logs.md",
		values: map[string]string{"System.AccessToken": "system-token", "serviceConnectionId": connectionID},
	},
}

// watched makes every plan one of changes, in the output and in the data source that the second check has for itself, also where there is nothing to do.
const watched = `
variable "workspace_id" {}

resource "sentinel_aad_connector" "entra" {
  log_analytics_workspace_id = var.workspace_id
}

data "sentinel_aad_connector_status" "entra" {
  log_analytics_workspace_id = sentinel_aad_connector.entra.log_analytics_workspace_id
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

// The pipelines' own scripts run one after the other against the simulator, by an identity that may read and no more.
func TestPipelines(t *testing.T) {
	for _, file := range examples(t, byPipeline) {
		t.Run(path.Base(path.Dir(file)), func(t *testing.T) {
			p, known := pipelines[file]
			if !known {
				t.Fatalf("no test runs %s", file)
			}
			w := newWorld(t)
			f := acctest.NewFolder(t, requiredProvider+watched, environment(w)...)
			f.Run("apply", "-auto-approve")
			r := run{t: t, pipeline: p, file: file, folder: f.Path}
			r.environment = append(append(w.Sim.Environment(), "TF_VAR_workspace_id="+workspaceID, r.path()), p.surround(t, w, f.Path)...)

			receive(t, w, "AuditLogs", 17)
			r.expect(true, "", "all is well", "Plan: 0 to add, 0 to change, 0 to destroy.", "Changes to Outputs:")

			six := entralogs.Names(entralogs.Connector())
			byPortal(t, w.Tenant, connectorName, workspaceID, append(six[1:], "RiskyUsers")...)
			r.expect(true, "drift", "drift", `- "RiskyUsers"`, `+ "AuditLogs"`, "1 to change")

			byPortal(t, w.Tenant, connectorName, workspaceID, six...)
			receive(t, w, "SigninLogs", 0)
			r.expect(true, "a check fails", "a check fails", "Silent: SigninLogs.")

			w.Tenant.AddPrincipal(azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Role: azuresim.Reader})
			r.expect(false, "", "the plan failed", "AADSTS70025")
		})
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

// path lets the scripts find the Terraform of the tests, and the programs that stand in for the service's own.
func (r run) path() string {
	r.t.Helper()
	bin := filepath.Join(r.folder, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Symlink(acctest.TerraformBinary(r.t), filepath.Join(bin, "terraform")); err != nil {
		r.t.Fatal(err)
	}
	// The issue that is open is a file, and what was done to issues is written down.
	write(r.t, bin, "gh", "#!/bin/sh\ncase \"$1 $2\" in\n'issue list') cat \"$ISSUE\" ;;\nesac\necho \"$@\" >> \"$DONE\"\n", 0o700)
	return "PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH")
}

// expect runs the pipeline, and checks whether it succeeds, what it makes known as its finding, and what its report says in this order.
func (r run) expect(succeeds bool, finding string, report ...string) {
	r.t.Helper()
	_ = os.Remove(filepath.Join(r.folder, r.report))
	printed, err := r.scripts("")
	if (err == nil) != succeeds {
		r.t.Fatalf("it ends with %v:\n%s", err, printed)
	}
	text, err := os.ReadFile(filepath.Join(r.folder, r.report))
	if err != nil || !acctest.Says(report...).Match(text) {
		r.t.Errorf("the report lacks one of %q, error %v:\n%s", report, err, text)
	}
	if strings.HasPrefix(r.file, "ci/azure-devops/") {
		r.expectCommands(printed, finding)
		return
	}
	if !succeeds {
		return // GitHub then tells of the failed run
	}
	for issue, want := range map[string]string{
		"":  map[bool]string{true: "issue create --title Entra logs: " + finding + " --body-file report.md --label entra-logs-drift", false: ""}[finding != ""],
		"7": map[bool]string{true: "issue edit 7 --title Entra logs: " + finding + " --body-file report.md", false: "issue close 7 --comment The plan finds nothing any more."}[finding != ""],
	} {
		if printed, err := r.scripts(issue); err != nil {
			r.t.Fatalf("%v:\n%s", err, printed)
		}
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
			r.t.Errorf("with the open issue %q and the finding %q it did %q, want %q", issue, finding, did, want)
		}
	}
}

// expectCommands checks what the agent of Azure DevOps is told.
func (r run) expectCommands(printed, finding string) {
	r.t.Helper()
	if !strings.Contains(printed, "##vso[task.uploadsummary]"+filepath.Join(r.folder, r.report)+"\n") {
		r.t.Errorf("the report is not uploaded:\n%s", printed)
	}
	warned := strings.Contains(printed, "##vso[task.logissue type=warning]Entra logs: "+finding+"\n##vso[task.complete result=SucceededWithIssues;]\n")
	if warned != (finding != "") {
		r.t.Errorf("for the finding %q it printed\n%s", finding, printed)
	}
}

// scripts runs the steps while an issue is open, "" for none, until one fails.
func (r run) scripts(issue string) (printed string, err error) {
	r.t.Helper()
	values := maps.Clone(r.values)
	files := []string{
		"ISSUE=" + write(r.t, r.folder, "issue", issue, 0o600), "DONE=" + write(r.t, r.folder, "done", "", 0o600),
		"GITHUB_OUTPUT=" + write(r.t, r.folder, "output", "", 0o600), "GITHUB_STEP_SUMMARY=" + write(r.t, r.folder, "summary.md", "", 0o600),
	}
	for _, step := range r.steps(r.t, r.file) {
		command := exec.CommandContext(r.t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.script)
		command.Dir = r.folder
		command.Env = append(append(os.Environ(), r.environment...), files...)
		for name, value := range step.environment {
			command.Env = append(command.Env, name+"="+r.evaluate(value, values))
		}
		output, err := command.CombinedOutput()
		printed += string(output)
		if err != nil {
			return printed, err
		}
		text, err := os.ReadFile(filepath.Join(r.folder, "output"))
		if err != nil {
			r.t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			values["steps."+step.name+".outputs."+name] = value
		}
	}
	return printed, nil
}

var expression = regexp.MustCompile(`\$\{\{ (\S+) \}\}|\$\((\S+)\)`)

// evaluate puts values in place of a service's expressions: ${{ name }} of GitHub Actions, $(name) of Azure DevOps.
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
				Uses string            `json:"uses"`
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
				continue
			}
			environment := map[string]string{}
			maps.Copy(environment, job.Env)
			maps.Copy(environment, s.Env)
			steps = append(steps, step{s.ID, s.Run, environment})
		}
	}
	return steps
}

func onGitHubRunner(t *testing.T, w *acctest.World, folder string) []string {
	t.Helper()
	environment := onGitHub(t, w, folder)
	mayOnlyRead(w, w.Sim.IssuerURL(azuresim.IssuerGitHub), branch)
	return environment
}

// azureDevOpsSteps are the scripts of Azure CLI tasks. The others are only checked for their syntax: installing Terraform takes a network.
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
			steps = append(steps, step{s.Task, s.Inputs.Script, s.Env})
		}
	}
	return steps
}

func onAzureDevOpsAgent(t *testing.T, w *acctest.World, folder string) []string {
	t.Helper()
	environment := onAzureDevOps(t, w, folder)
	mayOnlyRead(w, w.Sim.IssuerURL(azuresim.IssuerAzureDevOps), "sc://contoso/platform/entra-logs")
	// The task's own, by addSpnToEnvironment.
	return append(environment, "tenantId="+acctest.TenantID, "servicePrincipalId="+acctest.ClientID, "AGENT_TEMPDIRECTORY="+folder)
}

func mayOnlyRead(w *acctest.World, issuer, subject string) {
	w.Tenant.AddPrincipal(azuresim.Principal{
		ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Role: azuresim.Reader,
		Federated: []azuresim.FederatedCredential{{Issuer: issuer, Subject: subject, Audience: exchange}},
	})
}

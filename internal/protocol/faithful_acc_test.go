package protocol_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

// step is a plan and its apply.
type step struct {
	name string
	// before is what happens in Azure before it.
	before func(*testing.T, *acctest.World)
	config string
	option protocol.Option // "" for none
	// fails says that the apply does.
	fails bool
}

const address = "sentinel_aad_connector.entra"

// connector is a resource of a label and a name, with further lines.
func connector(label, name string, more ...string) string {
	more = append(more, fmt.Sprintf("name = %q", name))
	return acctest.Connector(label, acctest.WorkspaceID("law-"+label), more...)
}

var (
	few     = acctest.Categories("AuditLogs", "SignInLogs")
	logs    = connector("logs", "siem", few)
	another = connector("another", "another", few)
)

var script = []step{
	{
		name:   "create, and read a data source",
		config: connector("entra", "soc") + `data "sentinel_aad_connectors" "all" {}`,
	},
	{name: "do nothing", config: connector("entra", "soc")},
	{name: "update", config: connector("entra", "soc", few)},
	{
		name:   "repair what was changed in the portal",
		before: func(t *testing.T, w *acctest.World) { put(t, w, "soc", "law-entra", "AuditLogs") },
		config: connector("entra", "soc", few),
	},
	{name: "replace", config: connector("entra", "siem", few)},
	{name: "replace what needs no change", config: connector("entra", "siem", few), option: protocol.Replacing(address)},
	{
		name:   "rename the resource",
		config: logs + "moved {\n  from = " + address + "\n  to = sentinel_aad_connector.logs\n}\n",
	},
	{
		name:   "import",
		before: func(t *testing.T, w *acctest.World) { put(t, w, "theirs", "law-theirs", "RiskyUsers") },
		config: logs + connector("theirs", "theirs", few) +
			"import {\n  to = sentinel_aad_connector.theirs\n  id = \"theirs\"\n}\n",
	},
	{
		name: "create without knowing that it was",
		before: func(_ *testing.T, w *acctest.World) {
			w.Sim.AddFault(azuresim.Fault{Method: "GET", PathEnd: "/another", Skip: 1, Status: 403, Times: 10})
		},
		config: logs + another, fails: true,
	},
	{
		name:   "replace what is tainted, and forget what was deleted",
		before: func(_ *testing.T, w *acctest.World) { w.Sim.ForgetFaults(); w.Tenant.DeleteSetting("siem") },
		config: logs + another,
	},
	{
		name:   "plan without a refresh",
		before: func(t *testing.T, w *acctest.World) { put(t, w, "another", "law-another", "RiskyUsers") },
		config: logs + another, option: protocol.WithoutRefresh(),
	},
	{
		name:   "delete what the configuration no longer has",
		before: func(t *testing.T, w *acctest.World) { put(t, w, "another", "law-another", "AuditLogs", "SignInLogs") },
		config: logs,
	},
	{name: "destroy", config: logs, option: protocol.Destroying()},
}

func put(t *testing.T, w *acctest.World, name, workspace string, categories ...string) {
	t.Helper()
	acctest.PutSetting(t, w.Tenant, name, acctest.WorkspaceID(workspace), categories...)
}

// outcome is what a step did.
type outcome struct {
	Changes map[string]change
	Planned []string // the requests of the plan
	Applied []string // and those of the apply
	State   map[string]*protocol.Instance
	Errors  []string
}

type change struct {
	Actions       tfjson.Actions
	Before, After any
	Imported      bool
	MovedFrom     string
}

// The stand-in plans, applies, keeps and asks for what Terraform does.
func TestAccProtocol_isFaithful(t *testing.T) {
	var byTerraform, standIn []outcome
	t.Run("runs", func(t *testing.T) {
		t.Run("Terraform", func(t *testing.T) {
			w := acctest.NewWorld(t)
			folder := w.NewFolder(t, w.Provider())
			byTerraform = play(t, w, func(s step) outcome { return s.withTerraform(t, w, folder) })
		})
		t.Run("stand-in", func(t *testing.T) {
			acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
				terraform := w.Terraform(t)
				standIn = play(t, w, func(s step) outcome { return s.withStandIn(w, terraform) })
			})
		})
	})
	for i := range byTerraform { // none where there is no Terraform
		for address, expected := range byTerraform[i].State {
			held := standIn[i].State[address]
			if expected.IdentityJSON == nil && held != nil { // Terraform has identities since 1.12
				held.IdentityJSON = nil
			}
		}
		if diff := cmp.Diff(text(t, byTerraform[i]), text(t, standIn[i])); diff != "" {
			t.Errorf("%s: - Terraform, + the stand-in\n%s", script[i].name, diff)
		}
	}
}

// play runs the script.
func play(t *testing.T, w *acctest.World, run func(step) outcome) (all []outcome) {
	t.Helper()
	for _, s := range script {
		if s.before != nil {
			s.before(t, w)
		}
		w.Sim.ForgetRequests()
		o := run(s)
		if failed := len(o.Errors) > 0; failed != s.fails {
			t.Errorf("%s: the apply said %v", s.name, o.Errors)
		}
		all = append(all, o)
	}
	return all
}

// text is the same for a number of any type.
func text(t *testing.T, o outcome) string {
	t.Helper()
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func requests(w *acctest.World) []string {
	var made []string
	for _, e := range w.Sim.Requests() {
		made = append(made, fmt.Sprintf("%s %s %d %s", e.Method, e.Path, e.Status, e.RequestBody))
	}
	slices.Sort(made) // some are made side by side
	w.Sim.ForgetRequests()
	return made
}

func (s step) withStandIn(w *acctest.World, terraform *protocol.Terraform) outcome {
	plan := terraform.Plan(w.Provider()+s.config, s.option)
	o := outcome{Planned: requests(w), Changes: map[string]change{}}
	for address, c := range plan.Changes {
		actions := tfjson.Actions{tfjson.Action(c.Action)}
		if c.Action == protocol.Replace {
			actions = tfjson.Actions{tfjson.ActionDelete, tfjson.ActionCreate}
		}
		o.Changes[address] = change{actions, c.Before, c.After, c.Imported, c.MovedFrom}
	}
	for _, d := range plan.Apply().Errors() {
		o.Errors = append(o.Errors, d.Summary)
	}
	o.Applied, o.State = requests(w), terraform.State
	return o
}

func (s step) withTerraform(t *testing.T, w *acctest.World, folder *acctest.Folder) outcome {
	t.Helper()
	folder.Write("main.tf", w.Provider()+s.config)
	plan := []string{"plan", "-out=" + filepath.Join(folder.Path, "plan")}
	if s.option != "" {
		plan = append(plan, string(s.option))
	}
	folder.Run(plan...)
	o := outcome{Planned: requests(w), Changes: map[string]change{}}
	var shown tfjson.Plan
	if err := json.Unmarshal([]byte(folder.Run("show", "-json", "plan")), &shown); err != nil {
		t.Fatal(err)
	}
	for _, r := range shown.ResourceChanges {
		c := r.Change
		o.Changes[r.Address] = change{c.Actions, c.Before, c.After, c.Importing != nil, r.PreviousAddress}
	}
	apply := folder.Run
	if s.fails {
		apply = folder.Fail
	}
	for line := range strings.Lines(apply("apply", "plan")) {
		if _, summary, found := strings.Cut(line, "Error: "); found {
			o.Errors = append(o.Errors, strings.TrimSpace(summary))
		}
	}
	o.Applied, o.State = requests(w), folder.State()
	return o
}

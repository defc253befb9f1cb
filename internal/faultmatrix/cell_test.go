package faultmatrix_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// base is what all cells start from: a folder that Terraform has initialized, and the state of a setting.
type base struct {
	folder *acctest.Folder
	state  string
}

const requiredProvider = `
terraform {
  required_providers {
    sentinel = { source = "registry.terraform.io/terraform-provider-sentinel/sentinel" }
  }
}
`

func newBase(t *testing.T) base {
	t.Helper()
	w := acctest.NewWorld(t)
	folder := acctest.NewFolder(t, requiredProvider+w.Provider()+connector(old))
	folder.Run("apply", "-auto-approve")
	state, err := os.ReadFile(filepath.Join(folder.Path, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	return base{folder, string(state)}
}

// cell is one operation in a world of its own.
type cell struct {
	*testing.T
	w         *acctest.World
	operation operation
	folder    *acctest.Folder
	others    map[string]any // the settings that are none of the operation's business
	armed     map[request]bool
}

// outcome is what is to become of an operation.
type outcome struct {
	// strike lets the fault happen.
	strike func(*cell)
	// says is what the error says; none means that there is none.
	says []string
	// done says that the service has what was wanted all the same.
	done bool
	// tainted says that the state has the setting, marked as one to be replaced; kept that it still has what was deleted.
	tainted, kept bool
	// next is what the next plan says, without the fault; "" means that nothing is to do after a success, and all after a failure.
	next string
	// state is what the connector in the state streams, where that is neither what was wanted nor what was before.
	state []string
	// interrupted says that the person at the keyboard gives up when the main request was answered with 429.
	interrupted bool
	// impatient says that the operation is given little time.
	impatient bool
	// more looks at what else matters.
	more func(*cell)
}

func (b base) newCell(t *testing.T, o operation, want outcome) *cell {
	c := &cell{T: t, w: acctest.NewWorld(t), operation: o, armed: map[request]bool{}}
	c.seed()
	config, state := requiredProvider+c.w.Provider()+o.config, b.state
	if want.impatient {
		config, state = strings.ReplaceAll(config, patience, impatience), strings.ReplaceAll(state, patience, impatience)
	}
	c.folder = b.folder.Share(t, config)
	if o.inState {
		c.folder.Write("terraform.tfstate", state)
	}
	return c
}

// foreign is a property that the provider does not know, and is to leave alone.
const foreign = "marketplacePartnerId"

// seed makes what is there before: the setting, one beside it, one of the same name in another tenant, and a workspace that receives.
func (c *cell) seed() {
	c.Helper()
	document := func(workspace string, categories ...string) map[string]any {
		var logs []any
		for _, category := range categories {
			logs = append(logs, map[string]any{"category": category, "enabled": true})
		}
		return map[string]any{"properties": map[string]any{"workspaceId": acctest.WorkspaceID(workspace), foreign: "/the/partner", "logs": logs}}
	}
	must := func(err error) {
		c.Helper()
		if err != nil {
			c.Fatal(err)
		}
	}
	must(c.w.Tenant.PutSetting("theirs", document("law-theirs", "AuditLogs")))
	must(c.w.Other.PutSetting(soc, document("law-other", "RiskyUsers")))
	if c.operation.from != nil {
		must(c.w.Tenant.PutSetting(soc, document("law-soc", c.operation.from...)))
	}
	received := azuresim.Table{Records: []azuresim.Record{azuresim.Aged(3, time.Hour, time.Hour)}}
	must(c.w.Tenant.PutWorkspace(azuresim.Workspace{ID: acctest.WorkspaceID("law-soc"), Tables: map[string]azuresim.Table{"SigninLogs": received, "AuditLogs": {}}}))
	c.others = c.bystanders()
}

func (c *cell) bystanders() map[string]any {
	beside, _ := c.w.Tenant.Setting("theirs")
	elsewhere, _ := c.w.Other.Setting(soc)
	return map[string]any{"beside": beside, "elsewhere": elsewhere, "names elsewhere": c.w.Other.SettingNames()}
}

// try runs the operation under the fault and looks at all that is left of it.
func (c *cell) try(want outcome) {
	c.Helper()
	want.strike(c)
	printed, err := c.apply(want.interrupted)
	c.checkWords(want, printed, err)
	done := len(want.says) == 0 || want.done
	c.checkService(done)
	c.checkRequests()
	c.checkStruck()
	c.checkState(want)
	if want.more != nil {
		want.more(c)
	}
	c.w.Sim.ForgetFaults()
	c.w.Sim.SetLatency(0)
	c.w.Tenant.Behave(azuresim.Behaviour{})
	c.w.Tenant.Settle()
	plan := want.next
	switch {
	case plan != "":
	case done:
		plan = noChanges
	default:
		plan = c.operation.planned
	}
	if replanned := c.folder.Run("plan"); !strings.Contains(replanned, plan) {
		c.Errorf("the next plan is not %q:\n%s", plan, replanned)
	}
	if c.Failed() {
		c.Log(printed)
		c.logRequests()
	}
}

// apply runs Terraform, and may be interrupted.
func (c *cell) apply(interrupted bool) (string, error) {
	c.Helper()
	var printed bytes.Buffer
	arguments := []string{"apply", "-auto-approve"}
	if interrupted && !c.operation.writes() {
		arguments = []string{"plan"} // an apply's own planning is deaf to Ctrl-C
	}
	command := acctest.Command(c.T, c.folder.Path, c.folder.Environment, arguments...)
	command.Stdout, command.Stderr = &printed, &printed
	if err := command.Start(); err != nil {
		c.Fatal(err)
	}
	if interrupted {
		c.interrupt(command.Process)
	}
	err := command.Wait()
	return printed.String(), err
}

// interrupt waits for a throttled request and then does what Ctrl-C does. Terraform has then to end soon, whatever it was asked to wait for.
func (c *cell) interrupt(terraform *os.Process) {
	c.Helper()
	throttled := func(e azuresim.Exchange) bool {
		return c.operation.main.made(e) && e.Status == http.StatusTooManyRequests
	}
	for started := time.Now(); !slices.ContainsFunc(c.w.Sim.Requests(), throttled); time.Sleep(20 * time.Millisecond) {
		if time.Since(started) > time.Minute {
			c.Fatal("no request was throttled")
		}
	}
	if err := terraform.Signal(os.Interrupt); err != nil {
		c.Error(err)
	}
}

// dumps are what no user is to be shown: bodies, and what the libraries print of whole exchanges.
var dumps = regexp.MustCompile(`(?i)\{\\?"|</?html|RESPONSE \d|-----|panic|goroutine|%!`)

var errorLine = regexp.MustCompile(`(?m)^\W*Error: `)

func (c *cell) checkWords(want outcome, printed string, err error) {
	c.Helper()
	if len(want.says) == 0 {
		if err != nil {
			c.Error("it failed")
		}
		return
	}
	headline := "Cannot " + c.operation.verb + ` the connector "` + soc + `": `
	if c.operation.verb == "" {
		headline = `Cannot tell which tables of the workspace "law-soc" receive data: `
	}
	if err == nil {
		c.Error("it did not fail")
		return
	}
	words := slices.Clone(want.says)
	words[0] = "Error: " + headline + words[0]
	if plain := strings.ReplaceAll(printed, "│", " "); !acctest.Says(words...).MatchString(plain) {
		c.Errorf("the error does not say %q", words)
	}
	if found := dumps.FindString(printed); found != "" {
		c.Errorf("the error shows %q", found)
	}
	if len(errorLine.FindAllString(strings.ReplaceAll(printed, "Error: execution halted", ""), -1)) != 1 { // which Terraform says of an interruption
		c.Error("there is more than one error")
	}
}

// checkService finds what was lost, duplicated, overwritten or left behind.
func (c *cell) checkService(done bool) {
	c.Helper()
	want := c.operation.from
	if done {
		want = c.operation.to
	}
	names := []string{"theirs"}
	if want != nil {
		names = append(names, soc)
	}
	if got := slices.Sorted(slices.Values(c.w.Tenant.SettingNames())); !slices.Equal(got, slices.Sorted(slices.Values(names))) {
		c.Errorf("the tenant has the settings %v, want %v", got, names)
	}
	if got := c.w.Tenant.Categories(soc); !slices.Equal(got, want) {
		c.Errorf("%s streams %v, want %v", soc, got, want)
	}
	if setting, exists := c.w.Tenant.Setting(soc); exists {
		properties := setting["properties"].(map[string]any)
		if got := properties["workspaceId"]; got != acctest.WorkspaceID("law-soc") {
			c.Errorf("%s streams to %v", soc, got)
		}
		if got := properties[foreign]; c.operation.from != nil && got != "/the/partner" {
			c.Errorf("%s has lost what Terraform does not manage", soc)
		}
	}
	if now := c.bystanders(); !reflect.DeepEqual(now, c.others) {
		c.Errorf("the other settings were\n%v\nand are\n%v", c.others, now)
	}
}

// checkRequests finds what should not have been sent.
func (c *cell) checkRequests() {
	c.Helper()
	for _, e := range c.w.Sim.Requests() {
		if e.TokenTenant != "" && e.TokenTenant != acctest.TenantID {
			c.Errorf("%s %s carried a token of tenant %s", e.Method, e.Path, e.TokenTenant)
		}
		if (e.Method == put.method || e.Method == remove.method) && !c.operation.main.made(e) {
			c.Errorf("%s %s was sent", e.Method, e.Path)
		}
	}
}

// arm adds a fault of a kind of request, and spare one that lets a request through to the faults after it.
func (c *cell) arm(r request, f azuresim.Fault) {
	c.armed[r] = true
	f.Method, f.PathEnd = r.method, r.pathEnd
	c.w.Sim.AddFault(f)
}

func (c *cell) spare(r request) {
	c.w.Sim.AddFault(azuresim.Fault{Method: r.method, PathEnd: r.pathEnd})
}

// checkStruck finds faults that never happened.
func (c *cell) checkStruck() {
	c.Helper()
	for r := range c.armed {
		if !slices.ContainsFunc(c.w.Sim.Requests(), func(e azuresim.Exchange) bool { return r.made(e) && e.Struck }) {
			c.Errorf("no %s %s was struck", r.method, r.pathEnd)
		}
	}
}

// instance is a resource in Terraform's state.
type instance struct {
	Status     string         `json:"status"`
	Attributes map[string]any `json:"attributes"`
}

// instances reads the state, which Terraform leaves out where there has never been anything to keep.
func (c *cell) instances(kind string) []instance {
	c.Helper()
	var state struct {
		Resources []struct {
			Type      string     `json:"type"`
			Instances []instance `json:"instances"`
		} `json:"resources"`
	}
	text, err := os.ReadFile(filepath.Join(c.folder.Path, "terraform.tfstate"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(text, &state)
	}
	if err != nil {
		c.Fatal(err)
	}
	var found []instance
	for _, resource := range state.Resources {
		if resource.Type == kind {
			found = append(found, resource.Instances...)
		}
	}
	return found
}

func (c *cell) checkState(want outcome) {
	c.Helper()
	done := len(want.says) == 0 || want.done
	if c.operation.verb == "" {
		c.checkArrivals(done)
		return
	}
	var categories []string
	switch {
	case want.state != nil:
		categories = want.state
	case want.kept, !done && c.operation.inState:
		categories = c.operation.from
	case done:
		categories = c.operation.to
	}
	found := c.instances("sentinel_aad_connector")
	if categories == nil {
		if len(found) > 0 {
			c.Errorf("the state has %v", found)
		}
		return
	}
	if len(found) != 1 {
		c.Errorf("the state has %d connectors, want one", len(found))
		return
	}
	if tainted := found[0].Status == "tainted"; tainted != want.tainted {
		c.Errorf("the connector in the state is %q", found[0].Status)
	}
	got := maps.Clone(found[0].Attributes)
	for attribute, value := range map[string]any{
		"name": soc, "tenant_id": acctest.TenantID, "log_analytics_workspace_id": acctest.WorkspaceID("law-soc"), "storage_account_id": nil,
	} {
		if got[attribute] != value {
			c.Errorf("in the state, %s is %v", attribute, got[attribute])
		}
	}
	if streamed := texts(got["log_categories"]); !slices.Equal(streamed, categories) {
		c.Errorf("in the state, it streams %v, want %v", streamed, categories)
	}
}

func (c *cell) checkArrivals(done bool) {
	c.Helper()
	found := c.instances("sentinel_aad_connector_status")
	if !done {
		if len(found) > 0 {
			c.Errorf("the state has %v", found)
		}
		return
	}
	if len(found) != 1 {
		c.Errorf("the state has %d statuses", len(found))
		return
	}
	if got := texts(found[0].Attributes["receiving_tables"]); !slices.Equal(got, []string{"SigninLogs"}) {
		c.Errorf("in the state, the tables %v receive", got)
	}
	if got := texts(found[0].Attributes["silent_tables"]); !slices.Equal(got, []string{"AuditLogs"}) {
		c.Errorf("in the state, the tables %v are silent", got)
	}
}

func texts(list any) []string {
	var all []string
	items, _ := list.([]any)
	for _, item := range items {
		text, _ := item.(string)
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

func (c *cell) logRequests() {
	var lines []string
	for _, e := range c.w.Sim.Requests() {
		lines = append(lines, e.At.Format("05.000 ")+e.Method+" "+e.Path+" "+fmt.Sprint(e.Status))
	}
	c.Log(strings.Join(lines, "\n"))
}

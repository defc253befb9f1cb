package faultmatrix_test

import (
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

// cell is one operation in a world of its own.
type cell struct {
	*testing.T
	w         *acctest.World
	operation operation
	terraform terraform
	config    string
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
	// next is what the next plan says, without the fault; "" means that nothing is to do after a success, and all after
	// a failure.
	next string
	// state is what the connector in the state streams, where that is neither what was wanted nor what was before.
	state []string
	// interrupted says that the person at the keyboard gives up when the main request was answered with 429.
	interrupted bool
	// denied says that the status warns that it may not read the tables.
	denied bool
	// more looks at what else matters.
	more func(*cell)
}

// terraform runs Terraform, or stands in for it.
type terraform interface {
	Apply(config string) protocol.Diagnostics
	// Plan returns the line that the plan ends with.
	Plan(config string) (string, protocol.Diagnostics)
	// Instance is what the state has at an address, nil for nothing.
	Instance(address string) *protocol.Instance
	// Stop is Ctrl-C.
	Stop()
}

// standIn drives the provider without Terraform.
type standIn struct{ *protocol.Terraform }

func (s standIn) Apply(config string) protocol.Diagnostics {
	return s.Terraform.Apply(config).Diagnostics
}

func (s standIn) Plan(config string) (string, protocol.Diagnostics) {
	plan := s.Terraform.Plan(config)
	return plan.Summary(), plan.Diagnostics
}

func (s standIn) Instance(address string) *protocol.Instance { return s.State[address] }

func newCell(t *testing.T, w *acctest.World, tf terraform, o operation) *cell {
	t.Helper()
	c := &cell{T: t, w: w, operation: o, terraform: tf, config: w.Provider() + o.config, armed: map[request]bool{}}
	c.seed()
	if o.inState {
		if said := tf.Apply(w.Provider() + importing); len(said) > 0 {
			t.Fatal(said)
		}
		w.Sim.ForgetRequests()
	}
	return c
}

// foreign is a property that the provider does not know, and is to leave alone.
const foreign = "marketplacePartnerId"

// seed makes what is there before: the setting, one beside it, one of the same name in another tenant, and a
// workspace that receives.
func (c *cell) seed() {
	c.Helper()
	document := func(workspace string, categories ...string) map[string]any {
		var logs []any
		for _, category := range categories {
			logs = append(logs, map[string]any{"category": category, "enabled": true})
		}
		return map[string]any{
			"properties": map[string]any{
				"workspaceId": acctest.WorkspaceID(workspace),
				foreign:       "/the/partner",
				"logs":        logs,
			},
		}
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
	must(
		c.w.Tenant.PutWorkspace(
			azuresim.Workspace{
				ID:     acctest.WorkspaceID("law-soc"),
				Tables: map[string]azuresim.Table{"SigninLogs": received, "AuditLogs": {}},
			},
		),
	)
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
	said := c.apply(want.interrupted)
	c.checkWords(want, said)
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
	if planned, problems := c.terraform.Plan(c.config); len(problems.Errors()) > 0 || !strings.Contains(planned, plan) {
		c.Errorf("the next plan is %q, want %q\n%s", planned, plan, problems)
	}
	if c.Failed() {
		c.Log(said)
		c.logRequests()
	}
}

// apply plans and applies, and may be interrupted.
func (c *cell) apply(interrupted bool) protocol.Diagnostics {
	c.Helper()
	if !interrupted {
		return c.terraform.Apply(c.config)
	}
	var said protocol.Diagnostics
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		said = c.terraform.Apply(c.config)
	}()
	c.interrupt()
	began := time.Now()
	<-ended
	if took := time.Since(began); took > 0 {
		c.Errorf("it went on for %s after it was interrupted", took)
	}
	return said
}

// interrupt waits for the pause after a throttled request, and then stops the provider as Ctrl-C does.
func (c *cell) interrupt() {
	c.Helper()
	throttled := func(e azuresim.Exchange) bool {
		return c.operation.main.made(e) && e.Status == http.StatusTooManyRequests
	}
	synctest.Wait()
	for range 60 {
		if slices.ContainsFunc(c.w.Sim.Requests(), throttled) {
			c.terraform.Stop()
			return
		}
		time.Sleep(time.Second)
		synctest.Wait()
	}
	c.Fatal("no request was throttled")
}

// dumps are what no user is to be shown: bodies, and what the libraries print of whole exchanges.
var dumps = regexp.MustCompile(`(?i)\{\\?"|</?html|RESPONSE \d|-----|panic|goroutine|%!`)

func (c *cell) checkWords(want outcome, said protocol.Diagnostics) {
	c.Helper()
	if len(want.says) == 0 {
		if len(said.Errors()) > 0 {
			c.Error("it failed")
		}
		if want.denied &&
			!said.Warnings().
				Say("no permission to read the workspace", "az role assignment create", `--role "Log Analytics Reader"`) {
			c.Error("there is no warning of the denied tables")
		}
		return
	}
	if len(said.Errors()) != 1 {
		c.Errorf("there are %d errors, want one", len(said.Errors()))
		return
	}
	headline := "Cannot " + c.operation.verb + ` the connector "` + soc + `": `
	if c.operation.verb == "" {
		headline = `Cannot tell which tables of the workspace "law-soc" receive data: `
	}
	words := slices.Clone(want.says)
	words[0] = "Error: " + headline + words[0]
	if !said.Say(words...) {
		c.Errorf("the error does not say %q", words)
	}
	if found := dumps.FindString(said.String()); found != "" {
		c.Errorf("the error shows %q", found)
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
	if got := slices.Sorted(slices.Values(c.w.Tenant.SettingNames())); !slices.Equal(
		got,
		slices.Sorted(slices.Values(names)),
	) {
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

func (c *cell) checkState(want outcome) {
	c.Helper()
	done := len(want.says) == 0 || want.done
	if c.operation.verb == "" {
		c.checkArrivals(want, done)
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
	found := c.terraform.Instance(address)
	if categories == nil {
		if found != nil {
			c.Errorf("the state has %s", found.JSON)
		}
		return
	}
	if found == nil {
		c.Error("the state has no connector")
		return
	}
	if found.Tainted != want.tainted {
		c.Errorf("the connector in the state is tainted: %v", found.Tainted)
	}
	got := found.Attributes()
	for attribute, value := range map[string]any{
		"name": soc, "tenant_id": acctest.TenantID,
		"log_analytics_workspace_id": acctest.WorkspaceID("law-soc"), "storage_account_id": nil,
	} {
		if got[attribute] != value {
			c.Errorf("in the state, %s is %v", attribute, got[attribute])
		}
	}
	if streamed := texts(got["log_categories"]); !slices.Equal(streamed, categories) {
		c.Errorf("in the state, it streams %v, want %v", streamed, categories)
	}
}

func (c *cell) checkArrivals(want outcome, done bool) {
	c.Helper()
	instance := c.terraform.Instance("data.sentinel_aad_connector_status.entra")
	if !done {
		if instance != nil {
			c.Errorf("the state has %s", instance.JSON)
		}
		return
	}
	if instance == nil {
		c.Error("the state has no status")
		return
	}
	found := instance.Attributes()
	if want.denied {
		for table, status := range found["status"].(map[string]any) {
			if state := status.(map[string]any)["state"]; state != "denied" {
				c.Errorf("in the state, the table %s is %v", table, state)
			}
		}
		return
	}
	if got := texts(found["receiving_tables"]); !slices.Equal(got, []string{"SigninLogs"}) {
		c.Errorf("in the state, the tables %v receive", got)
	}
	if got := texts(found["silent_tables"]); !slices.Equal(got, []string{"AuditLogs"}) {
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

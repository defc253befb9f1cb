package faultmatrix_test

import (
	"iter"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
	armed     map[request]bool
	stopped   time.Time // by Ctrl-C
}

// terraform runs Terraform, or stands in for it. It returns what Terraform prints.
type terraform interface {
	Apply(config string) string
	Plan(config string) string
	// Instance is what the state has at an address, nil for nothing.
	Instance(address string) *protocol.Instance
}

// standIn drives the provider without Terraform.
type standIn struct{ *protocol.Terraform }

func (s standIn) Apply(config string) string { return s.Terraform.Apply(config).String() }

func (s standIn) Plan(config string) string {
	plan := s.Terraform.Plan(config)
	return plan.String() + plan.Summary()
}

func (s standIn) Instance(address string) *protocol.Instance { return s.State[address] }

var failure = regexp.MustCompile(`(?m)^Error: `)

// outcome is all that is left of an operation.
type outcome struct {
	Names   []string // of the tenant's settings
	Setting []any    // the one that the operation is about
	Others  []any    // the settings that are none of its business
	State   map[string]any
	Tainted bool
}

// try runs an operation under a fault and looks at all that is left of it.
func try(t *testing.T, w *acctest.World, tf terraform, o operation, want fault) {
	t.Helper()
	c := &cell{T: t, w: w, operation: o, terraform: tf, armed: map[request]bool{}}
	c.seed()
	wanted := c.wanted(want)
	want.strike(c)
	said := tf.Apply(w.Provider() + o.config)
	c.checkWords(want, said)
	c.checkRequests()
	if difference := cmp.Diff(wanted, c.left()); difference != "" {
		c.Error(difference)
	}
	if want.more != nil {
		want.more(c)
	}

	w.Sim.ForgetFaults()
	w.Sim.SetLatency(0)
	w.Tenant.Behave(azuresim.Behaviour{})
	w.Tenant.Settle()
	planned := tf.Plan(w.Provider() + o.config)
	if failure.MatchString(planned) || !strings.Contains(planned, want.plan(o)) {
		c.Errorf("the next plan is %q, want %q", planned, want.plan(o))
	}
	if c.Failed() {
		c.Log(said)
		for _, e := range w.Sim.Requests() {
			c.Log(e.At.Format("05.000"), e.Method, e.Path, e.Status)
		}
	}
}

// foreign is a property that the provider does not know, and is to leave alone.
const foreign = "marketplacePartnerId"

// seed makes what is there before: the setting, one beside it, one of the same name in another tenant, and a
// workspace that receives.
func (c *cell) seed() {
	c.Helper()
	acctest.PutSetting(c, c.w.Tenant, "theirs", acctest.WorkspaceID("law-theirs"), "AuditLogs")
	acctest.PutSetting(c, c.w.Other, soc, acctest.WorkspaceID("law-other"), "RiskyUsers")
	if c.operation.from != nil {
		setting := azuresim.SettingOf(acctest.WorkspaceID("law-soc"), c.operation.from...)
		setting["properties"].(map[string]any)[foreign] = "/the/partner"
		if err := c.w.Tenant.PutSetting(soc, setting); err != nil {
			c.Fatal(err)
		}
	}
	received := azuresim.Table{Records: []azuresim.Record{azuresim.Aged(3, time.Hour, time.Hour)}}
	if err := c.w.Tenant.PutWorkspace(azuresim.Workspace{
		ID:     acctest.WorkspaceID("law-soc"),
		Tables: map[string]azuresim.Table{"SigninLogs": received, "AuditLogs": {}},
	}); err != nil {
		c.Fatal(err)
	}
	if c.operation.inState {
		said := c.terraform.Apply(c.w.Provider() + importing)
		if failure.MatchString(said) || strings.Contains(said, "Warning: ") {
			c.Fatal(said)
		}
		c.w.Sim.ForgetRequests()
	}
}

// arm adds faults of a kind of request, which strike one after the other.
func (c *cell) arm(r request, fs ...azuresim.Fault) {
	c.armed[r] = true
	for _, f := range fs {
		f.Method, f.PathEnd = r.method, r.pathEnd
		c.w.Sim.AddFault(f)
	}
}

// dumps are what no user is to be shown: bodies, and what the libraries print of whole exchanges.
var dumps = regexp.MustCompile(`(?i)\{\\?"|</?html|RESPONSE \d|-----|panic|goroutine|%!`)

func (c *cell) checkWords(want fault, said string) {
	c.Helper()
	if !protocol.Says(want.warns...).MatchString(said) {
		c.Errorf("it does not warn %q", want.warns)
	}
	errors := len(failure.FindAllString(said, -1))
	if len(want.says) == 0 {
		if errors > 0 {
			c.Error("it failed")
		}
		return
	}
	headline := "Error: Cannot " + c.operation.verb + ` the connector "` + soc + `": `
	if !c.operation.ofSetting() {
		headline = `Error: Cannot tell which tables of the workspace "law-soc" receive data: `
	}
	words := slices.Concat([]string{headline + want.says[0]}, want.says[1:])
	if errors != 1 || !protocol.Says(words...).MatchString(said) {
		c.Errorf("there are %d errors, want one that says %q", errors, words)
	}
	if found := dumps.FindString(said); found != "" {
		c.Errorf("the error shows %q", found)
	}
}

// wanted is what is to be left, before the operation begins: nothing is lost, duplicated, overwritten or left behind.
func (c *cell) wanted(want fault) outcome {
	o, wanted := c.operation, c.left()
	categories := o.from
	wanted.State, wanted.Tainted = want.state, want.tainted
	switch {
	case want.isDone():
		categories = o.to
		if want.state == nil {
			wanted.State = o.state()
		}
	case want.state == nil && o.inState:
		wanted.State = stateOf(o.from)
	}
	switch {
	case categories == nil:
		wanted.Names, wanted.Setting = []string{"theirs"}, nil
	case wanted.Setting == nil:
		wanted.Names, wanted.Setting = []string{soc, "theirs"}, []any{acctest.WorkspaceID("law-soc"), nil, categories}
	default:
		wanted.Setting[2] = categories
	}
	return wanted
}

// left is what is left at the moment.
func (c *cell) left() outcome {
	beside, _ := c.w.Tenant.Setting("theirs")
	elsewhere, _ := c.w.Other.Setting(soc)
	left := outcome{
		Names:  slices.Sorted(slices.Values(c.w.Tenant.SettingNames())),
		Others: []any{beside, elsewhere, c.w.Other.SettingNames()},
	}
	if setting, exists := c.w.Tenant.Setting(soc); exists {
		properties := setting["properties"].(map[string]any)
		left.Setting = []any{properties["workspaceId"], properties[foreign], c.w.Tenant.Categories(soc)}
	}
	if found := c.terraform.Instance(address); found != nil {
		attributes := found.Attributes()
		var categories []string
		for _, category := range attributes["log_categories"].([]any) {
			categories = append(categories, category.(string))
		}
		left.Tainted, left.State = found.Tainted, stateOf(slices.Sorted(slices.Values(categories)))
		for _, name := range []string{"name", "tenant_id", "log_analytics_workspace_id", "storage_account_id"} {
			left.State[name] = attributes[name]
		}
	}
	if found := c.terraform.Instance(statusAddress); found != nil {
		left.State = map[string]any{}
		for table, status := range found.Attributes()["status"].(map[string]any) {
			left.State[table] = status.(map[string]any)["state"]
		}
	}
	return left
}

// checkRequests finds what should not have been sent, and faults that never happened.
func (c *cell) checkRequests() {
	c.Helper()
	requests := c.w.Sim.Requests()
	for _, e := range requests {
		if e.TokenTenant != "" && e.TokenTenant != acctest.TenantID {
			c.Errorf("%s %s carried a token of tenant %s", e.Method, e.Path, e.TokenTenant)
		}
		if (e.Method == put.method || e.Method == remove.method) && !c.operation.main.made(e) {
			c.Errorf("%s %s was sent", e.Method, e.Path)
		}
	}
	for r := range c.armed {
		if !slices.ContainsFunc(only(r, requests), func(e azuresim.Exchange) bool { return e.Struck }) {
			c.Errorf("no %s %s was struck", r.method, r.pathEnd)
		}
	}
}

// retried are the main requests that were answered with a status, at least one, and those that followed them.
func (c *cell) retried(status int) iter.Seq2[azuresim.Exchange, azuresim.Exchange] {
	return func(yield func(struck, again azuresim.Exchange) bool) {
		sent := only(c.operation.main, c.w.Sim.Requests())
		struck := 0
		for i, e := range sent {
			if e.Status != status {
				continue
			}
			struck++
			if i == len(sent)-1 {
				c.Errorf("%s %s was not tried again", e.Method, e.Path)
			} else if !yield(e, sent[i+1]) {
				return
			}
		}
		if struck == 0 {
			c.Errorf("no %v was answered with %d", c.operation.main, status)
		}
	}
}

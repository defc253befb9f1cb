package faultmatrix_test

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

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
	armed     map[request]int // the longest pause in seconds that a fault of the request asks for
	stopped   time.Time       // by Ctrl-C
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
	Setting string   // the one that the operation is about
	Others  []any    // the settings that are none of its business
	State   string   // "" for nothing
	Tainted bool
}

// try runs an operation under a fault and looks at all that is left of it.
func try(t *testing.T, w *acctest.World, tf terraform, o operation, want fault) {
	t.Helper()
	c := &cell{T: t, w: w, operation: o, terraform: tf, armed: map[request]int{}}
	c.seed()
	wanted := c.wanted(want)
	want.strike(c)
	said := tf.Apply(w.Provider() + o.config)
	c.checkWords(want, said)
	c.checkRequests(want)
	if difference := gocmp.Diff(wanted, c.left()); difference != "" {
		c.Error(difference)
	}
	if want.more != nil {
		want.more(c)
	}

	w.Recover()
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

// unknownProperty is a property that the provider does not know and must keep, with its value.
const unknownProperty, partner = "marketplacePartnerId", "/the/partner"

// seed makes what is there before: the setting, one beside it, one of the same name in another tenant, and a
// workspace that receives.
func (c *cell) seed() {
	c.Helper()
	acctest.PutSetting(c, c.w.Tenant, "theirs", acctest.WorkspaceID("law-theirs"), "AuditLogs")
	acctest.PutSetting(c, c.w.Other, soc, acctest.WorkspaceID("law-other"), "RiskyUsers")
	if c.operation.from != nil {
		setting := azuresim.SettingOf(acctest.WorkspaceID("law-soc"), c.operation.from...)
		setting["properties"].(map[string]any)[unknownProperty] = partner
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
	for _, f := range fs {
		c.armed[r] = max(c.armed[r], f.RetryAfter)
		f.Method, f.PathEnd = r.method, r.pathEnd
		c.w.Sim.AddFault(f)
	}
}

// dumps must never reach a user: bodies, and whole exchanges as the libraries print them.
var dumps = regexp.MustCompile(`(?i)\{\\?"|</?html|RESPONSE \d|-----|panic|goroutine|%!`)

func (c *cell) checkWords(want fault, said string) {
	c.Helper()
	if !protocol.Contains(said, want.warns...) {
		c.Errorf("it does not warn %q", want.warns)
	}
	errors := len(failure.FindAllString(said, -1))
	if len(want.says) == 0 {
		if errors > 0 {
			c.Error("it failed")
		}
		return
	}
	words := slices.Concat([]string{c.operation.headline + want.says[0]}, want.says[1:])
	if errors != 1 || !protocol.Contains(said, words...) {
		c.Errorf("there are %d errors, want one that says %q", errors, words)
	}
	if found := dumps.FindString(said); found != "" {
		c.Errorf("the error shows %q", found)
	}
}

// wanted is the outcome that the operation must have: nothing is lost, duplicated, overwritten or left behind.
func (c *cell) wanted(want fault) outcome {
	o, wanted, categories := c.operation, c.left(), c.operation.from
	wanted.State, wanted.Tainted = want.state, want.tainted
	switch {
	case want.isDone():
		categories, wanted.State = o.to, cmp.Or(want.state, o.state())
	case o.inState:
		wanted.State = cmp.Or(want.state, stateOf(o.from))
	}
	wanted.Names, wanted.Setting = []string{"theirs"}, ""
	if categories != nil {
		var kept any
		if o.from != nil {
			kept = partner
		}
		wanted.Names, wanted.Setting = []string{soc, "theirs"}, streams(acctest.WorkspaceID("law-soc"), kept, categories)
	}
	return wanted
}

// streams describes a setting.
func streams(workspace, unknown any, categories []string) string {
	return fmt.Sprint(workspace, unknown, categories)
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
		left.Setting = streams(properties["workspaceId"], properties[unknownProperty], c.w.Tenant.Categories(soc))
	}
	if found := c.terraform.Instance(address); found != nil {
		a := found.Attributes()
		left.Tainted, left.State = found.Tainted, fmt.Sprint(
			a["name"], a["tenant_id"], a["log_analytics_workspace_id"], a["storage_account_id"], a["log_categories"])
	}
	if found := c.terraform.Instance(statusAddress); found != nil {
		states := map[string]any{}
		for table, status := range found.Attributes()["status"].(map[string]any) {
			states[table] = status.(map[string]any)["state"]
		}
		left.State = fmt.Sprint(states)
	}
	return left
}

// checkRequests finds what should not have been sent, and faults that never happened.
func (c *cell) checkRequests(want fault) {
	c.Helper()
	requests := c.w.Sim.Requests()
	for _, e := range requests {
		if e.TokenTenant != "" && e.TokenTenant != acctest.TenantID {
			c.Errorf("%s %s carried a token of tenant %s", e.Method, e.Path, e.TokenTenant)
		}
		if (e.Method == put.method || e.Method == remove.method) && !c.operation.main().made(e) {
			c.Errorf("%s %s was sent", e.Method, e.Path)
		}
	}
	for r := range c.armed {
		if !slices.ContainsFunc(only(r, requests), func(e azuresim.Exchange) bool { return e.Struck }) {
			c.Errorf("no %s %s was struck", r.method, r.pathEnd)
		}
	}
	// A main request that was throttled or whose token was refused is sent again, later or with another token.
	sent, pause := only(c.operation.main(), requests), time.Duration(c.armed[c.operation.main()])*time.Second
	for i, e := range sent {
		refused := e.Status == http.StatusUnauthorized
		if !refused && e.Status != http.StatusTooManyRequests {
			continue
		}
		if i == len(sent)-1 {
			if len(want.says) == 0 {
				c.Errorf("%s %s was not retried", e.Method, e.Path)
			}
			break
		}
		again := sent[i+1]
		if refused && (again.TokenID == e.TokenID || again.TokenID == "") || again.At.Sub(e.At) < pause {
			c.Errorf("it was retried after %s with the token %q after %q", again.At.Sub(e.At), again.TokenID, e.TokenID)
		}
	}
}

package faultmatrix_test

import (
	"iter"
	"net/http"
	"reflect"
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
	others    any // the settings that are none of the operation's business
	armed     map[request]bool
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

func (s standIn) Apply(config string) string { return s.Terraform.Apply(config).Diagnostics.String() }

func (s standIn) Plan(config string) string {
	plan := s.Terraform.Plan(config)
	return plan.Diagnostics.String() + plan.Summary()
}

func (s standIn) Instance(address string) *protocol.Instance { return s.State[address] }

var failure = regexp.MustCompile(`(?m)^Error: `)

// try runs an operation under a fault and looks at all that is left of it.
func try(t *testing.T, w *acctest.World, tf terraform, o operation, want fault) {
	t.Helper()
	c := &cell{T: t, w: w, operation: o, terraform: tf, armed: map[request]bool{}}
	c.seed()
	want.strike(c)
	said := c.apply(want.interrupted)
	done := len(want.says) == 0 || want.done
	c.checkWords(want, said)
	c.checkService(done)
	c.checkRequests()
	if o.ofSetting() {
		c.checkState(want, done)
	} else {
		c.checkArrivals(want, done)
	}
	if want.more != nil {
		want.more(c)
	}

	w.Sim.ForgetFaults()
	w.Sim.SetLatency(0)
	w.Tenant.Behave(azuresim.Behaviour{})
	w.Tenant.Settle()
	plan := want.next
	switch {
	case plan != "":
	case done:
		plan = noChanges
	default:
		plan = o.planned
	}
	if planned := tf.Plan(w.Provider() + o.config); failure.MatchString(planned) || !strings.Contains(planned, plan) {
		c.Errorf("the next plan is %q, want %q", planned, plan)
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
		var logs []any
		for _, category := range c.operation.from {
			logs = append(logs, map[string]any{"category": category, "enabled": true})
		}
		if err := c.w.Tenant.PutSetting(soc, map[string]any{"properties": map[string]any{
			"workspaceId": acctest.WorkspaceID("law-soc"), foreign: "/the/partner", "logs": logs,
		}}); err != nil {
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
	c.others = c.bystanders()
	if c.operation.inState {
		said := c.terraform.Apply(c.w.Provider() + importing)
		if failure.MatchString(said) || strings.Contains(said, "Warning: ") {
			c.Fatal(said)
		}
		c.w.Sim.ForgetRequests()
	}
}

func (c *cell) bystanders() any {
	beside, _ := c.w.Tenant.Setting("theirs")
	elsewhere, _ := c.w.Other.Setting(soc)
	return []any{beside, elsewhere, c.w.Other.SettingNames()}
}

// arm adds faults of a kind of request, which strike one after the other.
func (c *cell) arm(r request, fs ...azuresim.Fault) {
	c.armed[r] = true
	for _, f := range fs {
		f.Method, f.PathEnd = r.method, r.pathEnd
		c.w.Sim.AddFault(f)
	}
}

// apply plans and applies. If it is interrupted, the provider is stopped in the pause after a throttled request, as
// Ctrl-C does.
func (c *cell) apply(interrupted bool) string {
	c.Helper()
	config := c.w.Provider() + c.operation.config
	if !interrupted {
		return c.terraform.Apply(config)
	}
	throttled := func(e azuresim.Exchange) bool { return e.Status == http.StatusTooManyRequests }
	var stopped time.Time
	go func() {
		for range 60 {
			if slices.ContainsFunc(only(c.operation.main, c.w.Sim.Requests()), throttled) {
				stopped = time.Now()
				c.terraform.(standIn).Stop() // package connector interrupts real runs
				return
			}
			time.Sleep(time.Second)
		}
	}()
	said := c.terraform.Apply(config)
	if took := time.Since(stopped); took > 0 {
		c.Errorf("it went on for %s after it was interrupted", took)
	}
	return said
}

// dumps are what no user is to be shown: bodies, and what the libraries print of whole exchanges.
var dumps = regexp.MustCompile(`(?i)\{\\?"|</?html|RESPONSE \d|-----|panic|goroutine|%!`)

func (c *cell) checkWords(want fault, said string) {
	c.Helper()
	if want.denied && !protocol.Says("Warning: ", "no permission to read the workspace", "az role assignment create",
		`--role "Log Analytics Reader"`).MatchString(said) {
		c.Error("there is no warning of the denied tables")
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

// checkService finds what was lost, duplicated, overwritten or left behind.
func (c *cell) checkService(done bool) {
	c.Helper()
	want, names := c.operation.from, []string{"theirs"}
	if done {
		want = c.operation.to
	}
	if want != nil {
		names = []string{soc, "theirs"}
	}
	if got := slices.Sorted(slices.Values(c.w.Tenant.SettingNames())); !slices.Equal(got, names) {
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
	if changed := cmp.Diff(c.others, c.bystanders()); changed != "" {
		c.Errorf("the other settings have changed:\n%s", changed)
	}
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

func (c *cell) checkState(want fault, done bool) {
	c.Helper()
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
	if categories == nil || found == nil {
		if (found == nil) != (categories == nil) {
			c.Errorf("the state has %v, want %v", found, categories)
		}
		return
	}
	if found.Tainted != want.tainted {
		c.Errorf("the connector in the state is tainted: %v", found.Tainted)
	}
	c.compare(found, map[string]any{
		"name": soc, "tenant_id": acctest.TenantID, "log_analytics_workspace_id": acctest.WorkspaceID("law-soc"),
		"storage_account_id": nil, "log_categories": categories,
	})
}

func (c *cell) checkArrivals(want fault, done bool) {
	c.Helper()
	found := c.terraform.Instance("data.sentinel_aad_connector_status.entra")
	switch {
	case (found != nil) != done:
		c.Errorf("the state has the status %v", found)
	case want.denied:
		if denied := strings.Count(string(found.JSON), `"denied"`); denied != 2 {
			c.Errorf("in the state, %d tables are denied, want both", denied)
		}
	case done:
		c.compare(found, map[string]any{"receiving_tables": []string{"SigninLogs"}, "silent_tables": []string{"AuditLogs"}})
	}
}

// compare compares attributes, of which sets are sorted texts.
func (c *cell) compare(found *protocol.Instance, want map[string]any) {
	c.Helper()
	attributes := found.Attributes()
	for name, value := range want {
		got := attributes[name]
		if elements, isSet := got.([]any); isSet {
			var texts []string
			for _, element := range elements {
				texts = append(texts, element.(string))
			}
			slices.Sort(texts)
			got = texts
		}
		if !reflect.DeepEqual(got, value) {
			c.Errorf("in the state, %s is %v, want %v", name, got, value)
		}
	}
}

package connector_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

// advice is a plan that may say what its apply would run into.
type advice struct {
	azure     func(*run)
	endpoint  string // of Resource Manager, the simulator's where it is ""
	workspace string // law-soc where it is ""
	more      string
	with      []protocol.Option
}

// given compares the plan with the golden file of the test's name: its requests to Resource Manager, its summary, and
// its warnings as the user reads them.
func (a advice) given(r *run) {
	r.Helper()
	if a.azure != nil {
		a.azure(r)
	}
	began, block := time.Now(), r.Provider()
	if a.endpoint != "" {
		block = at(a.endpoint)(block)
	}
	plan := r.tf.Plan(block+connector(cmp.Or(a.workspace, lawSOC), a.more), a.with...)
	if took := time.Since(began); took > 10*time.Second {
		r.Errorf("advice held the plan up for %s", took)
	}
	r.toldOf("plans", r.told(plan))
}

func theirs(workspace string, names ...string) func(*run) { return put("theirs", workspace, names...) }

func offering(names ...string) func(*run) { return behaving(azuresim.Behaviour{NewCategories: names}) }

// some are settings of other workspaces, in an order that is not the names'.
func some(numbers ...int) func(*run) {
	return func(r *run) {
		for _, i := range numbers {
			r.put(fmt.Sprintf("setting-%d", i), portal(acctest.WorkspaceID(fmt.Sprintf("law-%d", i)), nil, "AuditLogs"))
		}
	}
}

var (
	fiveSettings = some(3, 0, 4, 2, 1) // as many as a tenant may have
	lawNone      = acctest.WorkspaceID("law-none")
)

// What an apply would run into is a warning of the plan of a creation.
func TestAdviceOnACreation(t *testing.T) {
	network := categories("AuditLogs", "NetworkAccessTrafficLogs")
	each(t, map[string]advice{
		"nothing in the way":     {},
		"a setting of that name": {azure: put("azuresentinel_LAW-soc", lawSOC, "AuditLogs")},
		"five settings":          {azure: fiveSettings},
		"a category that goes there already": {
			azure: theirs(strings.ToUpper(lawSOC), "SignInLogs", "AuditLogs", "RiskyUsers")},
		"the same categories to another workspace": {azure: theirs(lawTwo, six...)},
		"other categories to the same workspace":   {azure: theirs(lawSOC, "RiskyUsers")},
		"a misspelled category":                    {more: categories("AuditLogs", "RiskyUser")},
		"a category like no other":                 {more: categories("AuditLogs", "Payroll")},
		"a new category in another letter case":    {azure: offering("BrandNewLogs"), more: categories("brandnewlogs")},
		"a new category":                           {azure: offering("BrandNewLogs"), more: categories("BrandNewLogs")},
		"a workspace that does not exist":          {workspace: lawNone},
		"a workspace that may not be read": {workspace: lawNone,
			azure: strike(azuresim.Fault{Path: "/workspaces/law-none", Status: 403})},
		"reads refused": {azure: role(azuresim.NoRole)},
		"an outage":     {azure: forGood(azuresim.Fault{Path: "/providers/", Status: 503})},
		"throttling": {azure: forGood(azuresim.Fault{Path: "/providers/", Status: 429,
			RetryAfter: 600})},
		"no answer":                         {azure: forGood(azuresim.Fault{Path: "/providers/", Delay: 10 * time.Minute})},
		"a category in the public cloud":    {endpoint: "https://management.azure.com", more: network},
		"a category in Azure US Government": {endpoint: "https://management.usgovcloudapi.net", more: network},
		"categories in 21Vianet":            {endpoint: "https://management.chinacloudapi.cn"},
		"a wrong secret": {azure: func(r *run) {
			r.Tenant.AddPrincipal(azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Secret: "another",
				Role: azuresim.Contributor})
		}},
	}, func(r *run, plan advice) { plan.given(r) })
}

// What exists already is advised on only as far as it changes, and nothing is asked for where nothing new would be
// sent.
func TestAdviceOnAChange(t *testing.T) {
	few, named := categories("AuditLogs", "SignInLogs"), line("name", soc)
	each(t, map[string]advice{
		"no change":         {more: few},
		"a category less":   {more: categories("AuditLogs")},
		"a storage account": {more: few + "\n" + line("storage_account_id", archive)},
		"a destruction":     {more: few, with: []protocol.Option{protocol.Destroying()}},
		"a category more":   {more: categories("AuditLogs", "SignInLogs", "ProvisioningLogs")},
		"a misspelled one":  {more: categories("AuditLogs", "SignInLogs", "ProvisioningLog")},
		"one that goes there": {azure: theirs(lawSOC, "RiskyUsers"),
			more: categories("AuditLogs", "SignInLogs", "RiskyUsers")},
		"another workspace":                          {workspace: lawTwo, more: few},
		"another workspace under a name that is set": {workspace: lawTwo, more: few + "\n" + named},
		"another workspace that does not exist":      {workspace: lawNone, more: few},
		"another workspace where they go already": {azure: theirs(lawTwo, "AuditLogs", "RiskyUsers"), workspace: lawTwo,
			more: few + "\n" + named},
		"another name as one of five": {azure: some(0, 1, 2, 3), more: few + "\n" + line("name", "Entra")},
		"another name that exists": {azure: theirs(lawSOC, "RiskyUsers"),
			more: few + "\n" + line("name", "theirs")},
		"a forced replacement": {more: few, with: []protocol.Option{protocol.Replacing(address)}},
		"another resource of another name": {azure: func(r *run) {
			r.tf.State[typeName+".old"] = r.tf.State[address]
			delete(r.tf.State, address)
			strike(azuresim.Fault{PathEnd: "/diagnosticSettings", Delay: time.Second})(r) // until the old one is planned
		}, more: few + "\n" + line("name", "Entra")},
		"a tainted one": {azure: func(r *run) { r.tf.State[address].Tainted = true }, more: few},
	}, func(r *run, plan advice) {
		r.apply(r.connector(lawSOC, few))
		r.Sim.ForgetRequests()
		plan.given(r)
	})
}

// Two resources that have one setting: the plan says so once, one of them creates it, and the other's error says what
// to do. The plan also says so where the first one is in the state already, and where the setting exists.
func TestTwoResourcesOfOneName(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		twin := strings.Replace(lawSOC, "rg-soc", "rg-other", 1)
		r.must(r.Tenant.PutWorkspace(azuresim.Workspace{ID: twin}))
		config := r.connector(lawSOC, categories("AuditLogs")) + acctest.Connector("twin", twin, categories("RiskyUsers"))
		// Long enough for both to have read before either has written.
		strike(azuresim.Fault{Method: "PUT", Delay: time.Second, Times: 2})(r)
		const both = "Plan: 2 to add, 0 to change, 0 to destroy."
		says := []string{`Another resource also manages the setting "` + soc + `"`, acctest.TenantID, "Remove one of"}
		plan := r.plan(config, both)
		if warnings := plan.Warnings(); len(warnings) != 1 || !warnings.Contain(says...) {
			r.Errorf("want one warning that says %q:\n%s", says, warnings)
		}
		r.fails(plan.Apply(), "already exists", "another resource of this configuration", "remove the duplicate", "import {")
		if puts := r.count("PUT " + soc); puts != 1 {
			t.Errorf("%d PUTs were sent, want one", puts)
		}
		// If the twin is planned before the first one is read, it is also warned that the setting exists.
		if again := r.plan(config, toAdd); !again.Warnings().Contain(says...) {
			r.Errorf("want a warning that says %q:\n%s", says, again.Diagnostics)
		}

		// Where both are in the state, neither is created and fails.
		held := cmp.Or(r.tf.State[address], r.tf.State[typeName+".twin"])
		r.tf.State[address], r.tf.State[typeName+".twin"] = held, held
		if said := r.tf.Plan(config).Diagnostics; len(said) > 0 {
			r.Error(said)
		}

		other := &run{r.T, r.World, r.Terraform(r.T)} // which has nothing in its state
		warnings := other.plan(config, both).Warnings()
		if len(warnings) != 2 || !warnings.Contain(says[0]) || !warnings.Contain("already exists", "import {") {
			r.Errorf("want one warning of the other resource, and one of the setting:\n%s", warnings)
		}
	})
}

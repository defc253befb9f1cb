package connector_test

import (
	"cmp"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

// advice is a plan, and the warning about it.
type advice struct {
	azure     func(*run)
	endpoint  string // of Resource Manager, the simulator's where it is ""
	workspace string // law-soc where it is ""
	more      []string
	with      []protocol.Option
	want      []string // what the one warning says; none means that there is none
	reads     []string // requests to Resource Manager beside the refresh
	silent    bool     // there are none
	summary   string
}

func (a advice) given(r *run) {
	r.Helper()
	if a.azure != nil {
		a.azure(r)
	}
	began, block := time.Now(), r.Provider()
	if a.endpoint != "" {
		block = at(a.endpoint)(block)
	}
	plan := r.plan(block+connector(cmp.Or(a.workspace, lawSOC), a.more...), a.summary, a.with...)
	if took := time.Since(began); took > 10*time.Second {
		r.Errorf("advice held the plan up for %s", took)
	}
	r.warns(plan.Diagnostics, a.want...)
	r.called(a.reads...)
}

// warns checks for one warning that says the texts in this order, and for none where there are no texts.
func (r *run) warns(said protocol.Diagnostics, texts ...string) {
	r.Helper()
	switch warnings := said.Warnings(); {
	case len(texts) == 0 && len(warnings) > 0:
		r.Errorf("there is a warning:\n%s", said)
	case len(texts) > 0 && (len(warnings) != 1 || !warnings.Contain(texts...)):
		r.Errorf("%d warnings, want one that says %q:\n%s", len(warnings), texts, said)
	}
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
		"nothing in the way": {},
		"a setting of that name": {azure: put("azuresentinel_LAW-soc", lawSOC, "AuditLogs"),
			want: []string{`The setting "azuresentinel_LAW-soc" already exists`, "with " + address, acctest.TenantID,
				"remove the duplicate", "import {", "to = sentinel_aad_connector.example",
				`id = "` + acctest.TenantID + "/" + soc + `"`}},
		"five settings": {azure: fiveSettings,
			want: []string{"The tenant has reached Azure's limit of five diagnostic settings", acctest.TenantID,
				"setting-0, setting-1, setting-2, setting-3, setting-4", "Delete one of them"}},
		"a category that goes there already": {
			azure: theirs(strings.ToUpper(lawSOC), "SignInLogs", "AuditLogs", "RiskyUsers"),
			want: []string{`The setting "theirs" already sends these categories`,
				`the diagnostic setting "theirs" sends AuditLogs, SignInLogs to the same workspace`}},
		"the same categories to another workspace": {azure: theirs(lawTwo, six...)},
		"other categories to the same workspace":   {azure: theirs(lawSOC, "RiskyUsers")},
		"a misspelled category": {more: []string{categories("AuditLogs", "RiskyUser")},
			want: []string{`Unknown log category "RiskyUser"`, acctest.TenantID, `Did you mean "RiskyUsers"?`,
				"sentinel_aad_log_categories"}},
		"a category like no other": {more: []string{categories("AuditLogs", "Payroll")},
			want: []string{`Unknown log category "Payroll"`, "will probably refuse it.", "The data source"}},
		"a new category in another letter case": {azure: offering("BrandNewLogs"), more: []string{categories("brandnewlogs")},
			want: []string{`Unknown log category "brandnewlogs"`, `Did you mean "BrandNewLogs"?`}},
		"a new category": {azure: offering("BrandNewLogs"), more: []string{categories("BrandNewLogs")}},
		"a workspace that does not exist": {workspace: lawNone,
			want: []string{"The workspace was not found", acctest.TenantID, "/law-none",
				"subscription, the resource group and the name", "Azure Lighthouse"}},
		"a workspace that may not be read": {workspace: lawNone,
			azure: strike(azuresim.Fault{Path: "/workspaces/law-none", Status: 403})},
		"reads refused":                  {azure: role(azuresim.NoRole)},
		"an outage":                      {azure: forGood(azuresim.Fault{Path: "/providers/", Status: 503})},
		"throttling":                     {azure: forGood(azuresim.Fault{Path: "/providers/", Status: 429, RetryAfter: 600})},
		"no answer":                      {azure: forGood(azuresim.Fault{Path: "/providers/", Delay: 10 * time.Minute})},
		"a category in the public cloud": {endpoint: "https://management.azure.com", more: []string{network}},
		"a category in Azure US Government": {endpoint: "https://management.usgovcloudapi.net", more: []string{network},
			want: []string{"Azure may refuse log categories in this cloud",
				"NetworkAccessTrafficLogs: Azure US Government", "refuses a whole diagnostic setting"}},
		"categories in the cloud of 21Vianet": {endpoint: "https://management.chinacloudapi.cn",
			want: []string{"Azure may refuse log categories in this cloud", "ManagedIdentitySignInLogs", "ProvisioningLogs",
				"sign-in logs and audit logs only"}},
		"a wrong secret": {silent: true, azure: func(r *run) {
			r.Tenant.AddPrincipal(azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Secret: "another",
				Role: azuresim.Contributor})
		}},
	}, func(r *run, plan advice) {
		plan.summary = toAdd
		if !plan.silent {
			plan.reads = adviceOn(path.Base(cmp.Or(plan.workspace, lawSOC)))
		}
		plan.given(r)
	})
}

// What exists already is advised on only as far as it changes, and nothing is asked for where nothing new would be
// sent.
func TestAdviceOnAChange(t *testing.T) {
	few, named := categories("AuditLogs", "SignInLogs"), line("name", soc)
	aboutCategories := []string{"GET diagnosticSettings", "GET diagnosticSettingsCategories"}
	twice := append(adviceOn("law-soc"), adviceOn("law-soc")...) // Terraform plans a replacement twice
	each(t, map[string]advice{
		"no change":         {more: []string{few}, summary: noChanges},
		"a category less":   {more: []string{categories("AuditLogs")}, summary: toChange},
		"a storage account": {more: []string{few, line("storage_account_id", archive)}, summary: toChange},
		"a destruction":     {more: []string{few}, with: []protocol.Option{protocol.Destroying()}, summary: toDestroy},
		"a category more": {more: []string{categories("AuditLogs", "SignInLogs", "ProvisioningLogs")}, summary: toChange,
			reads: aboutCategories},
		"a misspelled one": {more: []string{categories("AuditLogs", "SignInLogs", "ProvisioningLog")}, summary: toChange,
			reads: aboutCategories, want: []string{`Did you mean "ProvisioningLogs"?`}},
		"one that goes there": {azure: theirs(lawSOC, "RiskyUsers"), reads: aboutCategories, summary: toChange,
			more: []string{categories("AuditLogs", "SignInLogs", "RiskyUsers")},
			want: []string{`The setting "theirs" already sends these categories`, "sends RiskyUsers to the same workspace"}},
		"another workspace": {workspace: lawTwo, more: []string{few}, reads: adviceOn("law-two"), summary: toChange,
			want: []string{`The setting keeps the name "AzureSentinel_law-soc"`, `reads the setting "AzureSentinel_law-two"`,
				`name = "AzureSentinel_law-two"`}},
		"another workspace under a name that is set": {workspace: lawTwo, more: []string{few, named},
			reads: adviceOn("law-two"), summary: toChange},
		"another workspace that does not exist": {workspace: lawNone, more: []string{few}, // and not that the name stays
			reads: adviceOn("law-none"), summary: toChange, want: []string{"The workspace was not found"}},
		"another workspace where they go already": {azure: theirs(lawTwo, "AuditLogs", "RiskyUsers"), workspace: lawTwo,
			more: []string{few, named}, reads: adviceOn("law-two"), summary: toChange,
			want: []string{`"theirs" sends AuditLogs to the same workspace`}},
		"another name, as one of five": {azure: some(0, 1, 2, 3), more: []string{few, line("name", "Entra")}, reads: twice,
			summary: toReplace},
		"another name that exists": {azure: theirs(lawSOC, "RiskyUsers"), reads: twice, summary: toReplace,
			more: []string{few, line("name", "theirs")}, want: []string{`The setting "theirs" already exists`}},
		"a forced replacement": {more: []string{few}, with: []protocol.Option{protocol.Replacing(address)},
			reads: adviceOn("law-soc"), summary: toReplace},
		"a tainted one": {azure: func(r *run) { r.tf.State[address].Tainted = true }, more: []string{few},
			reads: adviceOn("law-soc"), summary: toReplace},
	}, func(r *run, plan advice) {
		r.apply(r.connector(lawSOC, few))
		r.Sim.ForgetRequests()
		plan.reads = append([]string{"GET " + soc}, plan.reads...)
		plan.given(r)
	})
}

// Two resources that have one setting: the plan says so once, one of them creates it, and the other's error says what
// to do. The plan also says so where the first one is in the state already, and where the setting exists.
func TestTwoResourcesOfOneName(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		twin := strings.Replace(lawSOC, "rg-soc", "rg-other", 1)
		r.must(r.Tenant.PutWorkspace(azuresim.Workspace{ID: twin}))
		config := r.connector(lawSOC, categories("AuditLogs")) + connectorNamed("twin", twin, categories("RiskyUsers"))
		// Long enough for both to have read before either has written.
		strike(azuresim.Fault{Method: "PUT", Delay: time.Second, Times: 2})(r)
		const both = "Plan: 2 to add, 0 to change, 0 to destroy."
		says := []string{`Another resource also manages the setting "` + soc + `"`, acctest.TenantID, "Remove one of"}
		plan := r.plan(config, both)
		r.warns(plan.Diagnostics, says...)
		r.fails(plan.Apply(), "already exists", "another resource of this configuration", "remove the duplicate", "import {")
		if puts := r.count("PUT " + soc); puts != 1 {
			t.Errorf("%d PUTs were sent, want one", puts)
		}
		// If the twin is planned before the first one is read, it is also warned that the setting exists.
		if again := r.plan(config, toAdd); !again.Warnings().Contain(says...) {
			r.Errorf("want a warning that says %q:\n%s", says, again.Diagnostics)
		}

		other := r.rival() // that has nothing in its state
		warnings := other.plan(config, both).Warnings()
		if len(warnings) != 2 || !warnings.Contain(says[0]) || !warnings.Contain("already exists", "import {") {
			r.Errorf("want one warning of the other resource, and one of the setting:\n%s", warnings)
		}
	})
}

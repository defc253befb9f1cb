package connector_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// lookUps are the requests that only advice makes where nothing is created.
var lookUps = []string{"GET diagnosticSettings", "GET diagnosticSettingsCategories"}

func settings(t *testing.T, w *acctest.World, count int) {
	t.Helper()
	for i := range count {
		put(t, w.Tenant, fmt.Sprintf("setting-%d", i), portal(acctest.WorkspaceID(fmt.Sprintf("law-%d", i)), nil, "AuditLogs"))
	}
}

// workspaces makes those that the tests connect to.
func workspaces(t *testing.T, w *acctest.World) {
	t.Helper()
	for _, name := range []string{"law-soc", "law-two"} {
		if err := w.Tenant.PutWorkspace(azuresim.Workspace{ID: acctest.WorkspaceID(name)}); err != nil {
			t.Fatal(err)
		}
	}
}

// What an apply would run into is a warning of the plan of a creation.
func TestAdvice_creation(t *testing.T) {
	workspace := acctest.WorkspaceID("law-soc")
	for name, test := range map[string]struct {
		prepare func(*testing.T, *acctest.World)
		config  string
		want    []string // none means that the plan must not warn
	}{
		"nothing in the way": {config: connector(workspace)},
		"a setting of that name": {
			prepare: func(t *testing.T, w *acctest.World) {
				put(t, w.Tenant, "azuresentinel_LAW-soc", portal(workspace, nil, "AuditLogs"))
			},
			config: connector(workspace),
			want: []string{`The setting "azuresentinel_LAW-soc" exists already`, "with sentinel_aad_connector.entra", acctest.TenantID,
				"import {", "to = sentinel_aad_connector.example", `id = "` + acctest.TenantID + "/" + soc + `"`},
		},
		"five settings": {
			prepare: func(t *testing.T, w *acctest.World) { settings(t, w, 5) }, config: connector(workspace),
			want: []string{"The tenant has as many diagnostic settings as it may", acctest.TenantID, "setting-0, setting-1, setting-2, setting-3, setting-4", "Delete one of them"},
		},
		"a category that goes there already": {
			prepare: func(t *testing.T, w *acctest.World) {
				put(t, w.Tenant, "theirs", portal(strings.ToUpper(workspace), nil, "SignInLogs", "AuditLogs", "RiskyUsers"))
			},
			config: connector(workspace),
			want:   []string{`The setting "theirs" sends this already`, `the diagnostic setting "theirs" sends AuditLogs, SignInLogs to the same workspace`},
		},
		"the same categories to another workspace": {
			prepare: func(t *testing.T, w *acctest.World) {
				put(t, w.Tenant, "theirs", portal(acctest.WorkspaceID("law-theirs"), nil, six...))
			},
			config: connector(workspace),
		},
		"other categories to the same workspace": {
			prepare: func(t *testing.T, w *acctest.World) { put(t, w.Tenant, "theirs", portal(workspace, nil, "RiskyUsers")) },
			config:  connector(workspace),
		},
		"a misspelled category": {
			config: connector(workspace, categories("AuditLogs", "RiskyUser")),
			want:   []string{`Unknown log category "RiskyUser"`, acctest.TenantID, `Did you mean "RiskyUsers"?`, "sentinel_aad_log_categories"},
		},
		"a category like no other": {
			config: connector(workspace, categories("AuditLogs", "Payroll")),
			want:   []string{`Unknown log category "Payroll"`, "likely to refuse it. The data source"},
		},
		"a new category in another letter case": {
			prepare: func(_ *testing.T, w *acctest.World) {
				w.Tenant.Behave(azuresim.Behaviour{NewCategories: []string{"BrandNewLogs"}})
			},
			config: connector(workspace, categories("brandnewlogs")),
			want:   []string{`Unknown log category "brandnewlogs"`, `Did you mean "BrandNewLogs"?`},
		},
		"a new category": {
			prepare: func(_ *testing.T, w *acctest.World) {
				w.Tenant.Behave(azuresim.Behaviour{NewCategories: []string{"BrandNewLogs"}})
			},
			config: connector(workspace, categories("BrandNewLogs")),
		},
		"look-ups refused": {
			prepare: func(_ *testing.T, w *acctest.World) {
				w.Tenant.AddPrincipal(azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Secret: acctest.Secret, Role: azuresim.NoRole})
			},
			config: connector(workspace),
		},
		"a wrong secret": {
			prepare: func(_ *testing.T, w *acctest.World) {
				w.Tenant.AddPrincipal(azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Secret: "another", Role: azuresim.Contributor})
			},
			config: connector(workspace),
		},
		"an outage": {
			prepare: func(_ *testing.T, w *acctest.World) {
				w.Sim.AddFault(azuresim.Fault{Path: "/providers/", Status: 503, Times: 100})
			},
			config: connector(workspace),
		},
		"throttling": {
			prepare: func(_ *testing.T, w *acctest.World) {
				w.Sim.AddFault(azuresim.Fault{Path: "/providers/", Status: 429, RetryAfter: 600, Times: 100})
			},
			config: connector(workspace),
		},
		"no answer": {
			prepare: func(_ *testing.T, w *acctest.World) {
				w.Sim.AddFault(azuresim.Fault{Path: "/providers/", Delay: 10 * time.Minute, Times: 100})
			},
			config: connector(workspace),
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.NewWorld(t)
			workspaces(t, w)
			if test.prepare != nil {
				test.prepare(t, w)
			}
			printed := w.NewFolder(t, w.Provider()+test.config).Run("plan")
			if !strings.Contains(printed, "1 to add, 0 to change, 0 to destroy") {
				t.Errorf("the plan is\n%s", printed)
			}
			warns(t, printed, test.want...)
			if calls := w.Calls(); len(calls) > 2 || len(calls) == 2 && !slices.Equal(slices.Sorted(slices.Values(calls)), lookUps) {
				t.Errorf("the plan made the requests %v", calls)
			}
		})
	}
}

// warns checks that a command printed one warning that holds the texts, and where there are none that it printed none.
func warns(t *testing.T, printed string, texts ...string) {
	t.Helper()
	warnings := strings.Count(printed, "Warning:")
	switch {
	case len(texts) == 0 && warnings > 0:
		t.Errorf("there is a warning:\n%s", printed)
	case len(texts) > 0 && (warnings != 1 || !acctest.Says(texts...).MatchString(printed)):
		t.Errorf("%d warnings, want one that says %q:\n%s", warnings, texts, printed)
	}
}

// What exists already is advised on only as far as it changes, and nothing is asked for where nothing new would be sent.
func TestAdvice_change(t *testing.T) {
	workspace := acctest.WorkspaceID("law-soc")
	storage := `storage_account_id = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/archive"`
	few := connector(workspace, categories("AuditLogs", "SignInLogs"))
	theirs := func(t *testing.T, w *acctest.World) { put(t, w.Tenant, "theirs", portal(workspace, nil, "RiskyUsers")) }
	for name, test := range map[string]struct {
		prepare  func(*testing.T, *acctest.World)
		config   string
		plan     []string
		want     []string
		unlooked bool // nothing is looked up
		replaced bool // Terraform plans twice
		outcome  string
	}{
		"no change":           {config: few, unlooked: true, outcome: "No changes."},
		"a category less":     {config: connector(workspace, categories("AuditLogs")), unlooked: true, outcome: "1 to change"},
		"a storage account":   {config: connector(workspace, categories("AuditLogs", "SignInLogs"), storage), unlooked: true, outcome: "1 to change"},
		"a destruction":       {config: "", unlooked: true, outcome: "1 to destroy"},
		"a category more":     {config: connector(workspace, categories("AuditLogs", "SignInLogs", "ProvisioningLogs")), outcome: "1 to change"},
		"a misspelled one":    {config: connector(workspace, categories("AuditLogs", "SignInLogs", "ProvisioningLog")), outcome: "1 to change", want: []string{`Did you mean "ProvisioningLogs"?`}},
		"one that goes there": {prepare: theirs, config: connector(workspace, categories("AuditLogs", "SignInLogs", "RiskyUsers")), outcome: "1 to change", want: []string{`The setting "theirs" sends this already`, "sends RiskyUsers to the same workspace"}},
		"another workspace where they go already": {
			prepare: func(t *testing.T, w *acctest.World) {
				put(t, w.Tenant, "theirs", portal(acctest.WorkspaceID("law-two"), nil, "AuditLogs", "RiskyUsers"))
			},
			config: connector(acctest.WorkspaceID("law-two"), categories("AuditLogs", "SignInLogs"), `name = "`+soc+`"`), outcome: "1 to change",
			want: []string{`"theirs" sends AuditLogs to the same workspace`},
		},
		"another name, as one of five": {
			prepare: func(t *testing.T, w *acctest.World) { settings(t, w, 4) },
			config:  connector(workspace, categories("AuditLogs", "SignInLogs"), `name = "Entra"`), outcome: "1 to add, 0 to change, 1 to destroy", replaced: true,
		},
		"another name that exists": {
			prepare: theirs, config: connector(workspace, categories("AuditLogs"), `name = "theirs"`), outcome: "1 to add, 0 to change, 1 to destroy",
			want: []string{`The setting "theirs" exists already`}, replaced: true,
		},
		"a forced replacement": {config: few, plan: []string{"-replace=" + address}, outcome: "1 to add, 0 to change, 1 to destroy"},
		"a tainted one":        {config: few, plan: []string{"taint"}, outcome: "1 to add, 0 to change, 1 to destroy"},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.NewWorld(t)
			workspaces(t, w)
			folder := w.NewFolder(t, w.Provider()+few)
			folder.Run("apply", "-auto-approve")
			if test.prepare != nil {
				test.prepare(t, w)
			}
			if slices.Equal(test.plan, []string{"taint"}) {
				folder.Run("taint", address)
				test.plan = nil
			}
			folder.Write("main.tf", w.Provider()+test.config)
			w.Sim.ForgetRequests()
			printed := folder.Run(append([]string{"plan"}, test.plan...)...)
			if !strings.Contains(printed, test.outcome) {
				t.Errorf("the plan is not %q:\n%s", test.outcome, printed)
			}
			warns(t, printed, test.want...)
			want := []string{"GET " + soc}
			if !test.unlooked {
				want = append(want, lookUps...)
			}
			if test.replaced {
				want = append(want, lookUps...)
			}
			slices.Sort(want)
			if calls := slices.Sorted(slices.Values(w.Calls())); !slices.Equal(calls, want) {
				t.Errorf("the plan made the requests %v, want %v", calls, want)
			}
		})
	}
}

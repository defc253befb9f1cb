package status_test

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

const address = "data.sentinel_aad_connector_status.entra"

var (
	workspaceID = acctest.WorkspaceID("law-soc")

	six = []any{
		"AADManagedIdentitySignInLogs", "AADNonInteractiveUserSignInLogs", "AADProvisioningLogs",
		"AADServicePrincipalSignInLogs", "AuditLogs", "SigninLogs",
	}
)

const (
	hour = time.Hour
	day  = 24 * hour
)

// received is a table with some records of an age, ingested five minutes after.
func received(count int, age time.Duration) azuresim.Table {
	return azuresim.Table{Records: []azuresim.Record{azuresim.Aged(count, age, age-5*time.Minute)}}
}

func put(t *testing.T, w *acctest.World, workspace azuresim.Workspace) {
	t.Helper()
	workspace.ID = workspaceID
	if err := w.Tenant.PutWorkspace(workspace); err != nil {
		t.Fatal(err)
	}
}

func putTable(t *testing.T, w *acctest.World, name string, table azuresim.Table) {
	t.Helper()
	if err := w.Tenant.PutTable(workspaceID, name, table); err != nil {
		t.Fatal(err)
	}
}

// status is a configuration of the data source.
func status(w *acctest.World, more ...string) string {
	return fmt.Sprintf(`%s
data "sentinel_aad_connector_status" "entra" {
  log_analytics_workspace_id = %q
  %s
}
`, w.Provider(`allowed_tenant_ids = ["*"]`), workspaceID, strings.Join(more, "\n  "))
}

// read reads the data source, which must succeed without a warning.
func read(t *testing.T, w *acctest.World, more ...string) map[string]any {
	t.Helper()
	attributes, diagnostics := tryRead(t, w, more...)
	if len(diagnostics) > 0 {
		t.Fatalf("diagnostics:\n%s", diagnostics)
	}
	return attributes
}

func tryRead(t *testing.T, w *acctest.World, more ...string) (map[string]any, protocol.Diagnostics) {
	t.Helper()
	plan := w.Terraform(t).Plan(status(w, more...))
	if instance := plan.Refreshed[address]; instance != nil {
		return instance.Attributes(), plan.Diagnostics
	}
	return nil, plan.Diagnostics
}

// statesOf is the state of each table.
func statesOf(attributes map[string]any) map[string]string {
	states := map[string]string{}
	tables, _ := attributes["status"].(map[string]any)
	for table := range tables {
		states[table], _ = of(attributes, table)["state"].(string)
	}
	return states
}

// of is the status of a table.
func of(attributes map[string]any, table string) map[string]any {
	tables, _ := attributes["status"].(map[string]any)
	one, _ := tables[table].(map[string]any)
	return one
}

// ago is a time as the status tells it.
func ago(age time.Duration) string { return time.Now().Add(-age).UTC().Format(time.RFC3339) }

// requests lists those to the workspace since the last call, without those for tokens.
func requests(w *acctest.World) []string {
	var made []string
	for _, exchange := range w.Sim.Requests() {
		if strings.HasPrefix(exchange.Path, "/subscriptions/") || strings.HasPrefix(exchange.Path, "/v1/") {
			made = append(made, exchange.Method+" "+exchange.Path[strings.LastIndex(exchange.Path, "/")+1:])
		}
	}
	w.Sim.ForgetRequests()
	return made
}

func TestEveryStateInOneRead(t *testing.T) {
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		put(t, w, azuresim.Workspace{Tables: map[string]azuresim.Table{
			"SigninLogs":                      received(700, 2*hour),
			"AuditLogs":                       received(1, 9*day),
			"AADNonInteractiveUserSignInLogs": {},
			"AADServicePrincipalSignInLogs":   {Plan: "Basic", Records: received(7, 3*hour).Records},
			"AADManagedIdentitySignInLogs":    {Denied: true},
		}})
		table := func(category, state string, more map[string]any) map[string]any {
			want := map[string]any{
				"category": category, "state": state, "receiving": state == "receiving", "record_count": nil,
				"last_record_time": nil, "last_ingested_time": nil, "ingestion_delay_seconds": nil,
				"daily_average_mb": nil, "plan": nil,
			}
			maps.Copy(want, more)
			return want
		}
		want := map[string]any{
			"log_analytics_workspace_id": workspaceID,
			"tables":                     six,
			"lookback":                   "P7D",
			"lookbacks":                  nil,
			"tenant_id":                  acctest.TenantID,
			"wait_for_data":              false,
			"timeouts":                   nil,
			"status": map[string]any{
				"SigninLogs": table("SignInLogs", "receiving", map[string]any{
					"record_count": int64(700), "last_record_time": ago(2 * hour), "last_ingested_time": ago(2*hour - 5*time.Minute),
					"ingestion_delay_seconds": int64(300), "daily_average_mb": 0.2, "plan": "Analytics",
				}),
				"AuditLogs": table("AuditLogs", "silent", map[string]any{
					"record_count": int64(0), "last_record_time": ago(9 * day), "last_ingested_time": ago(9*day - 5*time.Minute),
					"daily_average_mb": int64(0), "plan": "Analytics",
				}),
				"AADNonInteractiveUserSignInLogs": table("NonInteractiveUserSignInLogs", "silent", map[string]any{
					"record_count": int64(0), "plan": "Analytics",
				}),
				"AADServicePrincipalSignInLogs": table("ServicePrincipalSignInLogs", "receiving", map[string]any{
					"last_record_time": ago(2 * hour), "daily_average_mb": 0.002, "plan": "Basic",
				}),
				"AADManagedIdentitySignInLogs": table("ManagedIdentitySignInLogs", "denied", map[string]any{"plan": "Analytics"}),
				"AADProvisioningLogs":          table("ProvisioningLogs", "missing", nil),
			},
			"receiving_tables": []any{"AADServicePrincipalSignInLogs", "SigninLogs"},
			"silent_tables":    []any{"AADNonInteractiveUserSignInLogs", "AuditLogs"},
			"missing_tables":   []any{"AADProvisioningLogs"},
			"any_receiving":    true,
			"all_receiving":    false,
			"ingestion_status": "RespectQuota",
		}
		if got := read(t, w); !reflect.DeepEqual(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
	})
}

// A read costs one GET of the workspace and one query, however old the silence. Only a Basic table, with which the
// query fails, costs more.
func TestCost(t *testing.T) {
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		tables := map[string]azuresim.Table{}
		for _, name := range six {
			tables[name.(string)] = received(1, hour)
		}
		tables["AuditLogs"] = received(1, 80*day)
		delete(tables, "AADProvisioningLogs")
		put(t, w, azuresim.Workspace{Tables: tables})

		attributes := read(t, w)
		for _, exchange := range w.Sim.Requests() {
			if strings.HasSuffix(exchange.Path, "/query") && exchange.Headers.Get("Cache-Control") != "no-cache" {
				t.Errorf("a query allows an old answer: %v", exchange.Headers)
			}
		}
		if got := requests(w); !slices.Equal(got, []string{"GET law-soc", "POST query"}) {
			t.Errorf("the requests are %v", got)
		}
		if got, want := of(attributes, "AuditLogs")["last_record_time"], ago(80*day-hour); got != want {
			t.Errorf("the old record is of %v, want %v", got, want)
		}

		putTable(t, w, "SigninLogs", azuresim.Table{Plan: "Basic", Records: tables["SigninLogs"].Records})
		if got := read(t, w, `tables = ["SigninLogs", "AuditLogs"]`)["missing_tables"]; !reflect.DeepEqual(got, []any{}) {
			t.Errorf("no table is missing, but %v are", got)
		}
		want := []string{"GET law-soc", "POST query", "GET AuditLogs", "GET SigninLogs", "POST query"}
		if got := requests(w); !slices.Equal(got, want) {
			t.Errorf("with a Basic table, the requests are %v", got)
		}
	})
}

const wait = `
  wait_for_data = true
  timeouts { read = "2h" }`

// unknownToQueries is what the query service says of a new workspace for a while, here after skip queries.
func unknownToQueries(skip, times int) azuresim.Fault {
	return azuresim.Fault{Method: http.MethodPost, Path: "/query", Status: http.StatusNotFound,
		Skip: skip, Times: times,
		Body: `{"error":{"code":"PathNotFoundError","message":"The requested path does not exist"}}`}
}

// A workspace and its tables are made in the same apply, and data arrives one hour later.
func TestWaitForData(t *testing.T) {
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		put(t, w, azuresim.Workspace{Tables: map[string]azuresim.Table{"SigninLogs": received(1, time.Minute)}})
		w.Sim.AddFault(unknownToQueries(0, 3))
		time.AfterFunc(hour, func() { putTable(t, w, "AuditLogs", received(1, time.Minute)) })
		started := time.Now()
		attributes := read(t, w, `tables = ["SigninLogs", "AuditLogs"]`, wait)
		waited := time.Since(started)
		if attributes["all_receiving"] != true || waited < hour || waited > hour+2*time.Minute {
			t.Errorf("after %s: %v", waited, statesOf(attributes))
		}
		// The pauses grow from 5 seconds to 2 minutes. Each poll reads the workspace as well.
		if polls := len(requests(w)) / 2; polls < 35 || polls > 45 {
			t.Errorf("%d polls in an hour", polls)
		}
	})
}

func TestReads(t *testing.T) {
	const (
		silent = `Not every table of the workspace "law-soc" receives data`
		failed = `Cannot tell which tables of the workspace "law-soc" receive data: `
		denied = `The tables of the workspace "law-soc" are denied: `
		role   = `--role "Log Analytics Reader"`
	)
	workspace := func(signinLogs, auditLogs azuresim.Table) azuresim.Workspace {
		return azuresim.Workspace{Tables: map[string]azuresim.Table{"SigninLogs": signinLogs, "AuditLogs": auditLogs}}
	}
	good, empty, failing := received(1, hour), azuresim.Table{}, azuresim.Table{Failing: true}
	half, old := workspace(good, empty), workspace(received(2, 3*hour), received(2, 3*hour))
	full, off := half, half
	full.IngestionStatus, off.IngestionStatus = "OverQuota", "ForceOff"
	noWorkspace := azuresim.Fault{Path: "/workspaces/law-soc", Status: http.StatusNotFound,
		Body: `{"error":{"code":"ResourceNotFound"}}`}
	for name, c := range map[string]struct {
		workspace, later azuresim.Workspace // later: after ten minutes
		fault            azuresim.Fault
		config           string
		states           string        // "" if the read fails
		took             time.Duration // up to a poll more
		says             []string      // the error, or with states a warning
	}{
		"no data at all": {
			workspace: azuresim.Workspace{NoContent: true, Tables: map[string]azuresim.Table{"SigninLogs": empty}},
			states:    "AuditLogs:missing SigninLogs:silent",
		},
		"no table exists": {states: "AuditLogs:missing SigninLogs:missing"},
		"the lookback is shorter than the silence": {
			workspace: old, config: `lookback = "PT2H"`, states: "AuditLogs:silent SigninLogs:silent",
		},
		"the lookback is longer than the silence": {
			workspace: old, config: `lookback = "PT4H"`, states: "AuditLogs:receiving SigninLogs:receiving",
		},
		"one table has a lookback of its own": {
			workspace: old, config: "lookback = \"PT2H\"\n lookbacks = { SigninLogs = \"P30D\" }",
			states: "AuditLogs:silent SigninLogs:receiving",
		},
		"one table has a shorter lookback than the default": {
			workspace: old, config: `lookbacks = { AuditLogs = "PT2H" }`, states: "AuditLogs:silent SigninLogs:receiving",
		},
		"a query fails in part": {
			workspace: workspace(good, failing), states: "AuditLogs:not_queried SigninLogs:receiving",
			says: []string{"The table AuditLogs could not be read"},
		},
		"many ways to be bad": {
			workspace: azuresim.Workspace{Tables: map[string]azuresim.Table{
				"SigninLogs": good, "AuditLogs": {Plan: "Basic"}, "AADProvisioningLogs": {Plan: "Auxiliary"},
				"AADManagedIdentitySignInLogs": failing,
			}},
			config: `tables = ["SigninLogs", "AuditLogs", "AADProvisioningLogs", "AADManagedIdentitySignInLogs"]`,
			states: "AADManagedIdentitySignInLogs:not_queried AADProvisioningLogs:silent AuditLogs:silent SigninLogs:receiving",
			says:   []string{"The table AADManagedIdentitySignInLogs could not be read"},
		},
		// What the identity may not read, or not from this network, stops no plan.
		"the workspace may not be read": {
			workspace: azuresim.Workspace{ReadDenied: true}, states: "AuditLogs:denied SigninLogs:denied",
			says: []string{denied, "az ", role},
		},
		"the workspace may not be queried": {
			workspace: azuresim.Workspace{QueryDenied: true}, states: "AuditLogs:denied SigninLogs:denied",
			says: []string{denied, "az ", role},
		},
		"the workspace answers private networks": {
			workspace: azuresim.Workspace{QueryAccess: "Disabled"}, states: "AuditLogs:denied SigninLogs:denied",
			says: []string{denied, "az ", "--query-access Enabled"},
		},
		"there is no such workspace": {
			fault: noWorkspace, says: []string{failed + "the Log Analytics workspace was not found", workspaceID},
		},
		"waiting: all has arrived, though the daily cap is reached": {
			workspace: full, config: `tables = ["SigninLogs"]` + wait, states: "SigninLogs:receiving",
		},
		"waiting: no data": {
			workspace: half, config: wait, took: 2 * hour,
			says: []string{silent, "no record within their lookback: AuditLogs (silent).", "three days", "P1 or P2", "timeouts"},
		},
		"waiting: a table may not be read": {
			workspace: workspace(good, azuresim.Table{Denied: true}), config: wait,
			says: []string{silent, "AuditLogs (denied)", "Log Analytics Reader"},
		},
		"waiting: the workspace may not be read": {
			workspace: azuresim.Workspace{ReadDenied: true}, config: wait,
			says: []string{silent, "AuditLogs (denied), SigninLogs (denied)", "Log Analytics Reader"},
		},
		"waiting: a Basic table, and no Usage": {
			workspace: azuresim.Workspace{Tables: map[string]azuresim.Table{
				"SigninLogs": good, "AuditLogs": {Plan: "Basic"}, "Usage": {Denied: true},
			}},
			config: wait, says: []string{silent, "Usage", "AuditLogs (not_queried)", "Leave them out"},
		},
		"waiting: the daily cap is reached": {
			workspace: full, config: wait,
			says: []string{silent, "takes no data", "its ingestion status is OverQuota", "daily cap"},
		},
		"waiting: ingestion is turned off meanwhile": {
			workspace: half, later: off, config: wait, took: 10 * time.Minute,
			says: []string{silent, "its ingestion status is ForceOff"},
		},
		"waiting: there is no such workspace": {
			fault: noWorkspace, config: wait, says: []string{failed + "the Log Analytics workspace was not found"},
		},
		"waiting: an outage": {
			fault: azuresim.Fault{Path: "/workspaces/law-soc", Status: http.StatusServiceUnavailable, Times: 9999}, config: wait,
			took: 2 * hour, says: []string{failed + "the service failed", "503"},
		},
		"waiting: no data, and later reads fail": {
			workspace: half, fault: unknownToQueries(1, 1000), config: wait, took: 2 * hour,
			says: []string{silent, "no record within their lookback: AuditLogs (silent)."},
		},
		"waiting: queries never know the workspace": {
			fault: unknownToQueries(0, 1000), config: wait, took: 2 * hour,
			says: []string{failed + "the Log Analytics workspace was not found"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
				put(t, w, c.workspace)
				if c.fault.Status != 0 {
					w.Sim.AddFault(c.fault)
				}
				if c.later.Tables != nil {
					time.AfterFunc(10*time.Minute, func() { put(t, w, c.later) })
				}
				if !strings.Contains(c.config, "tables =") {
					c.config = `tables = ["SigninLogs", "AuditLogs"]` + "\n  " + c.config
				}
				started := time.Now()
				attributes, found := tryRead(t, w, c.config)
				if took := time.Since(started); took < c.took || took > c.took+2*time.Minute {
					t.Errorf("it took %s", took)
				}
				if got := strings.Trim(fmt.Sprint(statesOf(attributes)), "map[]"); got != c.states {
					t.Errorf("states %v, want %v", got, c.states)
				}
				if (len(found) == 1) != (c.says != nil) || len(found.Errors()) == 1 != (c.states == "") || !found.Say(c.says...) {
					t.Errorf("diagnostics:\n%s", found)
				}
			})
		})
	}
}

func TestWrongInput(t *testing.T) {
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		for lines, says := range map[string]string{
			`tables = ["SigninLogs | take 1"]`:                                 "is not the name of a table",
			`tables = []`:                                                      "at least 1 elements",
			`tables = [null, "SigninLogs"]`:                                    "Null",
			`lookback = "P1M"`:                                                 "is not an ISO 8601 duration in weeks",
			`lookback = "P91D"`:                                                "longer than 90 days",
			`lookbacks = { SigninLogs = "7d" }`:                                `(did you mean "P7D"?)`,
			`lookbacks = { SigninLogs = null }`:                                "Null",
			`lookbacks = { signinlogs = "P1D" }`:                               `is spelled "SigninLogs"`,
			`lookbacks = { AADRiskyUsers = "P30D" }`:                           "Add it there",
			"tables = [\"AuditLogs\"]\n  lookbacks = { SigninLogs = \"P1D\" }": "Lookback of a table that is not checked",
			`timeouts { read = "-1s" }`:                                        "Not a timeout",
			`tenant_id = "contoso.com"`:                                        "Not a tenant id",
			// What is known only in the apply is not held against the lookbacks.
			"tables = unknown\n  lookbacks = { SigninLogs = \"P1D\" }":                  "",
			"tables = [\"AuditLogs\", unknown]\n  lookbacks = { SigninLogs = \"P1D\" }": "",
		} {
			found := w.Terraform(t).Validate(status(w, lines))
			if (len(found.Errors()) > 0) != (says != "") || !found.Say(says) {
				t.Errorf("%s: diagnostics:\n%s", lines, found)
			}
		}
		if sent := w.Sim.Requests(); len(sent) > 0 {
			t.Errorf("%d requests were sent", len(sent))
		}
	})
}

// A data source may ask as another tenant, whose workspaces and token then count.
func TestOtherTenant(t *testing.T) {
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		tables := map[string]azuresim.Table{"SigninLogs": received(1, hour)}
		if err := w.Other.PutWorkspace(azuresim.Workspace{ID: workspaceID, Tables: tables}); err != nil {
			t.Fatal(err)
		}
		attributes := read(t, w, fmt.Sprintf("tenant_id = %q", acctest.OtherTenantID), `tables = ["SigninLogs"]`)
		if attributes["all_receiving"] != true {
			t.Errorf("states %v", statesOf(attributes))
		}
		for _, exchange := range w.Sim.Requests() {
			if exchange.TokenTenant != "" && exchange.TokenTenant != acctest.OtherTenantID {
				t.Errorf("%s %s carried a token of tenant %s", exchange.Method, exchange.Path, exchange.TokenTenant)
			}
		}
	})
}

func TestSilenceQuery(t *testing.T) {
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		tf := w.Terraform(t)
		query, err := tf.Call("silence_query", six, "P1D")
		if text, _ := query.(string); err != nil || !strings.Contains(text, "countif(TimeGenerated > ago(1d))") {
			t.Errorf("%v, error %v", query, err)
		}
		for _, c := range []struct {
			tables   []any
			lookback string
			says     string
		}{
			{nil, "P1D", "there must be at least one table"},
			{[]any{"SigninLogs | take 1"}, "P1D", "is not the name of a table"},
			{[]any{"SignInLogs"}, "P1D", `is spelled "SigninLogs"`},
			{[]any{"SigninLogs"}, "1d", `(did you mean "P1D"?)`},
		} {
			query, err := tf.Call("silence_query", c.tables, c.lookback)
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.HasSuffix(err.Error(), ".") {
				t.Errorf("silence_query(%v, %q) = %v, error %v", c.tables, c.lookback, query, err)
			}
		}
	})
}

package status_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest/golden"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

const dataSource = "sentinel_aad_connector_status.entra"

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

func put(t *testing.T, tenant *azuresim.Tenant, tables map[string]azuresim.Table) {
	t.Helper()
	putWorkspace(t, tenant, azuresim.Workspace{Tables: tables})
}

func putWorkspace(t *testing.T, tenant *azuresim.Tenant, workspace azuresim.Workspace) {
	t.Helper()
	workspace.ID = workspaceID
	if err := tenant.PutWorkspace(workspace); err != nil {
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

// statesOf is the state of each table, such as "AuditLogs:silent SigninLogs:receiving".
func statesOf(attributes map[string]any) string {
	var states []string
	tables, _ := attributes["status"].(map[string]any)
	for _, table := range slices.Sorted(maps.Keys(tables)) {
		states = append(states, fmt.Sprintf("%s:%v", table, tables[table].(map[string]any)["state"]))
	}
	return strings.Join(states, " ")
}

// requests lists those to the workspace, without those for tokens.
func requests(w *acctest.World) []string {
	var made []string
	for _, exchange := range w.Sim.Requests() {
		if strings.HasPrefix(exchange.Path, "/subscriptions/") || strings.HasPrefix(exchange.Path, "/v1/") {
			made = append(made, exchange.Method+" "+exchange.Path[strings.LastIndex(exchange.Path, "/")+1:])
		}
	}
	return made
}

// Virtual time begins with the year 2000.
func TestEveryStateInOneRead(t *testing.T) {
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		put(t, w.Tenant, map[string]azuresim.Table{
			"SigninLogs":                      received(700, 2*hour),
			"AuditLogs":                       received(1, 9*day),
			"AADNonInteractiveUserSignInLogs": {},
			"AADServicePrincipalSignInLogs":   {Plan: "Basic", Records: received(7, 3*hour).Records},
			"AADManagedIdentitySignInLogs":    {Denied: true},
		})
		plan := w.Terraform(t).Plan(status(w))
		got, err := json.MarshalIndent(plan.Data(dataSource), "", "  ")
		if err != nil || len(plan.Diagnostics) > 0 {
			t.Errorf("error %v, diagnostics:\n%s", err, plan.Diagnostics)
		}
		golden.Compare(t, "every_state.json", string(got)+"\n")
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

// What each read tells, how long it takes and how many requests is in a file of its name in testdata/reads.
func TestReads(t *testing.T) {
	type workspace = azuresim.Workspace
	with := func(auditLogs azuresim.Table) workspace {
		return workspace{Tables: map[string]azuresim.Table{"SigninLogs": received(1, hour), "AuditLogs": auditLogs}}
	}
	half, both, basic := with(azuresim.Table{}), with(received(2, 3*hour)), with(azuresim.Table{Plan: "Basic"})
	full, off, noUsage, bad := half, half, with(azuresim.Table{Plan: "Basic"}), with(azuresim.Table{Plan: "Basic"})
	full.IngestionStatus, off.IngestionStatus = "OverQuota", "ForceOff"
	noUsage.Tables["Usage"] = azuresim.Table{Denied: true}
	bad.Tables["AADProvisioningLogs"] = azuresim.Table{Plan: "Auxiliary"}
	bad.Tables["AADManagedIdentitySignInLogs"] = azuresim.Table{Failing: true}
	noWorkspace := azuresim.Fault{Path: "/workspaces/law-soc", Status: http.StatusNotFound,
		Body: `{"error":{"code":"ResourceNotFound"}}`}
	outage := azuresim.Fault{Path: "/workspaces/law-soc", Status: http.StatusServiceUnavailable, Times: 9999}
	for name, c := range map[string]struct {
		workspace, later workspace // later: after ten minutes
		fault            azuresim.Fault
		config           string
	}{
		"one table has a lookback of its own": {workspace: both,
			config: "lookback = \"PT30M\"\n lookbacks = { AuditLogs = \"P30D\" }"},
		"one table has a shorter lookback than the default": {workspace: both,
			config: `lookbacks = { AuditLogs = "PT2H" }`},
		"another tenant": {workspace: half, config: fmt.Sprintf("tenant_id = %q", acctest.OtherTenantID)},
		// The query fails because of a plan. It costs the plans and another query.
		"a Basic table": {workspace: basic},
		"many ways to be bad": {workspace: bad,
			config: `tables = ["SigninLogs", "AuditLogs", "AADProvisioningLogs", "AADManagedIdentitySignInLogs"]`},
		// What the identity may not read, or not from this network, stops no plan.
		"the workspace may not be read":          {workspace: workspace{ReadDenied: true}},
		"the workspace may not be queried":       {workspace: workspace{QueryDenied: true}},
		"the workspace answers private networks": {workspace: workspace{QueryAccess: "Disabled"}},
		"there is no such workspace":             {fault: noWorkspace},
		// The pauses grow from 5 seconds to 2 minutes. Each poll reads the workspace as well.
		"waiting: all arrives in a workspace of the same apply": {workspace: half, later: both, config: wait,
			fault: unknownToQueries(0, 3)},
		"waiting: all has arrived, though the daily cap is reached": {workspace: full,
			config: `tables = ["SigninLogs"]` + wait},
		"waiting: no data":                           {workspace: half, config: wait},
		"waiting: a table may not be read":           {workspace: with(azuresim.Table{Denied: true}), config: wait},
		"waiting: the workspace may not be read":     {workspace: workspace{ReadDenied: true}, config: wait},
		"waiting: a Basic table, and no Usage":       {workspace: noUsage, config: wait},
		"waiting: the daily cap is reached":          {workspace: full, config: wait},
		"waiting: ingestion is turned off meanwhile": {workspace: half, later: off, config: wait},
		"waiting: there is no such workspace":        {fault: noWorkspace, config: wait},
		"waiting: an outage":                         {fault: outage, config: wait},
		"waiting: no data, and later reads fail": {workspace: half, fault: unknownToQueries(1, 1000),
			config: wait},
		"waiting: queries never know the workspace": {fault: unknownToQueries(0, 1000), config: wait},
	} {
		t.Run(name, func(t *testing.T) {
			acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
				tenant := w.Tenant
				if strings.Contains(c.config, acctest.OtherTenantID) {
					tenant = w.Other
				}
				putWorkspace(t, tenant, c.workspace)
				if c.fault.Status != 0 {
					w.Sim.AddFault(c.fault)
				}
				if c.later.Tables != nil {
					time.AfterFunc(10*time.Minute, func() { putWorkspace(t, tenant, c.later) })
				}
				if !strings.Contains(c.config, "tables =") {
					c.config = `tables = ["SigninLogs", "AuditLogs"]` + "\n  " + c.config
				}
				started := time.Now()
				plan := w.Terraform(t).Plan(status(w, c.config))
				told := fmt.Sprintf("after %s", time.Since(started))
				if c.fault != outage { // after which the client itself repeats requests, at random times
					told += fmt.Sprintf(" and %d requests", len(requests(w)))
				}
				told += "\n"
				if attributes := plan.Data(dataSource); attributes != nil {
					told += statesOf(attributes) + "\n"
					for _, name := range []string{"receiving_tables", "silent_tables", "missing_tables", "any_receiving",
						"all_receiving"} {
						told += fmt.Sprintf("%s: %v\n", name, attributes[name])
					}
				}
				for _, one := range plan.Diagnostics {
					told += fmt.Sprintf("\n%s\n", protocol.Diagnostics{one})
				}
				told = regexp.MustCompile(`(Correlation id: ).*`).ReplaceAllString(told, "$1<id>")
				golden.Compare(t, "reads/"+strings.NewReplacer(": ", "-", ", ", "-", " ", "-").Replace(name)+".txt", told)
			})
		})
	}
}

// What is said of wrong input, without a request, testdata/input.txt says. What is known only in the apply is not held
// against the lookbacks.
func TestInput(t *testing.T) {
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		told, tf := "", w.Terraform(t)
		for _, lines := range []string{
			`tables = ["AuditLogs", "AADProvisioningLogs", "MyTable_CL"]`,
			`tables = ["SigninLogs | take 1"]`,
			`tables = ["signinlogs"]`,
			`tables = ["ProvisioningLogs"]`,
			`tables = []`,
			`tables = [null, "SigninLogs"]`,
			`lookback = "P1M"`,
			`lookbacks = { SigninLogs = "7d" }`,
			`lookbacks = { SigninLogs = null }`,
			`lookbacks = { signinlogs = "P1D" }`,
			`lookbacks = { AADRiskyUsers = "P30D" }`,
			"tables = [\"AuditLogs\"]\n  lookbacks = { SigninLogs = \"P1D\" }",
			"tables = unknown\n  lookbacks = { SigninLogs = \"P1D\" }",
			"tables = [\"AuditLogs\", unknown]\n  lookbacks = { SigninLogs = \"P1D\" }",
			`timeouts { read = "-1s" }`,
			`tenant_id = "contoso.com"`,
		} {
			said := cmp.Or(tf.Validate(status(w, lines)).String(), "accepted")
			told += fmt.Sprintf("---\n  %s\n\n%s\n", lines, strings.TrimSpace(said))
		}
		for _, tables := range [][]any{{"SigninLogs"}, nil, {"SigninLogs | take 1"}, {"SignInLogs"}} {
			query, err := tf.Call("silence_query", tables, "P1D")
			told += fmt.Sprintf("---\n  silence_query(%v, \"P1D\")\n\n%v\nerror: %v\n", tables, query, err)
		}
		_, err := tf.Call("silence_query", six, "1d")
		told += fmt.Sprintf("---\n  silence_query(%v, \"1d\")\n\nerror: %v\n", six, err)
		golden.Compare(t, "input.txt", told)
		if sent := w.Sim.Requests(); len(sent) > 0 {
			t.Errorf("%d requests were sent", len(sent))
		}
	})
}

package status_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

func TestMain(m *testing.M) { acctest.Run(m) }

const address = "data.sentinel_aad_connector_status.entra"

var (
	workspaceID = acctest.WorkspaceID("law-soc")

	six = []string{
		"AADManagedIdentitySignInLogs", "AADNonInteractiveUserSignInLogs", "AADProvisioningLogs", "AADServicePrincipalSignInLogs", "AuditLogs", "SigninLogs",
	}
)

// hour makes a record's age.
const hour = time.Hour

// received is a table with some records of an age, ingested five minutes after.
func received(count int, age time.Duration) azuresim.Table {
	return azuresim.Table{Records: []azuresim.Record{azuresim.Aged(count, age, age-5*time.Minute)}}
}

// newWorld is a world with a workspace of the given tables.
func newWorld(t *testing.T, workspace azuresim.Workspace) *acctest.World {
	t.Helper()
	w := acctest.NewWorld(t)
	addWorkspace(t, w, workspace)
	return w
}

func addWorkspace(t *testing.T, w *acctest.World, workspace azuresim.Workspace) {
	t.Helper()
	workspace.ID = workspaceID
	if err := w.Tenant.PutWorkspace(workspace); err != nil {
		t.Fatal(err)
	}
}

func status(more ...string) string {
	return fmt.Sprintf(`
data "sentinel_aad_connector_status" "entra" {
  log_analytics_workspace_id = %q
  %s
}
`, workspaceID, strings.Join(more, "\n  "))
}

func in(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), value)
}

func of(table, attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New("status").AtMapKey(table).AtMapKey(attribute), value)
}

func set(names ...string) knownvalue.Check {
	checks := []knownvalue.Check{}
	for _, name := range names {
		checks = append(checks, knownvalue.StringExact(name))
	}
	return knownvalue.SetExact(checks)
}

// timeAbout matches a time in RFC 3339 that was so long ago, give or take the length of a test.
func timeAbout(age time.Duration) knownvalue.Check {
	return knownvalue.StringFunc(func(text string) error {
		got, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return err
		}
		if off := time.Since(got) - age; off < -time.Second || off > 2*time.Minute {
			return fmt.Errorf("%s is %s ago, want %s", text, time.Since(got), age)
		}
		return nil
	})
}

// calls lists the requests that are not about signing in.
func calls(w *acctest.World) []string {
	var made []string
	for _, exchange := range w.Sim.Requests() {
		if strings.HasPrefix(exchange.Path, "/subscriptions/") || strings.HasPrefix(exchange.Path, "/v1/") {
			made = append(made, exchange.Method+" "+exchange.Path[strings.LastIndex(exchange.Path, "/")+1:])
		}
	}
	return made
}

func TestAccStatus_everyStateInOneApply(t *testing.T) {
	w := newWorld(t, azuresim.Workspace{Tables: map[string]azuresim.Table{
		"SigninLogs":                      received(3, 2*hour),
		"AuditLogs":                       received(1, 9*24*hour),
		"AADNonInteractiveUserSignInLogs": {},
		"AADServicePrincipalSignInLogs":   {Plan: "Basic"},
		"AADManagedIdentitySignInLogs":    {Denied: true},
	}})
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: w.Provider() + status(),
		ConfigStateChecks: []statecheck.StateCheck{
			of("SigninLogs", "state", knownvalue.StringExact("receiving")),
			of("SigninLogs", "receiving", knownvalue.Bool(true)),
			of("SigninLogs", "category", knownvalue.StringExact("SignInLogs")),
			of("SigninLogs", "record_count", knownvalue.Int64Exact(3)),
			of("SigninLogs", "last_record_time", timeAbout(2*hour)),
			of("SigninLogs", "last_ingested_time", timeAbout(2*hour-5*time.Minute)),
			of("AuditLogs", "state", knownvalue.StringExact("silent")),
			of("AuditLogs", "receiving", knownvalue.Bool(false)),
			of("AuditLogs", "record_count", knownvalue.Int64Exact(0)),
			of("AuditLogs", "last_record_time", timeAbout(9*24*hour)),
			of("AADNonInteractiveUserSignInLogs", "state", knownvalue.StringExact("silent")),
			of("AADNonInteractiveUserSignInLogs", "last_record_time", knownvalue.Null()),
			of("AADServicePrincipalSignInLogs", "state", knownvalue.StringExact("not_queried")),
			of("AADServicePrincipalSignInLogs", "plan", knownvalue.StringExact("Basic")),
			of("AADServicePrincipalSignInLogs", "record_count", knownvalue.Null()),
			of("AADManagedIdentitySignInLogs", "state", knownvalue.StringExact("denied")),
			of("AADProvisioningLogs", "state", knownvalue.StringExact("missing")),
			of("AADProvisioningLogs", "record_count", knownvalue.Null()),
			in("receiving_tables", set("SigninLogs")),
			in("silent_tables", set("AuditLogs", "AADNonInteractiveUserSignInLogs")),
			in("missing_tables", set("AADProvisioningLogs")),
			in("any_receiving", knownvalue.Bool(true)),
			in("all_receiving", knownvalue.Bool(false)),
			in("ingestion_status", knownvalue.StringExact("RespectQuota")),
			in("tables", set(six...)),
			in("lookback", knownvalue.StringExact("P7D")),
			in("tenant_id", knownvalue.StringExact(acctest.TenantID)),
		},
	}}})
}

// The usual case costs one read of the workspace and one query.
func TestAccStatus_cost(t *testing.T) {
	tables := map[string]azuresim.Table{}
	for _, name := range six {
		tables[name] = received(1, hour)
	}
	w := newWorld(t, azuresim.Workspace{Tables: tables})
	again := strings.Replace(status(`tables = ["SigninLogs"]`), `"entra"`, `"again"`, 1)
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:            w.Provider() + status(),
			ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{made(w, "GET law-soc", "POST query")}},
			ConfigStateChecks: []statecheck.StateCheck{in("all_receiving", knownvalue.Bool(true)), in("silent_tables", set()), in("missing_tables", set())},
		},
		{
			PreConfig:        w.Sim.ForgetRequests,
			Config:           w.Provider() + status() + again,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{made(w, "GET law-soc", "GET law-soc", "POST query", "POST query")}},
		},
	}})
	for _, exchange := range w.Sim.Requests() {
		if strings.HasSuffix(exchange.Path, "/query") && exchange.Headers.Get("Cache-Control") != "no-cache" {
			t.Errorf("a query allows an old answer: %v", exchange.Headers)
		}
	}
}

func made(w *acctest.World, want ...string) plancheck.PlanCheck {
	return acctest.PlanCheck(func(plancheck.CheckPlanRequest) error {
		got := slices.Sorted(slices.Values(calls(w))) // data sources are read at the same time
		if !slices.Equal(got, want) {
			return fmt.Errorf("the plan made the requests %v, want %v", got, want)
		}
		return nil
	})
}

// A lookback draws the line between receiving and silent.
func TestAccStatus_lookback(t *testing.T) {
	w := newWorld(t, azuresim.Workspace{Tables: map[string]azuresim.Table{"SigninLogs": received(2, 3*hour)}})
	of := func(lookback, state string) resource.TestStep {
		return resource.TestStep{
			Config:            w.Provider() + status(`tables = ["SigninLogs"]`, fmt.Sprintf("lookback = %q", lookback)),
			ConfigStateChecks: []statecheck.StateCheck{of("SigninLogs", "state", knownvalue.StringExact(state)), of("SigninLogs", "last_record_time", timeAbout(3*hour))},
		}
	}
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{of("PT2H", "silent"), of("PT4H", "receiving"), of("P1W", "receiving")}})
}

// A table that fell silent long ago does not look like one that never had data.
func TestAccStatus_longSilent(t *testing.T) {
	w := newWorld(t, azuresim.Workspace{Tables: map[string]azuresim.Table{"SigninLogs": received(1, 80*24*hour)}})
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: w.Provider() + status(`tables = ["SigninLogs"]`),
		ConfigStateChecks: []statecheck.StateCheck{
			of("SigninLogs", "state", knownvalue.StringExact("silent")), of("SigninLogs", "last_record_time", timeAbout(80*24*hour)),
		},
	}}})
}

// An empty workspace, a daily cap that is reached, and one bad table among good ones.
func TestAccStatus_oddWorkspaces(t *testing.T) {
	one := `tables = ["SigninLogs", "AuditLogs"]`
	for name, test := range map[string]struct {
		workspace azuresim.Workspace
		checks    []statecheck.StateCheck
	}{
		"no data at all": {
			azuresim.Workspace{NoContent: true, Tables: map[string]azuresim.Table{"SigninLogs": {}}},
			[]statecheck.StateCheck{of("SigninLogs", "state", knownvalue.StringExact("silent")), of("AuditLogs", "state", knownvalue.StringExact("missing"))},
		},
		"nothing exists": {
			azuresim.Workspace{},
			[]statecheck.StateCheck{in("missing_tables", set("SigninLogs", "AuditLogs")), in("any_receiving", knownvalue.Bool(false))},
		},
		"the daily cap is reached": {
			azuresim.Workspace{IngestionStatus: "OverQuota", Tables: map[string]azuresim.Table{"SigninLogs": received(1, hour), "AuditLogs": {}}},
			[]statecheck.StateCheck{in("ingestion_status", knownvalue.StringExact("OverQuota"))},
		},
		"a query fails in part": {
			azuresim.Workspace{Tables: map[string]azuresim.Table{"SigninLogs": received(1, hour), "AuditLogs": {Failing: true}}},
			[]statecheck.StateCheck{of("SigninLogs", "state", knownvalue.StringExact("receiving")), of("AuditLogs", "state", knownvalue.StringExact("not_queried"))},
		},
		"an auxiliary table": {
			azuresim.Workspace{Tables: map[string]azuresim.Table{"SigninLogs": received(1, hour), "AuditLogs": {Plan: "Auxiliary"}}},
			[]statecheck.StateCheck{of("SigninLogs", "state", knownvalue.StringExact("receiving")), of("AuditLogs", "plan", knownvalue.StringExact("Auxiliary"))},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, test.workspace)
			w.Test(t, resource.TestCase{Steps: []resource.TestStep{{Config: w.Provider() + status(one), ConfigStateChecks: test.checks}}})
		})
	}
}

func TestAccStatus_waitForData(t *testing.T) {
	w := newWorld(t, azuresim.Workspace{Tables: map[string]azuresim.Table{"SigninLogs": received(1, hour)}})
	arrives := time.AfterFunc(4*time.Second, func() {
		if err := w.Tenant.PutTable(workspaceID, "AuditLogs", received(1, time.Minute)); err != nil {
			t.Error(err)
		}
	})
	defer arrives.Stop()
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config:            w.Provider() + status(`tables = ["SigninLogs", "AuditLogs"]`, "wait_for_data = true", "timeouts {\n    read = \"1m\"\n  }"),
		ConfigStateChecks: []statecheck.StateCheck{in("all_receiving", knownvalue.Bool(true))},
	}}})
}

func TestAccStatus_waitForDataInVain(t *testing.T) {
	tables := map[string]azuresim.Table{"SigninLogs": received(1, hour), "AuditLogs": {}}
	wait := []string{"wait_for_data = true", "timeouts {\n    read = \"3s\"\n  }"}
	w := newWorld(t, azuresim.Workspace{Tables: tables})
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: w.Provider() + status(append(wait, `tables = ["SigninLogs", "AuditLogs", "AADProvisioningLogs"]`)...),
			ExpectError: acctest.Says(`Not every table of the workspace "law-soc" receives data`, "no record within P7D: AADProvisioningLogs (missing), AuditLogs (silent).",
				"three days", "P1 or P2", "timeouts"),
		},
		{
			PreConfig: func() {
				if err := w.Tenant.PutTable(workspaceID, "AuditLogs", azuresim.Table{Plan: "Basic"}); err != nil {
					t.Error(err)
				}
			},
			Config:      w.Provider() + status(append(wait, `tables = ["SigninLogs", "AuditLogs"]`)...),
			ExpectError: acctest.Says("AuditLogs (not_queried)", "Leave them out of tables"),
		},
		{
			PreConfig: func() {
				if err := w.Tenant.PutTable(workspaceID, "AuditLogs", azuresim.Table{Denied: true}); err != nil {
					t.Error(err)
				}
			},
			Config:      w.Provider() + status(append(wait, `tables = ["SigninLogs", "AuditLogs"]`)...),
			ExpectError: acctest.Says("AuditLogs (denied)", "Log Analytics Reader"),
		},
	}})
}

func TestAccStatus_wrongInput(t *testing.T) {
	for name, test := range map[string]struct {
		line string
		want *regexp.Regexp
	}{
		"a quote":                 {`tables = ["Signin\"Logs"]`, acctest.Says("Not the name of a table")},
		"a pipe":                  {`tables = ["SigninLogs | take 1"]`, acctest.Says("Not the name of a table")},
		"a newline":               {`tables = ["SigninLogs\n"]`, acctest.Says("Not the name of a table")},
		"no tables":               {`tables = []`, acctest.Says("at least 1 elements")},
		"a table in another case": {`tables = ["signinlogs"]`, acctest.Says(`is spelled "SigninLogs"`)},
		"a category for a table":  {`tables = ["ProvisioningLogs"]`, acctest.Says(`is the log category; it arrives in the table "AADProvisioningLogs"`)},
		"a null":                  {`tables = [null, "SigninLogs"]`, acctest.Says("Null")},
		"months":                  {`lookback = "P1M"`, acctest.Says("Not a lookback", "is not an ISO 8601 duration in weeks")},
		"too long":                {`lookback = "P91D"`, acctest.Says("longer than 90 days")},
		"a tenant's domain":       {`tenant_id = "contoso.com"`, acctest.Says("Not a tenant id")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, azuresim.Workspace{})
			w.Test(t, resource.TestCase{Steps: []resource.TestStep{{Config: w.Provider() + status(test.line), PlanOnly: true, ExpectError: test.want}}})
			if requests := w.Sim.Requests(); len(requests) > 0 {
				t.Errorf("%d requests were sent", len(requests))
			}
		})
	}
}

func TestAccStatus_refusals(t *testing.T) {
	const headline = `Cannot tell which tables of the workspace "law-soc" receive data: `
	for name, test := range map[string]struct {
		workspace *azuresim.Workspace
		fault     azuresim.Fault
		want      *regexp.Regexp
	}{
		"there is no such workspace": {nil, azuresim.Fault{}, acctest.Says(headline+"the Log Analytics workspace was not found", workspaceID)},
		"it is throttled": {&azuresim.Workspace{}, azuresim.Fault{Method: http.MethodPost, Path: "/query", Status: 429, RetryAfter: 1, Times: 100, Body: `{"error":{"code":"ThrottledError"}}`},
			acctest.Says(headline+"the workspace is being throttled", "-parallelism")},
		"it is too slow": {&azuresim.Workspace{}, azuresim.Fault{Method: http.MethodPost, Path: "/query", Status: 504, Body: `{"error":{"code":"GatewayTimeout"}}`},
			acctest.Says(headline+"the query took too long", "shorter lookback")},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.NewWorld(t)
			if test.workspace != nil {
				addWorkspace(t, w, *test.workspace)
			}
			if test.fault.Status != 0 {
				w.Sim.AddFault(test.fault)
			}
			w.Test(t, resource.TestCase{Steps: []resource.TestStep{{
				Config: w.Provider() + status("timeouts {\n    read = \"4s\"\n  }"), ExpectError: test.want,
			}}})
		})
	}
}

// A workspace that the identity may not read, or not from this network, stops no plan.
func TestAccStatus_deniedWorkspace(t *testing.T) {
	for name, workspace := range map[string]azuresim.Workspace{
		"it may not be read": {ReadDenied: true}, "it may not be queried": {QueryDenied: true}, "it is for private networks": {QueryAccess: "Disabled"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, workspace)
			w.Test(t, resource.TestCase{Steps: []resource.TestStep{{
				Config: w.Provider() + status(`tables = ["SigninLogs", "AuditLogs"]`),
				ConfigStateChecks: []statecheck.StateCheck{
					of("SigninLogs", "state", knownvalue.StringExact("denied")), of("AuditLogs", "state", knownvalue.StringExact("denied")),
					in("any_receiving", knownvalue.Bool(false)), in("missing_tables", set()),
				},
			}}})
		})
	}
}

// The example of the documentation: a check that warns, and a postcondition that stops the plan, when a connected category's table has
// gone silent.
func TestAccStatus_example(t *testing.T) {
	tables := map[string]azuresim.Table{}
	for _, name := range six {
		tables[name] = received(1, hour)
	}
	w := newWorld(t, azuresim.Workspace{Tables: tables})
	variables := config.Variables{"workspace_id": config.StringVariable(workspaceID)}
	example := w.Provider() + folder(t, "../../examples/data-sources/sentinel_aad_connector_status")
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: example, ConfigVariables: variables,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownOutputValueAtPath("entra_logs", tfjsonpath.New("SignInLogs"), knownvalue.StringRegexp(regexp.MustCompile(`^receiving, last record 20\d\d-.*Z$`))),
				statecheck.ExpectKnownOutputValue("entra_logs", knownvalue.MapSizeExact(6)),
			},
		},
		{
			Config: example, ConfigVariables: variables,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{theCheck("pass")}},
		},
		{
			PreConfig: func() { seed(t, w, "AuditLogs", azuresim.Table{}) },
			Config:    example, ConfigVariables: variables,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{theCheck("fail")}},
		},
		{
			PreConfig: func() { seed(t, w, "AuditLogs", received(1, 8*24*hour)) },
			Config:    example, ConfigVariables: variables,
			ExpectError: acctest.Says("Gone silent: AuditLogs since 20"),
		},
		{
			PreConfig: func() { seed(t, w, "AuditLogs", received(1, hour)) },
			Config:    example, ConfigVariables: variables,
		},
	}})
}

func theCheck(want string) plancheck.PlanCheck {
	return acctest.PlanCheck(func(req plancheck.CheckPlanRequest) error {
		for _, check := range req.Plan.Checks {
			if check.Address.ToDisplay == "check.entra_logs_arrive" && string(check.Status) == want {
				return nil
			}
		}
		return fmt.Errorf("the check does not %s", want)
	})
}

func seed(t *testing.T, w *acctest.World, table string, content azuresim.Table) {
	t.Helper()
	if err := w.Tenant.PutTable(workspaceID, table, content); err != nil {
		t.Error(err)
	}
}

// folder is all of an example's configuration.
func folder(t *testing.T, name string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(name, "*.tf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no example in %s: %v", name, err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// A data source may ask as another tenant, whose workspaces and token then count.
func TestAccStatus_otherTenant(t *testing.T) {
	w := acctest.NewWorld(t)
	if err := w.Other.PutWorkspace(azuresim.Workspace{ID: workspaceID, Tables: map[string]azuresim.Table{"SigninLogs": received(1, hour)}}); err != nil {
		t.Fatal(err)
	}
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: w.Provider(fmt.Sprintf("allowed_tenant_ids = [%q]", acctest.OtherTenantID)) +
			status(`tables = ["SigninLogs"]`, fmt.Sprintf("tenant_id = %q", acctest.OtherTenantID)),
		ConfigStateChecks: []statecheck.StateCheck{in("all_receiving", knownvalue.Bool(true)), in("tenant_id", knownvalue.StringExact(acctest.OtherTenantID))},
	}}})
	for _, exchange := range w.Sim.Requests() {
		if exchange.TokenTenant != "" && exchange.TokenTenant != acctest.OtherTenantID {
			t.Errorf("%s %s carried a token of tenant %s", exchange.Method, exchange.Path, exchange.TokenTenant)
		}
	}
}

// One bad table hides no good one, however many ways there are to be bad.
func TestAccStatus_severalBadTables(t *testing.T) {
	w := newWorld(t, azuresim.Workspace{Tables: map[string]azuresim.Table{
		"SigninLogs": received(1, hour), "AuditLogs": {Plan: "Basic"}, "AADProvisioningLogs": {Plan: "Auxiliary"}, "AADManagedIdentitySignInLogs": {Failing: true},
	}})
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: w.Provider() + status(`tables = ["SigninLogs", "AuditLogs", "AADProvisioningLogs", "AADManagedIdentitySignInLogs"]`),
		ConfigStateChecks: []statecheck.StateCheck{
			of("SigninLogs", "state", knownvalue.StringExact("receiving")),
			of("AuditLogs", "plan", knownvalue.StringExact("Basic")),
			of("AADProvisioningLogs", "plan", knownvalue.StringExact("Auxiliary")),
			of("AADManagedIdentitySignInLogs", "state", knownvalue.StringExact("not_queried")),
		},
	}}})
}

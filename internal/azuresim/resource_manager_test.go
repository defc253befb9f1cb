package azuresim

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const otherTenantID = "7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506"

func TestDiagnosticSettings(t *testing.T) {
	w := newWorld(t)
	const x = settings + "/x" + stable
	audit := body(workspace, "AuditLogs")
	w.walk([]step{
		{"PUT", settings + "/Entra%20logs" + stable, audit, 200, `"name":"Entra logs"`},
		{"GET", "/PROVIDERS/Microsoft.AADIAM/diagnosticsettings/entra%20LOGS" + stable, "", 200, `"name":"Entra logs"`},
		{"GET", settings + "/" + stable, "", 200, `"name":"Entra logs"`},
		{"PUT", x, audit, 409, `used in diagnostic setting 'Entra logs' for category 'AuditLogs'`},
		{"PUT", x, body(strings.ToLower(workspace), "AuditLogs"), 409, "Data sinks can't be reused"},
		{"PUT", x, body(workspace, "SignInLogs", "RiskyUsers"), 200, // it echoes
			`"logs":[{"category":"RiskyUsers","enabled":true},{"category":"SignInLogs","enabled":true}]`},
		{"PUT", settings + "/a" + stable, body(workspace+"3", "AuditLogs"), 200, ""},
		{"PUT", settings + "/b" + stable, body(workspace+"4", "AuditLogs"), 200, ""},
		{"PUT", settings + "/c" + stable, body(workspace+"5", "AuditLogs"), 200, ""},
		{"PUT", settings + "/d" + stable, body(workspace+"6", "AuditLogs"), 400, "maximum number"}, // there are five
		{"DELETE", settings + "/a" + stable, "", 200, ""},
		{"DELETE", settings + "/a" + stable, "", 204, ""},
		{"PUT", settings + "/d" + stable, body(workspace+"6", "AuditLogs"), 200, ""},
		{"PUT", settings + "/d" + stable, strings.ReplaceAll(body(workspace, "AuditLogs"), "true", "false"), 200, ""},
		{"GET", settings + "/d" + stable, "", 404, `{"code":"ResourceNotFound","message":"The diagnostic setting 'd' doesn`},

		{"PUT", x, body(workspace, "auditlogs"), 400, `{"code":"BadRequest","message":"Category 'auditlogs' is not supp`},
		{"PUT", x, body("", "AuditLogs"), 400, `{"code":"BadRequest","message":"At least one data sink`},
		{"PUT", x, strings.Replace(body(workspace, "SignInLogs"), `{"cat`, `{"retentionPolicy":{"enabled":true},"cat`, 1),
			400, "does not support retention"},
		{"PUT", x, body("law", "AuditLogs"), 400, `{"error":{"code":"LinkedInvalidPropertyId","message":"Property id`},
		{"PUT", x, "<", 400, `{"error":{"code":"InvalidRequestContent"`},
		{"PUT", x, "{}", 400, "no properties"},
		{"PUT", x, `{"properties":{"workspaceId":"` + workspace + `","logs":{}}}`, 400, "not a list"},
		{"PATCH", x, "{}", 405, `{"Message":"The requested resource does not support http method 'PATCH'."}`},
		{"GET", settings, "", 400, `{"error":{"code":"MissingApiVersionParameter"`},
		{"GET", settings + version2023, "", 400, "API version '2023-09-01' for type 'diagnosticSettings'"},
		{"GET", settings + "Categories" + stable, "", 400, "The supported api-versions are '2017-04-01-preview'."},
		{"GET", settings + "Categories" + stable + "-preview", "", 200, `"name":"AuditLogs"`},
		{"GET", "/providers/microsoft.aadiam/other" + stable, "", 404,
			"The resource type could not be found in the namespace 'microsoft.aadiam' for api version '2017-04-01'."},
	})
	_, shown := w.call("GET", x, "")
	if enabled, all := logsOf(shown); !slices.Equal(enabled, []string{"SignInLogs", "RiskyUsers"}) || all != 26 {
		t.Errorf("GET shows %v of %d logs", enabled, all)
	}
}

func TestBehaviours(t *testing.T) {
	w := newWorld(t)
	const x = settings + "/x" + stable
	all := body(workspace, "AuditLogs", "RiskyUsers")
	w.tenant.Behave(Behaviour{DroppedCategories: []string{"RiskyUsers"}, WithoutCategories: []string{"SignInLogs"}})
	w.walk([]step{
		{"PUT", x, body(workspace, "SignInLogs"), 400, "Category 'SignInLogs' is not supported."},
		{"PUT", x, all, 200, `{"category":"RiskyUsers","enabled":true}`},
		{"GET", x, "", 200, `{"category":"RiskyUsers","enabled":false,`},
		{"GET", x, "", 200, `"storageAccountId":"","workspaceId":"` + workspace},
	})
	w.tenant.Behave(Behaviour{
		LowerCaseIDs: true, Unused: "null", NewCategories: []string{"BrandNewLogs"}, StrayNotFound: 1,
	})
	w.walk([]step{
		{"GET", x, "", 404, ""},
		{"GET", x, "", 200, `{"category":"BrandNewLogs","enabled":false,`},
		{"GET", x, "", 200, `"storageAccountId":null,"workspaceId":"` + strings.TrimSuffix(lawInLowerCase, "law") + "Law"},
	})
	w.tenant.Behave(Behaviour{Unused: "absent"})
	w.walk([]step{{"GET", x, "", 200, `"metrics":[],"workspaceId":"` + workspace}})
}

// The refusals of identities without a role are in the golden files of package connector.
func TestTokensAreChecked(t *testing.T) {
	w := newWorld(t)
	put(t, w.tenant, Workspace{ID: workspace})
	w.tenant.AddPrincipal(Principal{ClientID: "app", ObjectID: "object", Secret: "secret", Role: NoRole})
	w.walk([]step{
		{"GET", settings + stable, "", 403, "'microsoft.aadiam/diagnosticSettings/read'"},
		{"GET", workspace + version2023, "", 200, ""}, // which another role allows
	})
	for token, code := range map[string]string{
		"": "InvalidAuthenticationToken", "abc": "InvalidAuthenticationToken", forged(w.token): "InvalidAuthenticationToken",
		w.tokenFor(Audience, "late", -time.Minute): "ExpiredAuthenticationToken",
	} {
		w.token = token
		w.walk([]step{
			{"GET", settings + stable, "", 401, `{"error":{"code":"` + code},
			{"GET", workspace + version2023, "", 401, `{"error":{"code":"` + code},
		})
	}
}

// shown are the categories of the setting x that the next n reads show, "-" where it is not there. LIST and GET are
// alike.
func (w *world) shown(n int, path string) string {
	w.t.Helper()
	var seen []string
	for range n {
		_, answer := w.call(http.MethodGet, path+stable, "")
		if value, isList := answer["value"].([]any); isList && len(value) > 0 {
			answer, _ = value[0].(map[string]any)
		}
		enabled, _ := logsOf(answer)
		seen = append(seen, strings.Join(append(enabled, "-"), "+"))
	}
	return strings.ReplaceAll(strings.Join(seen, " "), "+-", "")
}

func TestLags(t *testing.T) {
	w := newWorld(t)
	w.tenant.Behave(Behaviour{
		AfterCreate: Lag{Gets: 2, Flaps: 3, Lists: 1}, AfterUpdate: Lag{Gets: 3, Lists: 1}, AfterDelete: Lag{Flaps: 2},
	})
	for _, change := range []struct{ method, category, gets, lists string }{
		{"PUT", "AuditLogs", "- - AuditLogs - AuditLogs AuditLogs", "- AuditLogs"},
		{"PUT", "RiskyUsers", "AuditLogs AuditLogs AuditLogs RiskyUsers RiskyUsers RiskyUsers", "AuditLogs RiskyUsers"},
		{"DELETE", "", "- RiskyUsers - - - -", "- -"},
	} {
		w.call(change.method, settings+"/x"+stable, body(workspace, change.category))
		gets, lists := w.shown(6, settings+"/x"), w.shown(2, settings)
		if gets != change.gets || lists != change.lists {
			t.Errorf("after %s %s GET shows %s, LIST %s", change.method, change.category, gets, lists)
		}
	}
}

func TestReplicasLagByTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.tenant.Behave(Behaviour{Replicas: Delays{0, 3 * time.Second, 9 * time.Second}})
		put := func(category string) func() {
			return func() { w.call(http.MethodPut, settings+"/x"+stable, body(workspace, category)) }
		}
		for i, step := range []struct {
			change func()
			wait   time.Duration
			want   string
		}{
			{put("AuditLogs"), 3*time.Second - 1, "AuditLogs - -"},
			{func() {}, 1, "AuditLogs AuditLogs -"},
			{func() {}, 6 * time.Second, "AuditLogs AuditLogs AuditLogs"},
			{put("RiskyUsers"), 4 * time.Second, "RiskyUsers RiskyUsers AuditLogs"},
			// The slowest replica is two changes behind.
			{func() { w.call(http.MethodDelete, settings+"/x"+stable, "") }, 3 * time.Second, "- - AuditLogs"},
			{put("SignInLogs"), 3 * time.Second, "SignInLogs SignInLogs RiskyUsers"},
			{func() { w.tenant.DeleteSetting("x") }, 0, "- - -"},
			{put("AuditLogs"), 0, "AuditLogs - -"},
			{w.tenant.Settle, 0, "AuditLogs AuditLogs AuditLogs"},
		} {
			step.change()
			time.Sleep(step.wait)
			for _, path := range []string{settings, settings + "/x"} {
				if got := w.shown(3, path); got != step.want {
					t.Errorf("step %d: %s shows %q, want %q", i, path, got, step.want)
				}
			}
		}
	})
}

const (
	version2022 = "?api-version=2022-10-01"
	version2023 = "?api-version=2023-09-01"
)

func put(t *testing.T, tenant *Tenant, w Workspace) {
	t.Helper()
	if err := tenant.PutWorkspace(w); err != nil {
		t.Fatal(err)
	}
}

func TestWorkspaces(t *testing.T) {
	denied := strings.Replace(workspace, "Law", "denied", 1)
	w := newWorld(t)
	put(t, w.tenant, Workspace{
		ID: workspace, IngestionStatus: "OverQuota", Tables: map[string]Table{"AuditLogs": {Plan: "Basic"}, "SigninLogs": {}},
	})
	put(t, w.tenant, Workspace{ID: denied, ReadDenied: true, Tables: map[string]Table{"AuditLogs": {}}})
	put(t, w.sim.Tenant(otherTenantID), Workspace{ID: elsewhere})
	w.walk([]step{
		{"GET", strings.ToUpper(workspace) + version2023, "", 200, `"id":"` + workspace + `"`},
		{"GET", strings.ToLower(workspace) + "/" + version2023, "", 200, `"dataIngestionStatus":"OverQuota"`},
		{"GET", workspace + version2023, "", 200, `"publicNetworkAccessForQuery":"Enabled"`},
		{"GET", workspace + "/tables/AuditLogs" + version2022, "", 200, `"plan":"Basic"`},
		{"GET", workspace + "/TABLES/signinLOGS" + version2022, "", 200, `"plan":"Analytics"`},
		{"GET", strings.Replace(workspace, "Law", "x", 1) + version2023, "", 404, `{"error":{"code":"ResourceNotFound",` +
			`"message":"The Resource 'Microsoft.OperationalInsights/workspaces/x' under resource group 'RG' was not found.`},
		{"GET", workspace + "/tables/x" + version2022, "", 404,
			"The Resource 'Microsoft.OperationalInsights/workspaces/Law/tables/x' under resource group 'RG' was not found."},
		{"GET", denied + version2023, "", 403,
			"to perform action 'Microsoft.OperationalInsights/workspaces/read' over scope '" + denied + "'"},
		{"GET", denied + "/tables/AuditLogs" + version2022, "", 403,
			"'Microsoft.OperationalInsights/workspaces/tables/read' over scope '" + denied + "/tables/AuditLogs'"},
		{"GET", elsewhere + version2023, "", 401, `{"error":{"code":"InvalidAuthenticationTokenTenant"`},
		{"GET", strings.Replace(elsewhere, "9999", "8888", 1) + version2023, "", 404, "ResourceNotFound"},
		{"GET", workspace + "/tables/AuditLogs" + version2023, "", 400, "'workspaces/tables'"},
		{"GET", workspace + "/tables" + version2022, "", 404, "namespace 'microsoft.operationalinsights'"},
		{"PUT", workspace + version2023, "{}", 405, ""},
	})
}

func TestDestinationsAreChecked(t *testing.T) {
	w := newWorld(t)
	const x = settings + "/x" + stable
	missing := strings.Replace(workspace, "Law", "Lost", 1)
	put(t, w.tenant, Workspace{ID: workspace})
	put(t, w.sim.Tenant(otherTenantID), Workspace{ID: elsewhere})
	w.walk([]step{{"PUT", x, body(missing, "AuditLogs"), 200, ""}})
	w.tenant.Behave(Behaviour{ChecksDestinations: true})
	w.walk([]step{
		{"PUT", x, body(strings.ToUpper(workspace), "AuditLogs"), 200, ""},
		{"PUT", x, body(missing, "AuditLogs"), 403, "does not have permission to perform action " +
			"'Microsoft.OperationalInsights/workspaces/sharedKeys/action' on the linked scope(s) '" + missing + "'"},
		{"PUT", x, body(elsewhere, "AuditLogs"), 403, "the current tenant '" + tenantID + "' is not authorized to access " +
			"linked subscription '99999999-7a86-4f0e-8a3c-1f6d5f2f6a10'"},
	})
	put(t, w.sim.Tenant(otherTenantID), Workspace{
		ID: elsewhere, CustomerID: customerID, DelegatedTo: []string{tenantID}, Tables: map[string]Table{"A": {}},
	})
	w.walk([]step{
		{"PUT", x, body(elsewhere, "AuditLogs"), 200, ""},
		{"GET", elsewhere + version2023, "", 200, ""},
	})
	w.useQueryToken(tenantID)
	if status, answer := w.ask("A"); status != http.StatusOK {
		t.Errorf("querying a delegated workspace: %d %v", status, answer)
	}
}

// statuses makes the same request several times.
func (w *world) statuses(times int, path string) []int {
	w.t.Helper()
	var got []int
	for range times {
		status, _ := w.call(http.MethodGet, path+stable, "")
		got = append(got, status)
	}
	return got
}

// 250 reads fill the bucket, and 25 a second flow out of it. Writes have a bucket of their own.
func TestThrottling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.statuses(300, settings) // not refused as long as it is off
		time.Sleep(time.Minute)
		w.sim.Throttle(true)
		if got := w.statuses(251, settings); slices.Contains(got[:250], 429) || got[250] != 429 {
			t.Errorf("%v", got)
		}
		w.walk([]step{{"PUT", settings + "/x" + stable, body(workspace, "AuditLogs"), 200, ""}})
		response, err := w.do(http.MethodGet, settings+stable, "", nil)
		if err != nil || response.Header.Get("Retry-After") != "1" {
			t.Errorf("%v, %v", response, err)
		}
		time.Sleep(time.Second)
		if got := w.statuses(26, settings); slices.Contains(got[:25], 429) || got[25] != 429 {
			t.Errorf("a second later: %v", got)
		}
	})
}

func TestResourceManagersHeaders(t *testing.T) {
	w := newWorld(t)
	// The gateway refuses the second, whose version the workspace doesn't have.
	for path, want := range map[string]struct{ remaining, failureCause string }{
		settings: {"tenant-reads", ""}, workspace: {"subscription-reads", "gateway"},
	} {
		response, err := w.do(http.MethodGet, path+stable, "", http.Header{"X-Ms-Correlation-Request-Id": {"ours"}})
		if err != nil {
			t.Fatal(err)
		}
		header := response.Header
		if header.Get("x-ms-request-id") == "" || header.Get("x-ms-routing-request-id") == "" ||
			header.Get("x-ms-correlation-request-id") != "ours" ||
			header.Get("x-ms-failure-cause") != want.failureCause ||
			header.Get("x-ms-ratelimit-remaining-"+want.remaining) != "249" {
			t.Errorf("%s: %v", path, header)
		}
	}
}

package azuresim

import (
	"net/http"
	"strings"
	"testing"
)

const (
	version2022 = "?api-version=2022-10-01"
	version2023 = "?api-version=2023-09-01"
)

func TestWorkspacesAndTables(t *testing.T) {
	w := newWorld(t)
	put(t, w.tenant, Workspace{
		ID: workspace, IngestionStatus: "OverQuota", QueryAccess: "Disabled",
		Tables: map[string]Table{"AuditLogs": {Plan: "Basic", Unresolved: true}, "SigninLogs": {}},
	})
	for _, path := range []string{workspace, strings.ToUpper(workspace), strings.ToLower(workspace) + "/"} {
		status, answer := w.call(http.MethodGet, path+version2023, "")
		properties, _ := answer["properties"].(map[string]any)
		capping, _ := properties["workspaceCapping"].(map[string]any)
		if status != http.StatusOK || answer["id"] != workspace || answer["name"] != "Law" ||
			capping["dataIngestionStatus"] != "OverQuota" ||
			properties["publicNetworkAccessForQuery"] != "Disabled" ||
			len(properties["customerId"].(string)) != 36 {
			t.Errorf("GET %s: %d %v", path, status, answer)
		}
	}
	for path, plan := range map[string]string{
		"/tables/AuditLogs": "Basic", "/TABLES/auditlogs": "Basic", "/tables/SigninLogs": "Analytics",
	} {
		status, answer := w.call(http.MethodGet, workspace+path+version2022, "")
		if properties, _ := answer["properties"].(map[string]any); status != http.StatusOK || properties["plan"] != plan {
			t.Errorf("GET %s: %d %v", path, status, answer)
		}
	}
}

func TestResourceManagerRefusesWorkspaces(t *testing.T) {
	denied := strings.Replace(workspace, "Law", "denied", 1)
	w := newWorld(t)
	put(t, w.tenant, Workspace{ID: workspace, Tables: map[string]Table{"AuditLogs": {}}})
	put(t, w.tenant, Workspace{ID: denied, ReadDenied: true, Tables: map[string]Table{"AuditLogs": {}}})
	put(t, w.sim.Tenant("11111111-2222-4333-8444-555555555555"), Workspace{ID: elsewhere})
	for _, test := range []struct {
		method, path string
		status       int
		code, says   string
	}{
		{
			"GET", strings.Replace(workspace, "Law", "x", 1) + version2023, 404, "ResourceNotFound",
			"The Resource 'Microsoft.OperationalInsights/workspaces/x' under resource group 'RG' was not found.",
		},
		{
			"GET", workspace + "/tables/x" + version2022, 404, "ResourceNotFound",
			"The Resource 'Microsoft.OperationalInsights/workspaces/Law/tables/x' under resource group 'RG' was not found.",
		},
		{
			"GET", denied + version2023, 403, "AuthorizationFailed",
			"The client 'app' with object id 'object' does not have authorization to perform action " +
				"'Microsoft.OperationalInsights/workspaces/read' over scope '" + denied + "'",
		},
		{
			"GET", denied + "/tables/AuditLogs" + version2022, 403, "AuthorizationFailed",
			"'Microsoft.OperationalInsights/workspaces/tables/read' over scope '" + denied + "/tables/AuditLogs'",
		},
		{"GET", elsewhere + version2023, 401, "InvalidAuthenticationTokenTenant", "wrong issuer"},
		{"GET", strings.Replace(elsewhere, "9999", "8888", 1) + version2023, 404, "ResourceNotFound", "not found"},
		{"GET", workspace, 400, "MissingApiVersionParameter", "api-version"},
		{"GET", workspace + "?api-version=2020-01-01", 400, "NoRegisteredProviderFound", "'2020-01-01'"},
		{"GET", workspace + "/tables/AuditLogs" + version2023, 400, "NoRegisteredProviderFound", "'workspaces/tables'"},
		{"GET", workspace + "/tables" + version2022, 404, "InvalidResourceType", "namespace 'microsoft.operationalinsights'"},
	} {
		status, answer := w.call(test.method, test.path, "")
		failed, _ := answer["error"].(map[string]any)
		if message, _ := failed["message"].(string); status != test.status || failed["code"] != test.code ||
			!strings.Contains(message, test.says) {
			t.Errorf("%s %s: %d %v", test.method, test.path, status, answer)
		}
	}
	if status, answer := w.call(http.MethodPut, workspace+version2023, "{}"); status != http.StatusMethodNotAllowed {
		t.Errorf("PUT: %d %v", status, answer)
	}
	w.token = ""
	if status, answer := w.call(http.MethodGet, workspace+version2023, ""); status != http.StatusUnauthorized ||
		answer["error"] == nil {
		t.Errorf("no token: %d %v", status, answer)
	}
}

// A role for the diagnostic settings of Entra ID says nothing of workspaces.
func TestRolesHaveNoSayInWorkspaces(t *testing.T) {
	w := newWorld(t)
	put(t, w.tenant, Workspace{ID: workspace})
	w.tenant.AddPrincipal(Principal{ClientID: "app", ObjectID: "object", Secret: "secret", Role: NoRole})
	status, answer := w.call(http.MethodGet, workspace+version2023, "")
	made, _ := w.tenant.Workspace(strings.ToLower(workspace))
	if status != http.StatusOK || made.IngestionStatus != "RespectQuota" || made.QueryAccess != "Enabled" {
		t.Errorf("%d %v", status, answer)
	}
}

func TestWorkspacesThroughTheControlEndpoint(t *testing.T) {
	w := newWorld(t)
	const control = "/simulator/tenants/" + tenantID + "/workspaces"
	for _, step := range []struct {
		path, body string
		status     int
	}{
		{control + "/tables", `{"workspaceId":"` + workspace + `","name":"AuditLogs"}`, 400},
		{control, `{"id":"` + workspace + `","customerId":"` + customerID + `","tables":{"SigninLogs":{}}}`, 204},
		{control, `{"id":"law"}`, 400},
		{control, `{"id":"` + workspace + `","denied":true}`, 400},
		{
			control + "/tables",
			`{"workspaceId":"` + strings.ToLower(workspace) + `","name":"AuditLogs","records":[` +
				`{"age":"2h","ingestedAge":"1h58m","count":3},{"age":"9d"}]}`, 204,
		},
		{control + "/tables", `{"workspaceId":"` + workspace + `","name":"AuditLogs","records":[{"age":"2 h"}]}`, 400},
	} {
		if status, answer := w.call(http.MethodPut, step.path, step.body); status != step.status {
			t.Errorf("PUT %s %s: %d %v, want %d", step.path, step.body, status, answer, step.status)
		}
	}
	w.useQueryToken(tenantID)
	_, answer := w.ask("union isfuzzy=true " +
		"(AuditLogs | summarize Old = count(), New = countif(TimeGenerated > ago(1d))), " +
		"(SigninLogs | summarize Old = count())")
	if !sameJSON(t, answer, `{"tables":[{"name":"PrimaryResult","columns":[{"name":"Old","type":"long"},`+
		`{"name":"New","type":"long"}],"rows":[[4,3],[0,null]]}],`+permissionsOf+`}]}}`) {
		t.Errorf("answer = %v", answer)
	}
}

func put(t *testing.T, tenant *Tenant, w Workspace) {
	t.Helper()
	if err := tenant.PutWorkspace(w); err != nil {
		t.Fatal(err)
	}
}

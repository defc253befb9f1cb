package azuresim

import (
	"net/http"
	"strings"
	"testing"
)

// The index lists every operation, and its examples are accepted.
func TestTheIndexOfTheControlEndpoint(t *testing.T) {
	w := newWorld(t)
	_, answer := w.call(http.MethodGet, controlPrefix, "")
	index, _ := answer["text"].(string)
	if !strings.Contains(index, "Tenants: "+tenantID) {
		t.Errorf("the tenants are not named:\n%s", index)
	}
	put(t, w.tenant, Workspace{ID: workspace})
	known := strings.NewReplacer("{tenant}", tenantID, "{name}", "x", "/subscriptions/...", workspace)
	for _, one := range operations {
		method, path, _ := strings.Cut(one.pattern, " ")
		if !strings.Contains(index, path) || !strings.Contains(index, one.example) {
			t.Errorf("the index lacks %s", one.pattern)
		}
		status, _ := w.call(method, known.Replace(controlPrefix+path), known.Replace(one.example))
		if status != http.StatusOK && status != http.StatusNoContent && (one.example != "" || status != http.StatusNotFound) {
			t.Errorf("the example of %s: %d", one.pattern, status)
		}
	}
}

func TestControlEndpoint(t *testing.T) {
	w := newWorld(t)
	const control, other = "/simulator/tenants/" + tenantID, "/simulator/tenants/" + otherTenantID
	const aTable = `{"workspaceId":"` + workspace + `","name":"AuditLogs","records":[{"age":"2h","count":3}]}`
	audit := body(workspace, "AuditLogs")
	w.walk([]step{
		{"PUT", control + "/settings/x", audit, 204, ""},
		{"GET", settings + "/x" + stable, "", 200, ""},
		{"PUT", control + "/settings/y", body("no id", "AuditLogs"), 400, "LinkedInvalidPropertyId"},
		{"GET", control + "/settings/X", "", 200, `"name":"x"`},
		{"DELETE", control + "/settings/x", "", 204, ""},
		{"DELETE", control + "/settings/x", "", 404, "no setting"},
		{"GET", control + "/settings/x", "", 404, "no setting"},
		{"PUT", control + "/behaviour", `{"lowercase":true}`, 400, "unknown field"},
		{"PUT", control + "/workspaces/tables", aTable, 400, "there is no workspace"},
		{"PUT", control + "/workspaces", `{"id":"` + workspace + `","customerId":"` + customerID + `"}`, 204, ""},
		{"PUT", control + "/workspaces", `{"id":"law"}`, 400, "not the Azure resource id"},
		{"PUT", control + "/workspaces/tables", aTable, 204, ""},
		{"POST", "/simulator/faults", `{"path":"diagnosticsettings","status":503}`, 204, ""},
		{"GET", settings + stable, "", 503, ""},
		{"POST", "/simulator/faults", `{"break":"within","times":9}`, 204, ""},
		{"DELETE", "/simulator/faults", "", 204, ""},
		{"GET", settings + stable, "", 200, ""},
		{"PUT", "/simulator/latency", `{"latency":"soon"}`, 400, `invalid duration "soon"`},
		{"POST", "/simulator/identity-tokens", `{"subjekt":"s"}`, 400, "subjekt"},
		{"GET", other + "/settings/x", "", 404, "The tenants are: " + tenantID + "."},
		{"PUT", other + "/settings/x", audit, 404, "There is no tenant"},
		{"PUT", other, `{"principals":[{"clientId":"a"}]}`, 204, ""},
		{"PUT", other + "/settings/x", audit, 204, ""},
		{"PUT", "/simulator/tenants/contoso.com", `{}`, 400, "not a GUID"},
		{"GET", "/simulator/other", "", 404, "does nothing"},
		{"PUT", control + "/principals", `{"clientId":"app","objectId":"o","role":""}`, 204, ""},
		{"GET", settings + stable, "", 403, ""},
	})
}

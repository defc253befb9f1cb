package azuresim

import (
	"net/http"
	"strings"
	"testing"
)

// TestMetadataLeadsToEveryService signs in, asks Resource Manager and queries by nothing but what the document says.
func TestMetadataLeadsToEveryService(t *testing.T) {
	w := newQueryWorld(t, Workspace{Tables: map[string]Table{"AuditLogs": {}}})
	status, cloud := w.call(http.MethodGet, "/metadata/endpoints?api-version=2022-09-01", "")
	if status != http.StatusOK || cloud["name"] != "AzureSimulator" {
		t.Fatalf("%d %v", status, cloud)
	}
	authentication := cloud["authentication"].(map[string]any)
	if authentication["loginEndpoint"] != w.sim.URL || cloud["resourceManager"] != w.sim.URL+"/" {
		t.Errorf("it says %v", cloud)
	}
	// azurerm asks for a token that names Resource Manager's own address.
	own := strings.TrimSuffix(cloud["resourceManager"].(string), "/")
	for _, audience := range append(authentication["audiences"].([]any), own) {
		w.token = w.sim.IssueAccessToken(tenantID, audience.(string), Principal{ClientID: "app"})
		if status, answer := w.call(http.MethodGet, settings+stable, ""); status != http.StatusOK {
			t.Errorf("Resource Manager with a token for %s: %d %v", audience, status, answer)
		}
		if status, answer := w.ask("AuditLogs"); status != http.StatusForbidden {
			t.Errorf("Log Analytics with a token for %s: %d %v", audience, status, answer)
		}
	}
	_, answer := w.signInFor(cloud["microsoftGraphResourceId"].(string), tenantID, "app", "secret")
	if answer["access_token"] == nil {
		t.Errorf("a token for Microsoft Graph: %v", answer)
	}
	resource := cloud["logAnalyticsResourceId"].(string)
	w.token = w.sim.IssueAccessToken(tenantID, resource, Principal{ClientID: "app"})
	if status, answer := w.post(resource+queries, `{"query":"AuditLogs"}`); status != http.StatusOK {
		t.Errorf("Log Analytics: %d %v", status, answer)
	}
	if status, answer := w.call(http.MethodGet, settings+stable, ""); status != http.StatusUnauthorized {
		t.Errorf("Resource Manager with a token for Log Analytics: %d %v", status, answer)
	}
	if status, answer := w.call(http.MethodGet, "/metadata/endpoints", ""); status != http.StatusBadRequest {
		t.Errorf("no version: %d %v", status, answer)
	}
}

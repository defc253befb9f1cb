package azuresim

import (
	"net/http"
	"testing"
)

// What the document says is enough to sign in, to ask Resource Manager and to query.
func TestMetadataLeadsToEveryService(t *testing.T) {
	w := newQueryWorld(t, Workspace{Tables: map[string]Table{"AuditLogs": {}}})
	status, cloud := w.call(http.MethodGet, "/metadata/endpoints?api-version=2022-09-01", "")
	authentication, _ := cloud["authentication"].(map[string]any)
	queryService, _ := cloud["logAnalyticsResourceId"].(string)
	if status != http.StatusOK || cloud["name"] != "AzureSimulator" || authentication["loginEndpoint"] != w.sim.URL ||
		cloud["resourceManager"] != w.sim.URL+"/" || cloud["microsoftGraphResourceId"] == nil {
		t.Fatalf("%d %v", status, cloud)
	}
	// azurerm asks for a token that names Resource Manager's own address.
	statuses := map[any][2]int{w.sim.URL: {200, 403}, queryService: {401, 200}}
	for _, audience := range authentication["audiences"].([]any) {
		statuses[audience] = [2]int{200, 403}
	}
	for audience, want := range statuses {
		w.token = w.sim.IssueAccessToken(tenantID, audience.(string), Principal{ClientID: "app"})
		list, listed := w.call(http.MethodGet, settings+stable, "")
		query, queried := w.post(queryService+queries, `{"query":"AuditLogs"}`)
		if got := [2]int{list, query}; got != want {
			t.Errorf("with a token for %s: %v %v %v, want %v", audience, got, listed, queried, want)
		}
	}
	if status, answer := w.call(http.MethodGet, "/metadata/endpoints", ""); status != http.StatusBadRequest {
		t.Errorf("no version: %d %v", status, answer)
	}
}

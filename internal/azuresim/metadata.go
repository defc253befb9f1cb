package azuresim

import "net/http"

// metadata answers what a cloud says of itself, in the fields that Terraform's providers read (auth-and-scale 6). As in the public
// cloud's document, Resource Manager ends with a slash and the others do not. One value is both the address of Log
// Analytics and the resource that its tokens name, so that the simulator's query service takes its URL as an audience too.
func (s *Simulator) metadata(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != "/metadata/endpoints" || r.Method != http.MethodGet:
		refuseAtGateway(w, http.StatusNotFound, "NotFound", "The resource could not be found.")
	case r.URL.Query().Get("api-version") != "2022-09-01":
		refuseAtGateway(w, http.StatusBadRequest, "InvalidApiVersionParameter", "The simulator answers api-version 2022-09-01 only.")
	default:
		writeJSON(w, http.StatusOK, map[string]any{
			"name": "AzureSimulator",
			"authentication": map[string]any{
				"loginEndpoint":    s.URL,
				"audiences":        []string{Audience},
				"tenant":           "common",
				"identityProvider": "AAD",
			},
			"resourceManager":        s.URL + "/",
			"logAnalyticsResourceId": s.URL,
		})
	}
}

package azuresim

import (
	"net/http"
	"strings"
)

// graphAudience is the resource that tokens for Microsoft Graph name, which is not simulated.
const graphAudience = "https://graph.simulator.invalid/"

// logAnalyticsURL is the query service under a name of its own. A cloud's document has one value for both its address and the resource that its
// tokens name, and that one must not be Resource Manager's.
func (s *Simulator) logAnalyticsURL() string {
	if s.server == nil {
		return LogAnalyticsAudience
	}
	return "https://localhost" + s.URL[strings.LastIndex(s.URL, ":"):]
}

// metadata answers what a cloud says of itself, in the fields that Terraform's providers read (auth-and-scale 6). As in the public
// cloud's document, Resource Manager ends with a slash and the others do not, and Resource Manager's own address is one of its audiences: the
// one that azurerm asks for. azurerm also refuses a document without Microsoft Graph (hashicorp/terraform-provider-azurerm#15743), and reads
// who it is from a token for it; for a diagnostic setting it asks Graph nothing.
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
				"audiences":        []string{Audience, s.URL},
				"tenant":           "common",
				"identityProvider": "AAD",
			},
			"resourceManager":          s.URL + "/",
			"logAnalyticsResourceId":   s.logAnalyticsURL(),
			"microsoftGraphResourceId": graphAudience,
		})
	}
}

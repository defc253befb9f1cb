package resourcemanager

import (
	"net/http"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

const (
	metadataPath = "/metadata/endpoints"
	// graphAudience is the audience of tokens for Microsoft Graph, which is not simulated.
	graphAudience = "https://graph.simulator.invalid/"
)

// serveMetadata describes the simulator as a cloud, with what Terraform's providers read (README, "Clouds and their
// metadata"). As in the public cloud's document, Resource Manager's URL ends in a slash, and is one of its audiences: the one
// that azurerm asks for. The document has one value for the query service's URL and audience, which must not be Resource
// Manager's.
func (s *Service) serveMetadata(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet:
		refuseAtGateway(w, http.StatusNotFound, "NotFound", "The resource could not be found.")
	case r.URL.Query().Get("api-version") != "2022-09-01":
		refuseAtGateway(w, http.StatusBadRequest, "InvalidApiVersionParameter",
			"The simulator answers api-version 2022-09-01 only.")
	default:
		jsonhttp.Write(w, http.StatusOK, map[string]any{
			"name": "AzureSimulator",
			"authentication": map[string]any{
				"loginEndpoint":    s.url(),
				"audiences":        []string{Audience, s.url()},
				"tenant":           "common",
				"identityProvider": "AAD",
			},
			"resourceManager":          s.url() + "/",
			"logAnalyticsResourceId":   s.queryURL(),
			"microsoftGraphResourceId": graphAudience,
		})
	}
}

package resourcemanager

import (
	"net/http"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

const (
	metadataPath = "/metadata/endpoints"
	// elsewhere is the domain of the services that are not simulated.
	elsewhere = "simulator.invalid"
)

// serveMetadata describes the simulator as a cloud, with what Terraform's providers need to start (README, "Clouds
// and their metadata"). As in the public cloud's document, Resource Manager's URL ends in a slash, and is one of its
// audiences: the one that azurerm asks for. The document has one value for the query service's URL and audience,
// which must not be Resource Manager's.
func (s *Service) serveMetadata(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Get("api-version") != "2022-09-01" {
		return gatewayError(http.StatusBadRequest, "InvalidApiVersionParameter",
			"The simulator answers api-version 2022-09-01 only.")
	}
	jsonhttp.Write(w, http.StatusOK, map[string]any{
		"name": "AzureSimulator",
		"authentication": map[string]any{
			"loginEndpoint": s.url, "audiences": []string{Audience, s.url}, "tenant": "common", "identityProvider": "AAD",
		},
		"resourceManager": s.url + "/", "logAnalyticsResourceId": s.queryURL,

		// azurerm and azuread don't start without an audience or a domain for each of these.
		"microsoftGraphResourceId":   "https://graph." + elsewhere + "/",
		"attestationResourceId":      "https://attest." + elsewhere,
		"synapseAnalyticsResourceId": "https://synapse." + elsewhere,
		"batch":                      "https://batch." + elsewhere + "/",
		"suffixes": map[string]any{
			"storage":             "storage." + elsewhere,
			"keyVaultDns":         "vault." + elsewhere,
			"mhsmDns":             "managedhsm." + elsewhere,
			"attestationEndpoint": "attest." + elsewhere,
			"synapseAnalytics":    "synapse." + elsewhere,
		},
	})
	return nil
}

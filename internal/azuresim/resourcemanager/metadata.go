package resourcemanager

import (
	_ "embed"
	"net/http"
)

const metadataPath = "/metadata/endpoints"

//go:embed metadata.json
var metadataDocument string

// metadata describes the simulator as a cloud, with what Terraform's providers need to start (README, "Clouds
// and their metadata"): azurerm and azuread don't start without an audience or a domain for each service. As in the
// public cloud's document, Resource Manager's URL ends in a slash, and is one of its audiences: the one that azurerm
// asks for. The document has one value for the query service's URL and audience, which must not be Resource Manager's.
func (s *Service) metadata(r *http.Request) (any, error) {
	if r.URL.Query().Get("api-version") != "2022-09-01" {
		return nil, gatewayError(http.StatusBadRequest, "InvalidApiVersionParameter",
			"The simulator answers api-version 2022-09-01 only.")
	}
	return fill(metadataDocument, "{url}", s.url, "{audience}", Audience, "{queryURL}", s.queryURL), nil
}

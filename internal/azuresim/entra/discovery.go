package entra

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

const discoveryPath = "/common/discovery/instance"

// clouds are the authorities of each cloud. A cloud's first name is the preferred one.
var clouds = [][]string{
	{"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"},
	{"login.partner.microsoftonline.cn", "login.chinacloudapi.cn"},
	{"login.microsoftonline.us", "login.usgovcloudapi.net"},
}

// serveDiscovery says which authorities belong together (README, "Instance discovery"). The simulator's own name is not
// among them, as a custom cloud's isn't.
func (s *Service) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	endpoint, err := url.Parse(r.URL.Query().Get("authorization_endpoint"))
	if err != nil || !slices.ContainsFunc(clouds, func(c []string) bool { return slices.Contains(c, endpoint.Host) }) {
		s.refuseSignIn(w, http.StatusBadRequest, "invalid_instance", 50049, "Unknown or invalid instance.")
		return
	}
	var metadata []map[string]any
	for _, aliases := range clouds {
		metadata = append(metadata, map[string]any{
			"preferred_network": aliases[0], "preferred_cache": aliases[min(1, len(aliases)-1)], "aliases": aliases,
		})
	}
	tenant, _, _ := strings.Cut(strings.TrimPrefix(endpoint.Path, "/"), "/")
	jsonhttp.Write(w, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": "https://" + endpoint.Host + "/" + tenant + openIDConfiguration,
		"api-version":               "1.1",
		"metadata":                  metadata,
	})
}

package azure

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Cloud is where the services of one Azure cloud are.
type Cloud struct {
	// AuthorityHost is Entra's token service, without a path.
	AuthorityHost   string
	ResourceManager Endpoint
	LogAnalytics    Endpoint
	// TokenExchange is the audience of an identity token that Entra exchanges for one of its own; "" means the public
	// cloud's.
	TokenExchange string
}

// Endpoint is one service of a cloud.
type Endpoint struct {
	// URL is where the service is, without a trailing slash. Log Analytics' includes its version ("/v1").
	URL string
	// Audience is the resource that tokens for the service name.
	Audience string
}

// clouds are Microsoft's clouds by name. Authorities and Resource Manager are azcore's (packages cloud and
// arm/runtime). For Log Analytics in the public cloud, host and audience differ
// (https://learn.microsoft.com/azure/azure-monitor/logs/api/access-api); the other clouds' are azlogs' cloud
// configuration. The audiences of token exchanges are in
// https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity.
var clouds = map[string]Cloud{
	"public": {
		AuthorityHost:   "https://login.microsoftonline.com",
		ResourceManager: Endpoint{"https://management.azure.com", "https://management.core.windows.net/"},
		LogAnalytics:    Endpoint{"https://api.loganalytics.azure.com/v1", "https://api.loganalytics.io"},
		TokenExchange:   "api://AzureADTokenExchange",
	},
	"usgovernment": {
		AuthorityHost:   "https://login.microsoftonline.us",
		ResourceManager: Endpoint{"https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net/"},
		LogAnalytics:    Endpoint{"https://api.loganalytics.us/v1", "https://api.loganalytics.us"},
		TokenExchange:   "api://AzureADTokenExchangeUSGov",
	},
	"china": {
		AuthorityHost:   "https://login.chinacloudapi.cn",
		ResourceManager: Endpoint{"https://management.chinacloudapi.cn", "https://management.core.chinacloudapi.cn/"},
		LogAnalytics:    Endpoint{"https://api.loganalytics.azure.cn/v1", "https://api.loganalytics.azure.cn"},
		TokenExchange:   "api://AzureADTokenExchangeChina",
	},
}

// CustomCloud is the name of a cloud whose endpoints the user gives.
const CustomCloud = "custom"

// Environments are the names of all clouds.
var Environments = []string{"public", "usgovernment", "china", CustomCloud}

// NamedCloud returns one of Microsoft's clouds by its name, in any letter case.
func NamedCloud(name string) (Cloud, bool) {
	c, known := clouds[strings.ToLower(name)]
	return c, known
}

// CloudName is the name of the cloud whose Azure Resource Manager has the given URL, and CustomCloud for any other.
func CloudName(resourceManagerURL string) string {
	for name, cloud := range clouds {
		if cloud.ResourceManager.URL == resourceManagerURL {
			return name
		}
	}
	return CustomCloud
}

// NormalizeURL checks that an endpoint can carry a token, and drops a trailing slash.
func NormalizeURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return "", fmt.Errorf("%q is not a URL", raw)
	case u.Scheme != "https" || u.Hostname() == "":
		return "", fmt.Errorf("%q must be a complete https:// URL: tokens are never sent over anything else", raw)
	case u.User != nil || strings.ContainsAny(raw, "?#"):
		return "", fmt.Errorf("the URL must have no user name, query or fragment")
	}
	return strings.TrimRight(raw, "/"), nil
}

// NormalizeAuthority is NormalizeURL for the token service, to whose URL azidentity adds the tenant.
func NormalizeAuthority(raw string) (string, error) {
	host, err := NormalizeURL(raw)
	if err != nil {
		return "", err
	}
	if u, err := url.Parse(host); err != nil || u.Path != "" {
		return "", errors.New("the authority must be a host alone, without a path: the tenant is added to it")
	}
	return host, nil
}

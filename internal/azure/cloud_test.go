package azure_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

// network answers any host, and remembers what tokens were asked for and where requests went.
type network struct{ scopes, hosts []string }

func (n *network) Do(r *http.Request) (*http.Response, error) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/openid-configuration"):
		base := "https://" + r.URL.Host + "/" + tenantA
		return respond(r, http.StatusOK, map[string]any{"issuer": base,
			"authorization_endpoint": base + "/authorize", "token_endpoint": base + "/token"}), nil
	case strings.HasSuffix(r.URL.Path, "/token"):
		if err := r.ParseForm(); err != nil {
			return nil, err
		}
		scope, _, _ := strings.Cut(r.PostForm.Get("scope"), " ")
		n.scopes = append(n.scopes, scope)
		n.hosts = append(n.hosts, r.URL.Host)
		return respond(r, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": 3600,
			"access_token": tokenOf(tenantA)}), nil
	default:
		n.hosts = append(n.hosts, r.URL.Host+r.URL.Path)
		return respond(r, http.StatusOK, map[string]any{}), nil
	}
}

// Each cloud's requests go to its own hosts, with tokens for its own audiences.
func TestClouds(t *testing.T) {
	for name, want := range map[string]struct{ login, manager, managerScope, query, queryScope, exchange string }{
		"public": {"login.microsoftonline.com", "management.azure.com", "https://management.core.windows.net//.default",
			"api.loganalytics.azure.com", "https://api.loganalytics.io/.default", "api://AzureADTokenExchange"},
		"usgovernment": {"login.microsoftonline.us", "management.usgovcloudapi.net",
			"https://management.core.usgovcloudapi.net//.default",
			"api.loganalytics.us", "https://api.loganalytics.us/.default", "api://AzureADTokenExchangeUSGov"},
		"China": {"login.chinacloudapi.cn", "management.chinacloudapi.cn",
			"https://management.core.chinacloudapi.cn//.default",
			"api.loganalytics.azure.cn", "https://api.loganalytics.azure.cn/.default",
			"api://AzureADTokenExchangeChina"},
	} {
		t.Run(name, func(t *testing.T) {
			cloud, known := azure.NamedCloud(name)
			if !known || cloud.TokenExchange != want.exchange {
				t.Fatalf("NamedCloud = %+v, %v", cloud, known)
			}
			config, sent := testConfig(nil), &network{}
			config.Cloud, config.Transport = cloud, sent
			tenants, err := azure.NewTenants(config)
			if err != nil {
				t.Fatal(err)
			}
			manager, err := tenants.ResourceManager(t.Context(), tenantA)
			if err != nil {
				t.Fatal(err)
			}
			query, err := tenants.LogAnalytics(t.Context(), tenantA)
			if err != nil {
				t.Fatal(err)
			}
			for _, service := range []azure.Service{manager, query} {
				request, err := runtime.NewRequest(t.Context(), http.MethodGet, service.URL+"/x")
				if err != nil {
					t.Fatal(err)
				}
				if _, err := send(service, request); err != nil {
					t.Fatal(err)
				}
			}
			if hosts := []string{want.login, want.manager + "/x", want.login, want.query +
				"/v1/x"}; !slices.Equal(sent.hosts, hosts) {
				t.Errorf("requests went to %v, want %v", sent.hosts, hosts)
			}
			if scopes := []string{want.managerScope, want.queryScope}; !slices.Equal(sent.scopes, scopes) {
				t.Errorf("tokens were asked for %v, want %v", sent.scopes, scopes)
			}
		})
	}
}

func TestACustomCloudWithoutLogAnalytics(t *testing.T) {
	tenants := newTestTenants(t, &wire{})
	_, err := tenants.LogAnalytics(t.Context(), tenantA)
	if advice := remedy.For(err, tenantA); !strings.Contains(advice.Remedy, "ARM_LOG_ANALYTICS_ENDPOINT") {
		t.Errorf("error = %v", err)
	}
}

package azure_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

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
			w := &wire{}
			tenants := newTestTenants(t, w, func(c *azure.Config) { c.Cloud = cloud })
			mustCall(t, tenants, tenantA)
			query, err := tenants.LogAnalytics(t.Context(), tenantA)
			if err != nil {
				t.Fatal(err)
			}
			if err := query.Get(t.Context(), "/x", "1", &struct{}{}); err != nil {
				t.Fatal(err)
			}
			var sent []string
			for i, r := range w.calls {
				scope, _, _ := strings.Cut(w.asked[i].PostForm.Get("scope"), " ")
				sent = append(sent, w.asked[i].URL.Host, scope, r.URL.Host+r.URL.Path)
			}
			if want := []string{
				want.login, want.managerScope, want.manager + "/of/" + tenantA,
				want.login, want.queryScope, want.query + "/v1/x",
			}; !slices.Equal(sent, want) {
				t.Errorf("the requests were %v, want %v", sent, want)
			}
		})
	}
}

func TestACustomCloudWithoutLogAnalytics(t *testing.T) {
	_, err := newTestTenants(t, &wire{}).LogAnalytics(t.Context(), tenantA)
	if advice := remedy.For(err, tenantA); !strings.Contains(advice.Remedy, "ARM_LOG_ANALYTICS_ENDPOINT") {
		t.Errorf("error = %v", err)
	}
}

// A cloud's metadata is used only if its endpoints can carry a token.
func TestMetadataWithoutUsableEndpointsIsRefused(t *testing.T) {
	document := func(login, audience, manager, logAnalytics string) any {
		return map[string]any{
			"authentication":  map[string]any{"loginEndpoint": login, "audiences": []string{audience}},
			"resourceManager": manager, "logAnalyticsResourceId": logAnalytics,
		}
	}
	const login, manager = "https://login.example/", "https://arm.example/"
	for name, test := range map[string]struct {
		body any
		want string // "" accepts it
	}{
		"usable":                      {document(login, "a", manager, "https://la.example"), ""},
		"without Log Analytics":       {document(login, "a", manager, ""), ""},
		"a plain login endpoint":      {document("http://login.example", "a", manager, ""), "the login endpoint"},
		"a login endpoint's path":     {document(login+"adfs", "a", manager, ""), "the login endpoint"},
		"a plain Resource Manager":    {document(login, "a", "http://arm.example", ""), "the Resource Manager endpoint"},
		"a plain Log Analytics":       {document(login, "a", manager, "http://la.example"), "the Log Analytics endpoint"},
		"an empty audience":           {document(login, "", manager, ""), "no audience"},
		"no audience":                 {map[string]any{}, "no audience"},
		"a page in place of metadata": {"<html>", "can't be read"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{answer: func(r *http.Request) (*http.Response, error) {
					return respond(r, http.StatusOK, test.body), nil
				}}
				_, err := newTestTenants(t, w, withMetadataHost).ResourceManager(t.Context(), tenantA)
				if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
					t.Errorf("error = %v, want %q", err, test.want)
				}
				if attempts := len(w.calls); errors.As(err, new(*azure.UnreadableError)) != (attempts == 3) {
					t.Errorf("%d attempts: %v", attempts, err)
				}
			})
		})
	}
}

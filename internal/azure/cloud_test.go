package azure_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest/azuretest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// Each cloud's requests go to its own hosts, with tokens for its own audiences.
func TestClouds(t *testing.T) {
	for name, want := range map[string]struct{ exchange, login, manager, query string }{
		"public": {"api://AzureADTokenExchange", "login.microsoftonline.com",
			"management.azure.com https://management.core.windows.net/",
			"api.loganalytics.azure.com https://api.loganalytics.io"},
		"usgovernment": {"api://AzureADTokenExchangeUSGov", "login.microsoftonline.us",
			"management.usgovcloudapi.net https://management.core.usgovcloudapi.net/",
			"api.loganalytics.us https://api.loganalytics.us"},
		"China": {"api://AzureADTokenExchangeChina", "login.chinacloudapi.cn",
			"management.chinacloudapi.cn https://management.core.chinacloudapi.cn/",
			"api.loganalytics.azure.cn https://api.loganalytics.azure.cn"},
	} {
		w := azuretest.WithSecret(t)
		w.Config.Cloud, _ = azure.NamedCloud(name)
		var sent []string
		w.Answer = func(r *http.Request) (*http.Response, error) {
			audience, _ := claimsOf(r)["aud"].(string)
			sent = append(sent, strings.TrimSpace(r.URL.Host+" "+audience))
			if audience == "" {
				return nil, nil
			}
			return respond(r, http.StatusOK, "", "{}")
		}
		mustList(w, tenantA)
		if err := w.Query(tenantA); err != nil {
			t.Error(err)
		}
		got := append(slices.Compact(sent), w.Config.Cloud.TokenExchange)
		if want := []string{want.login, want.manager, want.login, want.query, want.exchange}; !slices.Equal(got, want) {
			t.Errorf("%s: hosts and audiences are %q, want %q", name, got, want)
		}
	}
}

func TestACustomCloudWithoutLogAnalytics(t *testing.T) {
	w := azuretest.WithSecret(t)
	w.Config.Cloud.LogAnalytics.URL = ""
	mustList(w, tenantA)
	w.Tells(w.Query(tenantA), "ARM_LOG_ANALYTICS_ENDPOINT")
}

// A cloud's metadata is used only if its endpoints can carry a token.
func TestMetadataWithoutUsableEndpointsIsRefused(t *testing.T) {
	document := func(login, audience, manager, logAnalytics string) string {
		return fmt.Sprintf(`{"authentication": {"loginEndpoint": %q, "audiences": [%q]},
			"resourceManager": %q, "logAnalyticsResourceId": %q}`, login, audience, manager, logAnalytics)
	}
	const login, manager = "https://login.example/", "https://arm.example/"
	for name, test := range map[string]struct {
		body, want string // "" accepts it
	}{
		"usable":                      {document(login, "a", manager, "https://la.example"), ""},
		"without Log Analytics":       {document(login, "a", manager, ""), ""},
		"a plain login endpoint":      {document("http://login.example", "a", manager, ""), "the login endpoint"},
		"a login endpoint's path":     {document(login+"adfs", "a", manager, ""), "the login endpoint"},
		"a plain Resource Manager":    {document(login, "a", "http://arm.example", ""), "the Resource Manager endpoint"},
		"a plain Log Analytics":       {document(login, "a", manager, "http://la.example"), "the Log Analytics endpoint"},
		"an empty audience":           {document(login, "", manager, ""), "no audience"},
		"no audience":                 {"{}", "no audience"},
		"a page in place of metadata": {"<html>", "can't be read"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const path = "/metadata/endpoints"
				w := azuretest.WithSecret(t)
				w.Config.MetadataHost = "metadata.example"
				w.Sim.AddFault(azuresim.Fault{Path: path, Status: http.StatusOK, Body: test.body, Times: 3})
				w.Answer = on(settings, func(r *http.Request) (*http.Response, error) {
					return respond(r, http.StatusOK, "", "{}")
				})
				err := w.List(t.Context(), tenantA)
				if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
					t.Errorf("error = %v, want %q", err, test.want)
				}
				attempts := len(w.Sent(path))
				if errors.As(err, new(*azure.UnreadableError)) != (attempts == 3) {
					t.Errorf("%d attempts: %v", attempts, err)
				}
			})
		})
	}
}

// An endpoint that passes is still one when a path is added to it.
func FuzzNormalizeURL(f *testing.F) {
	for raw, want := range map[string]string{
		"https://arm.example": "https://arm.example", "https://arm.example/": "https://arm.example",
		"https://la.example/v1/": "https://la.example/v1", "HTTPS://ARM.example:8443": "HTTPS://ARM.example:8443",
		"https://[::1]:1": "https://[::1]:1", "https://arm.example//": "https://arm.example",
		"https://arm.example/%2e%2e": "https://arm.example/%2e%2e", "https://arm.example/a b": "https://arm.example/a b",
		"": "", "arm.example": "", "http://arm.example": "", "https:arm.example": "", "https:///x": "", "https://:443": "",
		"https://?": "", "https://u:p@arm.example": "", "https://arm.example?": "", "https://arm.example#": "",
		"https://arm.example/?x=y": "",
	} {
		if got, err := azure.NormalizeURL(raw); got != want || (err == nil) != (want != "") {
			f.Errorf("NormalizeURL(%q) = %q, %v, want %q", raw, got, err, want)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		endpoint, err := azure.NormalizeURL(raw)
		if err != nil {
			return
		}
		u, err := url.Parse(endpoint + "/providers/x?api-version=1")
		if err != nil || !strings.HasSuffix(u.Path, "/providers/x") || u.RawQuery != "api-version=1" ||
			u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
			t.Errorf("%q became %q, and a request %v, error %v", raw, endpoint, u, err)
		}
		if again, err := azure.NormalizeURL(endpoint); err != nil || again != endpoint {
			t.Errorf("%q became %q, and then %q, %v", raw, endpoint, again, err)
		}
		host, err := azure.NormalizeAuthority(raw)
		if (err == nil) != (u.Path == "/providers/x") || err == nil && host != endpoint {
			t.Errorf("the authority %q became %q, %v", raw, host, err)
		}
	})
}

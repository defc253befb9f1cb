package azuresim

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestGitHub(t *testing.T) {
	w := newWorld(t)
	const subject = "repo:contoso/logs:environment:prod"
	w.sim.AddGitHubJob(GitHubJob{RequestToken: "job-token", Subject: subject})
	w.sim.AddGitHubJob(GitHubJob{RequestToken: "late-job-token", Subject: subject, Lifetime: -time.Second})
	issuer := w.sim.IssuerURL(IssuerGitHub)
	w.tenant.AddPrincipal(Principal{ClientID: "fic-app", ObjectID: "o", Federated: []FederatedCredential{
		trust(issuer, subject, exchangeAudience), trust(issuer, subject, "https://github.com/contoso/"),
	}})
	url := w.sim.GitHubRequestURL()
	for name, test := range map[string]struct {
		method, url, bearer string
		status              int
		code                string // of the sign-in with the token
	}{
		"a request": {"GET", url + "&audience=api%3A%2F%2FAzureADTokenExchange", "job-token", 200, ""},
		"no audience": {
			"GET", url, "job-token", 200,
			"AADSTS700212: No matching federated identity record found for presented assertion audience " +
				"'https://github.com/contoso'",
		},
		"an expired one":  {"GET", url + "&audience=api%3A%2F%2FAzureADTokenExchange", "late-job-token", 200, "AADSTS700024"},
		"another bearer":  {"GET", url, "other", 401, ""},
		"as Azure DevOps": {"POST", url, "job-token", 405, ""},
	} {
		status, answer := w.askFor(test.method, test.url, test.bearer, nil)
		if status != test.status {
			t.Errorf("%s: %d %v", name, status, answer)
		}
		if status == http.StatusOK {
			w.expectSignIn(name, answer["value"].(string), test.code)
		}
	}
}

// expectSignIn signs in as fic-app; code begins the refusal, and "" is a success.
func (w *world) expectSignIn(name, assertion, code string) {
	w.t.Helper()
	status, answer := w.present("fic-app", assertion)
	if description, _ := answer["error_description"].(string); !strings.HasPrefix(description, code) ||
		(status == http.StatusOK) != (code == "") {
		w.t.Errorf("%s: signing in: %d %v", name, status, answer)
	}
}

func TestAzureDevOps(t *testing.T) {
	w := newWorld(t)
	const id, subject = "4F0A7C66-2d1b-4a0e-9c3d-8e5f6a7b8c99", "sc://contoso/platform/entra-logs"
	const version = "?api-version=7.1"
	w.sim.AddServiceConnection(ServiceConnection{ID: id, SystemAccessToken: "system-token", Subject: subject})
	w.tenant.AddPrincipal(Principal{ClientID: "fic-app", ObjectID: "o", Federated: []FederatedCredential{
		trust(w.sim.IssuerURL(IssuerAzureDevOps), subject, exchangeAudience),
	}})
	url, of := w.sim.AzureDevOpsRequestURL(), "&serviceConnectionId="+strings.ToLower(id)
	suppress := http.Header{"X-Tfs-Fedauthredirect": {"Suppress"}}
	for name, test := range map[string]struct {
		method, url, bearer string
		header              http.Header
		status              int
		words               string
	}{
		"a request":          {"POST", url + version + of, "system-token", suppress, 200, ""},
		"as GitHub":          {"GET", url + version + of, "system-token", suppress, 405, "not support http method 'GET'"},
		"another bearer":     {"POST", url + version + of, "other", suppress, 401, ""},
		"without the header": {"POST", url + version + of, "other", nil, 302, "_signin"},
		"another connection": {
			"POST", url + version + "&serviceConnectionId=other", "system-token", suppress, 404, "service connection 'other'",
		},
		"no version":   {"POST", url + "?" + of, "system-token", suppress, 400, "api-version"},
		"another path": {"POST", "/ado/other" + version + of, "system-token", suppress, 404, "cannot be found"},
	} {
		status, answer := w.askFor(test.method, test.url, test.bearer, test.header.Clone())
		if text := flat(answer); status != test.status || !strings.Contains(text, test.words) {
			t.Errorf("%s: %d %s", name, status, text)
		}
		if status == http.StatusOK {
			w.expectSignIn(name, answer["oidcToken"].(string), "")
		}
	}
}

package azuresim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/testcert"
)

// TestTheRequestLogKeepsNoSecretOfAnyFlow goes through every flow and searches the log for each secret and token.
func TestTheRequestLogKeepsNoSecretOfAnyFlow(t *testing.T) {
	w := newWorld(t)
	w.sim.AddManagedIdentity(ManagedIdentity{ClientID: "machine", ObjectID: "o", Tenant: "home", SystemAssigned: true})
	endpoint, header := w.sim.IdentityEndpoint()
	w.sim.AddGitHubJob(GitHubJob{RequestToken: "github-job-token", Subject: "s"})
	w.sim.AddServiceConnection(ServiceConnection{ID: "connection", SystemAccessToken: "ado-system-token", Subject: "s"})
	trusted := FederatedCredential{Issuer: w.sim.IssuerURL(IssuerGitHub), Subject: "s", Audience: exchangeAudience}
	w.tenant.AddPrincipal(Principal{ClientID: "fic-app", ObjectID: "o", Federated: []FederatedCredential{trusted}})

	_, github := w.askFor("GET", w.sim.GitHubRequestURL()+"&audience="+exchangeAudience, "github-job-token", nil)
	_, devops := w.askFor("POST", w.sim.AzureDevOpsRequestURL()+"?api-version=7.1&serviceConnectionId=connection",
		"ado-system-token", nil)
	_, identity := w.askIdentity("api-version=2019-08-01&resource="+Audience, header)
	_, machine := w.askFor("GET", "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource="+
		Audience, "", http.Header{"Metadata": {"true"}})
	about := jwt.RegisteredClaims{Issuer: "app", Subject: "app"}
	self := selfIssued(t, testcert.New(t), jwt.SigningMethodPS256, about)
	w.present("app", self)
	_, federated := w.present("fic-app", github["value"].(string))
	auxiliary := w.tokenFor(Audience, "second", time.Hour)
	w.callWith("Bearer " + auxiliary + ", Bearer spoiled-auxiliary")
	// What a client should not do, and might: secrets in a query, or sent by another method or to the endpoint of
	// version 1.
	w.askFor("POST", endpoint+"?resource=x&secret=query-secret", "", nil)
	w.askFor("GET", w.sim.URL+"/"+tenantID+"/oauth2/v2.0/token?client_secret=query-secret", "", nil)
	w.read(w.client.PostForm(w.sim.URL+"/"+tenantID+"/oauth2/token", url.Values{"client_secret": {"old-endpoint-secret"}}))

	log, err := json.Marshal(w.sim.Requests())
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string]any{
		"the bearer token":             w.token,
		"the request token of GitHub":  "github-job-token",
		"the system access token":      "ado-system-token",
		"the identity header":          header,
		"GitHub's ID token":            github["value"],
		"Azure DevOps' ID token":       devops["oidcToken"],
		"the machine's token":          machine["access_token"],
		"the identity's token":         identity["access_token"],
		"the certificate's assertion":  self,
		"the token for an assertion":   federated["access_token"],
		"an auxiliary token":           auxiliary,
		"a spoiled auxiliary token":    "spoiled-auxiliary",
		"a secret in a query":          "query-secret",
		"the client secret":            "client_secret",
		"a secret at the old endpoint": "old-endpoint-secret",
	} {
		text, _ := secret.(string)
		if text == "" || strings.Contains(string(log), text) {
			t.Errorf("the request log holds %s, or there was none: %q", name, text)
		}
	}
	for _, kept := range []string{
		"serviceConnectionId=connection", "audience=api%3A%2F%2FAzureADTokenExchange", `"auxiliaryTenants":["second"]`,
	} {
		if !strings.Contains(string(log), kept) {
			t.Errorf("the request log does not hold %s", kept)
		}
	}
}

func TestTheRequestLogCanBeSwitchedOff(t *testing.T) {
	w := newWorld(t)
	sent := body(workspace, "AuditLogs")
	for keep, want := range map[bool]int{false: 0, true: 1} {
		w.sim.ForgetRequests()
		w.sim.SetJournal(keep)
		w.walk([]step{{"PUT", settings + "/x" + stable, sent, 200, ""}})
		log := w.sim.Requests()
		if len(log) != want {
			t.Errorf("keep %v: the log has %+v", keep, log)
		}
		for _, e := range log {
			if e.Method != http.MethodPut || e.TokenTenant != tenantID || e.TokenClient != "app" || e.RequestBody != sent ||
				e.Status != http.StatusOK || !strings.Contains(e.ResponseBody, "AuditLogs") {
				t.Errorf("the log has %+v", e)
			}
		}
	}
}

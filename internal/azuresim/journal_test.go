package azuresim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestTheRequestLogKeepsNoSecretOfAnyFlow goes through every flow. Whatever must not be in the log holds "secret", or
// is a token, which begins with "eyJ".
func TestTheRequestLogKeepsNoSecretOfAnyFlow(t *testing.T) {
	w := newWorld(t)
	w.sim.AddManagedIdentity(ManagedIdentity{ClientID: "machine", ObjectID: "o", Tenant: "home", SystemAssigned: true})
	w.sim.AddGitHubJob(GitHubJob{RequestToken: "secret", Subject: "s"})
	w.sim.AddServiceConnection(ServiceConnection{ID: "connection", SystemAccessToken: "secret", Subject: "s"})
	trusted := FederatedCredential{Issuer: w.sim.IssuerURL(IssuerGitHub), Subject: "s", Audience: exchangeAudience}
	w.tenant.AddPrincipal(Principal{ClientID: "fic-app", ObjectID: "o", Federated: []FederatedCredential{trusted}})
	endpoint, header := w.sim.IdentityEndpoint()

	_, github := w.askFor("GET", w.sim.GitHubRequestURL()+"&audience="+exchangeAudience, "secret", nil)
	_, devops := w.askFor("POST", w.sim.AzureDevOpsRequestURL()+"?api-version=7.1&serviceConnectionId=connection",
		"secret", nil)
	_, identity := w.askIdentity("api-version=2019-08-01&resource="+Audience, header)
	_, machine := w.askFor("GET", "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource="+
		Audience, "", http.Header{"Metadata": {"true"}})
	_, federated := w.present("fic-app", github["value"].(string))
	auxiliary := w.tokenFor(Audience, "second", time.Hour)
	w.callWith("Bearer " + auxiliary + ", Bearer spoiled-secret")
	for _, token := range []any{
		w.token, github["value"], devops["oidcToken"], identity["access_token"], machine["access_token"],
		federated["access_token"], auxiliary,
	} {
		if text, _ := token.(string); !strings.HasPrefix(text, "eyJ") {
			t.Errorf("%v is no token", token)
		}
	}
	// What a client should not do, and might: secrets in a query, or sent by another method or to the endpoint of
	// version 1.
	w.askFor("POST", endpoint+"?resource=x&secret=secret", "", nil)
	w.askFor("GET", w.sim.URL+"/"+tenantID+"/oauth2/v2.0/token?client_secret=secret", "", nil)
	w.read(w.client.PostForm(w.sim.URL+"/"+tenantID+"/oauth2/token", url.Values{"client_secret": {"secret"}}))

	text, err := json.Marshal(w.sim.Requests())
	if err != nil {
		t.Fatal(err)
	}
	log := string(text)
	if strings.Contains(log, "secret") || strings.Contains(log, "eyJ") || strings.Contains(log, header) {
		t.Errorf("the request log holds a secret: %s", log)
	}
	for _, kept := range []string{
		"serviceConnectionId=connection", "audience=api%3A%2F%2FAzureADTokenExchange", `"auxiliaryTenants":["second"]`,
	} {
		if !strings.Contains(log, kept) {
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

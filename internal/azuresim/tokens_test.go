package azuresim

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/testcert"
)

const exchangeAudience = "api://AzureADTokenExchange"

// present signs in with an assertion.
func (w *world) present(client, assertion string) (int, map[string]any) {
	w.t.Helper()
	return w.requestToken(tenantID, url.Values{
		"client_id": {client}, "scope": {Audience + "/.default"}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	})
}

// selfIssued signs an assertion as MSAL does, or as azurerm does: with RS256, and with SHA-1 for the thumbprint.
func selfIssued(t *testing.T, by testcert.Certificate, as jwt.SigningMethod, claims jwt.RegisteredClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(as, claims)
	if long, short := sha256.Sum256(by.Raw), sha1.Sum(by.Raw); as == jwt.SigningMethodPS256 {
		token.Header["x5t#S256"] = base64.StdEncoding.EncodeToString(long[:])
	} else {
		token.Header["x5t"] = base64.RawURLEncoding.EncodeToString(short[:])
	}
	signed, err := token.SignedString(by.Key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// forged is a token with another signature.
func forged(token string) string { return token[:strings.LastIndexByte(token, '.')+1] + "AAAA" }

// More refusals are in the golden files of package connector.
func TestSignIns(t *testing.T) {
	w := newWorld(t)
	mine, theirs := testcert.New(t), testcert.New(t)
	identity := IdentityToken{Issuer: IssuerGitHub, Subject: "repo:contoso/logs"}
	w.tenant.AddPrincipal(Principal{
		ClientID: "an-app", Certificates: []string{"no PEM", testcert.New(t).PEM(), mine.PEM()},
		Federated: []FederatedCredential{
			{Issuer: w.sim.IssuerURL(IssuerGitHub), Subject: identity.Subject, Audience: exchangeAudience},
			{Issuer: w.sim.IssuerURL(IssuerKubernetes), Subject: "pod", Audience: exchangeAudience},
		},
	})
	endless := jwt.RegisteredClaims{Issuer: "an-app", Subject: "an-app"}
	good := endless
	good.ExpiresAt = jwt.NewNumericDate(time.Now().Add(time.Hour))
	issued := w.sim.IssueIdentityToken(identity)
	identity.Subject = "pod"
	ofAnother := w.sim.IssueIdentityToken(identity)
	for name, test := range map[string]struct{ assertion, refusal string }{
		"as MSAL signs":            {selfIssued(t, mine, jwt.SigningMethodPS256, good), ""},
		"as azurerm signs":         {selfIssued(t, mine, jwt.SigningMethodRS256, good), ""},
		"another certificate":      {selfIssued(t, theirs, jwt.SigningMethodPS256, good), "AADSTS700027"},
		"a forged signature":       {forged(selfIssued(t, mine, jwt.SigningMethodPS256, good)), "AADSTS50013"},
		"without an end":           {selfIssued(t, mine, jwt.SigningMethodPS256, endless), "AADSTS700024"},
		"garbage":                  {"garbage", "AADSTS50027"},
		"an issuer's token":        {issued, ""},
		"another issuer's subject": {ofAnother, "AADSTS700213"},
		"a forged issuer's token":  {forged(issued), "AADSTS50013"},
	} {
		status, answer := w.present("an-app", test.assertion)
		description, _ := answer["error_description"].(string)
		if (status == http.StatusOK) != (test.refusal == "") || !strings.HasPrefix(description, test.refusal) {
			t.Errorf("%s: %d %v, want %s", name, status, answer, test.refusal)
		}
	}
	for refusal, from := range map[string]struct{ tenant, client, secret string }{
		"AADSTS90002": {"another", "app", "secret"}, "AADSTS700016": {tenantID, "another", "secret"},
		"AADSTS7000218": {tenantID, "an-app", ""}, "AADSTS7000215": {tenantID, "an-app", "a guess"},
	} {
		_, answer := w.signIn(from.tenant, from.client, from.secret)
		if description, _ := answer["error_description"].(string); !strings.HasPrefix(description, refusal) {
			t.Errorf("%+v: %v, want %s", from, answer, refusal)
		}
	}
}

func (w *world) askIdentity(query, header string) (int, map[string]any) {
	w.t.Helper()
	endpoint, _ := w.sim.IdentityEndpoint()
	return w.askFor(http.MethodGet, endpoint+"?"+query, "", http.Header{"X-Identity-Header": {header}})
}

// A token of a managed identity is of its home tenant, whichever the machine's other identities have.
func TestManagedIdentities(t *testing.T) {
	const home = "0c7b9a52-6f0e-4b6e-8f3a-1d2c3b4a5e6f"
	const version, resource = "api-version=2019-08-01", "&resource=" + Audience
	w := newWorld(t)
	w.sim.AddManagedIdentity(ManagedIdentity{ClientID: "machine", Tenant: strings.ToUpper(home), SystemAssigned: true})
	w.sim.AddManagedIdentity(ManagedIdentity{ClientID: "user", Tenant: tenantID})
	_, header := w.sim.IdentityEndpoint()
	for query, want := range map[string]string{
		version + resource: home, version + resource + "&client_id=USER": tenantID,
		version + resource + "&client_id=other": "", version: "", "api-version=2017-09-01" + resource: "",
	} {
		status, answer := w.askIdentity(query, header)
		bearer, _ := answer["access_token"].(string)
		token, _ := w.sim.BearerToken(&http.Request{Header: http.Header{"Authorization": {"Bearer " + bearer}}})
		if token.Tenant != want || (status == http.StatusOK) != (want != "") {
			t.Errorf("%s: %d %v", query, status, answer)
		}
	}
	if status, answer := w.askIdentity(version+resource, "another"); status != http.StatusBadRequest {
		t.Errorf("a wrong header: %d %v", status, answer)
	}
}

// What a client may get wrong, each a difference between the two.
func TestPipelines(t *testing.T) {
	w := newWorld(t)
	w.sim.AddGitHubJob(GitHubJob{RequestToken: "bearer", Subject: "repo:contoso/logs:environment:prod"})
	w.sim.AddServiceConnection(ServiceConnection{ID: "CONNECTION", SystemAccessToken: "bearer", Subject: "sc://c/logs"})
	github, azureDevOps := w.sim.GitHubRequestURL(), w.sim.AzureDevOpsRequestURL()
	const complete = "?api-version=7.1&serviceConnectionId=connection"
	suppress := http.Header{"X-Tfs-Fedauthredirect": {"Suppress"}}
	for name, test := range map[string]struct {
		method, url, bearer string
		header              http.Header
		status              int
	}{
		"GitHub":                      {"GET", github, "bearer", nil, 200},
		"GitHub, as Azure DevOps":     {"POST", github, "bearer", nil, 405},
		"GitHub, another bearer":      {"GET", github, "other", nil, 401},
		"Azure DevOps":                {"POST", azureDevOps + complete, "bearer", nil, 200},
		"Azure DevOps, as GitHub":     {"GET", azureDevOps + complete, "bearer", nil, 405},
		"Azure DevOps, another":       {"POST", azureDevOps + complete, "other", suppress, 401},
		"Azure DevOps, a redirection": {"POST", azureDevOps + complete, "other", nil, 302},
		"another service connection":  {"POST", azureDevOps + complete + "s", "bearer", nil, 404},
		"no version":                  {"POST", azureDevOps + "?serviceConnectionId=connection", "bearer", nil, 400},
	} {
		if status, answer := w.askFor(test.method, test.url, test.bearer, test.header); status != test.status {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	_, answer := w.askFor("GET", github, "bearer", nil)
	if aud := claimsOf(t, answer["value"].(string))["aud"]; aud != "https://github.com/contoso" {
		t.Errorf("without an audience, the token is for %v", aud)
	}
}

func claimsOf(t *testing.T, token string) jwt.MapClaims {
	t.Helper()
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func (w *world) callWith(auxiliary string) (int, map[string]any) {
	w.t.Helper()
	return w.askFor(http.MethodGet, settings+stable, w.token, http.Header{"X-Ms-Authorization-Auxiliary": {auxiliary}})
}

// tokenFor signs an app in to a tenant that hands out tokens with a life.
func (w *world) tokenFor(audience, tenant string, life time.Duration) string {
	w.t.Helper()
	other := w.sim.Tenant(tenant)
	other.AddPrincipal(Principal{ClientID: "app", ObjectID: "object", Secret: "secret"})
	other.ChangeTokens(TokenBehaviour{Life: life})
	_, answer := w.signInFor(audience, tenant, "app", "secret")
	return answer["access_token"].(string)
}

func TestAuxiliaryTenants(t *testing.T) {
	w := newWorld(t)
	second := "Bearer " + w.tokenFor(Audience, "second", time.Hour)
	third := "Bearer " + w.tokenFor(Audience, "third", time.Hour)
	ofAnother := "Bearer " + w.tokenFor(LogAnalyticsAudience, "third", time.Hour)
	for name, test := range map[string]struct {
		header  string
		refused bool
		tenants []string
	}{
		"two good ones":     {second + ", " + third, false, []string{"second", "third"}},
		"a forged one":      {third + ", " + forged(second), true, []string{"third"}},
		"another service's": {ofAnother, true, nil},
	} {
		status, answer := w.callWith(test.header)
		if (status == http.StatusUnauthorized) != test.refused {
			t.Errorf("%s: %d %v", name, status, answer)
		}
		log := w.sim.Requests()
		if last := log[len(log)-1]; !slices.Equal(last.AuxiliaryTenants, test.tenants) || last.TokenTenant != tenantID {
			t.Errorf("%s: the request log has %+v", name, last)
		}
	}
}

// Entra's access tokens and identity tokens name their one audience as a text, which is all that azurerm's SDK reads.
func TestTokensNameTheirAudienceAsAText(t *testing.T) {
	w := newWorld(t)
	identity := w.sim.IssueIdentityToken(IdentityToken{Issuer: IssuerGitHub, Subject: "s"})
	for token, want := range map[string]string{w.token: Audience, identity: exchangeAudience} {
		if aud := claimsOf(t, token)["aud"]; aud != want {
			t.Errorf("aud is %v, want %q", aud, want)
		}
	}
}

package azuresim

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	tenantID  = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
	workspace = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/RG/providers/" +
		"Microsoft.OperationalInsights/workspaces/Law"
	elsewhere = "/subscriptions/99999999-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/RG/providers/" +
		"Microsoft.OperationalInsights/workspaces/Law"
	settings = "/providers/microsoft.aadiam/diagnosticSettings"
	stable   = "?api-version=2017-04-01"
)

// world is a simulator and a client of it.
type world struct {
	t      *testing.T
	sim    *Simulator
	tenant *Tenant
	client *http.Client
	token  string
}

// newWorld has a client without a connection.
func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOf(t, New())
}

func newWithClock(now func() time.Time) *Simulator {
	return newAt(New().URL, LogAnalyticsAudience, now)
}

func newWorldOf(t *testing.T, sim *Simulator) *world {
	t.Helper()
	return newClient(t, sim, roundTripper(sim.Do))
}

// roundTripper is a function as the transport of an http.Client.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// newListeningWorld has a client that trusts the simulator and connects to it.
func newListeningWorld(t *testing.T) *world {
	t.Helper()
	authority, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	sim, err := Start("127.0.0.1:0", authority)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.PEM)
	return newClient(t, sim, &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
	})
}

func newClient(t *testing.T, sim *Simulator, transport http.RoundTripper) *world {
	t.Helper()
	w := &world{t: t, sim: sim, tenant: sim.Tenant(tenantID), client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	w.tenant.AddPrincipal(Principal{ClientID: "app", ObjectID: "object", Secret: "secret", Role: Contributor})
	_, answer := w.signIn(tenantID, "app", "secret")
	w.token, _ = answer["access_token"].(string)
	if w.token == "" {
		t.Fatalf("no token: %v", answer)
	}
	return w
}

func (w *world) signIn(tenant, client, secret string) (int, map[string]any) {
	w.t.Helper()
	return w.signInFor(Audience, tenant, client, secret)
}

func (w *world) signInFor(audience, tenant, client, secret string) (int, map[string]any) {
	w.t.Helper()
	return w.requestToken(tenant, url.Values{
		"client_id": {client}, "client_secret": {secret}, "scope": {audience + "/.default openid"},
	})
}

func (w *world) requestToken(tenant string, form url.Values) (int, map[string]any) {
	w.t.Helper()
	form.Set("grant_type", "client_credentials")
	return w.read(w.client.PostForm(w.sim.URL+"/"+tenant+"/oauth2/v2.0/token", form))
}

// do sends a request to a path of the simulator, or to a whole URL, with the world's token.
func (w *world) do(method, path, body string, header http.Header) (*http.Response, error) {
	w.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = w.sim.URL + path
	}
	request, err := http.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if w.token != "" {
		request.Header.Set("Authorization", "Bearer "+w.token)
	}
	maps.Copy(request.Header, header)
	response, err := w.client.Do(request)
	if err == nil {
		w.t.Cleanup(func() { _ = response.Body.Close() })
	}
	return response, err
}

func (w *world) call(method, path, body string) (int, map[string]any) {
	w.t.Helper()
	return w.read(w.do(method, path, body, nil))
}

// step is a request, and what its answer must be.
type step struct {
	method, path, body string
	status             int
	says               string // a part of the answer's body
}

func (w *world) walk(steps []step) {
	w.t.Helper()
	for _, s := range steps {
		response, err := w.do(s.method, s.path, s.body, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		answer, _ := io.ReadAll(response.Body)
		if response.StatusCode != s.status || !strings.Contains(string(answer), s.says) {
			w.t.Errorf("%s %s %s: %s %s, want %d %s", s.method, s.path, s.body, response.Status, answer, s.status, s.says)
		}
	}
}

// askFor sends a request with another token.
func (w *world) askFor(method, path, bearer string, header http.Header) (int, map[string]any) {
	w.t.Helper()
	more := http.Header{"Authorization": {"Bearer " + bearer}}
	maps.Copy(more, header)
	return w.read(w.do(method, path, "", more))
}

// read returns an answer. One that is not an object is its "text".
func (w *world) read(response *http.Response, err error) (int, map[string]any) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	var answer map[string]any
	if json.Unmarshal(raw, &answer) != nil && len(raw) > 0 {
		answer = map[string]any{"text": string(raw)}
	}
	return response.StatusCode, answer
}

func body(workspace string, enabled ...string) string {
	document, _ := json.Marshal(SettingOf(workspace, enabled...))
	return string(document)
}

func logsOf(answer map[string]any) (enabled []string, all int) {
	properties, _ := answer["properties"].(map[string]any)
	logs, _ := properties["logs"].([]any)
	for _, entry := range logs {
		log := entry.(map[string]any)
		if log["enabled"] == true {
			enabled = append(enabled, log["category"].(string))
		}
	}
	return enabled, len(logs)
}

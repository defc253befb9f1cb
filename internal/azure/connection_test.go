package azure_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest/azuretest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

// How long each is retried, and what the user is told at last. Package connector has more of what they are told.
func TestRetries(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://user:"+azuretest.Secret+"@proxy.example:3128")
	const noToken, forGood = "signing in failed: the answer can't be read", 1 << 20
	refused := azuresim.Fault{Path: settings, Break: "refused", Times: forGood}
	page := func(body string) []azuresim.Fault {
		return []azuresim.Fault{{Path: tokenPath, Status: 200, ContentType: "text/html", Body: body, Times: forGood}}
	}
	for name, test := range map[string]struct {
		faults  []azuresim.Fault // on one path
		took    time.Duration    // or up to a second more
		calls   int              // 0 means any number
		problem string           // "" if it succeeds at last
		says    []string
	}{
		"throttling": {faults: []azuresim.Fault{{Path: settings, Status: 429, RetryAfter: 600}},
			took: 10 * time.Minute, calls: 2},
		"an outage of the token service": {faults: []azuresim.Fault{{Path: tokenPath, Status: 503, Times: forGood}},
			took: 30 * time.Minute, problem: "Entra ID's token service gave no token",
			says: []string{"503 Service Unavailable"}},
		"an attempt that hangs is cut off": {faults: []azuresim.Fault{{Path: settings, Delay: time.Hour}},
			took: 100 * time.Second, calls: 2},
		"no connection is ever made": {faults: []azuresim.Fault{refused},
			took: 2 * time.Minute, problem: "the service could not be reached", says: []string{"No connection to arm.example",
				"http://proxy.example:3128 from HTTPS_PROXY", "environment and endpoint"}},
		"a connection was made before": {faults: []azuresim.Fault{{Path: settings, Status: 503}, refused},
			took: 30 * time.Minute, problem: "the service could not be reached"},
		// An unreadable answer of the token service is not shown: it may contain a token.
		"a page in place of a token": {faults: page("<html>Please sign in</html>"),
			took: time.Second, calls: 3, problem: noToken, says: []string{"HTTPS_PROXY", "text/html"}},
		"half a token": {faults: page(`{"token_type":"Bearer","access_token":"eyJhbGciOi`),
			took: time.Second, calls: 3, problem: noToken},
		"an odd token": {faults: page(`{"access_token":"eyJhbGciOi","expires_in":{}}`),
			took: time.Second, calls: 3, problem: noToken},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := azuretest.WithSecret(t)
				for _, fault := range test.faults {
					w.Sim.AddFault(fault)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
				defer cancel()
				started := time.Now()
				err := w.List(ctx, tenantA)
				if took := time.Since(started); took < test.took || took > test.took+time.Second {
					t.Errorf("it took %s", took)
				}
				if n := len(w.Sent(test.faults[0].Path)); test.calls > 0 && n != test.calls {
					t.Errorf("%d attempts", n)
				}
				if problem := remedy.For(err, tenantA).Problem; err != nil && problem != test.problem {
					t.Errorf("%s for %v", problem, err)
				}
				if err != nil || test.problem != "" {
					w.Tells(err, test.says...)
				}
			})
		})
	}
}

// What net/http makes of each is not for this package to guess, so there are sockets here.
func TestWhatCountsAsNoConnection(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer refusing.Close()
	closing := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}))
	defer closing.Close()
	const nobody = "https://127.0.0.1:1" // which no listener gets that lets the system choose
	proxy, err := url.Parse(refusing.URL)
	if err != nil {
		t.Fatal(err)
	}
	plain := &http.Client{Transport: &http.Transport{}}
	proxied := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}
	for name, test := range map[string]struct {
		url           string
		client        *http.Client
		made, retried bool
	}{
		"connection refused":        {nobody, plain, false, true},
		"plain HTTP on a TLS port":  {strings.Replace(refusing.URL, "http:", "https:", 1), plain, false, true},
		"407 of a proxy":            {"https://arm.example", proxied, false, true},
		"an untrusted certificate":  {closing.URL, plain, false, false},
		"a connection that is lost": {closing.URL, closing.Client(), true, true},
	} {
		service := azure.NewService(test.url, policy.ClientOptions{Transport: test.client}).WithoutRetries()
		err := service.Get(t.Context(), "/any", "1", &struct{}{})
		connection, ok := errors.AsType[*azure.ConnectionError](err)
		if !ok || connection.Connected != test.made || azure.RetryPolicy(err).Retry != test.retried ||
			!strings.HasSuffix(test.url, connection.Host) {
			t.Errorf("%s: error = %v (%+v)", name, err, connection)
		}
	}
}

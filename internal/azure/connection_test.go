package azure_test

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest/azuretest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

func status(code int, headers ...string) answer {
	return respond(code, map[string]any{"code": "Busy", "message": "Come back later."},
		append(headers, "x-ms-correlation-request-id", "the-correlation-id")...)
}

func breaks(err error) answer {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// once gives an answer once, and then leaves the requests to another.
func once(first, then answer) answer {
	given := false
	return func(r *http.Request) (*http.Response, error) {
		if given {
			return then(r)
		}
		given = true
		return first(r)
	}
}

func TestRetries(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://user:"+azuretest.Secret+"@proxy.example:3128")
	refused := breaks(&url.Error{Op: "Get", URL: "https://arm.example",
		Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}})
	untrusted := &tls.CertificateVerificationError{Err: errors.New("signed by unknown authority")}
	throttled := func(headers ...string) answer {
		return once(status(http.StatusTooManyRequests, headers...), status(http.StatusOK))
	}
	unreadable := func(body string) answer { return respond(http.StatusOK, body, "Content-Type", "text/html") }
	const noToken = "signing in failed: the answer can't be read"
	for name, test := range map[string]struct {
		path    string // whose answer it is; "" means that of the settings
		answer  answer
		timeout time.Duration // 0 means 30 minutes
		took    time.Duration // or up to a second more
		calls   int           // 0 means any number
		problem string        // "" if it succeeds at last
		says    []string
	}{
		"seconds":                  {answer: throttled("Retry-After", "600"), took: 10 * time.Minute},
		"milliseconds":             {answer: throttled("retry-after-ms", "1500"), took: 1500 * time.Millisecond},
		"milliseconds, another":    {answer: throttled("x-ms-retry-after-ms", "2500"), took: 2500 * time.Millisecond},
		"milliseconds and seconds": {answer: throttled("retry-after-ms", "5000", "Retry-After", "60"), took: 5 * time.Second},
		"none and seconds":         {answer: throttled("retry-after-ms", "0", "Retry-After", "2"), took: 2 * time.Second},
		"a date": { // half a minute after synctest's clock starts
			answer: throttled("Retry-After", "Sat, 01 Jan 2000 00:00:30 GMT"), took: 30 * time.Second,
		},
		"a pause longer than the time left": {
			answer: status(http.StatusTooManyRequests, "Retry-After", "3600"), timeout: 5 * time.Minute,
			problem: "the service asks to wait longer than the timeout allows",
			says:    []string{"1h0m0s", "5m0s", "from the state"},
		},
		"an outage": {
			answer: status(http.StatusServiceUnavailable), took: 30 * time.Minute, problem: "the service failed",
			says: []string{"Azure said: 503 Busy: Come back later.\nCorrelation id: the-correlation-id"},
		},
		"an outage of the token service": {
			path: tokenPath, answer: status(http.StatusServiceUnavailable), took: 30 * time.Minute,
			problem: "Entra ID's token service gave no token", says: []string{"503 Service Unavailable"},
		},
		"an attempt that hangs is cut off": {answer: once(hangs, status(http.StatusOK)), took: 100 * time.Second, calls: 2},
		"no connection is ever made": {
			answer: refused, took: 2 * time.Minute, problem: "the service could not be reached",
			says: []string{
				"No connection to arm.example", "http://proxy.example:3128 from HTTPS_PROXY", "environment and endpoint",
			},
		},
		"a connection was made before": {
			answer: once(status(http.StatusServiceUnavailable), refused), took: 30 * time.Minute,
			problem: "the service could not be reached",
		},
		"an untrusted certificate": {
			answer: breaks(untrusted), calls: 1, problem: "the service's certificate is not trusted",
		},

		// An unreadable answer of the token service is not shown: it may contain a token.
		"a page in place of a token": {
			path: tokenPath, answer: unreadable("<html>Please sign in</html>"), took: time.Second, calls: 3,
			problem: noToken, says: []string{"HTTPS_PROXY", "text/html"},
		},
		"half a token": {
			path: tokenPath, answer: unreadable(`{"token_type":"Bearer","access_token":"eyJhbGciOi`), took: time.Second,
			calls: 3, problem: noToken,
		},
		"an odd token": {
			path: tokenPath, answer: unreadable(`{"access_token":"eyJhbGciOi","expires_in":{}}`), took: time.Second,
			calls: 3, problem: noToken,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, path := azuretest.WithSecret(t), cmp.Or(test.path, settings)
				w.Answer = on(path, test.answer)
				ctx, cancel := context.WithTimeout(t.Context(), cmp.Or(test.timeout, 30*time.Minute))
				defer cancel()
				started := time.Now()
				err := w.List(ctx, tenantA)
				if took := time.Since(started); took < test.took || took > test.took+time.Second {
					t.Errorf("it took %s", took)
				}
				if n := len(w.Sent(path)); test.calls > 0 && n != test.calls {
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
		url    string
		client *http.Client
		made   bool
	}{
		"connection refused":        {nobody, plain, false},
		"plain HTTP on a TLS port":  {strings.Replace(refusing.URL, "http:", "https:", 1), plain, false},
		"407 of a proxy":            {"https://arm.example", proxied, false},
		"a connection that is lost": {closing.URL, closing.Client(), true},
	} {
		service := azure.NewService(test.url, policy.ClientOptions{Transport: test.client}).WithoutRetries()
		err := service.Get(t.Context(), "/any", "1", &struct{}{})
		connection, ok := errors.AsType[*azure.ConnectionError](err)
		if !ok || connection.Connected != test.made || !strings.HasSuffix(test.url, connection.Host) {
			t.Errorf("%s: error = %v (%+v)", name, err, connection)
		}
	}
}

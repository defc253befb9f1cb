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

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

type answer = func(*http.Request) (*http.Response, error)

func status(code int, headers ...string) answer {
	return func(r *http.Request) (*http.Response, error) {
		body := map[string]any{"code": "Busy", "message": "Come back later."}
		return respond(r, code, body, append(headers, "x-ms-correlation-request-id", "the-correlation-id")...), nil
	}
}

func breaks(err error) answer {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// inTurn gives one answer after the other, and the last one for good.
func inTurn(answers ...answer) answer {
	next := 0
	return func(r *http.Request) (*http.Response, error) {
		next++
		return answers[min(next, len(answers))-1](r)
	}
}

func TestRetries(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://user:proxy-password@proxy.example:3128")
	refused := breaks(&url.Error{Op: "Get", URL: "https://arm.example",
		Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}})
	untrusted := &tls.CertificateVerificationError{Err: errors.New("signed by unknown authority")}
	ok := status(http.StatusOK)
	throttled := func(headers ...string) *wire {
		return &wire{answer: inTurn(status(http.StatusTooManyRequests, headers...), ok)}
	}
	for name, test := range map[string]struct {
		wire    *wire
		timeout time.Duration // 0 means 30 minutes
		took    time.Duration // or up to a second more
		calls   int
		problem string // "" if it succeeds at last
		says    []string
	}{
		"seconds":                  {wire: throttled("Retry-After", "600"), took: 10 * time.Minute},
		"milliseconds":             {wire: throttled("retry-after-ms", "1500"), took: 1500 * time.Millisecond},
		"milliseconds, another":    {wire: throttled("x-ms-retry-after-ms", "2500"), took: 2500 * time.Millisecond},
		"milliseconds and seconds": {wire: throttled("retry-after-ms", "5000", "Retry-After", "60"), took: 5 * time.Second},
		"none and seconds":         {wire: throttled("retry-after-ms", "0", "Retry-After", "2"), took: 2 * time.Second},
		"a date": { // half a minute after synctest's clock starts
			wire: throttled("Retry-After", "Sat, 01 Jan 2000 00:00:30 GMT"), took: 30 * time.Second,
		},
		"a pause longer than the time left": {
			wire: &wire{answer: status(http.StatusTooManyRequests, "Retry-After", "3600")}, timeout: 5 * time.Minute,
			problem: "the service asks to wait longer than the timeout allows",
			says:    []string{"1h0m0s", "5m0s", "from the state"},
		},
		"an outage": {
			wire: &wire{answer: status(http.StatusServiceUnavailable)}, took: 30 * time.Minute,
			problem: "the service failed",
			says:    []string{"Azure said: 503 Busy: Come back later.\nCorrelation id: the-correlation-id"},
		},
		"an outage of the token service": {
			wire: &wire{tokens: func(_ string, r *http.Request) *http.Response {
				return respond(r, http.StatusServiceUnavailable, nil)
			}},
			took: 30 * time.Minute, problem: "Entra ID's token service gave no token",
			says: []string{"503 Service Unavailable"},
		},
		"an attempt that hangs is cut off": {wire: &wire{answer: inTurn(hangs, ok)}, took: 100 * time.Second, calls: 2},
		"no connection is ever made": {
			wire: &wire{answer: refused}, took: 2 * time.Minute, problem: "the service could not be reached",
			says: []string{
				"No connection to arm.example", "http://proxy.example:3128 from HTTPS_PROXY", "environment and endpoint",
			},
		},
		"a connection was made before": {
			wire: &wire{answer: inTurn(status(http.StatusServiceUnavailable), refused)}, took: 30 * time.Minute,
			problem: "the service could not be reached",
		},
		"an untrusted certificate": {
			wire: &wire{answer: breaks(untrusted)}, calls: 1, problem: "the service's certificate is not trusted",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), cmp.Or(test.timeout, 30*time.Minute))
				defer cancel()
				started := time.Now()
				_, err := call(ctx, newTestTenants(t, test.wire), tenantA)
				if took := time.Since(started); took < test.took || took > test.took+time.Second {
					t.Errorf("it took %s", took)
				}
				if n := len(test.wire.calls); test.calls > 0 && n != test.calls {
					t.Errorf("%d attempts", n)
				}
				if test.problem == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				advice := remedy.For(err, tenantA)
				said := advice.Remedy + remedy.ServiceMessage(err)
				if advice.Problem != test.problem || strings.Contains(said, "proxy-password") {
					t.Errorf("%s for %v:\n%s", advice.Problem, err, said)
				}
				for _, want := range test.says {
					if !strings.Contains(said, want) {
						t.Errorf("it lacks %q:\n%s", want, said)
					}
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

	plain := &http.Client{Transport: &http.Transport{}}
	proxy, err := url.Parse(refusing.URL)
	if err != nil {
		t.Fatal(err)
	}
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
		t.Run(name, func(t *testing.T) {
			service := azure.NewService(test.url, policy.ClientOptions{Transport: test.client}).WithoutRetries()
			err := service.Get(t.Context(), "/any", "1", &struct{}{})
			connection, ok := errors.AsType[*azure.ConnectionError](err)
			if !ok || connection.Connected != test.made || !strings.HasSuffix(test.url, connection.Host) {
				t.Errorf("error = %v (%+v)", err, connection)
			}
		})
	}
}

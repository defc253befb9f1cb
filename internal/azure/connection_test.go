package azure_test

import (
	"context"
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
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

var refused = &url.Error{Op: "Get", URL: "https://arm.example", Err: &net.OpError{Op: "dial",
	Err: syscall.ECONNREFUSED}}

func TestAHostThatNeverAnsweredIsGivenUpAfterTwoMinutes(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://user:proxy-password@proxy.example:3128")
	synctest.Test(t, func(t *testing.T) {
		w := &wire{broken: refused}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
		defer cancel()
		started := time.Now()
		_, err := call(ctx, newTestTenants(t, w), tenantA, "/any")
		if took := time.Since(started); took != 2*time.Minute {
			t.Errorf("it took %s", took)
		}
		advice := remedy.For(err, tenantA)
		if advice.Problem != "the service could not be reached" {
			t.Errorf("advice = %+v for %v", advice, err)
		}
		for _, want := range []string{"No connection to arm.example", "http://proxy.example:3128 from HTTPS_PROXY",
			"environment and endpoint"} {
			if !strings.Contains(advice.Remedy, want) {
				t.Errorf("the advice lacks %q:\n%s", want, advice.Remedy)
			}
		}
		if strings.Contains(advice.Remedy+remedy.ServiceMessage(err), "proxy-password") {
			t.Error("the proxy's password is shown")
		}
	})
}

func TestAHostThatAnsweredOnceIsWaitedForUntilTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		tenants := newTestTenants(t, w)
		if _, err := call(t.Context(), tenants, tenantA, "/any"); err != nil {
			t.Fatal(err)
		}
		w.broken = refused
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
		defer cancel()
		started := time.Now()
		_, err := call(ctx, tenants, tenantA, "/any")
		if took := time.Since(started); took != 30*time.Minute || !errors.As(err, new(*retry.GaveUpError)) {
			t.Errorf("it took %s: %v", took, err)
		}
	})
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
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "https://" + free.Addr().String()
	_ = free.Close()

	plain := &http.Client{Transport: &http.Transport{}}
	proxied := &http.Client{Transport: &http.Transport{Proxy: func(*http.Request) (*url.URL,
		error) {
		return url.Parse(refusing.URL)
	}}}
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

func TestTheServicesPauseIsReadFromEachHeader(t *testing.T) {
	for name, test := range map[string]struct {
		headers map[string]string
		want    time.Duration
	}{
		"seconds":               {map[string]string{"Retry-After": "600"}, 10 * time.Minute},
		"milliseconds":          {map[string]string{"retry-after-ms": "1500"}, 1500 * time.Millisecond},
		"milliseconds, another": {map[string]string{"x-ms-retry-after-ms": "2500"}, 2500 * time.Millisecond},
		"milliseconds and seconds": {map[string]string{"retry-after-ms": "1500", "Retry-After": "2"},
			1500 * time.Millisecond},
		"none and seconds": {map[string]string{"retry-after-ms": "0", "Retry-After": "2"}, 2 * time.Second},
		"a date": {map[string]string{"Retry-After": "Sat, 01 Jan 2000 00:00:30 GMT"},
			30 * time.Second}, // where synctest's clock starts
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{}
				w.answer = func(r *http.Request) *http.Response {
					if len(w.calls) > 1 {
						return respond(r, http.StatusOK, map[string]any{})
					}
					throttled := respond(r, http.StatusTooManyRequests, map[string]any{})
					for header, value := range test.headers {
						throttled.Header.Set(header, value)
					}
					return throttled
				}
				started := time.Now()
				if _, err := call(t.Context(), newTestTenants(t, w), tenantA, "/any"); err != nil {
					t.Fatal(err)
				}
				if waited := time.Since(started); waited != test.want {
					t.Errorf("waited %s, want %s", waited, test.want)
				}
			})
		})
	}
}

func TestAPauseLongerThanTheTimeLeftFailsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answer: func(r *http.Request) *http.Response {
			throttled := respond(r, http.StatusTooManyRequests, map[string]any{})
			throttled.Header.Set("Retry-After", "3600")
			return throttled
		}}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		started := time.Now()
		_, err := call(ctx, newTestTenants(t, w), tenantA, "/any")
		advice := remedy.For(err, tenantA)
		if took := time.Since(started); took != 0 ||
			advice.Problem != "the service asks to wait longer than the timeout allows" {
			t.Errorf("after %s: %+v for %v", took, advice, err)
		}
		for _, want := range []string{"1h0m0s", "5m0s", "from the state"} {
			if !strings.Contains(advice.Remedy, want) {
				t.Errorf("the advice lacks %q:\n%s", want, advice.Remedy)
			}
		}
	})
}

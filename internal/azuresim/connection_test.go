package azuresim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// roundTripper is a function as the transport of an http.Client.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// put PUTs a setting x through a transport, with a token of a simulator's app.
func put(ctx context.Context, t *testing.T, sim *Simulator, through http.RoundTripper) (*http.Response, error) {
	t.Helper()
	app := Principal{ClientID: "app", Role: Contributor}
	sim.Tenant(tenantID).AddPrincipal(app)
	const document = `{"properties":{"workspaceId":"` + workspace + `","logs":[{"category":"AuditLogs","enabled":true}]}}`
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, sim.URL+settings+"/x"+stable, strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+sim.IssueAccessToken(tenantID, Audience, app))
	response, err := through.RoundTrip(r)
	if err == nil {
		t.Cleanup(func() { _ = response.Body.Close() })
	}
	return response, err
}

// listening is a simulator on the network, and a transport that trusts it.
func listening(t *testing.T) (*Simulator, http.RoundTripper) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	sim, err := Start("127.0.0.1:0", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	certificate, err := os.ReadFile(file)
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(certificate) {
		t.Fatalf("the certificate: %v\n%s", err, certificate)
	}
	return sim, &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
	}
}

func TestBrokenConnections(t *testing.T) {
	direct := New()
	network, transport := listening(t)
	for _, test := range []struct {
		kind    string
		sim     *Simulator
		through http.RoundTripper
		applied bool
		want    []error // any of them
	}{
		{"refused", direct, roundTripper(direct.Do), false, []error{syscall.ECONNREFUSED}},
		{"before", direct, roundTripper(direct.Do), false, []error{syscall.ECONNRESET}},
		{"after", direct, roundTripper(direct.Do), true, []error{syscall.ECONNRESET}},
		{"within", direct, roundTripper(direct.Do), true, []error{io.ErrUnexpectedEOF}},
		{"before", network, transport, false, []error{syscall.ECONNRESET, io.ErrUnexpectedEOF, io.EOF}},
		{"within", network, transport, true, []error{io.ErrUnexpectedEOF}},
	} {
		test.sim.AddFault(Fault{Method: http.MethodPut, Break: test.kind})
		response, err := put(t.Context(), t, test.sim, test.through)
		if test.kind == "within" && err == nil {
			var half []byte
			if half, err = io.ReadAll(response.Body); int64(len(half)) != response.ContentLength/2 {
				t.Errorf("%d of %d bytes arrived", len(half), response.ContentLength)
			}
		} else if wrapped, ok := errors.AsType[*url.Error](err); test.sim == direct && (!ok || wrapped.Op != "Put") {
			t.Errorf("%s: error = %v", test.kind, err)
		}
		isWanted := false
		for _, want := range test.want {
			isWanted = isWanted || errors.Is(err, want)
		}
		if applied := test.sim.Tenant(tenantID).DeleteSetting("x"); !isWanted || applied != test.applied {
			t.Errorf("%s of %s: error = %v, and it had its effect: %v", test.kind, test.sim.URL, err, applied)
		}
	}
}

// A request that nobody waits for any longer still has its effect.
func TestTheContextEndsAHeldRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New()
		sim.AddFault(Fault{Method: http.MethodPut, Delay: time.Hour})
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for _, applied := range []bool{true, false} { // once held, once with a context that has ended
			_, err := put(ctx, t, sim, roundTripper(sim.Do))
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
				t.Errorf("after %v: %v", time.Since(began), err)
			}
			if sim.Tenant(tenantID).DeleteSetting("x") != applied {
				t.Errorf("the request should have its effect: %v", applied)
			}
		}
	})
}

func TestOnlyLoopback(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "example.com:443", "127.0.0.1"} {
		if sim, err := Start(address, filepath.Join(t.TempDir(), "ca.pem")); err == nil {
			_ = sim.Close()
			t.Errorf("it listens on %s", address)
		}
	}
}

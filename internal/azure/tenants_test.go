package azure_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest/azuretest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

const (
	tenantA   = azuretest.TenantID
	tenantB   = azuretest.OtherTenantID
	settings  = azuretest.Settings
	tokenPath = azuretest.TokenPath
)

// answer answers a request in the simulator's place, or leaves it to the simulator.
type answer = func(*http.Request) (*http.Response, error)

// on gives an answer to the requests to paths with an end.
func on(end string, give answer) answer {
	return func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, end) {
			return give(r)
		}
		return nil, nil
	}
}

// respond answers in JSON, with a challenge for a request whose token is rejected.
func respond(r *http.Request, status int, challenge, body string) (*http.Response, error) {
	header := http.Header{"Content-Type": {"application/json"}, "Www-Authenticate": {challenge}}
	return &http.Response{StatusCode: status, Request: r, Header: header, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func bearerOf(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// claimsOf are those of a request's token.
func claimsOf(r *http.Request) jwt.MapClaims {
	claims := jwt.MapClaims{}
	_, _, _ = jwt.NewParser().ParseUnverified(bearerOf(r), claims)
	return claims
}

// mustList lists a tenant's settings, with one of its tokens.
func mustList(w *azuretest.World, tenant string) {
	w.Helper()
	if err := w.List(w.Context(), tenant); err != nil {
		w.Error(err)
	}
}

func TestEachTenantHasItsOwnToken(t *testing.T) {
	w := azuretest.WithSecret(t)
	for range 2 {
		for _, tenant := range []string{tenantA, tenantB, strings.ToUpper(tenantB)} {
			w.Accepts(tenant, azuretest.AppID)
		}
	}
	if tokens := len(w.Sent(tokenPath)); tokens != 2 {
		t.Errorf("%d tokens were requested, want 2", tokens)
	}
}

// Neither the first token of another tenant is sent nor one that replaces a rejected one.
func TestATokenOfAnotherTenantIsNeverSent(t *testing.T) {
	for sent, start := range []azuresim.TokenBehaviour{{Of: tenantB}, {}} {
		w := azuretest.WithSecret(t)
		w.Sim.Tenant(tenantA).ChangeTokens(start)
		w.Answer = on(settings, func(r *http.Request) (*http.Response, error) {
			w.Sim.Tenant(tenantA).ChangeTokens(azuresim.TokenBehaviour{Of: tenantB})
			return rejected(r, invalid, "InvalidAuthenticationToken")
		})
		w.Refuses(tenantA, "the sign-in gave a token of another tenant", "asked for a token of tenant "+tenantA,
			"gave one of tenant "+tenantB, "client secret", "ARM_CLIENT_SECRET")
		if n := len(w.Sent(settings)); n != sent {
			t.Errorf("%d requests were sent, want %d", n, sent)
		}
	}
}

func TestOnlyAllowedTenants(t *testing.T) {
	for _, test := range []struct {
		allowed, tenant string
		want            bool
	}{
		{"", tenantA, true},
		{"", strings.ToUpper(tenantA), true},
		{"", tenantB, false},
		{strings.ToUpper(tenantB), tenantB, true},
		{tenantB, tenantA, true},
		{"*", tenantB, true},
	} {
		w := azuretest.WithSecret(t)
		w.Config.AllowedTenantIDs = []string{test.allowed}
		if err := w.List(t.Context(), test.tenant); test.want != (err == nil) || !test.want && len(w.Sent("")) > 0 {
			t.Errorf("allowed %q, tenant %s: error %v after %d requests", test.allowed, test.tenant, err, len(w.Sent("")))
		}
	}
}

func TestRequestsNameTheProviderAndTheRun(t *testing.T) {
	t.Setenv("AZURE_HTTP_USER_AGENT", "a-pipeline ")
	w := azuretest.WithSecret(t)
	w.Config.Version, w.Config.TerraformVersion, w.Config.PartnerID = "1.2.3", "1.11.4", "the-partner"
	mustList(w, tenantA)
	mustList(w, tenantA)
	const agent = "HashiCorp Terraform/1.11.4 (+https://www.terraform.io) terraform-provider-sentinel/1.2.3 a-pipeline " +
		"pid-the-partner"
	const correlation = "x-ms-correlation-request-id"
	first, second := w.Sent(settings)[0].Header, w.Sent(settings)[1].Header
	if got := first.Get("User-Agent"); !strings.Contains(got, agent) {
		t.Errorf("User-Agent = %q", got)
	}
	if id := first.Get(correlation); !azure.IsGUID(id) || second.Get(correlation) != id {
		t.Errorf("correlation ids = %q and %q, want one GUID", id, second.Get(correlation))
	}
}

// Each tenant has a credential and a pipeline of its own, so none waits for another's throttling.
func TestAThrottledTenantDelaysNoOther(t *testing.T) {
	for _, path := range []string{tokenPath, settings} {
		t.Run("by "+path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := azuretest.WithSecret(t)
				w.Sim.AddFault(azuresim.Fault{Path: path, Tenant: tenantB, Status: 429, RetryAfter: 120, Times: 100})
				mustList(w, tenantA)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				started := time.Now()
				go func() { _ = w.List(ctx, tenantB) }()
				synctest.Wait() // until the one tenant waits for its Retry-After
				mustList(w, tenantA)
				if waited := time.Since(started); waited != 0 {
					t.Errorf("the other tenant waited %s", waited)
				}
				cancel()
				synctest.Wait()
			})
		})
	}
}

// One asks the metadata host, and the others wait for the answer, but no longer than they may.
func TestWaitingForAnothersAnswerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := azuretest.WithSecret(t)
		w.Config.MetadataHost = "metadata.example"
		w.Sim.AddFault(azuresim.Fault{Path: "/metadata/", Delay: time.Hour, Times: 100})
		ask := func(timeout time.Duration) error {
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			return w.List(ctx, tenantA)
		}
		go func() { _ = ask(10 * time.Minute) }()
		synctest.Wait()
		started := time.Now()
		if err := ask(time.Minute); err != context.DeadlineExceeded || time.Since(started) != time.Minute {
			t.Errorf("error %v after %s", err, time.Since(started))
		}
	})
}

// The log shows each attempt, also one whose answer breaks off, and no secret.
func TestTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines []string
		w := azuretest.WithSecret(t)
		w.Config.Log = func(_ context.Context, message string, fields ...map[string]any) {
			delete(fields[0], "x-ms-request-id") // random, and so are these
			lines = append(lines, fmt.Sprintln(message, fields))
		}
		w.Sim.AddFault(azuresim.Fault{Path: settings, Break: "within"})
		mustList(w, tenantA)
		text := strings.Join(lines, "") + w.Tenants.SignInMethod()
		for _, secret := range []string{azuretest.Secret, bearerOf(w.Sent(settings)[0])} {
			if strings.Contains(text, secret) {
				t.Errorf("it holds %q:\n%s", secret, text)
			}
		}
		for i, want := range [][]string{{"failed:true", "status:200"}, {"status:200"}} {
			line := lines[len(lines)-2+i]
			for _, want := range append(want, "host:arm.example", "path:"+settings) {
				if !strings.Contains(line, want) || strings.Contains(line, "failed") != (i == 0) {
					t.Errorf("it does not show %s:\n%s", want, text)
				}
			}
		}
		if !strings.Contains(text, "ARM_CLIENT_SECRET") {
			t.Errorf("it does not name the sign-in:\n%s", text)
		}
	})
}

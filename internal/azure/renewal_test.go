package azure_test

import (
	"crypto/rand"
	"encoding/base64"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

const (
	invalidToken = `{"error":{"code":"InvalidAuthenticationToken","message":"The access token is invalid."}}`
	wrongIssuer  = `{"error":{"code":"InvalidAuthenticationTokenTenant","message":"wrong issuer"}}`
	demanded     = `{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}`

	// The header that names the challenge.
	challenge = "WWW-Authenticate"
	invalid   = `Bearer error="invalid_token"`
)

// challenging is the header by which a service demands claims: internal/azuresim/README.md, "Access tokens".
func challenging(claims string) string {
	return `Bearer realm="", authorization_uri="https://login.example/common/oauth2/authorize", ` +
		`error="insufficient_claims", claims="` + claims + `"`
}

// first says whether a token is the first one that was issued.
func (w *wire) first(token string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return token == w.issued[0]
}

func TestARejectedTokenIsRenewedOnce(t *testing.T) {
	claims := base64.StdEncoding.EncodeToString([]byte(demanded))
	t.Setenv("IDENTITY_ENDPOINT", "https://identity.example/token")
	t.Setenv("IDENTITY_HEADER", "the header")
	for name, test := range map[string]struct {
		challenge, body string
		all             bool // tokens are rejected, not only the first
		status, sent    int
		config          func(*azure.Config)
	}{
		"once":                  {invalid, invalidToken, false, 200, 2, nil},
		"for good":              {invalid, invalidToken, true, 401, 2, nil},
		"with demanded claims":  {challenging(claims), invalidToken, false, 200, 2, nil},
		"claims demanded again": {challenging(claims), invalidToken, true, 401, 2, nil},
		"unreadable claims":     {challenging("no base64!"), invalidToken, true, 401, 2, nil},
		// Another token of the same tenant does not help if another tenant's is wanted.
		"of the wrong tenant": {invalid, wrongIssuer, true, 401, 1, nil},
		// MSAL caches a managed identity's tokens for the whole process, by audience, so each run has one of its own.
		// The first token also says which tenant is the home tenant.
		"of a managed identity": {invalid, invalidToken, false, 200, 2, func(c *azure.Config) {
			c.Cloud.ResourceManager.Audience = "https://" + rand.Text() + ".example"
			c.SignIn = signin.Config{"use_msi": {Value: "true"}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{}
			w.answer = func(r *http.Request) (*http.Response, error) {
				if body, _ := io.ReadAll(r.Body); string(body) != "the body" {
					t.Errorf("the body is %q", body)
				}
				if test.all || w.first(bearerOf(r)) {
					return respond(r, http.StatusUnauthorized, test.body, challenge, test.challenge), nil
				}
				return respond(r, http.StatusOK, nil), nil
			}
			tenants := newTestTenants(t, w, test.config)
			response, err := call(t.Context(), tenants, tenantA)
			if err != nil || response.StatusCode != test.status {
				t.Fatalf("%v, %v", response, err)
			}
			last := len(w.issued) - 1
			if len(w.calls) != test.sent || len(w.issued) != test.sent || bearerOf(w.calls[last]) != w.issued[last] {
				t.Errorf("%d requests and %d tokens", len(w.calls), len(w.issued))
			}
			with := w.asked[last].Form.Get("claims")
			if strings.Contains(with, `"nbf":`) != strings.Contains(test.challenge, claims) {
				t.Errorf("the token was requested with the claims %q", with)
			}
			if test.status == http.StatusOK {
				if mustCall(t, tenants, tenantA); len(w.issued) != 2 {
					t.Errorf("the next request took another token: %d", len(w.issued))
				}
			}
		})
	}
}

func TestOneNewTokenServesAllWhoseTokenWasRejected(t *testing.T) {
	const many = 40
	w := &wire{}
	var together sync.WaitGroup // so that none has its answer before all are sent
	together.Add(many)
	w.answer = func(r *http.Request) (*http.Response, error) {
		if !w.first(bearerOf(r)) {
			return respond(r, http.StatusOK, nil), nil
		}
		together.Done()
		together.Wait()
		return respond(r, http.StatusUnauthorized, invalidToken, challenge, invalid), nil
	}
	tenants := newTestTenants(t, w)
	var group sync.WaitGroup
	for range many {
		group.Go(func() { mustCall(t, tenants, tenantA) })
	}
	group.Wait()
	if len(w.issued) != 2 || len(w.calls) != 2*many {
		t.Errorf("%d tokens and %d requests, want 2 and %d", len(w.issued), len(w.calls), 2*many)
	}
}

// azcore gives a request that needs a token with claims another's new token, which was requested without them.
func TestClaimsAreDemandedOfAnothersNewToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		claimsOf := func(token string) string {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.asked[slices.Index(w.issued, token)].Form.Get("claims")
		}
		renewing, renewed := make(chan struct{}), make(chan struct{})
		requested := 0
		w.tokens = func(string, *http.Request) *http.Response {
			if requested++; requested == 2 {
				close(renewing)
				<-renewed
			}
			return nil
		}
		var together sync.WaitGroup
		together.Add(2)
		var rejected, second atomic.Bool
		both := make(chan struct{}) // have sent the second token
		var once sync.Once
		w.answer = func(r *http.Request) (*http.Response, error) {
			switch token := bearerOf(r); {
			case strings.Contains(claimsOf(token), `"nbf":`):
				return respond(r, http.StatusOK, nil), nil
			case w.first(token):
				together.Done()
				together.Wait()
				if !rejected.Swap(true) {
					return respond(r, http.StatusUnauthorized, invalidToken, challenge, invalid), nil
				}
				<-renewing
			case !second.Swap(true):
				<-both
			default:
				once.Do(func() { close(both) })
			}
			demand := challenging(base64.StdEncoding.EncodeToString([]byte(demanded)))
			return respond(r, http.StatusUnauthorized, invalidToken, challenge, demand), nil
		}
		tenants := newTestTenants(t, w)
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() { mustCall(t, tenants, tenantA) })
		}
		synctest.Wait()
		close(renewed)
		group.Wait()
	})
}

// An unreadable answer of the token service is not shown: it may contain a token.
func TestAnUnreadableTokenIsNotShown(t *testing.T) {
	for name, body := range map[string]string{
		"a page":       "<html>Please sign in</html>",
		"half a token": `{"token_type":"Bearer","access_token":"eyJthe-token`,
		"an odd one":   `{"access_token":"eyJthe-token","expires_in":{}}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				attempts := 0
				w := &wire{tokens: func(_ string, r *http.Request) *http.Response {
					attempts++
					return respond(r, http.StatusOK, body, "Content-Type", "text/html")
				}}
				_, err := call(t.Context(), newTestTenants(t, w), tenantA)
				advice := remedy.For(err, tenantA)
				told := strings.Join([]string{advice.Problem, advice.Remedy, remedy.ServiceMessage(err), err.Error()}, "\n")
				if advice.Problem != "signing in failed: the answer can't be read" || attempts != 3 ||
					!strings.Contains(told, "HTTPS_PROXY") || !strings.Contains(told, "text/html") {
					t.Errorf("after %d attempts: %s", attempts, told)
				}
				if strings.Contains(told, "eyJ") || strings.Contains(told, "<html") {
					t.Errorf("it is shown: %s", told)
				}
			})
		})
	}
}

// While a token is valid for a few minutes more, nothing waits for a token service that is out of order.
func TestAnEarlyRenewalThatFailsDelaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{life: 4 * time.Minute}
		tenants := newTestTenants(t, w)
		mustCall(t, tenants, tenantA)
		time.Sleep(time.Minute) // azcore tries at most once in half a minute
		attempts, started := 0, time.Now()
		w.tokens = func(_ string, r *http.Request) *http.Response {
			attempts++
			return respond(r, http.StatusServiceUnavailable, nil)
		}
		mustCall(t, tenants, tenantA)
		if waited := time.Since(started); waited != 0 || attempts != 1 {
			t.Errorf("it waited %s for %d attempts to get a token", waited, attempts)
		}
	})
}

package azure_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

const (
	invalidToken = `{"error":{"code":"InvalidAuthenticationToken","message":"The access token is invalid."}}`
	wrongIssuer  = `{"error":{"code":"InvalidAuthenticationTokenTenant","message":"wrong issuer"}}`
	demanded     = `{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}`
)

// unauthorized is a 401 with the header that names the challenge.
func unauthorized(r *http.Request, body, challenge string) *http.Response {
	return respond(r, http.StatusUnauthorized, body, "WWW-Authenticate", challenge)
}

// challenging is the header by which a service demands claims: internal/azuresim/README.md, "Access tokens".
func challenging(claims string) string {
	return `Bearer realm="", authorization_uri="https://login.example/common/oauth2/authorize", ` +
		`error="insufficient_claims", claims="` + claims + `"`
}

// rejecting answers 401 to the first token that was issued, or to all, and checks that each request has its whole body.
func (w *wire) rejecting(t *testing.T, challenge string, all bool) {
	w.answer = func(r *http.Request) (*http.Response, error) {
		if body, _ := io.ReadAll(r.Body); string(body) != "the body" {
			t.Errorf("the body is %q", body)
		}
		if all || w.first(bearerOf(r)) {
			return unauthorized(r, invalidToken, challenge), nil
		}
		return respond(r, http.StatusOK, nil), nil
	}
}

// first says whether a token is the first one that was issued.
func (w *wire) first(token string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return token == w.issued[0]
}

// put sends a request with a body to tenant A.
func put(t *testing.T, tenants *azure.Tenants) (*http.Response, error) {
	t.Helper()
	service, err := tenants.ResourceManager(t.Context(), tenantA)
	if err != nil {
		return nil, err
	}
	request, err := runtime.NewRequest(t.Context(), http.MethodPut, "https://arm.example/any")
	if err != nil {
		t.Fatal(err)
	}
	if err := request.SetBody(streaming.NopCloser(bytes.NewReader([]byte("the body"))), "text/plain"); err != nil {
		t.Fatal(err)
	}
	return send(service, request)
}

func TestARejectedTokenIsRenewedOnce(t *testing.T) {
	claims := base64.StdEncoding.EncodeToString([]byte(demanded))
	for name, test := range map[string]struct {
		challenge string
		all       bool // tokens are rejected, not only the first
		status    int
	}{
		"once":                  {`Bearer error="invalid_token"`, false, http.StatusOK},
		"for good":              {`Bearer error="invalid_token"`, true, http.StatusUnauthorized},
		"with demanded claims":  {challenging(claims), false, http.StatusOK},
		"claims demanded again": {challenging(claims), true, http.StatusUnauthorized},
		"unreadable claims":     {challenging("no base64!"), true, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{}
			w.rejecting(t, test.challenge, test.all)
			tenants := newTestTenants(t, w)
			response, err := put(t, tenants)
			if err != nil || response.StatusCode != test.status {
				t.Fatalf("%v, %v", response, err)
			}
			if len(w.calls) != 2 || len(w.issued) != 2 || bearerOf(w.calls[1]) != w.issued[1] {
				t.Errorf("%d requests and %d tokens", len(w.calls), len(w.issued))
			}
			with := w.asked[1].PostForm.Get("claims")
			if strings.Contains(with, `"nbf":`) != strings.Contains(test.challenge, claims) {
				t.Errorf("the token was requested with the claims %q", with)
			}
			if test.status == http.StatusOK {
				if _, err := put(t, tenants); err != nil || len(w.issued) != 2 {
					t.Errorf("the next request took another token: %d, %v", len(w.issued), err)
				}
			}
		})
	}
}

// MSAL caches a managed identity's tokens for the whole process, not for one credential. The first one also says which
// tenant is the home tenant.
func TestAManagedIdentitysTokenIsRenewedToo(t *testing.T) {
	t.Setenv("IDENTITY_ENDPOINT", "https://identity.example/token")
	t.Setenv("IDENTITY_HEADER", "the header")
	w := &wire{}
	w.rejecting(t, `Bearer error="invalid_token"`, false)
	config := testConfig(w)
	config.Cloud.ResourceManager.Audience = "https://" + t.Name() + ".example"
	config.SignIn = signin.Config{UseMSI: signin.Input{Value: "true"}}
	tenants, err := azure.NewTenants(config)
	if err != nil {
		t.Fatal(err)
	}
	response, err := put(t, tenants)
	if err != nil || response.StatusCode != http.StatusOK || len(w.issued) != 2 {
		t.Errorf("%v, %v with %d tokens", response, err, len(w.issued))
	}
}

// Another token of the same tenant does not help if another tenant's is wanted.
func TestATokenOfTheWrongTenantIsNotRenewed(t *testing.T) {
	w := &wire{answer: func(r *http.Request) (*http.Response, error) {
		return unauthorized(r, wrongIssuer, `Bearer error="invalid_token"`), nil
	}}
	response, err := call(t.Context(), newTestTenants(t, w), tenantA)
	if err != nil || azure.NewServiceError(response).Code != azure.WrongTenantCode || len(w.calls) != 1 ||
		len(w.issued) != 1 {
		t.Errorf("%v, %v after %d requests with %d tokens", response, err, len(w.calls), len(w.issued))
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
		return unauthorized(r, invalidToken, `Bearer error="invalid_token"`), nil
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

// The new token, too, is of the right tenant or is never sent.
func TestARenewedTokenOfAnotherTenantIsNeverSent(t *testing.T) {
	w := &wire{}
	w.rejecting(t, `Bearer error="invalid_token"`, true)
	w.issuer = func(string) string {
		if len(w.issued) == 0 {
			return tenantA
		}
		return tenantB
	}
	_, err := put(t, newTestTenants(t, w))
	if advice := remedy.For(err, tenantA); advice.Problem != "the sign-in gave a token of another tenant" ||
		len(w.calls) != 1 {
		t.Errorf("error = %v after %d requests", err, len(w.calls))
	}
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

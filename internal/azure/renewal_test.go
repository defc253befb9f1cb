package azure_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"slices"
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
	return &http.Response{
		StatusCode: http.StatusUnauthorized, Request: r, Header: http.Header{"Www-Authenticate": {challenge}},
		Body: io.NopCloser(strings.NewReader(body)),
	}
}

// challenging is the header by which a service demands claims: internal/azuresim/README.md, "Access tokens".
func challenging(claims string) string {
	return `Bearer realm="", authorization_uri="https://login.example/common/oauth2/authorize", ` +
		`error="insufficient_claims", claims="` + claims + `"`
}

// rejecting answers 401 to the tokens in it, and checks that each request has its whole body.
func (w *wire) rejecting(t *testing.T, challenge string, rejected func(token string) bool) {
	w.answer = func(r *http.Request) *http.Response {
		if body, _ := io.ReadAll(r.Body); string(body) != "the body" {
			t.Errorf("the body is %q", body)
		}
		if rejected(bearerOf(r)) {
			return unauthorized(r, invalidToken, challenge)
		}
		return respond(r, http.StatusOK, map[string]any{})
	}
}

func bearerOf(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// first says whether a token is the first one that was issued.
func (w *wire) first(token string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return token == w.issued[0]
}

func always(string) bool { return true }

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
		challenge   string
		rejected    func(*wire) func(string) bool
		status      int
		sent, asked int
	}{
		"once": {`Bearer error="invalid_token"`, func(w *wire) func(string) bool { return w.first },
			200, 2, 2},
		"for good": {`Bearer error="invalid_token"`, func(*wire) func(string) bool { return always }, 401,
			2, 2},
		"with demanded claims":  {challenging(claims), func(w *wire) func(string) bool { return w.first }, 200, 2, 2},
		"claims demanded again": {challenging(claims), func(*wire) func(string) bool { return always }, 401, 2, 2},
		"unreadable " +
			"claims": {challenging("no base64!"), func(*wire) func(string) bool { return always }, 401, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{}
			w.rejecting(t, test.challenge, test.rejected(w))
			tenants := newTestTenants(t, w)
			response, err := put(t, tenants)
			if err != nil || response.StatusCode != test.status {
				t.Fatalf("%v, %v", response, err)
			}
			if len(w.calls) != test.sent || len(w.issued) != test.asked || bearerOf(w.calls[1]) != w.issued[1] {
				t.Errorf("%d requests and %d tokens", len(w.calls), len(w.issued))
			}
			if asked := strings.Contains(w.claims[1], `"nbf":`); asked != strings.Contains(test.challenge, claims) {
				t.Errorf("tokens were requested with the claims %q", w.claims)
			}
			if test.status == http.StatusOK {
				if _, err := put(t, tenants); err != nil || len(w.issued) != test.asked {
					t.Errorf("the next request took another token: %d, %v", len(w.issued), err)
				}
			}
		})
	}
}

// MSAL caches a managed identity's tokens for the whole process, not for one credential.
func TestAManagedIdentitysTokenIsRenewedToo(t *testing.T) {
	t.Setenv("IDENTITY_ENDPOINT", "https://identity.example/token")
	t.Setenv("IDENTITY_HEADER", "the header")
	w := &wire{}
	w.rejecting(t, `Bearer error="invalid_token"`, w.first)
	config := testConfig(w)
	config.Cloud.ResourceManager.Audience = "https://" + t.Name() + ".example"
	config.SignIn = signin.Config{TenantID: config.SignIn.TenantID, UseMSI: signin.Input{Value: "true",
		Source: "use_msi"}}
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
	w := &wire{answer: func(r *http.Request) *http.Response {
		return unauthorized(r, wrongIssuer, `Bearer error="invalid_token"`)
	}}
	response, err := call(t.Context(), newTestTenants(t, w), tenantA, "/any")
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
	w.answer = func(r *http.Request) *http.Response {
		if !w.first(bearerOf(r)) {
			return respond(r, http.StatusOK, map[string]any{})
		}
		together.Done()
		together.Wait()
		return unauthorized(r, invalidToken, `Bearer error="invalid_token"`)
	}
	tenants := newTestTenants(t, w)
	var group sync.WaitGroup
	for range many {
		group.Go(func() {
			if response, err := call(t.Context(), tenants, tenantA, "/any"); err != nil ||
				response.StatusCode != http.StatusOK {
				t.Errorf("%v, %v", response, err)
			}
		})
	}
	group.Wait()
	if len(w.issued) != 2 || len(w.calls) != 2*many {
		t.Errorf("%d tokens and %d requests, want 2 and %d", len(w.issued), len(w.calls), 2*many)
	}
}

// The new token, too, is of the right tenant or is never sent.
func TestARenewedTokenOfAnotherTenantIsNeverSent(t *testing.T) {
	w := &wire{}
	w.rejecting(t, `Bearer error="invalid_token"`, always)
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
				w := &wire{refuseToken: func(_ string, r *http.Request) *http.Response {
					if strings.HasSuffix(r.URL.Path, "/openid-configuration") {
						return nil
					}
					attempts++
					return &http.Response{
						StatusCode: http.StatusOK, Request: r, Header: http.Header{"Content-Type": {"text/html"}},
						Body: io.NopCloser(strings.NewReader(body)),
					}
				}}
				_, err := call(t.Context(), newTestTenants(t, w), tenantA, "/any")
				advice := remedy.For(err, tenantA)
				told := []string{advice.Problem, advice.Remedy, remedy.ServiceMessage(err), err.Error()}
				if advice.Problem != "signing in failed: the answer can't be read" || !strings.Contains(told[1], "HTTPS_PROXY") ||
					!strings.Contains(told[2], "text/html") || attempts != 3 {
					t.Errorf("after %d attempts: %q", attempts, told)
				}
				if slices.ContainsFunc(told, func(s string) bool {
					return strings.Contains(s, "eyJ") ||
						strings.Contains(s, "<html")
				}) {
					t.Errorf("it is shown: %q", told)
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
		if _, err := call(t.Context(), tenants, tenantA, "/any"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // azcore tries at most once in half a minute
		attempts := 0
		w.refuseToken = func(_ string, r *http.Request) *http.Response {
			attempts++
			return respond(r, http.StatusServiceUnavailable, map[string]any{})
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
		defer cancel()
		started := time.Now()
		response, err := call(ctx, tenants, tenantA, "/any")
		if err != nil || response.StatusCode != http.StatusOK || attempts != 1 {
			t.Errorf("%v, %v after %d attempts for a token", response, err, attempts)
		}
		if waited := time.Since(started); waited != 0 {
			t.Errorf("it waited %s", waited)
		}
	})
}

package azure_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

const invalidToken = `{"error":{"code":"InvalidAuthenticationToken","message":"The access token is invalid."}}`

// unauthorized is a 401 with the header that names the challenge.
func unauthorized(r *http.Request, body, challenge string) *http.Response {
	return &http.Response{
		StatusCode: http.StatusUnauthorized, Request: r, Header: http.Header{"Www-Authenticate": {challenge}}, Body: io.NopCloser(strings.NewReader(body)),
	}
}

func bearerOf(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// refusing answers 401 to the tokens in it.
func (w *wire) refusing(refused func(token string) bool) {
	w.answer = func(r *http.Request) *http.Response {
		if refused(bearerOf(r)) {
			return unauthorized(r, invalidToken, `Bearer authorization_uri="https://login.example", error="invalid_token"`)
		}
		return respond(r, http.StatusOK, map[string]any{})
	}
}

// first says whether a token is the first one that was handed out.
func (w *wire) first(token string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return token == w.issued[0]
}

// sends are the ways in which requests go to the services.
var sends = map[string]func(*testing.T, *azure.Tenants, *policy.Request) (*http.Response, error){
	"Do to Resource Manager": func(t *testing.T, tenants *azure.Tenants, request *policy.Request) (*http.Response, error) {
		service, err := tenants.ResourceManager(t.Context(), tenantA)
		if err != nil {
			return nil, err
		}
		return send(service, request)
	},
	"Once to Resource Manager": func(t *testing.T, tenants *azure.Tenants, request *policy.Request) (*http.Response, error) {
		service, err := tenants.ResourceManager(t.Context(), tenantA)
		if err != nil {
			return nil, err
		}
		return send(service.WithoutRetries(), request)
	},
	"Do to Log Analytics": func(t *testing.T, tenants *azure.Tenants, request *policy.Request) (*http.Response, error) {
		service, err := tenants.LogAnalytics(t.Context(), tenantA)
		if err != nil {
			return nil, err
		}
		return send(service, request)
	},
}

// put makes a request with a body, which is to arrive whole each time.
func put(t *testing.T) *policy.Request {
	t.Helper()
	request, err := runtime.NewRequest(t.Context(), http.MethodPut, "https://arm.example/any")
	if err != nil {
		t.Fatal(err)
	}
	if err := request.SetBody(streaming.NopCloser(bytes.NewReader([]byte("the body"))), "text/plain"); err != nil {
		t.Fatal(err)
	}
	return request
}

func bothServices(w *wire) azure.Config {
	config := testConfig(w)
	config.Cloud.LogAnalytics = azure.Endpoint{"https://logs.example/v1", "https://logs.audience.example"}
	return config
}

func TestATokenThatIsNotAcceptedIsReplacedOnce(t *testing.T) {
	for name, send := range sends {
		t.Run(name, func(t *testing.T) {
			w := &wire{}
			w.refusing(w.first)
			var bodies []string
			answer := w.answer
			w.answer = func(r *http.Request) *http.Response {
				body, _ := io.ReadAll(r.Body)
				bodies = append(bodies, string(body))
				return answer(r)
			}
			tenants, err := azure.NewTenants(bothServices(w))
			if err != nil {
				t.Fatal(err)
			}
			response, err := send(t, tenants, put(t))
			if err != nil || response.StatusCode != http.StatusOK {
				t.Fatalf("%v, %v", response, err)
			}
			if len(w.issued) != 2 || !slices.Equal(bodies, []string{"the body", "the body"}) {
				t.Errorf("%d tokens, and the bodies %q", len(w.issued), bodies)
			}
			if bearerOf(w.calls[1]) != w.issued[1] {
				t.Error("the request was sent again with the old token")
			}
			if _, err := send(t, tenants, put(t)); err != nil || len(w.issued) != 2 {
				t.Errorf("the next request took another token: %d, %v", len(w.issued), err)
			}
		})
	}
}

func TestASecondRefusalOfATokenIsFinal(t *testing.T) {
	for name, send := range sends {
		t.Run(name, func(t *testing.T) {
			w := &wire{}
			w.refusing(func(string) bool { return true })
			tenants, err := azure.NewTenants(bothServices(w))
			if err != nil {
				t.Fatal(err)
			}
			response, err := send(t, tenants, put(t))
			if err != nil || response.StatusCode != http.StatusUnauthorized {
				t.Fatalf("%v, %v", response, err)
			}
			if len(w.calls) != 2 || len(w.issued) != 2 {
				t.Errorf("%d requests and %d tokens, want 2 of each", len(w.calls), len(w.issued))
			}
			refusal := azure.NewServiceError(response)
			if advice := remedy.For(refusal, tenantA); refusal.Code != "InvalidAuthenticationToken" || advice.Problem != "the token was not accepted" {
				t.Errorf("%v, %+v", refusal, advice)
			}
		})
	}
}

// MSAL keeps a managed identity's tokens for the whole process, not for one credential.
func TestAManagedIdentitysTokenIsReplacedToo(t *testing.T) {
	t.Setenv("IDENTITY_ENDPOINT", "https://identity.example/token")
	t.Setenv("IDENTITY_HEADER", "the header")
	w := &wire{}
	w.refusing(w.first)
	config := testConfig(w)
	config.Cloud.ResourceManager.Audience = "https://" + t.Name() + ".example"
	config.SignIn = signin.Config{TenantID: config.SignIn.TenantID, UseMSI: signin.Input{Value: "true", Source: "use_msi"}}
	tenants, err := azure.NewTenants(config)
	if err != nil {
		t.Fatal(err)
	}
	response, err := call(t.Context(), tenants, tenantA, "/any")
	if err != nil || response.StatusCode != http.StatusOK || len(w.issued) != 2 {
		t.Errorf("%v, %v with %d tokens", response, err, len(w.issued))
	}
}

// Another token of the same tenant does not help where another tenant's is wanted.
func TestATokenOfTheWrongTenantIsNotReplaced(t *testing.T) {
	w := &wire{answer: func(r *http.Request) *http.Response {
		return unauthorized(r, `{"error":{"code":"InvalidAuthenticationTokenTenant","message":"wrong issuer"}}`, `Bearer error="invalid_token"`)
	}}
	response, err := call(t.Context(), newTestTenants(t, w), tenantA, "/any")
	if err != nil || azure.NewServiceError(response).Code != "InvalidAuthenticationTokenTenant" {
		t.Errorf("%v, %v", response, err)
	}
	if len(w.calls) != 1 || len(w.issued) != 1 {
		t.Errorf("%d requests and %d tokens", len(w.calls), len(w.issued))
	}
}

func TestOneNewTokenServesAllWhoseTokenWasNotAccepted(t *testing.T) {
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
			if response, err := call(t.Context(), tenants, tenantA, "/any"); err != nil || response.StatusCode != http.StatusOK {
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
func TestAReplacementOfAnotherTenantIsNeverSent(t *testing.T) {
	w := &wire{}
	w.refusing(func(string) bool { return true })
	w.issuer = func(string) string {
		if len(w.issued) == 0 {
			return tenantA
		}
		return tenantB
	}
	_, err := call(t.Context(), newTestTenants(t, w), tenantA, "/any")
	if advice := remedy.For(err, tenantA); advice.Problem != "the sign-in gave a token of another tenant" {
		t.Errorf("error = %v", err)
	}
	if len(w.calls) != 1 {
		t.Errorf("%d requests were sent", len(w.calls))
	}
}

const (
	demanded    = `{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}`
	tokenIsOver = `{"error":{"code":"InvalidAuthenticationToken","message":"The token was revoked."}}`
)

// challenging is the header by which a service demands claims, as in Microsoft's page on claims challenges.
func challenging(claims string) string {
	return `Bearer realm="", authorization_uri="https://login.example/common/oauth2/authorize", error="insufficient_claims", claims="` + claims + `"`
}

func TestDemandedClaimsAreAskedFor(t *testing.T) {
	for name, send := range sends {
		t.Run(name, func(t *testing.T) {
			w := &wire{}
			w.answer = func(r *http.Request) *http.Response {
				if body, _ := io.ReadAll(r.Body); string(body) != "the body" {
					t.Errorf("the body is %q", body)
				}
				if w.first(bearerOf(r)) {
					return unauthorized(r, tokenIsOver, challenging(base64.StdEncoding.EncodeToString([]byte(demanded))))
				}
				return respond(r, http.StatusOK, map[string]any{})
			}
			tenants, err := azure.NewTenants(bothServices(w))
			if err != nil {
				t.Fatal(err)
			}
			response, err := send(t, tenants, put(t))
			if err != nil || response.StatusCode != http.StatusOK {
				t.Fatalf("%v, %v", response, err)
			}
			if len(w.claims) != 2 || strings.Contains(w.claims[0], "nbf") || !strings.Contains(w.claims[1], `"nbf":{"essential":true,"value":"1700000000"}`) {
				t.Errorf("tokens were asked for with the claims %q", w.claims)
			}
		})
	}
}

// A service that goes on demanding claims, or demands what can't be read, ends the request.
func TestClaimsThatDoNotHelp(t *testing.T) {
	for name, claims := range map[string]string{"demanded again": base64.StdEncoding.EncodeToString([]byte(demanded)), "not to be read": "no base64!"} {
		t.Run(name, func(t *testing.T) {
			w := &wire{answer: func(r *http.Request) *http.Response { return unauthorized(r, tokenIsOver, challenging(claims)) }}
			response, err := call(t.Context(), newTestTenants(t, w), tenantA, "/any")
			if err != nil || response.StatusCode != http.StatusUnauthorized {
				t.Fatalf("%v, %v", response, err)
			}
			if len(w.calls) != 2 {
				t.Errorf("%d requests", len(w.calls))
			}
		})
	}
}

// signInWith puts a program on the path in place of a CLI.
func signInWith(t *testing.T, name, script string) {
	t.Helper()
	needShell(t)
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
}

// The CLIs can't be given claims without the person who signed in.
func TestDemandedClaimsAreForThePersonToGive(t *testing.T) {
	expires := time.Now().Add(time.Hour)
	signInWith(t, "az", fmt.Sprintf("echo '{\"accessToken\": \"%s\", \"expires_on\": %d}'\n", tokenOf(tenantA), expires.Unix()))
	signInWith(t, "azd", fmt.Sprintf("case \"$*\" in *--claims*) echo no >&2; exit 1;; esac\necho '{\"token\": \"%s\", \"expiresOn\": \"%s\"}'\n",
		tokenOf(tenantA), expires.UTC().Format("2006-01-02T15:04:05Z")))
	encoded := base64.StdEncoding.EncodeToString([]byte(demanded))
	for name, test := range map[string]struct {
		signIn signin.Config
		want   string
	}{
		"Azure CLI":           {signin.Config{UseCLI: signin.Input{Value: "true", Source: "use_cli"}}, "\n    az login --tenant " + tenantA + " --claims-challenge " + encoded + "\n"},
		"Azure Developer CLI": {signin.Config{UseDevCLI: signin.Input{Value: "true", Source: "use_dev_cli"}}, "\n    azd auth token -o json --no-prompt --scope https://audience.example//.default --tenant-id " + tenantA + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{answer: func(r *http.Request) *http.Response { return unauthorized(r, tokenIsOver, challenging(encoded)) }}
			config := testConfig(w)
			config.SignIn = test.signIn
			tenants, err := azure.NewTenants(config)
			if err != nil {
				t.Fatal(err)
			}
			_, err = call(t.Context(), tenants, tenantA, "/any")
			advice := remedy.For(err, tenantA)
			if advice.Problem != "the tenant asks you to sign in again" || !strings.Contains(advice.Remedy, test.want) || !strings.Contains(advice.Remedy, name) {
				t.Errorf("advice = %+v for %v", advice, err)
			}
			if len(w.calls) != 1 {
				t.Errorf("%d requests", len(w.calls))
			}
		})
	}
}

// What the token service says in place of a token is not shown: it may hold one that was spoiled on the way.
func TestAnUnreadableTokenIsNotShown(t *testing.T) {
	for name, body := range map[string]string{
		"a page": "<html>Please sign in</html>", "half a token": `{"token_type":"Bearer","access_token":"eyJthe-token`, "an odd one": `{"access_token":"eyJthe-token","expires_in":{}}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tries := 0
				w := &wire{refuseToken: func(_ string, r *http.Request) *http.Response {
					if strings.HasSuffix(r.URL.Path, "/openid-configuration") {
						return nil
					}
					tries++
					return &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{"Content-Type": {"text/html"}}, Body: io.NopCloser(strings.NewReader(body))}
				}}
				_, err := call(t.Context(), newTestTenants(t, w), tenantA, "/any")
				advice := remedy.For(err, tenantA)
				if advice.Problem != "signing in failed: the answer can't be read" || !strings.Contains(advice.Remedy, "HTTPS_PROXY") || !strings.Contains(remedy.ServiceMessage(err), "text/html") {
					t.Errorf("%+v\n%s", advice, remedy.ServiceMessage(err))
				}
				for _, shown := range []string{err.Error(), advice.Remedy, remedy.ServiceMessage(err)} {
					if strings.Contains(shown, "eyJ") || strings.Contains(shown, "<html") {
						t.Errorf("it is shown:\n%s", shown)
					}
				}
				if tries != 3 {
					t.Errorf("%d tries", tries)
				}
			})
		})
	}
}

// While a token is good for some minutes more, nothing waits for a token service that is out of order.
func TestAnEarlyRenewalThatFailsDelaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{life: 4 * time.Minute}
		tenants := newTestTenants(t, w)
		if _, err := call(t.Context(), tenants, tenantA, "/any"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // azcore tries no more than once in half a minute
		var refused int
		w.refuseToken = func(_ string, r *http.Request) *http.Response {
			refused++
			return respond(r, http.StatusServiceUnavailable, map[string]any{})
		}
		var broken int
		w.answer = func(r *http.Request) *http.Response {
			if broken++; broken == 1 {
				return nil
			}
			return respond(r, http.StatusOK, map[string]any{})
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
		defer cancel()
		started := time.Now()
		response, err := call(ctx, tenants, tenantA, "/any")
		if err != nil || response.StatusCode != http.StatusOK || refused == 0 {
			t.Errorf("%v, %v after %d tries for a token", response, err, refused)
		}
		if waited := time.Since(started); waited > time.Second {
			t.Errorf("it waited %s", waited)
		}
	})
}

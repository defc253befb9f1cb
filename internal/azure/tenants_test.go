package azure_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/golang-jwt/jwt/v5"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

const (
	tenantA = "aaaaaaaa-1111-4111-8111-111111111111"
	tenantB = "bbbbbbbb-2222-4222-8222-222222222222"
)

// wire stands in for the network: a token service, and a service behind it that answer decides.
type wire struct {
	// issuer is the tenant whose tokens a tenant's token endpoint hands out; nil means that tenant's own.
	issuer func(tenant string) string
	answer func(*http.Request) *http.Response // nil breaks the connection
	// refuseToken is what the token service answers a tenant instead of a token; nil, or a nil answer, means a token.
	refuseToken func(tenant string, r *http.Request) *http.Response
	// life is how long a token lasts; 0 means an hour.
	life time.Duration
	// hang is how many requests to the service are never answered.
	hang int
	// broken is how the connection to the service behind fails; nil means that it does not.
	broken error

	mu     sync.Mutex
	calls  []*http.Request // those to the service
	issued []string        // the tokens that were handed out, each another
	claims []string        // what their requests asked to be in them
}

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	tenant, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if r.URL.Host == "login.example" && w.refuseToken != nil {
		if refusal := w.refuseToken(tenant, r); refusal != nil {
			return refusal, nil
		}
	}
	if r.URL.Host == "identity.example" {
		return respond(r, http.StatusOK, map[string]any{
			"token_type": "Bearer", "expires_on": time.Now().Add(time.Hour).Unix(),
			"resource": r.URL.Query().Get("resource"), "access_token": w.issue(tenantA, r),
		}), nil
	}
	if r.URL.Host == "login.example" {
		base := "https://login.example/" + tenant
		if strings.HasPrefix(rest, "v2.0") {
			return respond(r, http.StatusOK, map[string]any{
				"issuer": base + "/v2.0", "authorization_endpoint": base + "/authorize",
				"token_endpoint": base + "/oauth2/v2.0/token",
			}), nil
		}
		issuer := tenant
		if w.issuer != nil {
			issuer = w.issuer(tenant)
		}
		return respond(r, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": w.lasting(),
			"access_token": w.issue(issuer, r)}), nil
	}
	w.mu.Lock()
	w.calls = append(w.calls, r)
	hangs := len(w.calls) <= w.hang
	w.mu.Unlock()
	if hangs {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if w.broken != nil {
		return nil, w.broken
	}
	if w.answer != nil {
		if response := w.answer(r); response != nil {
			return response, nil
		}
		return nil, io.ErrUnexpectedEOF
	}
	return respond(r, http.StatusOK, map[string]any{}), nil
}

// issue makes a token.
func (w *wire) issue(tenant string, r *http.Request) string {
	_ = r.ParseForm()
	w.mu.Lock()
	defer w.mu.Unlock()
	token, _ := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"tid": tenant,
		"jti": len(w.issued)}).SignedString([]byte("any key"))
	w.issued, w.claims = append(w.issued, token), append(w.claims, r.PostForm.Get("claims"))
	return token
}

func (w *wire) lasting() int {
	if w.life == 0 {
		return 3600
	}
	return int(w.life.Seconds())
}

func respond(r *http.Request, status int, body any) *http.Response {
	raw, _ := json.Marshal(body)
	return &http.Response{
		StatusCode: status, Request: r, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(string(raw))),
	}
}

func tokenOf(tenant string) string {
	token, _ := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"tid": tenant}).SignedString([]byte("any key"))
	return token
}

func newTestTenants(t *testing.T, w *wire, allowed ...string) *azure.Tenants {
	t.Helper()
	config := testConfig(w)
	config.AllowedTenantIDs = allowed
	tenants, err := azure.NewTenants(config)
	if err != nil {
		t.Fatal(err)
	}
	return tenants
}

func testConfig(w *wire) azure.Config {
	return azure.Config{
		Cloud: azure.Cloud{
			AuthorityHost:   "https://login.example",
			ResourceManager: azure.Endpoint{"https://arm.example", "https://audience.example/"},
		},
		SignIn: signin.Config{
			TenantID:                 signin.Input{Value: tenantA, Source: "ARM_TENANT_ID"},
			ClientID:                 signin.Input{Value: "the-client", Source: "client_id in the provider block"},
			ClientSecret:             signin.Input{Value: "s3cret", Source: "ARM_CLIENT_SECRET"},
			DisableInstanceDiscovery: true,
		},
		Version:          "1.2.3",
		TerraformVersion: "1.11.4",
		Transport:        w,
	}
}

func call(ctx context.Context, tenants *azure.Tenants, tenant, path string) (*http.Response, error) {
	service, err := tenants.ResourceManager(ctx, tenant)
	if err != nil {
		return nil, err
	}
	request, err := runtime.NewRequest(ctx, http.MethodGet, service.URL+path)
	if err != nil {
		return nil, err
	}
	return send(service, request)
}

// send returns any answer but one that is worth a retry.
func send(service azure.Service, request *policy.Request) (answer *http.Response, err error) {
	err = service.Do(request, func(response *http.Response) error {
		if azure.IsTemporary(response.StatusCode) {
			return azure.NewServiceError(response)
		}
		answer = response
		return nil
	})
	return answer, err
}

func TestEachTenantHasItsOwnToken(t *testing.T) {
	w := &wire{}
	tenants := newTestTenants(t, w, "*")
	var group sync.WaitGroup
	for range 20 {
		for _, tenant := range []string{tenantA, tenantB, strings.ToUpper(tenantB)} {
			group.Go(func() {
				if _, err := call(t.Context(), tenants, tenant, "/of/"+strings.ToLower(tenant)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	if len(w.calls) != 60 {
		t.Errorf("%d requests arrived, want 60", len(w.calls))
	}
	for _, r := range w.calls {
		bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if got := signin.TokenTenant(bearer); r.URL.Path != "/of/"+got {
			t.Errorf("the request %s carried a token of tenant %q", r.URL.Path, got)
		}
	}
}

func TestATokenOfAnotherTenantIsNeverSent(t *testing.T) {
	w := &wire{issuer: func(string) string { return tenantB }}
	_, err := call(t.Context(), newTestTenants(t, w), tenantA, "/any")
	wrong, ok := errors.AsType[*signin.WrongTenantError](err)
	if !ok || wrong.Wanted != tenantA || wrong.Issued != tenantB {
		t.Errorf("error = %v, want a WrongTenantError from %s to %s", err, tenantA, tenantB)
	}
	if len(w.calls) != 0 {
		t.Errorf("%d requests were sent", len(w.calls))
	}
	advice := remedy.For(err, tenantA)
	for _, want := range []string{tenantA, tenantB, "client secret", "ARM_CLIENT_SECRET"} {
		if !strings.Contains(advice.Remedy, want) {
			t.Errorf("the advice does not name %s:\n%s", want, advice.Remedy)
		}
	}
}

func TestOnlyAllowedTenants(t *testing.T) {
	for _, test := range []struct {
		allowed []string
		tenant  string
		want    bool
	}{
		{nil, tenantA, true},
		{nil, strings.ToUpper(tenantA), true},
		{nil, tenantB, false},
		{[]string{strings.ToUpper(tenantB)}, tenantB, true},
		{[]string{tenantB}, tenantA, true},
		{[]string{"*"}, tenantB, true},
	} {
		w := &wire{}
		_, err := call(t.Context(), newTestTenants(t, w, test.allowed...), test.tenant, "/any")
		if test.want != (err == nil) {
			t.Errorf("allowed %v, tenant %s: error = %v", test.allowed, test.tenant, err)
		}
		if !test.want && len(w.calls) > 0 {
			t.Errorf("allowed %v, tenant %s: %d requests were sent", test.allowed, test.tenant, len(w.calls))
		}
	}
}

func TestRequestsNameTheProviderAndTheRun(t *testing.T) {
	w := &wire{}
	tenants := newTestTenants(t, w)
	for range 2 {
		if _, err := call(t.Context(), tenants, tenantA, "/any"); err != nil {
			t.Fatal(err)
		}
	}
	agent := w.calls[0].Header.Get("User-Agent")
	if !strings.Contains(agent,
		"HashiCorp Terraform/1.11.4 (+https://www.terraform.io) terraform-provider-sentinel/1.2.3") {
		t.Errorf("User-Agent = %q", agent)
	}
	first, second := w.calls[0].Header.Get("x-ms-correlation-request-id"),
		w.calls[1].Header.Get("x-ms-correlation-request-id")
	if !azure.IsGUID(first) || first != second {
		t.Errorf("correlation ids = %q and %q, want one GUID", first, second)
	}
}

func TestALongRetryAfterIsHonoured(t *testing.T) {
	const asked = 10 * time.Minute
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		w.answer = func(r *http.Request) *http.Response {
			if len(w.calls) > 1 {
				return respond(r, http.StatusOK, map[string]any{})
			}
			throttled := respond(r, http.StatusTooManyRequests, map[string]any{})
			throttled.Header.Set("Retry-After", "600")
			return throttled
		}
		started := time.Now()
		response, err := call(t.Context(), newTestTenants(t, w), tenantA, "/any")
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("response = %v, error = %v", response, err)
		}
		if waited := time.Since(started); waited != asked {
			t.Errorf("waited %s, want %s", waited, asked)
		}
	})
}

func TestAnOutageIsRetriedUntilTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answer: func(r *http.Request) *http.Response {
			answer := respond(r, http.StatusServiceUnavailable, map[string]any{"code": "Busy", "message": "Come back later."})
			answer.Header.Set("x-ms-correlation-request-id", "the-correlation-id")
			return answer
		}}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		_, err := call(ctx, newTestTenants(t, w), tenantA, "/any")
		if !errors.Is(err, context.DeadlineExceeded) || !azure.IsStatus(err, http.StatusServiceUnavailable) {
			t.Errorf("error = %v, want the deadline's with the last answer", err)
		}
		if advice := remedy.For(err, tenantA); advice.Problem != "the service failed" {
			t.Errorf("advice = %+v", advice)
		}
		const want = "Azure said: 503 Busy: Come back later.\nCorrelation id: the-correlation-id"
		if said := remedy.ServiceMessage(err); said != want {
			t.Errorf("Said = %q, want %q", said, want)
		}
		if n := len(w.calls); n < 15 || n > 40 {
			t.Errorf("%d tries in ten minutes, want one every half minute at last", n)
		}
	})
}

// Each tenant has a credential and a pipeline of its own, so none waits for another's throttling.
func TestAThrottledTenantDelaysNoOther(t *testing.T) {
	throttled := func(r *http.Request) *http.Response {
		answer := respond(r, http.StatusTooManyRequests, map[string]any{})
		answer.Header.Set("Retry-After", "120")
		return answer
	}
	for name, w := range map[string]*wire{
		"by the token service": {refuseToken: func(tenant string, r *http.Request) *http.Response {
			if tenant == tenantA {
				return throttled(r)
			}
			return nil
		}},
		"by the service": {answer: func(r *http.Request) *http.Response {
			if signin.TokenTenant(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")) == tenantA {
				return throttled(r)
			}
			return respond(r, http.StatusOK, map[string]any{})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tenants := newTestTenants(t, w, "*")
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				defer cancel()
				started := time.Now()
				go func() { _, _ = call(ctx, tenants, tenantA, "/any") }()
				synctest.Wait() // until the one tenant waits for its Retry-After
				if _, err := call(ctx, tenants, tenantB, "/any"); err != nil {
					t.Error(err)
				}
				if waited := time.Since(started); waited != 0 {
					t.Errorf("the other tenant waited %s", waited)
				}
				cancel()
				synctest.Wait()
			})
		})
	}
}

func TestATokenServiceThatFailsUntilTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{refuseToken: func(_ string, r *http.Request) *http.Response {
			return respond(r, http.StatusServiceUnavailable, map[string]any{})
		}}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		started := time.Now()
		_, err := call(ctx, newTestTenants(t, w), tenantA, "/any")
		if waited := time.Since(started); waited != 10*time.Minute {
			t.Errorf("it gave up after %s, want ten minutes", waited)
		}
		if advice := remedy.For(err, tenantA); advice.Problem != "Entra ID's token service gave no token" ||
			!strings.Contains(advice.Remedy, "503 Service Unavailable") {
			t.Errorf("advice = %+v for %v", advice, err)
		}
	})
}

// A try that hangs is cut off, and made again.
func TestAHangingTryIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{hang: 1}
		started := time.Now()
		response, err := call(t.Context(), newTestTenants(t, w), tenantA, "/any")
		if err != nil || response.StatusCode != http.StatusOK || len(w.calls) != 2 {
			t.Errorf("after %d tries: %v, %v", len(w.calls), response, err)
		}
		if waited := time.Since(started); waited < 100*time.Second || waited > 100*time.Second+time.Second {
			t.Errorf("waited %s", waited)
		}
	})
}

func TestAnUntrustedCertificateIsNotTriedAgain(t *testing.T) {
	w := &wire{broken: &tls.CertificateVerificationError{Err: errors.New("signed by unknown authority")}}
	_, err := call(t.Context(), newTestTenants(t, w), tenantA, "/any")
	if advice := remedy.For(err, tenantA); advice.Problem != "the service's certificate is not trusted" {
		t.Errorf("advice = %+v for %v", advice, err)
	}
	if len(w.calls) != 1 {
		t.Errorf("%d tries", len(w.calls))
	}
}

func TestTheLogHoldsNoSecret(t *testing.T) {
	var lines strings.Builder
	w := &wire{}
	logged, err := azure.NewTenants(azure.Config{
		Cloud: testConfig(w).Cloud, SignIn: testConfig(w).SignIn, Transport: w,
		Log: func(_ context.Context, message string, fields ...map[string]any) {
			fmt.Fprintln(&lines, message, fields)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := call(t.Context(), logged, tenantA, "/any"); err != nil {
		t.Fatal(err)
	}
	for _, secret := range append([]string{"s3cret"}, w.issued...) {
		if strings.Contains(lines.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, lines.String())
		}
	}
	if !strings.Contains(lines.String(), "/any") {
		t.Errorf("the log does not show the request:\n%s", lines.String())
	}
	if method := logged.SignInMethod(); strings.Contains(method, "s3cret") || !strings.Contains(method,
		"ARM_CLIENT_SECRET") {
		t.Errorf("SignInMethod() = %q", method)
	}
}

package azure_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/golang-jwt/jwt/v5"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

const (
	tenantA = "aaaaaaaa-1111-4111-8111-111111111111"
	tenantB = "bbbbbbbb-2222-4222-8222-222222222222"
)

// wire stands in for the network: a token service, an identity endpoint, and a service behind them on any other host.
type wire struct {
	// issuer is the tenant whose tokens a tenant's token endpoint hands out; nil means that tenant's own.
	issuer func(tenant string) string
	// tokens is what the token endpoint answers a tenant instead of a token; nil, or a nil answer, means a token.
	tokens func(tenant string, r *http.Request) *http.Response
	// life is how long a token lasts; 0 means an hour.
	life time.Duration
	// answer is the service's; nil means 200.
	answer func(*http.Request) (*http.Response, error)

	mu     sync.Mutex
	calls  []*http.Request // those to the service
	issued []string        // the tokens that were handed out, each another
	asked  []*http.Request // what asked for them, with its form
}

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	tenant, endpoint, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	life := cmp.Or(w.life, time.Hour)
	switch {
	case r.URL.Host == "identity.example":
		return respond(r, http.StatusOK, map[string]any{
			"token_type": "Bearer", "expires_on": time.Now().Add(life).Unix(), "resource": r.URL.Query().Get("resource"),
			"access_token": w.issue(tenantA, r),
		}), nil
	case strings.HasSuffix(endpoint, "/openid-configuration"):
		base := "https://" + r.URL.Host + "/" + tenant
		return respond(r, http.StatusOK, map[string]any{
			"issuer": base, "authorization_endpoint": base + "/authorize", "token_endpoint": base + "/token",
		}), nil
	case endpoint == "token":
		if w.tokens != nil {
			if refusal := w.tokens(tenant, r); refusal != nil {
				return refusal, nil
			}
		}
		if w.issuer != nil {
			tenant = w.issuer(tenant)
		}
		return respond(r, http.StatusOK, map[string]any{
			"token_type": "Bearer", "expires_in": int(life.Seconds()), "access_token": w.issue(tenant, r),
		}), nil
	}
	w.mu.Lock()
	w.calls = append(w.calls, r)
	w.mu.Unlock()
	if w.answer != nil {
		return w.answer(r)
	}
	return respond(r, http.StatusOK, map[string]any{}), nil
}

// issue makes a token.
func (w *wire) issue(tenant string, r *http.Request) string {
	_ = r.ParseForm()
	w.mu.Lock()
	defer w.mu.Unlock()
	claims := jwt.MapClaims{"tid": tenant, "jti": len(w.issued)}
	token, _ := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte("any key"))
	w.issued, w.asked = append(w.issued, token), append(w.asked, r)
	return token
}

// respond makes an answer with headers, given as name and value in turn. A text is a body as it is, not JSON.
func respond(r *http.Request, status int, body any, headers ...string) *http.Response {
	text, isText := body.(string)
	if !isText {
		raw, _ := json.Marshal(body)
		text = string(raw)
	}
	response := &http.Response{
		StatusCode: status, Request: r, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(text)),
	}
	for pair := range slices.Chunk(headers, 2) {
		response.Header.Set(pair[0], pair[1])
	}
	return response
}

func bearerOf(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// newTestTenants signs in to tenant A with a secret, in a cloud of the wire's.
func newTestTenants(t *testing.T, w *wire, changes ...func(*azure.Config)) *azure.Tenants {
	t.Helper()
	config := azure.Config{
		Cloud: azure.Cloud{
			AuthorityHost:   "https://login.example",
			ResourceManager: azure.Endpoint{"https://arm.example", "https://audience.example/"},
		},
		SignIn: signin.Config{
			"tenant_id":                  {Value: tenantA, Source: "ARM_TENANT_ID"},
			"client_id":                  {Value: "the-client", Source: "client_id in the provider block"},
			"client_secret":              {Value: "s3cret", Source: "ARM_CLIENT_SECRET"},
			"disable_instance_discovery": {Value: "true"},
		},
		Transport: w,
	}
	for _, change := range changes {
		if change != nil {
			change(&config)
		}
	}
	tenants, err := azure.NewTenants(config)
	if err != nil {
		t.Fatal(err)
	}
	return tenants
}

func allowing(tenants ...string) func(*azure.Config) {
	return func(c *azure.Config) { c.AllowedTenantIDs = tenants }
}

func withMetadataHost(c *azure.Config) { c.MetadataHost = "metadata.example" }

// call sends a request with a body, and returns any answer but one that is worth a retry.
func call(ctx context.Context, tenants *azure.Tenants, tenant string) (answer *http.Response, err error) {
	service, err := tenants.ResourceManager(ctx, tenant)
	if err != nil {
		return nil, err
	}
	request, err := service.NewRequest(ctx, http.MethodPut, "/of/"+strings.ToLower(tenant), "1")
	if err == nil {
		err = request.SetBody(streaming.NopCloser(strings.NewReader("the body")), "text/plain")
	}
	if err != nil {
		return nil, err
	}
	err = service.Do(request, func(response *http.Response) error {
		if azure.IsTemporary(response.StatusCode) {
			return azure.NewServiceError(response)
		}
		answer = response
		return nil
	})
	return answer, err
}

// mustCall is call, which must be answered with 200.
func mustCall(t *testing.T, tenants *azure.Tenants, tenant string) {
	t.Helper()
	if response, err := call(t.Context(), tenants, tenant); err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("%v, %v", response, err)
	}
}

func TestEachTenantHasItsOwnToken(t *testing.T) {
	w := &wire{}
	tenants := newTestTenants(t, w, allowing("*"))
	var group sync.WaitGroup
	for range 20 {
		for _, tenant := range []string{tenantA, tenantB, strings.ToUpper(tenantB)} {
			group.Go(func() { mustCall(t, tenants, tenant) })
		}
	}
	group.Wait()
	if len(w.calls) != 60 || len(w.issued) != 2 {
		t.Errorf("%d requests with %d tokens, want 60 with 2", len(w.calls), len(w.issued))
	}
	for _, r := range w.calls {
		if got := signin.TokenTenant(bearerOf(r)); r.URL.Path != "/of/"+got {
			t.Errorf("the request %s carried a token of tenant %q", r.URL.Path, got)
		}
	}
}

// Neither the first token of another tenant is sent nor one that replaces a rejected one.
func TestATokenOfAnotherTenantIsNeverSent(t *testing.T) {
	for _, issuers := range [][]string{{tenantB}, {tenantA, tenantB}} {
		w := &wire{answer: status(http.StatusUnauthorized, challenge, invalid)}
		w.issuer = func(string) string { return issuers[len(w.issued)] }
		_, err := call(t.Context(), newTestTenants(t, w), tenantA)
		wrong, ok := errors.AsType[*signin.WrongTenantError](err)
		if !ok || wrong.Wanted != tenantA || wrong.Issued != tenantB || len(w.calls) != len(issuers)-1 {
			t.Errorf("tokens of %v: error %v after %d requests", issuers, err, len(w.calls))
		}
		advice := remedy.For(err, tenantA)
		for _, want := range []string{tenantA, tenantB, "client secret", "ARM_CLIENT_SECRET"} {
			if !strings.Contains(advice.Remedy, want) {
				t.Errorf("the advice does not name %s:\n%s", want, advice.Remedy)
			}
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
		_, err := call(t.Context(), newTestTenants(t, w, allowing(test.allowed...)), test.tenant)
		if test.want != (err == nil) {
			t.Errorf("allowed %v, tenant %s: error = %v", test.allowed, test.tenant, err)
		}
		if !test.want && len(w.calls) > 0 {
			t.Errorf("allowed %v, tenant %s: %d requests were sent", test.allowed, test.tenant, len(w.calls))
		}
	}
}

func TestRequestsNameTheProviderAndTheRun(t *testing.T) {
	t.Setenv("AZURE_HTTP_USER_AGENT", "a-pipeline ")
	w := &wire{}
	tenants := newTestTenants(t, w, func(c *azure.Config) {
		c.Version, c.TerraformVersion, c.PartnerID = "1.2.3", "1.11.4", "the-partner"
	})
	mustCall(t, tenants, tenantA)
	mustCall(t, tenants, tenantA)
	const agent = "HashiCorp Terraform/1.11.4 (+https://www.terraform.io) terraform-provider-sentinel/1.2.3 a-pipeline " +
		"pid-the-partner"
	const correlation = "x-ms-correlation-request-id"
	first, second := w.calls[0].Header, w.calls[1].Header
	if got := first.Get("User-Agent"); !strings.Contains(got, agent) {
		t.Errorf("User-Agent = %q", got)
	}
	if id := first.Get(correlation); !azure.IsGUID(id) || second.Get(correlation) != id {
		t.Errorf("correlation ids = %q and %q, want one GUID", id, second.Get(correlation))
	}
}

// Each tenant has a credential and a pipeline of its own, so none waits for another's throttling.
func TestAThrottledTenantDelaysNoOther(t *testing.T) {
	for name, w := range map[string]*wire{
		"by the token service": {tokens: func(tenant string, r *http.Request) *http.Response {
			if tenant == tenantA {
				return respond(r, http.StatusTooManyRequests, nil, "Retry-After", "120")
			}
			return nil
		}},
		"by the service": {answer: func(r *http.Request) (*http.Response, error) {
			if signin.TokenTenant(bearerOf(r)) == tenantA {
				return respond(r, http.StatusTooManyRequests, nil, "Retry-After", "120"), nil
			}
			return respond(r, http.StatusOK, nil), nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tenants := newTestTenants(t, w, allowing("*"))
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				started := time.Now()
				go func() { _, _ = call(ctx, tenants, tenantA) }()
				synctest.Wait() // until the one tenant waits for its Retry-After
				mustCall(t, tenants, tenantB)
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
		tenants := newTestTenants(t, &wire{answer: hangs}, withMetadataHost)
		ask := func(timeout time.Duration) error {
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			_, err := tenants.ResourceManager(ctx, tenantA)
			return err
		}
		go func() { _ = ask(10 * time.Minute) }()
		synctest.Wait()
		started := time.Now()
		if err := ask(time.Minute); err != context.DeadlineExceeded || time.Since(started) != time.Minute {
			t.Errorf("error %v after %s", err, time.Since(started))
		}
	})
}

func TestTheLogHoldsNoSecret(t *testing.T) {
	var lines strings.Builder
	w := &wire{}
	tenants := newTestTenants(t, w, func(c *azure.Config) {
		c.Log = func(_ context.Context, message string, fields ...map[string]any) {
			fmt.Fprintln(&lines, message, fields)
		}
	})
	mustCall(t, tenants, tenantA)
	fmt.Fprintln(&lines, tenants.SignInMethod())
	for _, secret := range append(w.issued, "s3cret") {
		if strings.Contains(lines.String(), secret) {
			t.Errorf("it holds %q:\n%s", secret, lines.String())
		}
	}
	for _, want := range []string{"path:/of/" + tenantA, "status:200", "ARM_CLIENT_SECRET"} {
		if !strings.Contains(lines.String(), want) {
			t.Errorf("it does not show %s:\n%s", want, lines.String())
		}
	}
}

// The status is all that came of such an answer.
func TestTheLogShowsAnAnswerThatBreaksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		breaksOff := func(r *http.Request) (*http.Response, error) {
			response := respond(r, http.StatusOK, "")
			response.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
			return response, nil
		}
		var lines []string
		w := &wire{answer: inTurn(breaksOff, status(http.StatusOK))}
		mustCall(t, newTestTenants(t, w, func(c *azure.Config) {
			c.Log = func(_ context.Context, _ string, fields ...map[string]any) {
				lines = append(lines, fmt.Sprintf("%v %v %v", fields[0]["host"], fields[0]["status"], fields[0]["failed"]))
			}
		}), tenantA)
		want := []string{"arm.example 200 true", "arm.example 200 <nil>"}
		if got := lines[max(0, len(lines)-2):]; !slices.Equal(got, want) {
			t.Errorf("the log has %q, want %q", lines, want)
		}
	})
}

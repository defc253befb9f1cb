package azure

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// sameButForCase compares as Azure does, which knows no other letters in its own words.
func sameButForCase(a, b string) bool {
	lower := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= 'A' && r <= 'Z' {
				r += 'a' - 'A'
			}
			return r
		}, s)
	}
	return lower(a) == lower(b)
}

// The parts of an id that passes make up the id again, and it is a path that nothing on the way changes.
func FuzzParseID(f *testing.F) {
	const prefix = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/"
	types := []ResourceType{Workspace, StorageAccount, EventHubRule}
	for _, id := range []string{
		workspaceID, strings.ToLower(workspaceID), strings.ToUpper(workspaceID), workspaceID + "/", "/" + workspaceID, workspaceID + "?x=y", workspaceID + "#x", workspaceID + "/tables/x",
		prefix + "g/providers/Microsoft.Storage/storageAccounts/archive", prefix + "g/providers/Microsoft.EventHub/namespaces/n/authorizationRules/r",
		prefix + "g/providers/Microsoft.EventHub/namespaces/n/eventhubs/h/authorizationRules/r", prefix + "../providers/Microsoft.Storage/storageAccounts/x",
		prefix + "g/a/b/providers/Microsoft.OperationalInsights/workspaces/law", prefix + "g/providers/Microsoft.Storage/\u017ftorageAccounts/x", strings.Replace(workspaceID, "law", "l\u00e4w", 1), strings.Replace(workspaceID, "workspaces", "wor\u212aspaces", 1), "",
	} {
		f.Add(id, 0)
		f.Add(id, 1)
		f.Add(id, 2)
	}
	f.Fuzz(func(t *testing.T, id string, which int) {
		kind := types[uint(which)%uint(len(types))]
		parsed, err := kind.ParseID(id)
		if err != nil {
			if !strings.Contains(err.Error(), kind.Noun) && !strings.Contains(err.Error(), kind.Shape) {
				t.Errorf("%q: the error does not say what is wanted: %v", id, err)
			}
			return
		}
		id = strings.TrimSuffix(id, "/")
		namespace, of, _ := strings.Cut(kind.Type, "/")
		if parent, child, nested := strings.Cut(of, "/"); nested {
			of = parent + "/" + regexp.MustCompile(`/([^/]+)/[^/]+/[^/]+$`).FindStringSubmatch(id)[1] + "/" + child
		}
		again := "/subscriptions/" + parsed.Subscription + "/resourceGroups/" + parsed.ResourceGroup + "/providers/" + namespace + "/" + of + "/" + parsed.Name
		if !sameButForCase(again, id) {
			t.Errorf("%q was read as %q", id, again)
		}
		if u, err := url.Parse("https://arm.example" + id); err != nil || u.Path != id || u.RawQuery != "" || u.Fragment != "" || path.Clean(id) != id {
			t.Errorf("%q is not a plain path: %v, %v", id, u, err)
		}
	})
}

// An endpoint that passes is still one when a path is added to it.
func FuzzNormalizeURL(f *testing.F) {
	for _, raw := range []string{
		"https://arm.example", "https://arm.example/", "https://la.example/v1/", "HTTPS://ARM.example:8443", "http://arm.example", "https://u:p@arm.example", "https://arm.example?", "https://arm.example#",
		"https://arm.example/?x=y", "https:///x", "https://[::1]:1", "https://arm.example/a b", "https://arm.example/%2e%2e", "https:arm.example", "https://arm.example//", "", "https://?", "https://:443",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		endpoint, err := NormalizeURL(raw)
		if err != nil {
			return
		}
		u, err := url.Parse(endpoint + "/providers/x?api-version=1")
		if err != nil || !strings.HasSuffix(u.Path, "/providers/x") || u.RawQuery != "api-version=1" || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
			t.Errorf("%q became %q, and a request %v, error %v", raw, endpoint, u, err)
		}
		if again, err := NormalizeURL(endpoint); err != nil || again != endpoint {
			t.Errorf("%q became %q, and then %q, %v", raw, endpoint, again, err)
		}
		if host, err := NormalizeAuthority(raw); err == nil {
			if u, err := url.Parse(host + "/tenant"); err != nil || u.Path != "/tenant" {
				t.Errorf("the authority %q became %q", raw, host)
			}
		}
	})
}

// Whatever is answered becomes an error in words, of which the headline is a short line, and what is not JSON is not quoted.
func FuzzServiceError(f *testing.F) {
	for _, body := range []string{
		`{"error":{"code":"AuthorizationFailed","message":"The client 'c' with object id 'o' does not have authorization to perform action 'a/write' over scope 's'"}}`,
		`{"error":{"code":"LinkedAuthorizationFailed","message":"however the current tenant 'T' is not authorized to access linked subscription 'S'"}}`,
		`{"error":{"code":"LinkedAuthorizationFailed","message":"perform action(s) 'Microsoft.EventHub/x,y' on the linked scope(s) '/a,/b' (respectively)"}}`,
		`{"error":{"code":"InvalidAuthenticationTokenTenant","message":"It must match the tenant 'https://sts.windows.net/5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42/'"}}`,
		`{"error":{"code":"InvalidAuthenticationToken","message":"the auxiliary token of client 'c' and tenant 't' has expired"}}`,
		`{"code":"Conflict","message":"The subscription '5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10' is not registered to use microsoft.insights."}`,
		`{"code":"BadRequest","message":"Category 'X' is not supported."}`, `{"code":"ResourceNotFound"}`, `{"error":null}`, `{"error":"invalid_client"}`, `[]`, `null`, `<html>`, ``, `{"code":1}`,
	} {
		for _, status := range []int{400, 401, 403, 404, 409, 429, 500, 200} {
			f.Add(status, "application/json", body)
		}
	}
	f.Fuzz(func(t *testing.T, status int, contentType, body string) {
		refusal := NewServiceError(&http.Response{StatusCode: status, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body))})
		advice := Advise(refusal, tenantA)
		if advice.Problem == "" || len(advice.Problem) > 100 || strings.ContainsAny(advice.Problem, "\n{}") {
			t.Errorf("%d %q has the headline %q", status, body, advice.Problem)
		}
		said := Said(refusal)
		if said == "" || refusal.Error() == "" {
			t.Errorf("%d %q: an error without words", status, body)
		}
		if !json.Valid([]byte(body)) && len(body) > 12 && strings.Contains(said, body) && !strings.Contains(contentType, body) {
			t.Errorf("%d: what is not JSON was quoted: %q", status, said)
		}
	})
}

// Whatever the token service answers becomes an error in words, and no command line that it gives falls apart.
func FuzzAdviseSignIn(f *testing.F) {
	for _, body := range []string{
		`{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1"}`, `{"error":"x","error_description":"AADSTS700213: No match"}`,
		`{"error_description":"AADSTS70025"}`, `{"error":1}`, `<html>`, ``,
	} {
		f.Add(body, "https://issuer.example", "repo:o/r:ref:refs/heads/main", "api://AzureADTokenExchange")
		f.Add(body, `a'b`, `a"b`, `a\b`)
	}
	f.Fuzz(func(t *testing.T, body, issuer, subject, audience string) {
		failed := &SignInError{Tenant: tenantA, ClientID: tenantB, SignIn: "OIDC token", Presented: &Presented{issuer, subject, []string{audience, audience}},
			Err: &azidentity.AuthenticationFailedError{RawResponse: &http.Response{StatusCode: http.StatusUnauthorized, Status: "401 Unauthorized", Header: http.Header{},
				Body: io.NopCloser(strings.NewReader(body)), Request: &http.Request{URL: &url.URL{}}}}}
		advice := Advise(failed, tenantA)
		if advice.Problem == "" || len(advice.Problem) > 100 || strings.ContainsAny(advice.Problem, "\n{}") || Said(failed) == "" {
			t.Errorf("%q has the headline %q and is said to be %q", body, advice.Problem, Said(failed))
		}
		for _, line := range strings.Split(known(failed).Replace(adviceFederation), "\n") {
			parameters, isJSON := strings.CutPrefix(line, "      '")
			if isJSON && (!strings.HasSuffix(parameters, "}'") || strings.Count(parameters, "'") != 1 || !json.Valid([]byte(strings.TrimSuffix(parameters, "'")))) {
				t.Errorf("the issuer %q, subject %q and audience %q give the command %s", issuer, subject, audience, line)
			}
		}
	})
}

// The tenant that a token says is found, whatever else the token says, since a token of another tenant must not be sent.
func FuzzTokenTenant(f *testing.F) {
	for _, payload := range []string{
		`{"tid":"AAAAAAAA-1111-4111-8111-111111111111"}`, `{"tid":"x","exp":"soon","aud":5,"nbf":{}}`, `{"tid":5}`, `{"tid":null}`, `{}`, `[]`, ``, `{"TID":"x"}`,
	} {
		f.Add(`{"alg":"RS256"}`, payload)
		f.Add(`{"alg":"XX1","typ":"JWT"}`, payload)
		f.Add(`{}`, payload)
	}
	f.Fuzz(func(t *testing.T, header, payload string) {
		var claims map[string]any
		want := ""
		if json.Unmarshal([]byte(payload), &claims) == nil {
			want, _ = claims["tid"].(string)
		}
		for _, key := range []string{"TID", "Tid", "tiD", "TId", "tID", "TiD", "tId"} {
			if _, other := claims[key]; other {
				return // which of the two counts is not said
			}
		}
		encode := base64.RawURLEncoding.EncodeToString
		if got := tokenTenant(encode([]byte(header)) + "." + encode([]byte(payload)) + ".c2ln"); got != strings.ToLower(want) {
			t.Errorf("%s.%s is of tenant %q, want %q", header, payload, got, want)
		}
		_ = tokenTenant(header + payload)
	})
}

// What a pipeline's endpoint answers is a token or an error, and the error does not hold what may be one.
func FuzzIdentityTokenAnswer(f *testing.F) {
	for _, body := range []string{`{"value":"eyJ.secret.token"}`, `{"value":""}`, `{"value":5}`, `{"value":null}`, `{"oidcToken":"x"}`, `[]`, `null`, `eyJ.secret.token`, `<html>`, ``} {
		f.Add(http.StatusOK, body)
		f.Add(http.StatusForbidden, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= http.StatusInternalServerError {
			return // which are tried again
		}
		network := roundTripper(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Status: strconv.Itoa(status), Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
		})
		options := credentialOptions{}
		options.Transport, options.Retry = network, noRetries
		s := SignIn{OIDCRequestURL: Input{Value: "https://pipeline.example/token"}, OIDCRequestToken: Input{Value: "the-request-token"}}
		token, err := gitHubToken(s)(t.Context(), options)
		var want struct{ Value string }
		readable := json.Unmarshal([]byte(body), &want) == nil
		switch {
		case err == nil && (status != http.StatusOK || token == "" || readable && token != want.Value):
			t.Errorf("%d %q was read as the token %q", status, body, token)
		case err != nil && len(body) > 12 && strings.Contains(err.Error(), body), err != nil && strings.Contains(err.Error(), "the-request-token"):
			t.Errorf("%d %q: the error holds it: %v", status, body, err)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) Do(request *http.Request) (*http.Response, error) { return r(request) }

// A cloud that describes itself is taken only with endpoints that can carry a token.
func FuzzMetadata(f *testing.F) {
	for _, body := range []string{
		`{"authentication":{"loginEndpoint":"https://login.example/","audiences":["https://arm.example/"]},"resourceManager":"https://arm.example/","logAnalyticsResourceId":"https://la.example"}`,
		`{"authentication":{"loginEndpoint":"http://login.example","audiences":["a"]},"resourceManager":"https://arm.example"}`,
		`{"authentication":{"loginEndpoint":"https://login.example/adfs","audiences":["a"]},"resourceManager":"https://arm.example"}`,
		`{"authentication":{"loginEndpoint":"https://login.example","audiences":["a"]},"resourceManager":"https://arm.example","logAnalyticsResourceId":"http://la.example"}`,
		`{"authentication":{"loginEndpoint":"https://login.example","audiences":[""]},"resourceManager":"https://arm.example"}`,
		`{"authentication":{"audiences":[]}}`, `[]`, `null`, ``, `<html>`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		config := testConfig(nil)
		config.MetadataHost = "metadata.example"
		config.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
		})
		tenants, err := NewTenants(config)
		if err != nil {
			t.Fatal(err)
		}
		found, err := tenants.cloud(t.Context())
		if err != nil {
			return
		}
		for _, endpoint := range []string{found.AuthorityHost, found.ResourceManager.URL, found.LogAnalytics.URL} {
			if endpoint == "" && endpoint == found.LogAnalytics.URL {
				continue // which not every cloud has
			}
			if same, err := NormalizeURL(endpoint); err != nil || same != endpoint {
				t.Errorf("%q gave the endpoint %q: %v", body, endpoint, err)
			}
		}
		if found.ResourceManager.Audience == "" {
			t.Errorf("%q gave no audience", body)
		}
	})
}

// A pause that a service asks for is never taken for a shorter one.
func FuzzRetryAfter(f *testing.F) {
	for _, text := range []string{"", "0", "-1", "1", "600", "9223372036854775807", "99999999999", "1.5", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := retryAfter(&http.Response{Header: http.Header{"Retry-After": {text}}})
		if got < 0 {
			t.Errorf("%q was read as %v", text, got)
		}
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return
		}
		want := time.Duration(max(0, min(seconds, int64(math.MaxInt64/time.Second)))) * time.Second
		if got != want {
			t.Errorf("%q was read as %v, want %v", text, got, want)
		}
	})
}

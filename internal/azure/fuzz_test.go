package azure

import (
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

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
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
		config := Config{MetadataHost: "metadata.example", SignIn: signin.Config{UseCLI: signin.Input{Value: "true"}}}
		config.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
		})
		tenants, err := NewTenants(config)
		if err != nil {
			t.Fatal(err)
		}
		found, err := tenants.endpoints(t.Context())
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

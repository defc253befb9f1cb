package signin

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// The tenant that a token says is found, whatever else the token says, since a token of another tenant must not be
// sent.
func FuzzTokenTenant(f *testing.F) {
	for _, payload := range []string{`{"tid":"AAAAAAAA-1111-4111-8111-111111111111"}`,
		`{"tid":"x","exp":"soon","aud":5,"nbf":{}}`, `{"tid":5}`, `{"tid":null}`, `{}`, `[]`, ``, `{"TID":"x"}`} {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		var claims map[string]any
		want := ""
		if json.Unmarshal([]byte(payload), &claims) == nil {
			want, _ = claims["tid"].(string)
		}
		for _, header := range []string{`{"alg":"RS256"}`, `{"alg":"XX1","typ":"JWT"}`, `{}`} {
			encode := base64.RawURLEncoding.EncodeToString
			token := encode([]byte(header)) + "." + encode([]byte(payload)) + ".c2ln"
			if got := TokenTenant(token); got != strings.ToLower(want) {
				t.Errorf("%s.%s is of tenant %q, want %q", header, payload, got, want)
			}
		}
		_ = TokenTenant(payload)
	})
}

// What a pipeline's endpoint answers is a token or an error, and the error does not hold what may be one.
func FuzzIdentityTokenAnswer(f *testing.F) {
	for _, body := range []string{`{"value":"eyJ.secret.token"}`, `{"value":""}`, `{"value":5}`, `{"value":null}`,
		`{"oidcToken":"x"}`, `[]`, `null`, `eyJ.secret.token`, `<html>`, ``} {
		f.Add(http.StatusOK, body)
		f.Add(http.StatusForbidden, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		network := roundTripper(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Status: strconv.Itoa(status), Request: r,
				Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
		})
		options := Options{}
		options.Transport, options.Retry = network, policy.RetryOptions{MaxRetries: -1}
		const bearer = "the-request-token"
		s := Config{"oidc_request_url": {Value: "https://pipeline.example"}, "oidc_request_token": {Value: bearer}}
		token, err := gitHubToken(t.Context(), s, options)
		var want struct{ Value string }
		readable := json.Unmarshal([]byte(body), &want) == nil
		switch {
		case err == nil && (status != http.StatusOK || token == "" || readable && token != want.Value):
			t.Errorf("%d %q was read as the token %q", status, body, token)
		case err != nil && (len(body) > 12 && strings.Contains(err.Error(), body) || strings.Contains(err.Error(), bearer)):
			t.Errorf("%d %q: the error holds it: %v", status, body, err)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) Do(request *http.Request) (*http.Response, error) { return r(request) }

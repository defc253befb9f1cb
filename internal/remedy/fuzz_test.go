package remedy

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
)

// Whatever is answered becomes an error in words, of which the headline is a short line, and what is not JSON is not
// quoted.
func FuzzServiceError(f *testing.F) {
	for _, body := range []string{
		`{"error":{"code":"AuthorizationFailed","message":"The client 'c' with object id 'o' may not perform action 'a/b'"}}`,
		`{"error":{"code":"LinkedAuthorizationFailed","message":"tenant 'T' is not authorized to access linked` +
			` subscription 'S'"}}`,
		`{"error":{"code":"LinkedAuthorizationFailed","message":"perform action(s) 'a,b' on the linked scope(s) '/a,/b'"}}`,
		`{"error":{"code":"InvalidAuthenticationToken","message":"the auxiliary token of tenant 't' has expired"}}`,
		`{"code":"Conflict","message":"The subscription '5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10' is not registered to use x"}`,
		`{"code":"BadRequest","message":"Category 'X' is not supported."}`, `{"code":"ResourceNotFound"}`,
		`{"error":null}`, `{"error":"invalid_client"}`, `[]`, `null`, `<html>`, ``, `{"code":1}`,
	} {
		for _, status := range []int{400, 401, 403, 404, 409, 429, 500, 200} {
			f.Add(status, "application/json", body)
		}
	}
	f.Fuzz(func(t *testing.T, status int, contentType, body string) {
		refusal := azure.NewServiceError(&http.Response{StatusCode: status,
			Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body))})
		advice := For(refusal, tenantA)
		if advice.Problem == "" || len(advice.Problem) > 100 || strings.ContainsAny(advice.Problem, "\n{}") {
			t.Errorf("%d %q has the headline %q", status, body, advice.Problem)
		}
		said := ServiceMessage(refusal)
		if said == "" || refusal.Error() == "" {
			t.Errorf("%d %q: an error without words", status, body)
		}
		if !json.Valid([]byte(body)) && len(body) > 12 && strings.Contains(said, body) &&
			!strings.Contains(contentType, body) {
			t.Errorf("%d: what is not JSON was quoted: %q", status, said)
		}
	})
}

// Whatever the token service answers becomes an error in words, and no command line that it gives falls apart.
func FuzzAdviseSignIn(f *testing.F) {
	for _, body := range []string{
		`{"error":"x","error_description":"AADSTS7000215: Invalid.\r\nTrace ID: 1"}`,
		`{"error":"x","error_description":"AADSTS700213: No match"}`, `{"error_description":"AADSTS70025"}`, `{"error":1}`,
		`<html>`, ``,
	} {
		f.Add(body, "https://issuer.example", "repo:o/r:ref:refs/heads/main", "api://AzureADTokenExchange")
		f.Add(body, `a'b`, `a"b`, `a\b`)
	}
	f.Fuzz(func(t *testing.T, body, issuer, subject, audience string) {
		failed := &signin.Error{Tenant: tenantA, ClientID: tenantB, SignIn: "OIDC token",
			Presented: &signin.Presented{Issuer: issuer, Subject: subject, Audience: []string{audience, audience}},
			Err: &azidentity.AuthenticationFailedError{RawResponse: &http.Response{StatusCode: http.StatusUnauthorized,
				Status: "401 Unauthorized", Header: http.Header{},
				Body: io.NopCloser(strings.NewReader(body)), Request: &http.Request{URL: &url.URL{}}}}}
		advice := For(failed, tenantA)
		if advice.Problem == "" || len(advice.Problem) > 100 || strings.ContainsAny(advice.Problem, "\n{}") ||
			ServiceMessage(failed) == "" {
			t.Errorf("%q has the headline %q and is said to be %q", body, advice.Problem, ServiceMessage(failed))
		}
		for _, line := range strings.Split(advise("AADSTS70025", signInFacts(failed)...).Remedy, "\n") {
			parameters, isJSON := strings.CutPrefix(line, "      '")
			if isJSON && (!strings.HasSuffix(parameters, "}'") || strings.Count(parameters, "'") != 1 ||
				!json.Valid([]byte(strings.TrimSuffix(parameters, "'")))) {
				t.Errorf("the issuer %q, subject %q and audience %q give the command %s", issuer, subject, audience, line)
			}
		}
	})
}

package azure

import (
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestNewServiceErrorReadsBothShapes(t *testing.T) {
	const notJSON = `the answer is not JSON (Content-Type "application/json"); a proxy may have sent it`
	for name, test := range map[string]struct{ body, code, message string }{
		"wrapped":   {`{"error":{"code":"AuthorizationFailed","message":"no"}}`, "AuthorizationFailed", "no"},
		"flat":      {`{"code":"ResourceNotFound","message":"gone"}`, "ResourceNotFound", "gone"},
		"empty":     {``, "", ""},
		"no object": {`[]`, "", notJSON},
		"HTML":      {`<html>Please sign in to the proxy</html>`, "", notJSON},
		"cut off":   {`{"code":"Resou`, "", notJSON},
	} {
		got := NewServiceError(&http.Response{
			StatusCode: http.StatusTeapot,
			Header: http.Header{"Content-Type": {"application/json"},
				"X-Ms-Correlation-Request-Id": {"the-correlation-id"}},
			Body: io.NopCloser(strings.NewReader(test.body)),
		})
		if got.Status != http.StatusTeapot || got.Code != test.code || got.Message != test.message ||
			got.CorrelationID != "the-correlation-id" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestAPauseIsNeverTakenForAShorterOne(t *testing.T) {
	const longest = math.MaxInt64 - math.MaxInt64%time.Second
	for text, want := range map[string]time.Duration{
		"": 0, "-1": 0, "soon": 0, "1.5": 0, "600": 10 * time.Minute,
		"99999999999":         longest,
		"9223372036854775807": longest,
	} {
		if got := retryAfter(&http.Response{Header: http.Header{"Retry-After": {text}}}); got != want {
			t.Errorf("%q was read as %v, want %v", text, got, want)
		}
	}
}

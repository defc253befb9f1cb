package azure

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestNewServiceErrorReadsBothShapes(t *testing.T) {
	for name, test := range map[string]struct{ body, code, message string }{
		"wrapped":   {`{"error":{"code":"AuthorizationFailed","message":"no"}}`, "AuthorizationFailed", "no"},
		"flat":      {`{"code":"ResourceNotFound","message":"gone"}`, "ResourceNotFound", "gone"},
		"empty":     {``, "", ""},
		"no object": {`[]`, "", `the answer is not JSON (Content-Type "application/json"); a proxy may have sent it`},
		"HTML":      {`<html>Please sign in to the proxy</html>`, "", `the answer is not JSON (Content-Type "application/json"); a proxy may have sent it`},
		"cut off":   {`{"code":"Resou`, "", `the answer is not JSON (Content-Type "application/json"); a proxy may have sent it`},
	} {
		got := NewServiceError(&http.Response{
			StatusCode: http.StatusTeapot,
			Header:     http.Header{"Content-Type": {"application/json"}, "X-Ms-Correlation-Request-Id": {"the-correlation-id"}},
			Body:       io.NopCloser(strings.NewReader(test.body)),
		})
		if got.Status != http.StatusTeapot || got.Code != test.code || got.Message != test.message || got.CorrelationID != "the-correlation-id" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

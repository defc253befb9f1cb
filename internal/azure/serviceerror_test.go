package azure_test

import (
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

func TestNewServiceErrorReadsBothShapes(t *testing.T) {
	const longest = math.MaxInt64 - math.MaxInt64%time.Second // a pause is never taken for a shorter one
	const notJSON = `the answer is not JSON (Content-Type "application/json"); a proxy may have sent it`
	for name, test := range map[string]struct {
		body, code, message, retryAfter string
		pause                           time.Duration
	}{
		"wrapped":    {`{"error":{"code":"AuthorizationFailed","message":"no"}}`, "AuthorizationFailed", "no", "", 0},
		"flat":       {`{"code":"ResourceNotFound","message":"gone"}`, "ResourceNotFound", "gone", "600", 10 * time.Minute},
		"empty":      {"", "", "", "99999999999", longest},
		"no object":  {"[]", "", notJSON, "9223372036854775807", longest},
		"HTML":       {"<html>Please sign in to the proxy</html>", "", notJSON, "-1", 0},
		"cut off":    {`{"code":"Resou`, "", notJSON, "soon", 0},
		"no members": {"{}", "", "", "1.5", 0},
	} {
		got := azure.NewServiceError(&http.Response{
			StatusCode: http.StatusTeapot,
			Header: http.Header{"Content-Type": {"application/json"}, "Retry-After": {test.retryAfter},
				"X-Ms-Correlation-Request-Id": {"the-correlation-id"}},
			Body: io.NopCloser(strings.NewReader(test.body)),
		})
		want := azure.ServiceError{Status: http.StatusTeapot, Code: test.code, Message: test.message, RetryAfter: test.pause,
			CorrelationID: "the-correlation-id", NotJSON: test.message == notJSON}
		if *got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

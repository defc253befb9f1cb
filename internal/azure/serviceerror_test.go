package azure_test

import (
	"bufio"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

func TestNewServiceErrorReadsBothShapes(t *testing.T) {
	const notJSON = `the answer is not JSON (Content-Type "application/json"); a proxy may have sent it`
	for body, want := range map[string]azure.ServiceError{
		`{"error":{"code":"AuthorizationFailed","message":"no"}}`: {Code: "AuthorizationFailed", Message: "no"},
		`{"code":"ResourceNotFound","message":"gone"}`:            {Code: "ResourceNotFound", Message: "gone"},
		"":   {},
		"{}": {},
		"[]": {NotJSON: true, Message: notJSON},
		"<html>Please sign in to the proxy</html>": {NotJSON: true, Message: notJSON},
		`{"code":"Resou`: {NotJSON: true, Message: notJSON},
	} {
		got := azure.NewServiceError(&http.Response{
			StatusCode: http.StatusTeapot,
			Header:     http.Header{"Content-Type": {"application/json"}, "X-Ms-Correlation-Request-Id": {"the-id"}},
			Body:       io.NopCloser(strings.NewReader(body)),
		})
		want.Status, want.CorrelationID = http.StatusTeapot, "the-id"
		if *got != want {
			t.Errorf("%s: %+v, want %+v", body, got, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	const longest = math.MaxInt64 - math.MaxInt64%time.Second // a pause is never taken for a shorter one
	synctest.Test(t, func(t *testing.T) {
		for headers, want := range map[string]time.Duration{
			"Retry-After: 600":                           10 * time.Minute,
			"retry-after-ms: 1500":                       1500 * time.Millisecond,
			"x-ms-retry-after-ms: 2500":                  2500 * time.Millisecond,
			"retry-after-ms: 5000\nRetry-After: 60":      5 * time.Second,
			"retry-after-ms: 0\nRetry-After: 2":          2 * time.Second,
			"Retry-After: Sat, 01 Jan 2000 00:00:30 GMT": 30 * time.Second, // after synctest's clock starts
			"Retry-After: 99999999999":                   longest,
			"Retry-After: 9223372036854775807":           longest,
			"Retry-After: -1":                            0,
			"Retry-After: soon":                          0,
			"Retry-After: 1.5":                           0,
		} {
			text := "HTTP/1.1 429 Too Many Requests\n" + headers + "\n\n"
			response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := azure.NewServiceError(response).RetryAfter; got != want {
				t.Errorf("%q: %s, want %s", headers, got, want)
			}
		}
	})
}

// Whatever answers in Azure's place may send megabytes, which nobody could read in a terminal.
func TestServiceErrorShowsNoMoreThanPeopleCanRead(t *testing.T) {
	for _, sent := range []string{strings.Repeat("é", 1<<19), "x" + strings.Repeat("é", 1<<19)} {
		shown := (&azure.ServiceError{Status: http.StatusConflict, Code: "Conflict", Message: sent}).Error()
		text, cut := strings.CutSuffix(shown, "…")
		if !cut || len(text) > 10_000 || !utf8.ValidString(text) || !strings.HasPrefix("409 Conflict: "+sent, text) {
			t.Errorf("of %d bytes, %d are shown: %.40s", len(sent), len(shown), shown)
		}
	}
}

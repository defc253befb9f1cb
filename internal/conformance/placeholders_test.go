package conformance_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/textproto"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/conformance"
)

// leaks are what the canaries must not leave: what stands for a tenant's own, wherever it may be. "Entra sign-in logs"
// is a setting's name of public words.
var leaks = regexp.MustCompile(`(?i)canary|security@|123h|c4n4r1|c_n_r_y|カナリア|🐤|` +
	`5678|4c0ffee5|deadbeef|bbbbcccc|Entra sign|Entra%20|2026|19:1|203\.0|2001|4711|0815|eyJ`)

func TestRecorder_leavesNothingOfTheTenant(t *testing.T) {
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256,
		jwt.MapClaims{"tid": "4c0ffee5-1111-4222-8333-444455556666", "upn": "canary"}).SignedString([]byte("key"))
	if err != nil {
		t.Fatal(err)
	}
	canaries, err := os.ReadFile("testdata/canaries.http")
	if err != nil {
		t.Fatal(err)
	}
	messages := strings.Split(strings.ReplaceAll(string(canaries), "{token}", token), "--\n")
	var answer string
	recorder := conformance.NewRecorder(transport(func(*http.Request) (*http.Response, error) {
		line, header, body := message(answer)
		status, err := strconv.Atoi(line)
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}, err
	}))
	for pair := range slices.Chunk(messages, 2) {
		answer = pair[1]
		line, header, body := message(pair[0])
		method, address, _ := strings.Cut(line, " ")
		request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header = header
		response, err := recorder.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(response.Body)
		if len(got) == 0 || !strings.HasSuffix(answer, "\n\n"+string(got)+"\n") {
			t.Errorf("the caller got %q of\n%s", got, answer)
		}
	}
	var file bytes.Buffer
	if err := recorder.Write(&file); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(file.String()) {
		if found := leaks.FindString(line); found != "" {
			t.Errorf("%q is left in\n%s", found, line)
		}
	}
	for _, want := range []string{
		`"tenant":"a0000000-0000-4000-8000-000000000001"`, `'a0000000-0000-4000-8000-000000000001' has no access`,
		"'/providers/microsoft.aadiam/diagnosticSettings/Name-1'", "Name-1, NAME-1, Name-1, Name-1 from",
		`"name":"Name-1"`, "/diagnosticSettings/Name-1?api-version=2017-04-01", "/Name-1?text-",
		"/resourceGroups/Name-2/providers/Microsoft.OperationalInsights/workspaces/Name-3",
		"/resourcegroups/name-2/providers/microsoft.operationalinsights/workspaces/name-3",
		`"code":"AuthorizationFailed"`, `"Retry-After":"17"`, `"tags":{}`, `"lastModifiedBy":null`, `"body":"not JSON"`,
		`"client_secret":"secret-1"`, `"status":502`,
	} {
		if !strings.Contains(file.String(), want) {
			t.Errorf("%s is not in\n%s", want, &file)
		}
	}
}

// transport is a function as a transport.
type transport func(*http.Request) (*http.Response, error)

func (send transport) Do(request *http.Request) (*http.Response, error) { return send(request) }

// message takes apart a first line, headers and a body.
func message(text string) (line string, header http.Header, body string) {
	head, body, _ := strings.Cut(text, "\n\n")
	reader := textproto.NewReader(bufio.NewReader(strings.NewReader(head + "\n\n")))
	line, _ = reader.ReadLine()
	fields, _ := reader.ReadMIMEHeader()
	return line, http.Header(fields), strings.TrimSpace(body)
}

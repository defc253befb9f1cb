package azuresim

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	tenantID  = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
	workspace = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/RG/providers/" +
		"Microsoft.OperationalInsights/workspaces/Law"
	settings = "/providers/microsoft.aadiam/diagnosticSettings"
	stable   = "?api-version=2017-04-01"
)

// newSimulator makes a simulator with a tenant, a principal there that may do everything, and its token.
func newSimulator() (sim *Simulator, tenant *Tenant, token string) {
	sim = New()
	tenant = sim.Tenant(tenantID)
	app := Principal{ClientID: "app", ObjectID: "object", Secret: "secret", Role: Contributor}
	tenant.AddPrincipal(app)
	return sim, tenant, sim.IssueAccessToken(tenantID, Audience, app)
}

// TestBehaviour plays the conversations in testdata, each under a heading and with a simulator of its own, in virtual
// time that begins with the year 2000. Their lines are:
//
//	name = value      {name} stands for the value below. Before the first heading, it does so in all of the file.
//	wait 3s           Time passes.
//	repeat 250        The next request is sent so often.
//	GET /path body    A request, and below it its headers. It has the token {bearer} unless they say otherwise.
//	200 part & part   The status of the answer, and what its headers and body contain, or do not ("without part").
//	200 | 404         The answers to the same request, sent twice.
//
// A line that begins with a space continues the one above, and one with # is a comment. The texts in an answer that is
// an object have their names as variables afterwards.
func TestBehaviour(t *testing.T) {
	files, err := filepath.Glob("testdata/*.http")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		joined := regexp.MustCompile(`\n +`).ReplaceAllString(string(text), " ")
		conversations := strings.Split(joined, "\n### ")
		for _, conversation := range conversations[1:] {
			heading, lines, _ := strings.Cut(conversation, "\n")
			t.Run(heading, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := newClient(t)
					c.play(conversations[0] + "\n" + lines)
					if c.answered == 0 || c.request != nil {
						t.Errorf("%d answers were compared, and one is missing: %v", c.answered, c.request)
					}
				})
			})
		}
	}
}

// client holds a conversation with a simulator.
type client struct {
	t         *testing.T
	sim       *Simulator
	variables map[string]string
	request   *message // that is not answered yet
	repeat    int
	answered  int
}

// message is a request.
type message struct {
	method, url, body string
	header            http.Header
}

func newClient(t *testing.T) *client {
	t.Helper()
	sim, _, token := newSimulator()
	return &client{t: t, sim: sim, variables: map[string]string{
		"sim": sim.URL, "bearer": token, "tenant": tenantID, "law": workspace, "settings": settings, "stable": stable,
		"arm": Audience, "query-audience": LogAnalyticsAudience,
	}}
}

var (
	variable   = regexp.MustCompile(`\{[A-Za-z_-]+\}`)
	assignment = regexp.MustCompile(`^([a-z][a-z-]*) = (.*)$`)
	directive  = regexp.MustCompile(`^(wait|repeat) (\S+)$`)
	requested  = regexp.MustCompile(`^([A-Z]+) (\S+) ?(.*)$`)
	headed     = regexp.MustCompile(`^([A-Z][A-Za-z-]+): ?(.*)$`)
	expected   = regexp.MustCompile(`^\d{3}( |$)`)
)

func (c *client) play(lines string) {
	for line := range strings.SplitSeq(lines, "\n") {
		line = variable.ReplaceAllStringFunc(line, func(name string) string {
			if value, known := c.variables[strings.Trim(name, "{}")]; known {
				return value
			}
			return name
		})
		switch {
		case line == "", strings.HasPrefix(line, "#"):
		case assignment.MatchString(line):
			found := assignment.FindStringSubmatch(line)
			c.variables[found[1]] = found[2]
		case directive.MatchString(line):
			c.direct(directive.FindStringSubmatch(line))
		case headed.MatchString(line):
			found := headed.FindStringSubmatch(line)
			c.request.header.Set(found[1], found[2])
		case requested.MatchString(line):
			found := requested.FindStringSubmatch(line)
			c.request = c.newRequest(found[1], found[2], found[3])
		case expected.MatchString(line):
			c.compare(strings.Split(line, " | "))
		default:
			c.t.Fatalf("what is %q?", line)
		}
	}
}

func (c *client) direct(found []string) {
	pause, pauseErr := time.ParseDuration(found[2])
	times, timesErr := strconv.Atoi(found[2])
	if found[1] == "wait" && pauseErr == nil {
		time.Sleep(pause)
		return
	}
	if c.repeat = times; timesErr != nil {
		c.t.Fatal(found, pauseErr, timesErr)
	}
}

func (c *client) newRequest(method, url, body string) *message {
	if strings.HasPrefix(url, "/") {
		url = c.sim.URL + url
	}
	header := http.Header{"Authorization": {"Bearer " + c.variables["bearer"]}}
	if strings.Contains(body, "=") && !strings.ContainsAny(body[:1], "{<") {
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else if body != "" {
		header.Set("Content-Type", "application/json; charset=utf-8")
	}
	return &message{method, url, body, header}
}

// compare sends the request as often as there are answers.
func (c *client) compare(answers []string) {
	if c.repeat > 0 {
		answers = slices.Repeat(answers, c.repeat)
	}
	for i, want := range answers {
		got := c.send()
		status, parts, _ := strings.Cut(want, " ")
		if !strings.HasPrefix(got, status+"\n") {
			c.t.Errorf("%s %s %s: answer %d should have %s:\n%s", c.request.method, c.request.url, c.request.body, i+1, want, got)
		}
		for part := range strings.SplitSeq(parts, " & ") {
			unwanted, isUnwanted := strings.CutPrefix(part, "without ")
			if strings.Contains(got, unwanted) == isUnwanted {
				c.t.Errorf("%s %s %s: answer %d should have %s:\n%s", c.request.method, c.request.url, c.request.body, i+1, part,
					got)
			}
		}
		c.answered++
	}
	c.request, c.repeat = nil, 0
}

// send sends the request and returns the status, the headers and the body of the answer.
func (c *client) send() string {
	r, err := http.NewRequestWithContext(c.t.Context(), c.request.method, c.request.url, strings.NewReader(c.request.body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header = c.request.header
	response, err := c.sim.Do(r)
	if err != nil {
		return "000\n" + err.Error()
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	var members map[string]any
	if json.Unmarshal(body, &members) == nil {
		for name, value := range members {
			if text, isText := value.(string); isText {
				c.variables[name] = text
			}
		}
	}
	var answer strings.Builder
	fmt.Fprintln(&answer, response.StatusCode)
	for _, name := range slices.Sorted(maps.Keys(response.Header)) {
		fmt.Fprintf(&answer, "%s: %s\n", name, response.Header.Get(name))
	}
	answer.Write(body)
	return answer.String()
}

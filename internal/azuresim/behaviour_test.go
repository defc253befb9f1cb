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
						t.Errorf("%d answers were compared, the last request is %v", c.answered, c.request)
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
	request   *http.Request // that is not answered yet
	repeat    int
	answered  int
}

// newClient makes a simulator with a tenant, and a principal there that may do everything.
func newClient(t *testing.T) *client {
	t.Helper()
	sim, app := New(), Principal{ClientID: "app", ObjectID: "object", Secret: "secret", Role: Contributor}
	sim.Tenant(tenantID).AddPrincipal(app)
	return &client{t: t, sim: sim, variables: map[string]string{
		"sim": sim.URL, "bearer": sim.IssueAccessToken(tenantID, Audience, app), "tenant": tenantID, "law": workspace,
		"settings": settings, "stable": stable, "arm": Audience, "query-audience": LogAnalyticsAudience,
	}}
}

var (
	variable   = regexp.MustCompile(`\{[A-Za-z_-]+\}`)
	assignment = regexp.MustCompile(`^([a-z][a-z-]*) = (.*)$`)
	waited     = regexp.MustCompile(`^wait ([\d.]+(?:ns|s|m|h))$`)
	repeated   = regexp.MustCompile(`^repeat (\d+)$`)
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
		if found := assignment.FindStringSubmatch(line); found != nil {
			c.variables[found[1]] = found[2]
		} else if found := waited.FindStringSubmatch(line); found != nil {
			pause, _ := time.ParseDuration(found[1])
			time.Sleep(pause)
		} else if found := repeated.FindStringSubmatch(line); found != nil {
			c.repeat, _ = strconv.Atoi(found[1])
		} else if found := headed.FindStringSubmatch(line); found != nil {
			c.request.Header.Set(found[1], found[2])
		} else if found := requested.FindStringSubmatch(line); found != nil {
			if c.request != nil {
				c.t.Fatalf("%s %s has no answer", c.request.Method, c.request.URL)
			}
			c.ask(found[1], found[2], found[3])
		} else if expected.MatchString(line) {
			c.compare(strings.Split(line, " | "))
		} else if line != "" && line[0] != '#' {
			c.t.Fatalf("what is %q?", line)
		}
	}
}

// ask makes a request to a path of the simulator, or to a whole URL.
func (c *client) ask(method, url, body string) {
	if strings.HasPrefix(url, "/") {
		url = c.sim.URL + url
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+c.variables["bearer"])
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	if strings.Contains(body, "=") && body[0] != '{' {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	c.request = request
}

// compare sends the request as often as there are answers.
func (c *client) compare(answers []string) {
	for i, want := range slices.Repeat(answers, max(c.repeat, 1)) {
		got := c.send()
		status, parts, _ := strings.Cut(want, " ")
		for _, part := range append(strings.Split(parts, " & "), "HTTP "+status, "without %!") { // %!: misuse of fmt
			unwanted, isUnwanted := strings.CutPrefix(part, "without ")
			if strings.Contains(got, unwanted) == isUnwanted {
				body, _ := c.request.GetBody()
				sent, _ := io.ReadAll(body)
				c.t.Errorf("%s %s %s\nanswer %d should have %s:\n%s", c.request.Method, c.request.URL, sent, i+1, part, got)
			}
		}
		c.answered++
	}
	c.request, c.repeat = nil, 0
}

// send sends the request and returns the status, the headers and the body of the answer.
func (c *client) send() string {
	c.request.Body, _ = c.request.GetBody()
	response, err := c.sim.Do(c.request)
	if err != nil {
		c.t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	var members map[string]any
	_ = json.Unmarshal(body, &members) // or it is no object
	for name, value := range members {
		if text, isText := value.(string); isText {
			c.variables[name] = text
		}
	}
	var answer strings.Builder
	fmt.Fprintln(&answer, "HTTP", response.StatusCode)
	for _, name := range slices.Sorted(maps.Keys(response.Header)) {
		fmt.Fprintf(&answer, "%s: %s\n", name, response.Header.Get(name))
	}
	answer.Write(body)
	return answer.String()
}

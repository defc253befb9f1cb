package aadiam

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

const workspaceID = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg/providers/" +
	"Microsoft.OperationalInsights/workspaces/law"

type answer struct {
	status int // 0 for no answer before the context ends
	body   string
}

// answers are the service's to each kind of call, "GET", "LIST", "PUT", "DELETE" or "CATEGORIES". The last one stays.
type answers map[string][]answer

// service stands in for Resource Manager.
type service struct {
	answers answers
	counts  map[string]int
	bodies  []string // of PUTs
}

func (s *service) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	kind := r.Method
	switch {
	case strings.HasSuffix(r.URL.Path, "/diagnosticSettings"):
		kind = "LIST"
	case strings.HasSuffix(r.URL.Path, "/diagnosticSettingsCategories"):
		kind = "CATEGORIES"
	case r.Method == http.MethodPut:
		body, _ := io.ReadAll(r.Body)
		s.bodies = append(s.bodies, string(body))
	}
	row := s.answers[kind]
	if len(row) == 0 {
		return nil, fmt.Errorf("no answer to %s", kind)
	}
	now := row[min(s.counts[kind], len(row)-1)]
	s.counts[kind]++
	if now.status == 0 {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: now.status, Request: r, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(now.body))}, nil
}

func serve(answers answers) (*service, *Client) {
	s := &service{answers: answers, counts: map[string]int{}}
	return s, NewClient(azure.NewService("https://arm.example", policy.ClientOptions{Transport: s}))
}

var (
	notFound  = answer{404, `{"code":"ResourceNotFound","message":"The diagnostic setting 'x' doesn't exist."}`}
	nothing   = answer{200, `{"value":[]}`}
	forbidden = answer{403, `{"error":{"code":"AuthorizationFailed","message":"no"}}`}
	outage    = answer{503, ""}
	throttled = answer{429, ""}
	accepted  = answer{200, "{}"}
	elsewhere = answer{200, document("x", workspaceID+"2", "AuditLogs", "SignInLogs")}
)

func shows(categories ...string) answer {
	return answer{200, document("x", workspaceID, categories...)}
}

func document(name, workspace string, categories ...string) string {
	var logs []string
	for _, c := range categories {
		logs = append(logs, fmt.Sprintf(`{"category":%q,"enabled":true}`, c))
	}
	return fmt.Sprintf(`{"id":"i","type":"","name":%q,"properties":{"workspaceId":%q,"logs":[%s]}}`, name, workspace,
		strings.Join(logs, ","))
}

func setting(categories ...string) Setting {
	return Setting{Name: "x", Destinations: Destinations{WorkspaceID: workspaceID}, Categories: categories}
}

// inVirtualTime gives each case half an hour by a clock that nobody waits for.
func inVirtualTime[T any](t *testing.T, cases map[string]T, try func(context.Context, *testing.T, T)) {
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
				defer cancel()
				try(ctx, t, test)
			})
		})
	}
}

// The simulator insists on the requests' paths and versions. This is what the client makes of the answers to them.
func TestAnswersToWrites(t *testing.T) {
	s, client := serve(answers{
		"PUT":    {accepted, {201, "{}"}, forbidden},
		"DELETE": {{200, ""}, {202, ""}, {204, ""}, {404, ""}, forbidden},
	})
	put := func() error { return client.put(t.Context(), setting("SignInLogs", "AuditLogs")) }
	remove := func() error { return client.Delete(t.Context(), "x") }
	if err := errors.Join(put(), put(), remove(), remove(), remove(), remove()); err != nil {
		t.Error(err)
	}
	for call, err := range map[string]error{"PUT": put(), "DELETE": remove()} {
		if !azure.IsStatus(err, 403) {
			t.Errorf("%s: error = %v, want the service's 403", call, err)
		}
	}
	wantBody := `{"properties":{"logs":[{"category":"AuditLogs","enabled":true},` +
		`{"category":"SignInLogs","enabled":true}],"workspaceId":"` + workspaceID + `"}}`
	if s.bodies[0] != wantBody {
		t.Errorf("body = %s\nwant   %s", s.bodies[0], wantBody)
	}
	sent := s.counts["PUT"]
	if err := client.put(t.Context(), setting()); err == nil || s.counts["PUT"] > sent {
		t.Errorf("no category: error = %v, want one before any request", err)
	}
}

// If the list of categories is refused, the settings tell them.
func TestOffered(t *testing.T) {
	categories := answer{200, `{"value":[{"name":"AuditLogs","properties":{"categoryType":"Logs"}},
		{"name":"AllMetrics","properties":{"categoryType":"Metrics"}}]}`}
	settings := answer{200, `{"value":[` + document("x", workspaceID, "SignInLogs", "New") + `]}`}
	for want, answers := range map[string]answers{
		"AuditLogs":      {"CATEGORIES": {categories}},
		"SignInLogs New": {"CATEGORIES": {forbidden}, "LIST": {settings}},
	} {
		_, client := serve(answers)
		if got, err := client.Offered(t.Context()); err != nil || strings.Join(got, " ") != want {
			t.Errorf("offered are %v, error %v, want %s", got, err, want)
		}
	}
}

func TestFind(t *testing.T) {
	listed := answer{200, `{"value":[{"name":"odd","properties":null},` + document("other", workspaceID, "AuditLogs") +
		"," + document("X", workspaceID, "SignInLogs") + `]}`}
	for name, test := range map[string]struct {
		get, list answer
		want      string // the category found, "" for absent
		lists     int
		refused   bool
	}{
		"there":                      {shows("AuditLogs"), nothing, "AuditLogs", 0, false},
		"gone in both":               {notFound, nothing, "", 1, false},
		"a stray 404":                {notFound, listed, "SignInLogs", 1, false},
		"a 404 of the wrapped shape": {answer{404, `{"error":{"code":"ResourceNotFound"}}`}, nothing, "", 1, false},
		"GET is refused":             {forbidden, nothing, "", 0, true},
		"LIST is refused":            {notFound, forbidden, "", 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			s, client := serve(answers{"GET": {test.get}, "LIST": {test.list}})
			found, exists, err := client.Find(t.Context(), "x")
			if exists != (test.want != "") || strings.Join(found.Categories, ",") != test.want ||
				azure.IsStatus(err, 403) != test.refused || (err != nil) != test.refused || s.counts["LIST"] != test.lists {
				t.Errorf("Find = %+v, %v, %v after %d LISTs", found, exists, err, s.counts["LIST"])
			}
		})
	}
}

// Whatever else shows is waited out: another replica may be late. At the deadline the error says what shows, and what
// of it nobody asked for.
func TestAwaitContent(t *testing.T) {
	type wait struct {
		before         Setting
		gets           []answer
		count          int    // how many GETs it takes, 0 where it ends at the deadline
		shows, unasked string // at the deadline
	}
	const longer = 200 // answers than any evidence of another writer should need
	good, old, theirs := shows("AuditLogs", "SignInLogs"), shows("AuditLogs"), shows("RiskyUsers")
	otherCase := answer{200, document("x", strings.ToUpper(workspaceID), "signinlogs", "AUDITLOGS")}
	late := func(first answer) []answer { return append(slices.Repeat([]answer{first}, longer), good) }
	const both = "AuditLogs, SignInLogs off; RiskyUsers on"
	inVirtualTime(t, map[string]wait{
		"consistent at once":              {setting("AuditLogs"), []answer{good}, 3, "", ""},
		"another order and letter case":   {setting("AuditLogs"), []answer{otherCase}, 3, "", ""},
		"hidden at first":                 {setting("AuditLogs"), []answer{notFound, notFound, good}, 2 + 5, "", ""},
		"flapping":                        {Setting{}, []answer{good, notFound, good, good, notFound, good}, 5 + 5, "", ""},
		"another workspace, then the one": {setting("AuditLogs"), []answer{elsewhere, good}, 1 + 5, "", ""},
		"old content for long":            {setting("AuditLogs"), late(old), longer + 5, "", ""},
		"nothing for long":                {Setting{}, late(notFound), longer + 5, "", ""},
		"content from before a deletion":  {Setting{}, late(theirs), longer + 5, "", ""},
		"a category left off for good":    {Setting{}, []answer{old}, 0, "SignInLogs off", ""},
		"the old content for good":        {setting("RiskyUsers"), []answer{theirs}, 0, both, ""},
		"another writer's category":       {setting("AuditLogs"), []answer{good, theirs}, 0, both, "RiskyUsers"},
		"another writer's destination": {setting("AuditLogs"), []answer{good, elsewhere}, 0,
			"workspace is " + workspaceID + "2 instead of " + workspaceID, "the workspace " + workspaceID + "2"},
		"another writer who then deletes": {setting("AuditLogs"), []answer{theirs, notFound}, 0, "404 Not Found", ""},
	}, func(ctx context.Context, t *testing.T, test wait) {
		s, client := serve(answers{"GET": test.gets})
		err := client.AwaitContent(ctx, test.before, setting("SignInLogs", "AuditLogs"))
		if test.count > 0 {
			if err != nil || s.counts["GET"] != test.count {
				t.Errorf("error = %v after %d GETs, want %d", err, s.counts["GET"], test.count)
			}
			return
		}
		pending, ok := errors.AsType[*NotVisibleError](err)
		if !ok || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error = %v, want a NotVisibleError at the deadline", err)
		}
		missing, _, off := strings.Cut(test.shows, " off")
		if !off {
			missing = ""
		}
		if pending.LastSeen != test.shows || strings.Join(pending.Missing, ", ") != missing ||
			strings.Join(pending.Unasked, ", ") != test.unasked {
			t.Errorf("%+v, want %q with %q that nobody asked for", pending, test.shows, test.unasked)
		}
	})
}

func TestAwaitGone(t *testing.T) {
	type wait struct {
		gets, lists []answer
		polls       int
	}
	there := answer{200, `{"value":[` + document("x", workspaceID, "AuditLogs") + `]}`}
	inVirtualTime(t, map[string]wait{
		"gone at once":           {[]answer{notFound}, []answer{nothing}, 3},
		"GET still shows it":     {[]answer{shows("A"), notFound, shows("A"), notFound}, []answer{nothing}, 3 + 5},
		"only LIST still has it": {[]answer{notFound}, []answer{there, there, nothing}, 2 + 5},
	}, func(ctx context.Context, t *testing.T, test wait) {
		s, client := serve(answers{"GET": test.gets, "LIST": test.lists})
		if err := client.AwaitGone(ctx, "x"); err != nil || s.counts["GET"] != test.polls {
			t.Errorf("error = %v after %d polls, want %d", err, s.counts["GET"], test.polls)
		}
	})
}

// Before each attempt to write, the client reads: what somebody wrote while it was waiting is not overwritten, and what
// was applied without an answer is not written again.
func TestWrite(t *testing.T) {
	type write struct {
		update     bool // of a setting with AuditLogs alone, else a creation; both of AuditLogs and SignInLogs
		gets, puts []answer
		says       string // "" for success
		count      int    // of PUTs; inVain for many, until the deadline
		uncertain  bool
		timeout    time.Duration // if not half an hour
	}
	both, audit, more := shows("AuditLogs", "SignInLogs"), shows("AuditLogs"), shows("AuditLogs", "RiskyUsers")
	gone, lost := []answer{notFound}, []answer{outage}
	const exists, changed, forNow, inVain = "already exists", "changed since the plan was made", time.Minute, -1
	inVirtualTime(t, map[string]write{
		"an outage passes":                      {false, gone, []answer{outage, outage, accepted}, "", 3, false, 0},
		"the answer was lost":                   {false, []answer{notFound, both}, lost, "", 1, false, 0},
		"it was lost, and a category is off":    {false, []answer{notFound, audit}, lost, "", 1, false, 0},
		"another was quicker":                   {false, []answer{notFound, more}, lost, exists, 1, false, 0},
		"another was quicker, to another place": {false, []answer{notFound, elsewhere}, lost, exists, 1, false, 0},
		"it exists":                             {false, []answer{audit}, nil, exists, 0, false, 0},
		"a refusal is final":                    {false, gone, []answer{forbidden}, "403 AuthorizationFailed", 1, false, 0},
		"a page in place of answers":            {false, gone, []answer{{200, "<html>"}, accepted}, "", 2, false, 0},
		"never answered":                        {false, gone, lost, "503", inVain, true, 0},
		"throttled, which has no effect":        {false, gone, []answer{throttled}, "429", inVain, false, 0},
		"the last answer, not the deadline":     {true, []answer{audit}, []answer{throttled, {}}, "429", 2, true, forNow},
		"lost, and found after the deadline": {false,
			[]answer{notFound, outage, outage, outage, outage, both}, lost, "", 1, false, 3 * time.Second},
		"cut off, and found after the deadline": {false, []answer{notFound, both}, []answer{{}}, "", 1, false, forNow},

		"as planned":                    {true, []answer{audit}, []answer{accepted}, "", 1, false, 0},
		"one stale answer":              {true, []answer{more, audit}, []answer{accepted}, "", 1, false, 0},
		"one stray 404":                 {true, []answer{notFound, audit}, []answer{accepted}, "", 1, false, 0},
		"another turned a category on":  {true, []answer{more}, nil, changed + ": RiskyUsers on", 0, false, 0},
		"another changed it meanwhile":  {true, []answer{audit, more}, lost, changed, 1, false, 0},
		"another made this very change": {true, []answer{both}, nil, "", 0, false, 0},
		"another deleted it":            {true, gone, nil, "was deleted since the plan was made", 0, false, 0},
	}, func(ctx context.Context, t *testing.T, test write) {
		s, client := serve(answers{"GET": test.gets, "LIST": {nothing}, "PUT": test.puts})
		ctx, cancel := context.WithTimeout(ctx, cmp.Or(test.timeout, time.Hour))
		defer cancel()
		var err error
		if wanted := setting("AuditLogs", "SignInLogs"); test.update {
			err = client.Replace(ctx, setting("AuditLogs"), wanted)
		} else {
			err = client.Create(ctx, wanted)
		}
		said := err
		uncertain, ok := errors.AsType[*UncertainError](err)
		if ok {
			said = uncertain.Last
		}
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(said.Error(), test.says) ||
			ok != test.uncertain || test.count == inVain && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v", err)
		}
		if puts := s.counts["PUT"]; puts != test.count && test.count != inVain {
			t.Errorf("%d PUTs, want %d", puts, test.count)
		}
	})
}

// What is read goes back with the properties that the client does not know, without those that are not used.
func TestUnknownPartsSurvive(t *testing.T) {
	text, err := os.ReadFile("testdata/settings.json")
	var tests map[string]struct {
		Read         Setting
		Categories   []string // and EventHubName are changes
		EventHubName string
		Sent         json.RawMessage
	}
	if err := errors.Join(err, json.Unmarshal(text, &tests)); err != nil {
		t.Fatal(err)
	}
	for name, test := range tests {
		s := test.Read
		if test.Categories != nil {
			s.Categories, s.EventHubName = test.Categories, test.EventHubName
		}
		var want bytes.Buffer
		_ = json.Compact(&want, test.Sent)
		if sent, err := json.Marshal(s); err != nil || s.Name != "x" || string(sent) != want.String() {
			t.Errorf("%s: the body of %q is %s, error %v\nwant %s", name, s.Name, sent, err, want.String())
		}
	}
}

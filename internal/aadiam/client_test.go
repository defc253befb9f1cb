package aadiam

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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

// answer is one answer of the service.
type answer struct {
	status int
	body   string
}

// service stands in for Resource Manager. Each kind of call, "GET", "LIST", "PUT", "DELETE" or "CATEGORIES", has a
// row of answers, of which the last one stays.
type service struct {
	answers map[string][]answer
	calls   []string // "GET /providers/...?api-version=..."
	bodies  []string // of PUTs
	hangs   func() bool
}

func (s *service) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	s.calls = append(s.calls, r.Method+" "+r.URL.RequestURI())
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
	if s.hangs != nil && s.hangs() {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	row := s.answers[kind]
	if len(row) == 0 {
		return nil, fmt.Errorf("no answer to %s", kind)
	}
	if len(row) > 1 {
		s.answers[kind] = row[1:]
	}
	return &http.Response{StatusCode: row[0].status, Request: r, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(row[0].body))}, nil
}

func (s *service) count(kind string) int {
	n := 0
	for _, c := range s.calls {
		isList := strings.Contains(c, "/diagnosticSettings?")
		if strings.HasPrefix(c, kind+" ") && !isList || kind == "LIST" && isList {
			n++
		}
	}
	return n
}

func newTestClient(s *service) *Client {
	return NewClient(azure.NewService("https://arm.example", policy.ClientOptions{Transport: s}))
}

var (
	notFound = answer{404, `{"code":"ResourceNotFound","message":"The diagnostic setting 'x' doesn't exist."}`}
	nothing  = answer{200, `{"value":[]}`}
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
	return Setting{Name: "x", WorkspaceID: workspaceID, Categories: categories}
}

func TestRequests(t *testing.T) {
	s := &service{answers: map[string][]answer{
		"GET": {shows("AuditLogs")}, "LIST": {nothing}, "PUT": {{200, "{}"}}, "DELETE": {{204, ""}},
		"CATEGORIES": {{200, `{"value":[{"name":"AuditLogs","properties":{"categoryType":"Logs"}},
			{"name":"AllMetrics","properties":{"categoryType":"Metrics"}}]}`}},
	}}
	client := newTestClient(s)
	ctx := t.Context()
	if _, err := client.Get(ctx, "Log to log analytics"); err != nil {
		t.Error(err)
	}
	if _, err := client.List(ctx); err != nil {
		t.Error(err)
	}
	if err := client.put(ctx, Setting{Name: "x", WorkspaceID: workspaceID,
		Categories: []string{"SignInLogs", "AuditLogs"}}); err != nil {
		t.Error(err)
	}
	if err := client.Delete(ctx, "x"); err != nil {
		t.Error(err)
	}
	categories, err := client.Categories(ctx)
	if err != nil || !slices.Equal(categories, []string{"AuditLogs"}) {
		t.Errorf("Categories = %v, %v", categories, err)
	}
	want := []string{
		"GET /providers/microsoft.aadiam/diagnosticSettings/Log%20to%20log%20analytics?api-version=2017-04-01",
		"GET /providers/microsoft.aadiam/diagnosticSettings?api-version=2017-04-01",
		"PUT /providers/microsoft.aadiam/diagnosticSettings/x?api-version=2017-04-01",
		"DELETE /providers/microsoft.aadiam/diagnosticSettings/x?api-version=2017-04-01",
		"GET /providers/microsoft.aadiam/diagnosticSettingsCategories?api-version=2017-04-01-preview",
	}
	if !slices.Equal(s.calls, want) {
		t.Errorf("requests:\n%s\nwant:\n%s", strings.Join(s.calls, "\n"), strings.Join(want, "\n"))
	}
	wantBody := `{"properties":{"logs":[{"category":"AuditLogs","enabled":true},` +
		`{"category":"SignInLogs","enabled":true}],` +
		`"workspaceId":"` + workspaceID + `"}}`
	if s.bodies[0] != wantBody {
		t.Errorf("body = %s\nwant   %s", s.bodies[0], wantBody)
	}
}

func TestPutRefusesAnEmptySet(t *testing.T) {
	s := &service{}
	if err := newTestClient(s).put(t.Context(), setting()); err == nil || len(s.calls) > 0 {
		t.Errorf("error = %v after %d requests, want one before any", err, len(s.calls))
	}
}

func TestAcceptedAnswers(t *testing.T) {
	for _, status := range []int{200, 201} {
		if err := newTestClient(&service{answers: map[string][]answer{"PUT": {{status, "{}"}}}}).put(t.Context(),
			setting("AuditLogs")); err != nil {
			t.Errorf("PUT %d: %v", status, err)
		}
	}
	for _, status := range []int{200, 202, 204, 404} {
		if err := newTestClient(&service{answers: map[string][]answer{"DELETE": {{status, ""}}}}).Delete(t.Context(),
			"x"); err != nil {
			t.Errorf("DELETE %d: %v", status, err)
		}
	}
	refused := answer{403, `{"error":{"code":"AuthorizationFailed","message":"no"}}`}
	client := newTestClient(&service{answers: map[string][]answer{"PUT": {refused}, "DELETE": {refused}, "LIST": {refused},
		"GET": {refused}}})
	_, getErr := client.Get(t.Context(), "x")
	_, listErr := client.List(t.Context())
	for call, err := range map[string]error{
		"PUT": client.put(t.Context(), setting("AuditLogs")), "DELETE": client.Delete(t.Context(), "x"), "GET": getErr,
		"LIST": listErr,
	} {
		if !azure.IsStatus(err, 403) {
			t.Errorf("%s: error = %v, want the service's 403", call, err)
		}
	}
}

// An answer that can't be read must never pass for an absent setting.
func TestUnreadableAnswersAreErrors(t *testing.T) {
	for _, body := range []string{"", "null", "[]", "{}", `{"name":"x"}`, `{"name":"x","properties":null}`,
		"<html></html>", `{"name":"x","properties":{"logs":[{"cat`} {
		synctest.Test(t, func(t *testing.T) {
			if got, err := newTestClient(&service{answers: map[string][]answer{"GET": {{200, body}}}}).Get(t.Context(),
				"x"); err == nil {
				t.Errorf("GET %q = %+v, want an error", body, got)
			}
			if got, err := newTestClient(&service{answers: map[string][]answer{"LIST": {{200,
				body}}}}).List(t.Context()); err == nil {
				t.Errorf("LIST %q = %+v, want an error", body, got)
			}
		})
	}
}

// Somebody else's page in place of an answer is not taken for one, for some tries.
func TestAPageInPlaceOfAnAnswer(t *testing.T) {
	page := answer{200, "<html></html>"}
	for name, test := range map[string]struct {
		answers  map[string][]answer
		do       func(context.Context, *Client) error
		kind     string
		requests int
		fails    bool
	}{
		"a look, for a moment": {map[string][]answer{"GET": {page, page, shows("AuditLogs")}},
			func(ctx context.Context, c *Client) error { _, err := c.Get(ctx, "x"); return err }, "GET", 3, false},
		"a look, for good": {map[string][]answer{"GET": {page}},
			func(ctx context.Context, c *Client) error { _, err := c.Get(ctx, "x"); return err }, "GET", 3, true},
		"a creation that was lost": {map[string][]answer{"GET": {notFound}, "LIST": {nothing},
			"PUT": {page, {200, ""}, {200, "{}"}}},
			func(ctx context.Context, c *Client) error { return c.Create(ctx, setting("AuditLogs")) }, "PUT", 3, false},
		"a creation that was applied": {map[string][]answer{"GET": {notFound, shows("AuditLogs")}, "LIST": {nothing},
			"PUT": {page}},
			func(ctx context.Context, c *Client) error { return c.Create(ctx, setting("AuditLogs")) }, "PUT", 1, false},
		"creations, for good": {map[string][]answer{"GET": {notFound}, "LIST": {nothing}, "PUT": {page}},
			func(ctx context.Context, c *Client) error { return c.Create(ctx, setting("AuditLogs")) }, "PUT", 3, true},
		"a deletion, for a moment": {map[string][]answer{"DELETE": {page, {200, ""}}},
			func(ctx context.Context, c *Client) error { return c.Delete(ctx, "x") }, "DELETE", 2, false},
		"deletions, for good": {map[string][]answer{"DELETE": {page}},
			func(ctx context.Context, c *Client) error { return c.Delete(ctx, "x") }, "DELETE", 3, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &service{answers: test.answers}
				err := test.do(t.Context(), newTestClient(s))
				if test.fails != errors.As(err, new(*azure.UnreadableError)) || !test.fails && err != nil {
					t.Errorf("error = %v", err)
				}
				if s.count(test.kind) != test.requests {
					t.Errorf("%d requests, want %d", s.count(test.kind), test.requests)
				}
			})
		})
	}
}

func TestFind(t *testing.T) {
	listed := answer{200, `{"value":[` + document("other", workspaceID, "AuditLogs") + "," +
		document("X", workspaceID, "SignInLogs") + `]}`}
	for name, test := range map[string]struct {
		get, list answer
		want      string // the category found, "" for absent
		lists     int
	}{
		"there":                      {shows("AuditLogs"), nothing, "AuditLogs", 0},
		"gone in both":               {notFound, nothing, "", 1},
		"a stray 404":                {notFound, listed, "SignInLogs", 1},
		"a 404 of the wrapped shape": {answer{404, `{"error":{"code":"ResourceNotFound","message":"m"}}`}, nothing, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := &service{answers: map[string][]answer{"GET": {test.get}, "LIST": {test.list}}}
			found, exists, err := newTestClient(s).Find(t.Context(), "x")
			if err != nil || exists != (test.want != "") || strings.Join(found.Categories, ",") != test.want {
				t.Errorf("Find = %+v, %v, %v; want %q", found, exists, err, test.want)
			}
			if s.count("LIST") != test.lists {
				t.Errorf("%d LISTs, want %d", s.count("LIST"), test.lists)
			}
		})
	}
}

func TestFindDoesNotTakeARefusalForAbsence(t *testing.T) {
	for name, answers := range map[string]map[string][]answer{
		"GET":  {"GET": {{403, `{"error":{"code":"AuthorizationFailed"}}`}}, "LIST": {nothing}},
		"LIST": {"GET": {notFound}, "LIST": {{403, `{"error":{"code":"AuthorizationFailed"}}`}}},
	} {
		if _, _, err := newTestClient(&service{answers: answers}).Find(t.Context(), "x"); !azure.IsStatus(err, 403) {
			t.Errorf("%s refused: error = %v, want the 403", name, err)
		}
	}
}

func TestAwaitContent(t *testing.T) {
	good, old := shows("AuditLogs", "SignInLogs"), shows("AuditLogs")
	for name, test := range map[string]struct {
		gets  []answer
		count int // how many GETs it takes
	}{
		"consistent at once": {[]answer{good}, 3},
		"another order and letter case": {[]answer{{200, document("x", strings.ToUpper(workspaceID), "signinlogs",
			"AUDITLOGS")}}, 3},
		"hidden at first":       {[]answer{notFound, notFound, good}, 2 + 5},
		"flapping":              {[]answer{good, notFound, good, good, notFound, good}, 5 + 5},
		"old content, then new": {[]answer{old, old, good}, 2 + 5},
		"another workspace, then the one": {[]answer{{200, document("x", workspaceID+"2", "AuditLogs", "SignInLogs")}, good},
			1 + 5},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &service{answers: map[string][]answer{"GET": test.gets}}
				if err := newTestClient(s).AwaitContent(t.Context(), setting("AuditLogs"),
					setting("SignInLogs", "AuditLogs")); err != nil {
					t.Fatal(err)
				}
				if s.count("GET") != test.count {
					t.Errorf("%d GETs, want %d", s.count("GET"), test.count)
				}
			})
		})
	}
}

func TestAwaitContentIsQuickWithAConsistentService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		if err := newTestClient(&service{answers: map[string][]answer{"GET": {shows("AuditLogs")}}}).AwaitContent(t.Context(),
			Setting{}, setting("AuditLogs")); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(started); waited != time.Second {
			t.Errorf("waited %s, want 1s", waited)
		}
	})
}

func TestAwaitContentBacksOffAndTellsWhatItSaw(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{answers: map[string][]answer{"GET": {shows("AuditLogs", "RiskyUsers")}}}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
		defer cancel()
		err := newTestClient(s).AwaitContent(ctx, setting("AuditLogs", "RiskyUsers"), setting("AuditLogs", "SignInLogs"))
		pending, ok := errors.AsType[*NotVisibleError](err)
		if !ok || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error = %v, want a NotVisibleError at the deadline", err)
		}
		if want := "SignInLogs off; RiskyUsers on"; pending.LastSeen != want {
			t.Errorf("LastSeen = %q, want %q", pending.LastSeen, want)
		}
		if n := s.count("GET"); n < 300 || n > 400 {
			t.Errorf("%d GETs in half an hour, want one every five seconds at last", n)
		}
	})
}

func TestAwaitContentStopsAtOnceWhenCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(700*time.Millisecond, cancel)
		started := time.Now()
		err := newTestClient(&service{answers: map[string][]answer{"GET": {notFound}}}).AwaitContent(ctx, Setting{},
			setting("AuditLogs"))
		if !errors.Is(err, context.Canceled) || time.Since(started) != 700*time.Millisecond {
			t.Errorf("error = %v after %s", err, time.Since(started))
		}
	})
}

// Whatever shows instead is waited out: another replica may be late. At the deadline the error says what it is, and
// what of it nobody asked for.
func TestAwaitContentWaitsOutWhateverElseShows(t *testing.T) {
	const longer = 200 // answers than any evidence of another writer should need
	good, theirs := shows("AuditLogs", "SignInLogs"), shows("RiskyUsers")
	elsewhere := answer{200, document("x", workspaceID+"2", "AuditLogs", "SignInLogs")}
	for name, test := range map[string]struct {
		before    Setting
		gets      []answer
		shows, of string // "" for the wanted content; and what nobody asked for
	}{
		"the old content":                {setting("AuditLogs"), append(slices.Repeat([]answer{shows("AuditLogs")}, longer), good), "", ""},
		"nothing":                        {Setting{}, append(slices.Repeat([]answer{notFound}, longer), good), "", ""},
		"content from before a deletion": {Setting{}, append(slices.Repeat([]answer{theirs}, longer), good), "", ""},
		"a category left off for good":   {Setting{}, []answer{shows("AuditLogs")}, "SignInLogs off", ""},
		"the old content for good": {setting("RiskyUsers"), []answer{theirs},
			"AuditLogs, SignInLogs off; RiskyUsers on", ""},
		"another writer's category": {setting("AuditLogs"), []answer{good, theirs},
			"AuditLogs, SignInLogs off; RiskyUsers on", "RiskyUsers"},
		"another writer's destination": {setting("AuditLogs"), []answer{good, elsewhere}, "workspace is " + workspaceID +
			"2 instead of " + workspaceID, "the workspace " + workspaceID + "2"},
		"another writer who then deletes": {setting("AuditLogs"), []answer{theirs, notFound}, "404 Not Found", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
				defer cancel()
				err := newTestClient(&service{answers: map[string][]answer{"GET": test.gets}}).AwaitContent(ctx, test.before,
					setting("AuditLogs", "SignInLogs"))
				if test.shows == "" {
					if err != nil {
						t.Errorf("error = %v", err)
					}
					return
				}
				pending, ok := errors.AsType[*NotVisibleError](err)
				if !ok || !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("error = %v, want a NotVisibleError at the deadline", err)
				}
				if off := strings.Join(pending.Missing, ", "); (off == "") == strings.Contains(test.shows, " off") {
					t.Errorf("it shows %q, and %q is missing", pending.LastSeen, off)
				}
				if of := strings.Join(pending.Unasked, ", "); pending.LastSeen != test.shows || of != test.of {
					t.Errorf("it shows %q with %q that nobody asked for, want %q with %q", pending.LastSeen, of, test.shows, test.of)
				}
			})
		})
	}
}

func TestAwaitGone(t *testing.T) {
	there := answer{200, `{"value":[` + document("x", workspaceID, "AuditLogs") + `]}`}
	for name, test := range map[string]struct {
		gets, lists []answer
		polls       int
	}{
		"gone at once": {[]answer{notFound}, []answer{nothing}, 3},
		"GET still shows it": {[]answer{shows("AuditLogs"), notFound, shows("AuditLogs"), notFound}, []answer{nothing},
			3 + 5},
		"only LIST still has it": {[]answer{notFound}, []answer{there, there, nothing}, 2 + 5},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &service{answers: map[string][]answer{"GET": test.gets, "LIST": test.lists}}
				if err := newTestClient(s).AwaitGone(t.Context(), "x"); err != nil {
					t.Fatal(err)
				}
				if s.count("GET") != test.polls {
					t.Errorf("%d polls, want %d", s.count("GET"), test.polls)
				}
			})
		})
	}
}

func TestReadUnchanged(t *testing.T) {
	for name, test := range map[string]struct {
		gets        []answer
		differences string
		gone        bool
	}{
		"as planned":                    {[]answer{shows("AuditLogs")}, "", false},
		"one stale answer":              {[]answer{shows("AuditLogs", "SignInLogs"), shows("AuditLogs")}, "", false},
		"one stray 404":                 {[]answer{notFound, shows("AuditLogs")}, "", false},
		"somebody turned a category on": {[]answer{shows("AuditLogs", "RiskyUsers")}, "RiskyUsers on", false},
		"somebody deleted it":           {[]answer{notFound}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &service{answers: map[string][]answer{"GET": test.gets, "LIST": {nothing}}}
				found, err := newTestClient(s).readUnchanged(t.Context(), setting("AuditLogs"))
				if test.differences == "" && !test.gone {
					if err != nil || !found.Same(setting("AuditLogs")) {
						t.Errorf("readUnchanged = %+v, %v", found, err)
					}
					return
				}
				changed, ok := errors.AsType[*ChangedError](err)
				if !ok || strings.Join(changed.Differences, ";") != test.differences || changed.Gone != test.gone {
					t.Errorf("error = %+v, want %q, gone %v", err, test.differences, test.gone)
				}
			})
		})
	}
}

func TestSettingReadsWhatTheServiceMayAnswer(t *testing.T) {
	want := setting("AuditLogs", "SignInLogs")
	for name, body := range map[string]string{
		"unused as null": `{"name":"x","properties":{"workspaceId":"` + workspaceID + `","storageAccountId":null,
			"eventHubName":null,"logs":[{"category":"SignInLogs","enabled":true},{"category":"RiskyUsers","enabled":false},
			{"category":"AuditLogs","enabled":true,"retentionPolicy":{"enabled":false,"days":0}}]}}`,
		"unused as empty": `{"name":"x","properties":{"workspaceId":"` + workspaceID + `","storageAccountId":"",
			"serviceBusRuleId":"","eventHubName":"","logs":[{"category":"signinlogs","enabled":true},
			{"category":"AUDITLOGS","enabled":true},{"category":"AuditLogs","enabled":true}]}}`,
		"other letter cases of members": `{"Name":"x","Properties":{"workspaceID":"` + strings.ToLower(workspaceID) +
			`","Logs":[{"Category":"SignInLogs","Enabled":true},{"category":"AuditLogs","enabled":true}]}}`,
	} {
		var got Setting
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Name != "x" || !got.Same(want) || !slices.Equal(slices.Sorted(slices.Values(got.Categories)),
			want.Categories) {
			t.Errorf("%s: %+v, differs by %v", name, got, want.Differences(got))
		}
	}
}

func TestUnknownPartsSurviveAChange(t *testing.T) {
	read := `{"id":"i","type":"t","name":"x","location":"global","tags":null,"systemData":{"createdBy":"ada"},
		"properties":{"workspaceId":"` + workspaceID + `","storageAccountId":"","serviceBusRuleId":"/the/bus",
		"marketplacePartnerId":"/the/partner","metrics":[],"identity":null,"logs":[{"category":"AuditLogs","enabled":true,
		"sampling":{"rate":5},"retentionPolicy":{"enabled":true,"days":365},"categoryGroup":null},
		{"category":"RiskyUsers","enabled":true},{"categoryGroup":"allLogs","enabled":true}]}}`
	var s Setting
	if err := json.Unmarshal([]byte(read), &s); err != nil {
		t.Fatal(err)
	}
	s.Categories = []string{"SignInLogs", "AuditLogs"}
	s.EventHubName = "hub"
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"location":"global","properties":{"eventHubName":"hub","logs":[{"categoryGroup":"allLogs","enabled":true},` +
		`{"category":"AuditLogs","enabled":true,"sampling":{"rate":5}},{"category":"SignInLogs","enabled":true}],` +
		`"marketplacePartnerId":"/the/partner","metrics":[],"serviceBusRuleId":"/the/bus","workspaceId":"` + workspaceID +
		`"}}`
	if string(raw) != want {
		t.Errorf("body = %s\nwant   %s", raw, want)
	}
}

// A destination that is not used is left out, in whichever way the service writes it.
func TestUnusedDestinationsAreNotSent(t *testing.T) {
	for _, unused := range []string{`""`, "null"} {
		var s Setting
		if err := json.Unmarshal([]byte(`{"name":"x","properties":{"storageAccountId":`+unused+`,"serviceBusRuleId":`+unused+
			`,"marketplacePartnerId":`+unused+
			`,"workspaceId":"/w","logs":[{"category":"AuditLogs","enabled":true}]}}`), &s); err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(s)
		if want := `{"properties":{"logs":[{"category":"AuditLogs","enabled":true}],"workspaceId":"/w"}}`; err != nil ||
			string(raw) != want {
			t.Errorf("body = %s, %v\nwant   %s", raw, err, want)
		}
	}
}

// One odd setting of somebody else's does not keep the others from being seen.
func TestAnOddSettingSpoilsNoList(t *testing.T) {
	listed := answer{200, `{"value":[{"name":"odd","properties":null},` + document("x", workspaceID, "AuditLogs") + `]}`}
	settings, err := newTestClient(&service{answers: map[string][]answer{"LIST": {listed}}}).List(t.Context())
	if err != nil || len(settings) != 2 || !settings[1].Same(setting("AuditLogs")) {
		t.Errorf("List = %+v, %v", settings, err)
	}
}

// The service's spelling of a category goes back to it, whatever the user's is.
func TestTheServicesSpellingIsSent(t *testing.T) {
	var s Setting
	if err := json.Unmarshal([]byte(document("x", workspaceID, "BrandNewLogs")), &s); err != nil {
		t.Fatal(err)
	}
	s.Categories = []string{"brandnewlogs", "AuditLogs"}
	raw, err := json.Marshal(s)
	if err != nil || !strings.Contains(string(raw), `"category":"BrandNewLogs"`) ||
		strings.Contains(string(raw), "brandnewlogs") {
		t.Errorf("body = %s, %v", raw, err)
	}
}

const outage = 503

// Before each try to write, the client looks again: what somebody wrote while it was waiting is not overwritten.
func TestWritingAgainLooksAgain(t *testing.T) {
	theirs := answer{200, document("x", workspaceID+"2", "RiskyUsers")}
	for name, test := range map[string]struct {
		answers map[string][]answer
		write   func(context.Context, *Client) error
		want    string // of the error, "" for none
		puts    int
	}{
		"an outage passes": {
			map[string][]answer{"GET": {notFound}, "LIST": {nothing}, "PUT": {{outage, ""}, {outage, ""}, {200, "{}"}}},
			func(ctx context.Context, c *Client) error { return c.Create(ctx, setting("AuditLogs")) }, "", 3,
		},
		"the answer was lost": {
			map[string][]answer{"GET": {notFound, shows("AuditLogs")}, "LIST": {nothing}, "PUT": {{outage, ""}}},
			func(ctx context.Context, c *Client) error { return c.Create(ctx, setting("AuditLogs")) }, "", 1,
		},
		"the answer was lost, and a category is left off": {
			map[string][]answer{"GET": {notFound, shows("AuditLogs")}, "LIST": {nothing}, "PUT": {{outage, ""}}},
			func(ctx context.Context, c *Client) error { return c.Create(ctx, setting("AuditLogs", "SignInLogs")) }, "", 1,
		},
		"somebody was quicker": {
			map[string][]answer{"GET": {notFound, theirs}, "LIST": {nothing}, "PUT": {{outage, ""}, {200, "{}"}}},
			func(ctx context.Context, c *Client) error { return c.Create(ctx, setting("AuditLogs")) }, "already exists", 1,
		},
		"somebody changed it meanwhile": {
			map[string][]answer{"GET": {shows("AuditLogs"), theirs}, "PUT": {{outage, ""}, {200, "{}"}}},
			func(ctx context.Context, c *Client) error {
				_, err := c.Replace(ctx, setting("AuditLogs"), setting("AuditLogs", "SignInLogs"))
				return err
			}, "was changed since the plan", 1,
		},
		"somebody made the same change": {
			map[string][]answer{"GET": {shows("AuditLogs", "SignInLogs")}},
			func(ctx context.Context, c *Client) error {
				_, err := c.Replace(ctx, setting("AuditLogs"), setting("AuditLogs", "SignInLogs"))
				return err
			}, "", 0,
		},
		"a refusal is final": {
			map[string][]answer{"GET": {notFound}, "LIST": {nothing}, "PUT": {{400, `{"code":"BadRequest","message":"no"}`}}},
			func(ctx context.Context, c *Client) error { return c.Create(ctx, setting("AuditLogs")) }, "400 BadRequest: no", 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &service{answers: test.answers}
				err := test.write(t.Context(), newTestClient(s))
				if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
					t.Errorf("error = %v, want %q", err, test.want)
				}
				if s.count("PUT") != test.puts {
					t.Errorf("%d PUTs, want %d", s.count("PUT"), test.puts)
				}
			})
		})
	}
}

func TestAWriteThatIsNeverAnsweredIsUncertain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{answers: map[string][]answer{"GET": {notFound}, "LIST": {nothing}, "PUT": {{outage, ""}}}}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		err := newTestClient(s).Create(ctx, setting("AuditLogs"))
		if _, uncertain := errors.AsType[*UncertainError](err); !uncertain || !azure.IsStatus(err, outage) {
			t.Errorf("error = %v, want an UncertainError with the outage", err)
		}
	})
}

// A throttled write has had no effect.
func TestAWriteThatIsThrottledIsNotUncertain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{answers: map[string][]answer{"GET": {notFound}, "LIST": {nothing},
			"PUT": {{http.StatusTooManyRequests, ""}}}}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		err := newTestClient(s).Create(ctx, setting("AuditLogs"))
		if _, uncertain := errors.AsType[*UncertainError](err); uncertain ||
			!azure.IsStatus(err, http.StatusTooManyRequests) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v, want the throttling and the deadline alone", err)
		}
	})
}

// What the service said last counts, rather than that the deadline cut off another try.
func TestTheLastAnswerIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{answers: map[string][]answer{"GET": {shows("AuditLogs")}, "PUT": {{429, ""}}}}
		s.hangs = func() bool { return s.count("PUT") == 2 }
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := newTestClient(s).Replace(ctx, setting("AuditLogs"), setting("SignInLogs")); !azure.IsStatus(err, 429) {
			t.Errorf("error = %v", err)
		}
	})
}

// What was applied and not answered is known to be, even when the time is up.
func TestALostAnswerIsFoundOutAfterTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{answers: map[string][]answer{
			"GET": {notFound, {outage, ""}, {outage, ""}, {outage, ""}, {outage, ""}, shows("AuditLogs")}, "LIST": {nothing},
			"PUT": {{outage, ""}},
		}}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := newTestClient(s).Create(ctx, setting("AuditLogs")); err != nil {
			t.Errorf("error = %v", err)
		}
		if s.count("PUT") != 1 {
			t.Errorf("%d PUTs", s.count("PUT"))
		}
	})
}

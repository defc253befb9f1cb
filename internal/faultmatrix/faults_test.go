package faultmatrix_test

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest/faults"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// fault is a row of the matrix.
type fault struct {
	name string
	on   meeting
}

// meeting says what a fault does to an operation, and what is to become of that; false means that the two are not
// tried together.
type meeting func(operation) (outcome, bool)

// always is more often than any operation asks.
const always = 10_000

var rows = []fault{
	{"429, Retry-After 2 s", also(passes(everyOther(faults.Throttled(2))), waits(2*time.Second))},
	{"429, Retry-After 90 s", also(passes(mainly(faults.Throttled(90))), waits(90*time.Second))},
	{"429 without Retry-After", passes(everyOther(faults.Throttled(0)))},
	{"429 for good", func(o operation) (outcome, bool) {
		says := "the service is throttling"
		if o.name == status.name {
			says = "the workspace is being throttled"
		}
		return fails(mainly(forGood(faults.Throttled(0))), says, "too many requests", "-parallelism", "timeouts")(o)
	}},
	{"Ctrl-C during a pause", interrupted},
	{"408, 500, 502 and 503 in a row", passes(inARow(408, 500, 502, 503))},
	{"504", func(o operation) (outcome, bool) {
		if o.name == status.name { // by which the service says that a query is too slow
			return outcome{
				strike: mainly(forGood(faults.Status(504))),
				says:   []string{"the query took too long", "shorter lookback"},
			}, true
		}
		return outcome{strike: everyOther(faults.Status(504))}, true
	}},
	{
		"503 for good",
		fails(mainly(forGood(faults.Status(503))), "the service failed", "status.azure.com", "503 Service Unavailable"),
	},
	{"connection reset before it is applied", passes(everyOther(faults.Broken("before")))},
	{"connection reset after it is applied", onWrites(also(passes(mainly(faults.Broken("after"))), writesOnce))},
	{"reset after, then no look for a while", onWrites(passes(lostThenOutage))},
	{"slow answers", passes(func(c *cell) { c.w.Sim.SetLatency(150 * time.Millisecond) })},
	{"no answer", passes(noAnswer)},
	{"half an answer", passes(everyOther(faults.Broken("within")))},
	{"HTML with 200, request lost", passes(everyOther(faults.Page(200)))},
	{"HTML with 200, request applied", onWrites(also(passes(mainly(faults.Applied(faults.Page(200)))), writesOnce))},
	{
		"HTML with 200 for good",
		fails(mainly(forGood(faults.Page(200))), "the answer can't be read", "proxy", "HTTPS_PROXY", "text/html"),
	},
	{"HTML with 502", passes(everyOther(faults.Page(502)))},
	{"empty body with 200", passes(empty)},
	{"404 flapping", onSettings(also(passes(flapping), strays(1)))},
	{
		"one stray 404",
		onSettings(also(passes(func(c *cell) { c.w.Tenant.Behave(faults.Behaviours["one stray 404"]) }), strays(1))),
	},
	{"stale content", onWrites(passes(stale))},
	{"stale content for the plan", staleAtFirst},
	{"replicas 0, 3 and 9 s late", onSettings(replicas)},
	{
		"token service down for a while",
		passes(tokenService(faults.Status(503), faults.Broken("before"), azuresim.Fault{Status: 429, RetryAfter: 2})),
	},
	{"token service down for good", func(o operation) (outcome, bool) {
		return fails(
			tokenServiceForGood(faults.Status(503)),
			"Entra ID's token service gave no token",
			"503 Service Unavailable",
			"client secret",
		)(o)
	}},
	{"HTML from the token service", passes(tokenService(faults.Page(200), faults.Page(502)))},
	{
		"HTML from the token service for good",
		fails(
			tokenServiceForGood(faults.Page(200)),
			"signing in failed: the answer can't be read",
			"HTTPS_PROXY",
			"client secret",
		),
	},
	{"token that expires in the middle", also(passes(mainly(faults.Token("expired"))), renews)},
	{"401 once for a good token", also(passes(all(faults.Token("invalid"))), renews)},
	{
		"401 for good",
		also(
			fails(mainly(forGood(rejected)), "the token was not accepted", "environment", "clock", "token is invalid."),
			sentTwice,
		),
	},
	{"401 with a claims challenge", also(passes(mainly(faults.Token("insufficient"))), renews)},
	{"403 in the middle", forbidden},
	{"403 after the change", forbiddenAfterwards},
}

// passes is a fault that the operation gets over.
func passes(strike func(*cell)) meeting {
	return func(operation) (outcome, bool) { return outcome{strike: strike}, true }
}

// fails is a fault that ends the operation with an error before anything is done.
func fails(strike func(*cell), says ...string) meeting {
	return func(operation) (outcome, bool) { return outcome{strike: strike, says: says}, true }
}

// also looks at what else matters.
func also(on meeting, look func(*cell)) meeting {
	return func(o operation) (outcome, bool) {
		want, tried := on(o)
		want.more = look
		return want, tried
	}
}

// interrupted is a pause that nobody has the time for.
func interrupted(operation) (outcome, bool) {
	return outcome{strike: mainly(faults.Throttled(120)), interrupted: true, says: []string{"interrupted"}}, true
}

func onWrites(on meeting) meeting { return where(operation.writes, on) }

// onSettings leaves out the status, since only diagnostic settings are known to be told of wrongly.
func onSettings(on meeting) meeting {
	return where(func(o operation) bool { return o.name != status.name }, on)
}

func where(applies func(operation) bool, on meeting) meeting {
	return func(o operation) (outcome, bool) {
		want, tried := on(o)
		return want, tried && applies(o)
	}
}

var rejected = azuresim.Fault{
	Status: http.StatusUnauthorized,
	Body:   `{"error":{"code":"InvalidAuthenticationToken","message":"The access token is invalid."}}`,
}

func forGood(f azuresim.Fault) azuresim.Fault {
	f.Times = always
	return f
}

// mainly strikes the operation's main request.
func mainly(f azuresim.Fault) func(*cell) {
	return func(c *cell) { c.arm(c.operation.main, f) }
}

// all strikes the first requests of each kind.
func all(f azuresim.Fault) func(*cell) {
	return func(c *cell) {
		for _, r := range c.operation.all {
			c.arm(r, f)
		}
	}
}

// everyOther strikes requests of each kind in turn, so that each try fails and the next one does not.
func everyOther(f azuresim.Fault) func(*cell) {
	return func(c *cell) {
		for _, r := range c.operation.all {
			for range 10 {
				c.arm(r, f)
				c.spare(r)
			}
		}
	}
}

// inARow answers the first requests of each kind with the statuses.
func inARow(statuses ...int) func(*cell) {
	return func(c *cell) {
		for _, r := range c.operation.all {
			for _, status := range statuses {
				c.arm(r, azuresim.Fault{Status: status})
			}
		}
	}
}

// lostThenOutage loses the answer, and then lets nobody find out for a while what became of the request.
func lostThenOutage(c *cell) {
	c.arm(c.operation.main, faults.Broken("after"))
	looks := map[string]int{create.name: 1, update.name: 2, destroy.name: 1}[c.operation.name]
	c.arm(get, azuresim.Fault{Skip: looks, Status: 503, Times: 4})
}

// noAnswer lets requests hang that then have their effect all the same. It spares the list, which advice waits for as
// well.
func noAnswer(c *cell) {
	for _, r := range c.operation.all {
		if r != list {
			c.arm(r, azuresim.Fault{Delay: time.Hour})
		}
	}
}

// empty is an answer without the content that it should have. A deletion's has none anyhow, so it is real.
func empty(c *cell) {
	for _, r := range c.operation.all {
		f := azuresim.Fault{Status: 200, Applied: r == remove}
		for range 10 {
			c.arm(r, f)
			c.spare(r)
		}
	}
}

func flapping(c *cell) { c.w.Tenant.Behave(faults.Behaviours["404 flapping"]) }

// older is what the setting held some time before.
var older = azuresim.Fault{
	Status: 200,
	Body: fmt.Sprintf(
		`{"name":%q,"properties":{"workspaceId":%q,%q:"/the/partner","logs":[{"category":"AuditLogs","enabled":true}]}}`,
		soc,
		acctest.WorkspaceID("law-soc"),
		foreign,
	),
}

// stale lets the first looks before and after a change show what was before.
func stale(c *cell) {
	c.w.Tenant.Behave(faults.Behaviours["stale content"])
	f := older
	f.Skip, f.Times = 1, 2
	c.arm(get, f)
}

// staleAtFirst lets the plan be made from what was before. What it then proposes is done only as far as it is right.
func staleAtFirst(o operation) (outcome, bool) {
	want := outcome{strike: func(c *cell) { c.arm(get, older) }}
	if o.name == update.name {
		want.state = []string{"AuditLogs"}
		want.says = []string{
			"changed since the plan was made",
			"RiskyUsers, SignInLogs on",
			"Nothing was sent",
			"terraform plan",
		}
	}
	return want, o.name != create.name && o.name != status.name
}

// replicas are behind by up to nine seconds and answer in turn. A read is of a setting that has just been changed.
func replicas(o operation) (outcome, bool) {
	strike := func(c *cell) {
		c.w.Tenant.Behave(faults.Behaviours["replicas"])
		if o.writes() {
			return
		}
		for _, categories := range [][]string{next, old} {
			if said := c.terraform.Apply(c.w.Provider() + connector(categories)).Errors(); len(said) > 0 {
				c.Fatal(said)
			}
		}
		c.w.Sim.ForgetRequests()
	}
	return outcome{strike: strike, more: awaitsReplicas}, o.name != adoption.name
}

// awaitsReplicas checks that a write was waited for: one late answer asks for five good ones.
func awaitsReplicas(c *cell) {
	requests := c.w.Sim.Requests()
	written := slices.IndexFunc(requests, func(e azuresim.Exchange) bool { return e.Method == c.operation.main.method })
	reads := 0
	for _, e := range requests[written+1:] {
		if get.made(e) {
			reads++
		}
	}
	if c.operation.writes() && reads < 6 {
		c.Errorf("the setting was read %d times after the write", reads)
	}
}

// tokenService strikes the requests for tokens one after the other, then lets some through, and does so again for the
// next process.
func tokenService(fs ...azuresim.Fault) func(*cell) {
	return func(c *cell) {
		for _, r := range []request{discovery, token} {
			for range 3 {
				for _, f := range fs {
					c.arm(r, f)
				}
				c.spare(r)
			}
		}
	}
}

// tokenServiceForGood strikes all requests for tokens, but leaves a plan its token where a change is to be struck.
func tokenServiceForGood(f azuresim.Fault) func(*cell) {
	return func(c *cell) {
		f := forGood(f)
		if c.operation.writes() {
			f.Skip = 1 // the plan's
		}
		c.arm(token, f)
	}
}

// forbidden takes the right away after the operation has begun.
func forbidden(o operation) (outcome, bool) {
	says := []string{
		"no permission to read diagnostic settings",
		"az role assignment create",
		`--assignee-object-id "the-object"`,
		`--role "Reader"`,
	}
	verb := "read"
	if o.writes() {
		verb = "write"
		says = []string{
			"no permission to change diagnostic settings",
			"az role assignment create",
			`--assignee-object-id "the-object"`,
			`--role "Contributor"`,
		}
	}
	if o.name == status.name {
		body := `{"error":{"code":"InsufficientAccessError","message":` +
			`"The provided credentials have insufficient access to perform the requested operation"}}`
		return outcome{strike: mainly(forGood(azuresim.Fault{Status: 403, Body: body})), denied: true}, true
	}
	denied := faults.Forbidden(
		"microsoft.aadiam/diagnosticSettings/"+verb,
		"/providers/microsoft.aadiam/diagnosticSettings/"+soc,
	)
	return outcome{strike: mainly(forGood(denied)), says: says}, true
}

// forbiddenAfterwards takes it away when the service has made the change and only the look at it is left.
func forbiddenAfterwards(o operation) (outcome, bool) {
	want := outcome{
		done: true,
		says: []string{
			"the change was accepted, then no permission to read diagnostic settings",
			"The service accepted the request",
			`--role "Reader"`,
		},
	}
	var looks int
	switch o.name {
	case create.name:
		looks, want.tainted, want.next = 2, true, toReplace
		want.says = append(want.says, "terraform untaint")
	case update.name:
		looks = 3
	case destroy.name:
		looks, want.kept, want.next = 2, true, noChanges
		want.says = append(want.says, "still in the state")
	default:
		return outcome{}, false
	}
	want.strike = func(c *cell) {
		f := forGood(faults.Forbidden("microsoft.aadiam/diagnosticSettings/read", "s"))
		f.Skip = looks
		c.arm(get, f)
	}
	return want, true
}

// waits checks that the request after a throttled one was as late as it was asked to be.
func waits(asked time.Duration) func(*cell) {
	return func(c *cell) {
		c.eachThat(c.operation.main, http.StatusTooManyRequests, func(struck, again azuresim.Exchange) {
			if waited := again.At.Sub(struck.At); waited < asked {
				c.Errorf("it was tried again after %s, want no less than %s", waited, asked)
			}
		})
	}
}

// renews checks that a request whose token was not accepted was sent again with another.
func renews(c *cell) {
	c.eachThat(c.operation.main, http.StatusUnauthorized, func(struck, again azuresim.Exchange) {
		if again.TokenID == struck.TokenID || again.TokenID == "" || again.Status == http.StatusUnauthorized {
			c.Errorf(
				"it was sent again with the token %q after %q, and answered with %d",
				again.TokenID,
				struck.TokenID,
				again.Status,
			)
		}
	})
}

// sent counts the main request.
func (c *cell) sent() int {
	n := 0
	for _, e := range c.w.Sim.Requests() {
		if c.operation.main.made(e) {
			n++
		}
	}
	return n
}

func sentTwice(c *cell) {
	if n := c.sent(); n != 2 {
		c.Errorf("the request was sent %d times, want once more after the first refusal", n)
	}
}

// writesOnce checks that what was applied is not written again. Whether a deletion was, only another one tells at once.
func writesOnce(c *cell) {
	if n := c.sent(); n != 1 && c.operation.main == put {
		c.Errorf("the setting was written %d times", n)
	}
}

// strays checks that the service denied a setting that there was.
func strays(times int) func(*cell) {
	return func(c *cell) {
		left := times
		if c.operation.from == nil {
			left++ // the look before a creation
		}
		for _, e := range c.w.Sim.Requests() {
			if get.made(e) && e.Status == http.StatusNotFound {
				left--
			}
		}
		if left > 0 {
			c.Errorf("%d answers too few were 404", left)
		}
	}
}

// eachThat looks at the requests of a kind that were answered with a status, and at those of the kind that followed;
// there is at least one.
func (c *cell) eachThat(r request, status int, look func(struck, again azuresim.Exchange)) {
	c.Helper()
	made := slices.DeleteFunc(c.w.Sim.Requests(), func(e azuresim.Exchange) bool { return !r.made(e) })
	struck := 0
	for i, e := range made {
		if e.Status != status {
			continue
		}
		struck++
		if i == len(made)-1 {
			c.Errorf("%s %s was not tried again", e.Method, e.Path)
			return
		}
		look(e, made[i+1])
	}
	if struck == 0 {
		c.Errorf("no %s %s was answered with %d", r.method, r.pathEnd, status)
	}
}

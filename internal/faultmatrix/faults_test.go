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

// fault is a row of the matrix: what a fault does to the operations, and what is to become of them. Where it says
// nothing else, they succeed.
type fault struct {
	name string
	// meets says with which operations it is tried; nil means all.
	meets func(operation) bool
	// adapt changes what follows for some operations.
	adapt func(operation, *fault)

	// strike lets the fault happen.
	strike func(*cell)
	// says is what the error says; none means that there is none.
	says []string
	// done says that the service has what was wanted although there is an error.
	done bool
	// tainted says that the state has the setting, marked as one to be replaced.
	tainted bool
	// state is what is in the state, where that is neither what was wanted after a success nor what was before.
	state map[string]any
	// warns is what a warning says.
	warns []string
	// more looks at what else matters.
	more func(*cell)
}

// on returns the fault as it meets an operation; false means that the two are not tried together.
func (f fault) on(o operation) (fault, bool) {
	if f.adapt != nil {
		f.adapt(o, &f)
	}
	return f, f.meets == nil || f.meets(o)
}

func (f fault) isDone() bool { return len(f.says) == 0 || f.done }

// plan is what the next plan says, without the fault: nothing is to do after a success, and all after a failure.
func (f fault) plan(o operation) string {
	switch {
	case f.tainted:
		return toReplace
	case f.isDone():
		return noChanges
	default:
		return o.planned
	}
}

var rows = []fault{
	{name: "429, Retry-After 2 s", strike: everyOther(faults.Throttled(2)), more: waits(2 * time.Second)},
	{name: "429, Retry-After 90 s", strike: mainly(faults.Throttled(90)), more: waits(90 * time.Second)},
	{name: "429 without Retry-After", strike: everyOther(faults.Throttled(0))},
	{
		name: "429 for good", strike: mainly(forGood(faults.Throttled(0))),
		says: []string{"the service is throttling", "too many requests", "-parallelism", "timeouts"},
		adapt: func(o operation, want *fault) {
			if o.name == status.name {
				want.says = slices.Concat([]string{"the workspace is being throttled"}, want.says[1:])
			}
		},
	},
	{name: "Ctrl-C during a pause", strike: interrupt, says: []string{"interrupted"}, more: endsAtOnce},
	{
		name:   "408, 500, 502 and 503 in a row",
		strike: all(faults.Status(408), faults.Status(500), faults.Status(502), faults.Status(503)),
	},
	{
		name: "504", strike: everyOther(faults.Status(504)),
		adapt: func(o operation, want *fault) {
			if o.name == status.name { // by which the service says that a query is too slow
				want.strike = mainly(forGood(faults.Status(504)))
				want.says = []string{"the query took too long", "shorter lookback"}
			}
		},
	},
	{
		name: "503 for good", strike: mainly(forGood(faults.Status(503))),
		says: []string{"the service failed", "status.azure.com", "503 Service Unavailable"},
	},
	{name: "connection reset before it is applied", strike: everyOther(faults.Broken("before"))},
	{
		name: "connection reset after it is applied", meets: operation.writes,
		strike: mainly(faults.Broken("after")), more: writesOnce,
	},
	{name: "reset after, then no look for a while", meets: operation.writes, strike: lostThenOutage},
	{name: "slow answers", strike: func(c *cell) { c.w.Sim.SetLatency(150 * time.Millisecond) }},
	{name: "no answer", strike: noAnswer},
	{name: "half an answer", strike: everyOther(faults.Broken("within"))},
	{name: "HTML with 200, request lost", strike: everyOther(faults.Page(200))},
	{
		name: "HTML with 200, request applied", meets: operation.writes,
		strike: mainly(faults.Applied(faults.Page(200))), more: writesOnce,
	},
	{
		name: "HTML with 200 for good", strike: mainly(forGood(faults.Page(200))),
		says: []string{"the answer can't be read", "proxy", "HTTPS_PROXY", "text/html"},
	},
	{name: "HTML with 502", strike: everyOther(faults.Page(502))},
	{name: "empty body with 200", strike: empty},
	{name: "404 flapping", meets: operation.ofSetting, strike: behave("404 flapping"), more: strays},
	{name: "one stray 404", meets: operation.ofSetting, strike: behave("one stray 404"), more: strays},
	{name: "stale content", meets: operation.writes, strike: stale},
	{
		name:   "stale content for the plan",
		meets:  func(o operation) bool { return o.name != create.name && o.name != status.name },
		strike: func(c *cell) { c.arm(get, older) },
		adapt: func(o operation, want *fault) { // what the plan proposes is done only as far as it is right
			if o.name == update.name {
				want.state = stateOf([]string{"AuditLogs"})
				want.says = []string{
					"changed since the plan was made", "RiskyUsers, SignInLogs on", "Nothing was sent", "terraform plan",
				}
			}
		},
	},
	{
		name:   "replicas 0, 3 and 9 s late",
		meets:  func(o operation) bool { return o.ofSetting() && o.name != adoption.name },
		strike: replicas, more: awaitsReplicas,
	},
	{
		name:   "token service down for a while",
		strike: tokenService(faults.Status(503), faults.Broken("before"), azuresim.Fault{Status: 429, RetryAfter: 2}),
	},
	{
		name: "token service down for good", strike: tokenServiceForGood(faults.Status(503)),
		says: []string{"Entra ID's token service gave no token", "503 Service Unavailable", "client secret"},
	},
	{name: "HTML from the token service", strike: tokenService(faults.Page(200), faults.Page(502))},
	{
		name: "HTML from the token service for good", strike: tokenServiceForGood(faults.Page(200)),
		says: []string{"signing in failed: the answer can't be read", "HTTPS_PROXY", "client secret"},
	},
	{name: "token that expires in the middle", strike: mainly(faults.Token("expired")), more: renews},
	{name: "401 once for a good token", strike: all(faults.Token("invalid")), more: renews},
	{
		name: "401 for good", more: sentTwice,
		strike: mainly(forGood(azuresim.Fault{
			Status: http.StatusUnauthorized,
			Body:   `{"error":{"code":"InvalidAuthenticationToken","message":"The access token is invalid."}}`,
		})),
		says: []string{"the token was not accepted", "environment", "clock", "token is invalid."},
	},
	{name: "401 with a claims challenge", strike: mainly(faults.Token("insufficient")), more: renews},
	{name: "403 in the middle", adapt: forbidden},
	{name: "403 after the change", meets: operation.writes, adapt: forbiddenAfterwards},
}

func forGood(f azuresim.Fault) azuresim.Fault {
	f.Times = 10_000 // which is more often than any operation asks
	return f
}

// mainly strikes the operation's main request.
func mainly(f azuresim.Fault) func(*cell) {
	return func(c *cell) { c.arm(c.operation.main, f) }
}

// all strikes the first requests of each kind.
func all(fs ...azuresim.Fault) func(*cell) {
	return func(c *cell) {
		for _, r := range c.operation.all {
			c.arm(r, fs...)
		}
	}
}

// none lets a request through to the faults after it.
var none azuresim.Fault

// everyOther strikes requests of each kind in turn, so that each try fails and the next one does not.
func everyOther(f azuresim.Fault) func(*cell) {
	return all(slices.Repeat([]azuresim.Fault{f, none}, 10)...)
}

// empty is an answer without the content that it should have. A deletion's has none anyhow, so it is real.
func empty(c *cell) {
	for _, r := range c.operation.all {
		c.arm(r, slices.Repeat([]azuresim.Fault{{Status: 200, Applied: r == remove}, none}, 10)...)
	}
}

// interrupt stops the provider in the pause after a throttled request, as Ctrl-C does.
func interrupt(c *cell) {
	mainly(faults.Throttled(120))(c)
	throttled := func(e azuresim.Exchange) bool { return e.Status == http.StatusTooManyRequests }
	go func() {
		for range 60 {
			if slices.ContainsFunc(c.w.Sim.Requests(), throttled) {
				c.stopped = time.Now()
				c.terraform.(standIn).Stop() // package connector interrupts real runs
				return
			}
			time.Sleep(time.Second)
		}
	}()
}

func endsAtOnce(c *cell) {
	if took := time.Since(c.stopped); took > 0 {
		c.Errorf("it went on for %s after it was interrupted", took)
	}
}

// lostThenOutage loses the answer, and then lets nobody find out for a while what became of the request.
func lostThenOutage(c *cell) {
	c.arm(c.operation.main, faults.Broken("after"))
	c.arm(get, azuresim.Fault{Skip: c.operation.looks(), Status: 503, Times: 4})
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

func behave(name string) func(*cell) {
	return func(c *cell) { c.w.Tenant.Behave(faults.Behaviours[name]) }
}

// older is what the setting held some time before.
var older = azuresim.Fault{Status: 200, Body: fmt.Sprintf(
	`{"name":%q,"properties":{"workspaceId":%q,%q:"/the/partner","logs":[{"category":"AuditLogs","enabled":true}]}}`,
	soc, acctest.WorkspaceID("law-soc"), foreign,
)}

// stale lets the first looks before and after a change show what was before.
func stale(c *cell) {
	behave("stale content")(c)
	f := older
	f.Skip, f.Times = 1, 2
	c.arm(get, f)
}

// replicas are behind by up to nine seconds and answer in turn. A read is of a setting that has just been changed.
func replicas(c *cell) {
	behave("replicas")(c)
	if c.operation.writes() {
		return
	}
	for _, categories := range [][]string{next, old} {
		if said := c.terraform.Apply(c.w.Provider() + connector(categories)); failure.MatchString(said) {
			c.Fatal(said)
		}
	}
	c.w.Sim.ForgetRequests()
}

// awaitsReplicas checks that a write was waited for: one late answer asks for five good ones.
func awaitsReplicas(c *cell) {
	requests := c.w.Sim.Requests()
	written := slices.IndexFunc(requests, c.operation.main.made)
	reads := only(get, requests[written+1:])
	if c.operation.writes() && len(reads) < 6 {
		c.Errorf("the setting was read %d times after the write", len(reads))
	}
}

// tokenService strikes the requests for tokens one after the other, then lets some through, and does so again for the
// next process.
func tokenService(fs ...azuresim.Fault) func(*cell) {
	return func(c *cell) {
		for _, r := range []request{discovery, token} {
			c.arm(r, slices.Repeat(append(slices.Clone(fs), none), 3)...)
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
func forbidden(o operation, want *fault) {
	if o.name == status.name {
		want.warns = []string{
			"Warning: ", "no permission to read the workspace", "az role assignment create", `--role "Log Analytics Reader"`,
		}
		want.state = map[string]any{"AuditLogs": "denied", "SigninLogs": "denied"}
		want.strike = mainly(forGood(azuresim.Fault{Status: 403, Body: `{"error":{"code":"InsufficientAccessError",` +
			`"message":"The provided credentials have insufficient access to perform the requested operation"}}`}))
		return
	}
	does, action, role := "read", "read", "Reader"
	if o.writes() {
		does, action, role = "change", "write", "Contributor"
	}
	want.strike = mainly(forGood(faults.Forbidden("microsoft.aadiam/diagnosticSettings/"+action,
		"/providers/microsoft.aadiam/diagnosticSettings/"+soc)))
	want.says = []string{
		"no permission to " + does + " diagnostic settings", "az role assignment create",
		`--assignee-object-id "the-object"`, `--role "` + role + `"`,
	}
}

// forbiddenAfterwards takes it away when the service has made the change and only the look at it is left.
func forbiddenAfterwards(o operation, want *fault) {
	want.done = true
	want.says = []string{
		"the change was accepted, then no permission to read diagnostic settings",
		"The service accepted the request", `--role "Reader"`,
	}
	switch o.name {
	case create.name:
		want.tainted = true
		want.says = append(want.says, "terraform untaint")
	case destroy.name:
		want.state = stateOf(old)
		want.says = append(want.says, "still in the state")
	}
	f := forGood(faults.Forbidden("microsoft.aadiam/diagnosticSettings/read", "s"))
	f.Skip = o.looks() + 1
	want.strike = func(c *cell) { c.arm(get, f) }
}

// waits checks that the request after a throttled one was as late as it was asked to be.
func waits(asked time.Duration) func(*cell) {
	return func(c *cell) {
		for struck, again := range c.retried(http.StatusTooManyRequests) {
			if waited := again.At.Sub(struck.At); waited < asked {
				c.Errorf("it was tried again after %s, want no less than %s", waited, asked)
			}
		}
	}
}

// renews checks that a request whose token was not accepted was sent again with another.
func renews(c *cell) {
	for struck, again := range c.retried(http.StatusUnauthorized) {
		if again.TokenID == struck.TokenID || again.TokenID == "" || again.Status == http.StatusUnauthorized {
			c.Errorf("it was sent again with the token %q after %q, and answered with %d",
				again.TokenID, struck.TokenID, again.Status)
		}
	}
}

func sentTwice(c *cell) {
	if n := len(only(c.operation.main, c.w.Sim.Requests())); n != 2 {
		c.Errorf("the request was sent %d times, want once more after the first refusal", n)
	}
}

// writesOnce checks that what was applied is not written again. Whether a deletion was, only another one tells at once.
func writesOnce(c *cell) {
	if n := len(only(put, c.w.Sim.Requests())); n != 1 && c.operation.main == put {
		c.Errorf("the setting was written %d times", n)
	}
}

// strays checks that the service denied a setting that there was.
func strays(c *cell) {
	want := 1
	if c.operation.from == nil {
		want++ // the look before a creation
	}
	denied := slices.DeleteFunc(only(get, c.w.Sim.Requests()),
		func(e azuresim.Exchange) bool { return e.Status != http.StatusNotFound })
	if len(denied) < want {
		c.Errorf("%d answers were 404, want %d", len(denied), want)
	}
}

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

// fault is what a fault does to operations, and their expected result, which is a success by default. Where results
// differ between operations, several faults have the same name.
type fault struct {
	name string
	// meets says with which operations it is tried; nil means all.
	meets func(operation) bool
	// shipped is the operation with which the shipped binary is tried as well, over TLS and under a real Terraform.
	shipped string
	// strike lets the fault happen.
	strike func(*cell)
	// says is what the error says; none means that there is none.
	says []string
	// done says that the service has what was wanted although there is an error.
	done bool
	// tainted says that the state has the setting, marked as one to be replaced.
	tainted bool
	// state is what is in the state, where that is neither what was wanted after a success nor what was before.
	state string
	// warns is what a warning says.
	warns []string
	// more looks at what else matters.
	more func(*cell)
}

func (f fault) isTried(o operation) bool { return f.meets == nil || f.meets(o) }

func (f fault) isDone() bool { return len(f.says) == 0 || f.done }

// plan is what the next plan says, without the fault: no changes after a success, all of them after a failure.
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
	{name: "429, Retry-After 2 s", strike: everyOther(faults.Throttled(2))},
	{name: "429, Retry-After 90 s", strike: mainly(faults.Throttled(90))},
	{name: "429 without Retry-After", shipped: "read", strike: everyOther(faults.Throttled(0))},
	{
		name: "429 for good", meets: operation.ofSetting, strike: forGood(faults.Throttled(0)),
		says: []string{"the service is throttling", "too many requests", "-parallelism", "timeouts"},
	},
	{
		name: "429 for good", meets: is(status), strike: forGood(faults.Throttled(0)),
		says: []string{"the workspace is being throttled", "too many requests", "-parallelism", "timeouts"},
	},
	{name: "Ctrl-C during a pause", strike: interrupt, says: []string{"interrupted"}, more: endsAtOnce},
	{
		name:   "408, 500, 502 and 503 in a row",
		strike: all(azuresim.Fault{Status: 408}, azuresim.Fault{Status: 500}, azuresim.Fault{Status: 502}, unavailable),
	},
	{name: "504", meets: operation.ofSetting, strike: everyOther(azuresim.Fault{Status: 504})},
	{ // the service's answer to a query that is too slow
		name: "504", meets: is(status), strike: forGood(azuresim.Fault{Status: 504}),
		says: []string{"the query took too long", "shorter lookback"},
	},
	{
		name: "503 for good", strike: forGood(unavailable),
		says: []string{"the service failed", "status.azure.com", "503 Service Unavailable"},
	},
	{name: "connection reset before it is applied", shipped: "read", strike: everyOther(azuresim.Fault{Break: "before"})},
	{
		name: "connection reset after it is applied", shipped: "create", meets: operation.writes,
		strike: mainly(azuresim.Fault{Break: "after"}), more: writesOnce,
	},
	{name: "reset after, then no look for a while", meets: operation.writes, strike: lostThenOutage},
	{name: "slow answers", shipped: "read", strike: func(c *cell) { c.w.Sim.SetLatency(150 * time.Millisecond) }},
	{name: "no answer", strike: noAnswer},
	{name: "half an answer", shipped: "read", strike: everyOther(azuresim.Fault{Break: "within"})},
	{name: "HTML with 200, request lost", shipped: "read", strike: everyOther(faults.Page(200))},
	{
		name: "HTML with 200, request applied", meets: operation.writes,
		strike: mainly(faults.Applied(faults.Page(200))), more: writesOnce,
	},
	{
		name: "HTML with 200 for good", strike: forGood(faults.Page(200)),
		says: []string{"the answer can't be read", "proxy", "HTTPS_PROXY", "text/html"},
	},
	{name: "HTML with 502", strike: everyOther(faults.Page(502))},
	{name: "empty body with 200", shipped: "read", strike: empty},
	{name: "404 flapping", meets: operation.ofSetting, strike: behave("404 flapping"), more: strays},
	{name: "one stray 404", shipped: "update", meets: operation.ofSetting, strike: behave("one stray 404"), more: strays},
	{name: "stale content", meets: operation.writes, strike: stale},
	{
		name: "stale content for the plan", strike: func(c *cell) { c.arm(get, older) },
		meets: func(o operation) bool { return o.ofSetting() && o.from != nil && o.name != update.name },
	},
	{ // what the plan proposes is done only as far as it is right
		name: "stale content for the plan", meets: is(update), shipped: "update",
		strike: func(c *cell) { c.arm(get, older) }, state: stateOf([]string{"AuditLogs"}),
		says: []string{"changed since the plan was made", "RiskyUsers, SignInLogs on", "Nothing was sent", "terraform plan"},
	},
	{
		name:   "replicas 0, 3 and 9 s late",
		meets:  func(o operation) bool { return o.ofSetting() && o.name != adoption.name },
		strike: replicas, more: awaitsReplicas,
	},
	{
		name:   "token service down for a while",
		strike: tokenService(unavailable, azuresim.Fault{Break: "before"}, azuresim.Fault{Status: 429, RetryAfter: 2}),
	},
	{
		name: "token service down for good", strike: tokenServiceForGood(unavailable),
		says: []string{"Entra ID's token service gave no token", "503 Service Unavailable", "client secret"},
	},
	{name: "HTML from the token service", strike: tokenService(faults.Page(200), faults.Page(502))},
	{
		name: "HTML from the token service for good", strike: tokenServiceForGood(faults.Page(200)),
		says: []string{"signing in failed: the answer can't be read", "HTTPS_PROXY", "client secret"},
	},
	{name: "token that expires in the middle", shipped: "update", strike: mainly(azuresim.Fault{Token: "expired"})},
	{name: "401 once for a good token", strike: all(azuresim.Fault{Token: "invalid"})},
	{
		name: "401 for good", shipped: "import", more: sentTwice,
		strike: forGood(azuresim.Fault{
			Status: 401, Body: `{"error":{"code":"InvalidAuthenticationToken","message":"The access token is invalid."}}`,
		}),
		says: []string{"the token was not accepted", "environment", "clock", "token is invalid."},
	},
	{name: "401 with a claims challenge", shipped: "delete", strike: mainly(azuresim.Fault{Token: "insufficient"})},
	{
		name: "403 in the middle", meets: operation.writes, strike: forGood(forbidden("write")),
		says: []string{"no permission to change diagnostic settings", "az role assignment create", theObject,
			`--role "Contributor"`},
	},
	{
		name: "403 in the middle", meets: func(o operation) bool { return o.ofSetting() && !o.writes() },
		strike: forGood(forbidden("read")),
		says: []string{"no permission to read diagnostic settings", "az role assignment create", theObject,
			`--role "Reader"`},
	},
	{
		name: "403 in the middle", meets: is(status), shipped: "status",
		strike: forGood(azuresim.Fault{Status: 403, Body: `{"error":{"code":"InsufficientAccessError",` +
			`"message":"The provided credentials have insufficient access to perform the requested operation"}}`}),
		warns: []string{"Warning: ", "no permission to read the workspace", "az role assignment create",
			`--role "Log Analytics Reader"`},
		state: "map[AuditLogs:denied SigninLogs:denied]",
	},
	{
		name: "403 after the change", meets: is(create), shipped: "create", strike: forbiddenAfterwards,
		done: true, tainted: true,
		says: []string{accepted, "The service accepted the request", `--role "Reader"`, "terraform untaint"},
	},
	{
		name: "403 after the change", meets: is(update), strike: forbiddenAfterwards, done: true,
		says: []string{accepted, "The service accepted the request", `--role "Reader"`},
	},
	{
		name: "403 after the change", meets: is(destroy), strike: forbiddenAfterwards, done: true, state: stateOf(old),
		says: []string{accepted, "The service accepted the request", `--role "Reader"`, "still in the state"},
	},
}

const (
	theObject = `--assignee-object-id "the-object"`
	accepted  = "the change was accepted, then no permission to read diagnostic settings"
	// always is more often than any operation asks.
	always = 10_000
)

var (
	unavailable = azuresim.Fault{Status: 503}
	// none lets a request through to the faults after it.
	none azuresim.Fault
	// older is what the setting held some time before.
	older = azuresim.Fault{Status: 200, Body: fmt.Sprintf(
		`{"name":%q,"properties":{"workspaceId":%q,%q:%q,"logs":[{"category":"AuditLogs","enabled":true}]}}`,
		soc, acctest.WorkspaceID("law-soc"), unknownProperty, partner)}
)

// mainly strikes the operation's main request.
func mainly(f azuresim.Fault) func(*cell) {
	return func(c *cell) { c.arm(c.operation.main(), f) }
}

func forGood(f azuresim.Fault) func(*cell) {
	f.Times = always
	return mainly(f)
}

// all strikes the first requests of each kind.
func all(fs ...azuresim.Fault) func(*cell) {
	return func(c *cell) {
		for _, r := range c.operation.all {
			c.arm(r, fs...)
		}
	}
}

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
	time.AfterFunc(time.Minute, func() {
		c.stopped = time.Now()
		c.terraform.(standIn).Stop() // package connector interrupts real runs
	})
}

func endsAtOnce(c *cell) {
	if took := time.Since(c.stopped); took != 0 {
		c.Errorf("it went on for %s after it was interrupted", took)
	}
}

// lostThenOutage loses the answer, and then lets nobody find out for a while what became of the request.
func lostThenOutage(c *cell) {
	c.arm(c.operation.main(), azuresim.Fault{Break: "after"})
	c.arm(get, azuresim.Fault{Skip: c.operation.looks, Status: 503, Times: 4})
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
	written := slices.IndexFunc(requests, c.operation.main().made)
	if reads := only(get, requests[written+1:]); c.operation.writes() && len(reads) < 6 {
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
	f.Times = always
	return func(c *cell) {
		struck := f
		if c.operation.writes() {
			struck.Skip = 1 // the plan's
		}
		c.arm(token, struck)
	}
}

func forbidden(action string) azuresim.Fault {
	return faults.Forbidden("microsoft.aadiam/diagnosticSettings/"+action,
		"/providers/microsoft.aadiam/diagnosticSettings/"+soc)
}

// forbiddenAfterwards refuses the reads that follow the change.
func forbiddenAfterwards(c *cell) {
	f := forbidden("read")
	f.Skip, f.Times = c.operation.looks+1, always
	c.arm(get, f)
}

func sentTwice(c *cell) {
	if n := len(only(c.operation.main(), c.w.Sim.Requests())); n != 2 {
		c.Errorf("the request was sent %d times, want once more after the first refusal", n)
	}
}

// writesOnce checks that what was applied is not written again. Whether a deletion was, only another one tells at once.
func writesOnce(c *cell) {
	if n := len(only(put, c.w.Sim.Requests())); n != 1 && c.operation.main() == put {
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

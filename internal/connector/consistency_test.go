package connector_test

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

// A replacement under the same name meets the content from before the deletion, which is no other writer's.
func TestContentFromBeforeADeletion(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		r.apply(r.connector(lawSOC, categories("RiskyUsers")))
		r.tf.State[address].Tainted = true
		write := r.gate(http.MethodPut, 1)
		end := r.start(r.connector(lawSOC, categories("AuditLogs"), timeout("create", "10m")))
		r.came("PUT "+soc, 2)
		old := `{"name":"` + soc + `","properties":{"workspaceId":"` + lawSOC +
			`","logs":[{"category":"RiskyUsers","enabled":true}]}}`
		forGood(azuresim.Fault{Method: http.MethodGet, PathEnd: soc, Status: 200, Body: old})(r)
		write()
		said := end()
		r.fails(said, "the service does not show the change", "AuditLogs off; RiskyUsers on")
		if said.Say("another run of Terraform") {
			t.Errorf("the old content is taken for another writer's:\n%s", said)
		}
	})
}

// A write whose token is rejected is sent again only if nobody has written meanwhile.
func TestAnotherWriterDuringARenewal(t *testing.T) {
	type testCase struct {
		exists      bool
		fault, says string
	}
	each(t, map[string]testCase{
		"create, expired token":    {false, "expired", "exists"},
		"create, claims challenge": {false, "insufficient", "exists"},
		"update, expired token":    {true, "expired", "changed since the plan was made"},
		"update, claims challenge": {true, "insufficient", "changed since the plan was made"},
	}, func(r *run, test testCase) {
		if test.exists {
			r.apply(r.connector(lawSOC, categories("AuditLogs")))
		}
		signedIn := make(chan struct{})
		strike(azuresim.Fault{Method: http.MethodPut, Token: test.fault})(r)
		// The first two tokens are the plan's and the apply's.
		strike(azuresim.Fault{Method: http.MethodPost, Path: "/oauth2/", Skip: 2, Until: signedIn})(r)
		end := r.start(r.connector(lawSOC))
		synctest.Wait()
		r.put(soc, portal(lawSOC, nil, "RiskyUsers"))
		close(signedIn)
		r.fails(end(), test.says)
		r.streams("RiskyUsers")
	})
}

// interrupted presses Ctrl-C in an apply, once count requests of a kind have come. The run must end at once but for a
// last read.
func (r *run) interrupted(config, call string, count int) protocol.Diagnostics {
	r.Helper()
	r.Sim.ForgetRequests()
	end := r.start(config)
	r.came(call, count)
	r.tf.Stop()
	began := time.Now()
	said := end()
	if took := time.Since(began); took > 5*time.Second {
		r.Errorf("it went on for %s after it was interrupted", took)
	}
	for _, alien := range []string{"context canceled", "timeouts", "interrupted by"} {
		if said.Say(alien) {
			r.Errorf("an interrupted run speaks of %q:\n%s", alien, said)
		}
	}
	r.Sim.ForgetFaults()
	r.Tenant.Behave(azuresim.Behaviour{})
	r.Tenant.Settle()
	return said
}

// held holds back the count-th request of a kind, for longer than anybody waits.
func held(method string, count int) func(*run) {
	return strike(azuresim.Fault{Method: method, PathEnd: soc, Skip: count - 1, Delay: time.Hour})
}

// An interrupted run ends at once, keeps what it has done and says how to go on; the next apply does the rest and
// writes nothing twice.
func TestInterrupted(t *testing.T) {
	wanted := []string{"AuditLogs", "RiskyUsers"}
	cannot := func(verb string) string { return "Error: Cannot " + verb + ` the connector "` + soc + `": interrupted` }
	const warning, plan = `Warning: Interrupted while waiting for the connector "` + soc + `"`, `Run "terraform plan"`
	accepted := []string{warning, "The service accepted the request", "in the state", plan}
	type testCase struct {
		from, to []string // nil for no connector
		azure    func(*run)
		call     string
		count    int
		says     []string
		now      []string // what the service and the state have afterwards
	}
	each(t, map[string]testCase{
		"creation, reading": {nil, wanted, held(http.MethodGet, 1), "GET " + soc, 1, []string{cannot("create"), plan}, nil},
		"creation, sent":    {nil, wanted, held(http.MethodPut, 1), "PUT " + soc, 1, accepted, wanted},
		"creation, waiting": {nil, wanted, behaving(azuresim.Behaviour{AfterCreate: forever}), "GET " + soc, 3,
			[]string{warning, "It last showed: 404 Not Found"}, wanted},
		"update, reading": {six, wanted, held(http.MethodGet, 2), "GET " + soc, 2, []string{cannot("update"), plan}, six},
		"update, sent":    {six, wanted, held(http.MethodPut, 1), "PUT " + soc, 1, accepted, wanted},
		"update, waiting": {six, wanted, behaving(azuresim.Behaviour{AfterUpdate: forever}), "GET " + soc, 4,
			[]string{warning, "It last showed: RiskyUsers off"}, wanted},
		"destruction, sent": {six, nil, held(http.MethodDelete, 1), "DELETE " + soc, 1,
			[]string{cannot("delete"), plan}, six},
		"destruction, waiting": {six, nil, behaving(azuresim.Behaviour{AfterDelete: forever}), "GET " + soc, 3,
			[]string{cannot("delete"), "The service accepted the request", "still in the state"}, six},
	}, func(r *run, test testCase) {
		config := func(names []string) string {
			if names == nil {
				return r.Provider()
			}
			return r.connector(lawSOC, categories(names...))
		}
		if test.from != nil {
			r.apply(config(test.from))
		}
		r.Sim.ForgetRequests()
		test.azure(r)
		said := r.interrupted(config(test.to), test.call, test.count)
		if len(said) != 1 || !said.Say(test.says...) {
			r.Errorf("want %q:\n%s", test.says, said)
		}
		if state := r.tf.State[address]; (state != nil) != (test.now != nil) || state != nil && state.Tainted {
			r.Fatalf("the state has %+v, want %v", state, test.now)
		} else if state != nil {
			r.matches("the state", state.Attributes(), map[string]any{"log_categories": list(test.now...)})
		}
		r.apply(config(test.to))
		r.streams(test.to...)
		if puts := r.count("PUT " + soc); puts > 1 {
			r.Errorf("%d PUTs were sent", puts)
		}
	})
}

// What nobody answers is not waited for, and may have been done all the same.
func TestInterruptedWhileNobodyAnswers(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		held(http.MethodPut, 1)(r)
		held(http.MethodGet, 2)(r) // after the read before it
		said := r.interrupted(r.connector(lawSOC), "PUT "+soc, 1)
		r.fails(said, `Cannot create the connector "`+soc+`": interrupted`, "no answer says whether it was applied",
			"if it warns that the setting already exists, import it")
		if len(r.tf.State) > 0 {
			t.Errorf("the state has %v", r.tf.State)
		}
	})
}

// The contents that two runs at once want.
var one, another = []string{"AuditLogs", "SignInLogs"}, []string{"ProvisioningLogs", "RiskyUsers"}

// beside returns another run in the same world. Where they update, both have imported a setting.
func (r *run) beside(update bool) *run {
	second := r.rival()
	if update {
		r.put(soc, portal(lawSOC, nil, "AuditLogs"))
		for _, one := range []*run{r, second} {
			one.succeeded(one.tf.Apply(one.connector(lawSOC, categories("AuditLogs")) + importing(soc)).Diagnostics)
		}
		r.Sim.ForgetRequests()
	}
	return second
}

// Both have read before either writes, and the first reads again only when the second has written: the last one wins,
// and the first is told. It keeps what it made in its state.
func TestTwoRunsThatBothWrite(t *testing.T) {
	type testCase struct {
		verb  string
		reads int // before a write
	}
	each(t, map[string]testCase{"create": {"create", 1}, "update": {"update", 2}}, func(first *run, test testCase) {
		second := first.beside(test.verb == "update")
		writeFirst, writeSecond := first.gate(http.MethodPut, 1), first.gate(http.MethodPut, 1)
		readFirst := first.gate(http.MethodGet, 2*test.reads+1)
		a := first.start(first.connector(lawSOC, categories(one...)))
		first.came("PUT "+soc, 1)
		b := second.start(second.connector(lawSOC, categories(another...)))
		first.came("PUT "+soc, 2)
		writeFirst()
		first.came("GET "+soc, 2*test.reads+1)
		writeSecond()
		second.succeeded(b())
		readFirst()

		first.fails(a(), "Cannot "+test.verb+` the connector "`+soc+`": the service does not show the change`,
			"AuditLogs, SignInLogs off; ProvisioningLogs, RiskyUsers on",
			"Nobody asked for ProvisioningLogs, RiskyUsers here", "Decide who manages it")
		first.streams(another...)
		second.plan(second.connector(lawSOC, categories(another...)), noChanges)
		first.tf.State[address].Tainted = false // by "terraform untaint"
		first.apply(first.connector(lawSOC, categories(one...)))
	})
}

// One run is held at a request until another is done. Without an ETag nothing can prevent that the late writer wins;
// each content is whole, and the next plan shows what is left to do.
func TestTwoRunsInTurn(t *testing.T) {
	destroying := []protocol.Option{protocol.Destroying()}
	type testCase struct {
		update       bool
		method       string // of the request that is held,
		count        int    // the how many-th
		first, other []protocol.Option
		says, now    []string
		next         string
	}
	each(t, map[string]testCase{
		"a creation after a creation":   {false, http.MethodPut, 1, nil, nil, nil, one, noChanges},
		"an update after an update":     {true, http.MethodPut, 1, nil, nil, nil, one, noChanges},
		"an update after a destruction": {true, http.MethodPut, 1, nil, destroying, nil, one, noChanges},
		"a destruction after an update": {true, http.MethodDelete, 1, destroying, nil, nil, nil, toAdd},
		"an update between reading and an end": {true, http.MethodGet, 2, nil, nil,
			[]string{"changed since the plan was made", "Nothing was sent"}, another, toChange},
		"a destruction between writing and reading": {true, http.MethodGet, 3, nil, destroying,
			[]string{"the service does not show the change", "404 Not Found", `Run "terraform plan"`}, nil, toAdd},
	}, func(first *run, test testCase) {
		other := first.beside(test.update)
		config := first.connector(lawSOC, categories(one...))
		release := first.gate(test.method, test.count)
		end := first.start(config, test.first...)
		first.came(test.method+" "+soc, test.count)
		other.succeeded(other.start(other.connector(lawSOC, categories(another...)), test.other...)())
		if test.other == nil {
			first.streams(another...)
		}
		release()
		if said := end(); test.says == nil {
			first.succeeded(said)
		} else {
			first.fails(said, test.says...)
		}
		first.streams(test.now...)
		first.plan(config, test.next)
		if slices.Equal(test.now, one) && test.other == nil { // which the other run's next plan shows
			drift := other.plan(other.connector(lawSOC, categories(another...)), toChange).Changes[address]
			first.matches("the other's plan", drift.Before, map[string]any{"log_categories": list(one...)})
		}
	})
}

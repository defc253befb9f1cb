package connector_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

// start plans and applies beside the test. What it returns waits for the end.
func (r *run) start(config string) (end func() protocol.Diagnostics) {
	said := make(chan protocol.Diagnostics, 1)
	go func() { said <- r.tf.Apply(config).Diagnostics }()
	return func() protocol.Diagnostics { return <-said }
}

// A write whose token is rejected is sent again only if nobody has written meanwhile.
func TestAnotherWriterDuringARenewal(t *testing.T) {
	type testCase struct {
		exists      bool
		fault, says string
	}
	each(t, map[string]testCase{
		"create, expired token":    {false, "expired", "exists"},
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
	began, end := time.Now(), r.start(config)
	for synctest.Wait(); r.count(call) < count; synctest.Wait() {
		if time.Since(began) > 10*time.Minute {
			r.Fatalf("there were %d requests %s, want %d", r.count(call), call, count)
		}
		time.Sleep(time.Second / 10)
	}
	r.tf.Stop()
	began = time.Now()
	said := end()
	if took := time.Since(began); took > 5*time.Second {
		r.Errorf("it went on for %s after it was interrupted", took)
	}
	return said
}

// held holds back the count-th request of a kind, for longer than anybody waits.
func held(method string, count int) func(*run) {
	return strike(azuresim.Fault{Method: method, PathEnd: soc, Skip: count - 1, Delay: time.Hour})
}

// An interrupted run ends at once, keeps what it has done and says how to go on, as the golden files have it; the next
// apply does the rest and writes nothing twice.
func TestInterrupted(t *testing.T) {
	wanted := []string{"AuditLogs", "RiskyUsers"}
	creation, change, destruction := [2][]string{nil, wanted}, [2][]string{six, wanted}, [2][]string{six, nil}
	type testCase struct {
		run    [2][]string // from and to these categories, nil for no connector
		method string      // the interruption is at the count-th request of this method
		count  int
		azure  func(*run) // nil where that request gets no answer
	}
	each(t, map[string]testCase{
		"creation, reading":    {creation, "GET", 1, nil},
		"creation, sent":       {creation, "PUT", 1, nil},
		"creation, waiting":    {creation, "GET", 3, behaving(azuresim.Behaviour{AfterCreate: forever})},
		"change, reading":      {change, "GET", 2, nil},
		"change, sent":         {change, "PUT", 1, nil},
		"change, waiting":      {change, "GET", 4, behaving(azuresim.Behaviour{AfterUpdate: forever})},
		"destruction, sent":    {destruction, "DELETE", 1, nil},
		"destruction, waiting": {destruction, "GET", 3, behaving(azuresim.Behaviour{AfterDelete: forever})},
	}, func(r *run, test testCase) {
		config := func(names []string) string {
			if names == nil {
				return r.Provider()
			}
			return r.connector(lawSOC, categories(names...))
		}
		r.apply(config(test.run[0]))
		if test.azure == nil {
			test.azure = held(test.method, test.count)
		}
		test.azure(r)
		told := "The state has nothing.\n"
		said := r.interrupted(config(test.run[1]), test.method+" "+soc, test.count)
		if state := r.tf.State[address]; state != nil {
			told = fmt.Sprintf("The state has %v. Tainted: %v\n", state.Attributes()["log_categories"], state.Tainted)
		}
		for _, one := range said {
			told += "\n" + r.printed(one)
		}
		r.toldOf("interruptions", told)
		r.Sim.ForgetFaults()
		r.Tenant.Behave(azuresim.Behaviour{})
		r.Tenant.Settle()
		r.apply(config(test.run[1]))
		r.streams(test.run[1]...)
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
		if len(said) != 1 || len(r.tf.State) > 0 {
			r.Fatalf("want one diagnostic and an empty state; the state has %v after\n%s", r.tf.State, said)
		}
		r.teaches("interruptions", "nobody answers", r.printed(said[0]))
	})
}

package connector_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

// Replicas that lag by the clock and answer in turn: each operation waits for the slowest, so that the next plan is
// empty and a creation can follow a destruction at once.
func TestReplicasThatLag(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		r.Tenant.Behave(azuresim.Behaviour{Replicas: azuresim.Delays{0, 3 * time.Second, 9 * time.Second}})
		whole, few := r.connector(lawSOC), r.connector(lawSOC, categories("AuditLogs"))
		for _, config := range []string{whole, few, whole} {
			began := time.Now()
			r.apply(config) // and a plan that is empty
			if took := time.Since(began); took < 9*time.Second || took > 30*time.Second {
				t.Errorf("an apply took %s", took)
			}
		}
		if said := r.tf.Destroy(whole).Diagnostics; len(said) > 0 {
			t.Fatal(said)
		}
		r.apply(few)
		r.streams("AuditLogs")
	})
}

// What the service accepted stays in the state whatever it shows, for a timeout's length; then the next plan says
// what there is to do.
func TestAnAcceptedSettingStaysInTheState(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		r.Tenant.Behave(azuresim.Behaviour{DroppedCategories: []string{"ProvisioningLogs"}})
		began := time.Now()
		r.fails(r.tf.Apply(r.connector(lawSOC)).Diagnostics, "the service does not show the change", "ProvisioningLogs off")
		if took := time.Since(began); took < 30*time.Minute {
			t.Errorf("it gave up after %s", took)
		}
		created := r.tf.State[address]
		if created == nil || !created.Tainted {
			t.Fatalf("the state has %+v, want a tainted connector", created)
		}
		r.plan(r.connector(lawSOC), toReplace)
		created.Tainted = false // by "terraform untaint"
		r.plan(r.connector(lawSOC), toChange)
		r.apply(r.connector(lawSOC, categories(append(six[:3:3], six[4:]...)...)))

		r.fails(r.tf.Apply(r.connector(lawSOC)).Diagnostics, "Cannot update the connector", "ProvisioningLogs off")
		if r.tf.State[address] == nil {
			t.Error("the update that did not show has left the state")
		}
	})
}

// A replacement under the same name meets the content from before the deletion, which is no other writer's.
func TestContentFromBeforeADeletion(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		r.apply(r.connector(lawSOC, categories("RiskyUsers")))
		r.tf.State[address].Tainted = true
		replaced := r.tf.Plan(r.connector(lawSOC, categories("AuditLogs"), timeout("create", "10m")))
		old := `{"name":"` + soc + `","properties":{"workspaceId":"` + lawSOC +
			`","logs":[{"category":"RiskyUsers","enabled":true}]}}`
		waited := make(chan struct{})
		go func() { // once the deletion has shown, every read shows the old content
			defer close(waited)
			for r.count("PUT "+soc) < 2 {
				time.Sleep(time.Second / 10)
			}
			r.Sim.AddFault(azuresim.Fault{Method: http.MethodGet, PathEnd: soc, Status: 200, Body: old, Times: 10_000})
		}()
		said := replaced.Apply()
		<-waited
		r.fails(said, "the service does not show the change", "AuditLogs off; RiskyUsers on")
		if said.Say("another run of Terraform") {
			t.Errorf("the old content is taken for another writer's:\n%s", said)
		}
	})
}

// A creation that was applied and never answered is in the state, though the time is up.
func TestALostAnswerAndAnOutage(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		const item = "diagnosticSettings/"
		r.Sim.AddFault(azuresim.Fault{Method: http.MethodPut, Break: "after"})
		r.Sim.AddFault(azuresim.Fault{Method: http.MethodGet, Path: item}) // the read before it is answered
		r.Sim.AddFault(azuresim.Fault{Method: http.MethodGet, Path: item, Status: http.StatusServiceUnavailable, Times: 5})
		config := r.connector(lawSOC, timeout("create", "3s"))
		r.fails(r.tf.Apply(config).Diagnostics, "the service does not show the change", "The connector is in the state")
		r.streams(six...)
		r.plan(config, toReplace)
	})
}

// interrupted presses Ctrl-C in an apply, once count requests of a kind have come. The run must end at once but for a
// last read.
func (r *run) interrupted(config, call string, count int, with ...protocol.Option) protocol.Diagnostics {
	r.Helper()
	r.Sim.ForgetRequests()
	plan := r.tf.Plan(config, with...)
	if len(plan.Errors()) > 0 {
		r.Fatal(plan.Diagnostics)
	}
	var said protocol.Diagnostics
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		said = plan.Apply()
	}()
	for synctest.Wait(); r.count(call) < count; synctest.Wait() {
		time.Sleep(time.Second / 10)
	}
	r.tf.Stop()
	began := time.Now()
	<-ended
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

func behaving(behaviour azuresim.Behaviour) func(*run) {
	return func(r *run) { r.Tenant.Behave(behaviour) }
}

// A write whose token is rejected is sent again only if nobody has written meanwhile.
func TestAnotherWriterDuringARenewal(t *testing.T) {
	for name, test := range map[string]struct {
		exists bool
		fault  string
		says   string
	}{
		"create, expired token":    {false, "expired", "exists"},
		"create, claims challenge": {false, "insufficient", "exists"},
		"update, expired token":    {true, "expired", "changed since the plan was made"},
		"update, claims challenge": {true, "insufficient", "changed since the plan was made"},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(r *run) {
				if test.exists {
					r.apply(r.connector(lawSOC, categories("AuditLogs")))
				}
				signedIn := make(chan struct{})
				r.Sim.AddFault(azuresim.Fault{Method: http.MethodPut, Token: test.fault})
				// The first two tokens are the plan's and the apply's.
				r.Sim.AddFault(azuresim.Fault{Method: http.MethodPost, Path: "/oauth2/", Skip: 2, Until: signedIn})
				var said protocol.Diagnostics
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					said = r.tf.Apply(r.connector(lawSOC)).Diagnostics
				}()
				synctest.Wait()
				r.put(soc, portal(lawSOC, nil, "RiskyUsers"))
				close(signedIn)
				<-ended
				r.fails(said, test.says)
				r.streams("RiskyUsers")
			})
		})
	}
}

// An interrupted run ends at once, keeps what it has done and says how to go on; the next apply does the rest and
// writes nothing twice.
func TestInterrupted(t *testing.T) {
	wanted := []string{"AuditLogs", "RiskyUsers"}
	warning := []string{`Warning: Interrupted while waiting for the connector "` + soc + `"`,
		"The service accepted the request", "in the state", `Run "terraform plan"`}
	for name, test := range map[string]struct {
		from, to []string // nil for no connector
		azure    func(*run)
		call     string
		count    int
		says     []string
		now      []string // what the service and the state have afterwards
	}{
		"creation, reading": {nil, wanted, held(http.MethodGet, 1), "GET " + soc, 1,
			[]string{`Error: Cannot create the connector "` + soc + `": interrupted`, `Run "terraform plan"`}, nil},
		"creation, sent": {nil, wanted, held(http.MethodPut, 1), "PUT " + soc, 1, warning, wanted},
		"creation, waiting": {nil, wanted, behaving(azuresim.Behaviour{AfterCreate: forever}), "GET " + soc, 3,
			append([]string{warning[0]}, "It last showed: 404 Not Found"), wanted},
		"update, reading": {six, wanted, held(http.MethodGet, 2), "GET " + soc, 2,
			[]string{`Error: Cannot update the connector "` + soc + `": interrupted`, `Run "terraform plan"`}, six},
		"update, sent": {six, wanted, held(http.MethodPut, 1), "PUT " + soc, 1, warning, wanted},
		"update, waiting": {six, wanted, behaving(azuresim.Behaviour{AfterUpdate: forever}), "GET " + soc, 4,
			append([]string{warning[0]}, "It last showed: RiskyUsers off"), wanted},
		"destruction, sent": {six, nil, held(http.MethodDelete, 1), "DELETE " + soc, 1,
			[]string{`Error: Cannot delete the connector "` + soc + `": interrupted`, `Run "terraform plan"`}, six},
		"destruction, waiting": {six, nil, behaving(azuresim.Behaviour{AfterDelete: forever}), "GET " + soc, 3,
			[]string{`Error: Cannot delete the connector "` + soc + `": interrupted`, "The service accepted the request",
				"still in the state"}, six},
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(r *run) {
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
					t.Errorf("want %q:\n%s", test.says, said)
				}
				state := r.tf.State[address]
				switch {
				case (state != nil) != (test.now != nil):
					t.Fatalf("the state has %+v, want %v", state, test.now)
				case state != nil && state.Tainted:
					t.Error("the connector is tainted")
				case state != nil:
					r.matches("the state", state.Attributes(), map[string]any{"log_categories": list(test.now...)})
				}
				r.apply(config(test.to))
				r.streams(test.to...)
				if puts := r.count("PUT " + soc); puts > 1 {
					t.Errorf("%d PUTs were sent", puts)
				}
			})
		})
	}
}

// What nobody answers is not waited for, and may have been done all the same.
func TestInterruptedWhileNobodyAnswers(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		held(http.MethodPut, 1)(r)
		held(http.MethodGet, 2)(r) // after the read before it
		config := r.connector(lawSOC)
		said := r.interrupted(config, "PUT "+soc, 1)
		r.fails(said, `Cannot create the connector "`+soc+`": interrupted`, "no answer says whether it was applied",
			"if it warns that the setting already exists, import it")
		if len(r.tf.State) > 0 {
			t.Errorf("the state has %v", r.tf.State)
		}
	})
}

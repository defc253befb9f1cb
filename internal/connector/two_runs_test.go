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

// The contents that two runs at once want.
var one, another = []string{"AuditLogs", "SignInLogs"}, []string{"ProvisioningLogs", "RiskyUsers"}

// rival is another Terraform in the same world, with a state of its own.
func (r *run) rival() *run { return &run{r.T, r.World, r.Terraform(r.T)} }

// start plans and applies beside the test. What it returns waits for the end.
func (r *run) start(config string, with ...protocol.Option) (end func() protocol.Diagnostics) {
	var said protocol.Diagnostics
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		said = r.tf.Apply(config, with...).Diagnostics
	}()
	return func() protocol.Diagnostics {
		<-ended
		return said
	}
}

// gate holds back the n-th request of a kind from now on, until it is opened.
func (r *run) gate(method string, n int) (open func()) {
	closed := make(chan struct{})
	r.Sim.AddFault(azuresim.Fault{Method: method, PathEnd: soc, Skip: n - 1, Until: closed})
	return func() { close(closed) }
}

// came waits for the n-th request of a kind since the last ForgetRequests.
func (r *run) came(call string, n int) {
	for synctest.Wait(); r.count(call) < n; synctest.Wait() {
		time.Sleep(time.Second / 10)
	}
}

func (r *run) succeeded(said protocol.Diagnostics) {
	r.Helper()
	if errors := said.Errors(); len(errors) > 0 {
		r.Error(errors)
	}
}

// twoRuns are of one world. Where they update, both have imported a setting.
func twoRuns(t *testing.T, update bool, test func(first, second *run)) {
	inVirtualTime(t, func(first *run) {
		second := first.rival()
		if update {
			first.put(soc, portal(lawSOC, nil, "AuditLogs"))
			for _, r := range []*run{first, second} {
				r.succeeded(r.tf.Apply(r.connector(lawSOC, categories("AuditLogs")) + importing(soc)).Diagnostics)
			}
			first.Sim.ForgetRequests()
		}
		test(first, second)
	})
}

// Both have read before either writes, and the first reads again only when the second has written: the last one wins,
// and the first is told. It keeps what it made in its state.
func TestTwoRunsThatBothWrite(t *testing.T) {
	for name, update := range map[string]bool{"create": false, "update": true} {
		t.Run(name, func(t *testing.T) {
			twoRuns(t, update, func(first, second *run) {
				before := 2 // reads
				if update {
					before = 4
				}
				writeFirst, writeSecond := first.gate(http.MethodPut, 1), first.gate(http.MethodPut, 1)
				readFirst := first.gate(http.MethodGet, before+1)
				a := first.start(first.connector(lawSOC, categories(one...)))
				first.came("PUT "+soc, 1)
				b := second.start(second.connector(lawSOC, categories(another...)))
				first.came("PUT "+soc, 2)
				writeFirst()
				first.came("GET "+soc, before+1)
				writeSecond()
				second.succeeded(b())
				readFirst()

				says := []string{"Cannot " + name + ` the connector "` + soc + `": the service does not show the change`,
					"AuditLogs, SignInLogs off; ProvisioningLogs, RiskyUsers on",
					"Nobody asked for ProvisioningLogs, RiskyUsers here", "Decide who manages it"}
				first.fails(a(), says...)
				first.streams(another...)
				second.plan(second.connector(lawSOC, categories(another...)), noChanges)
				first.tf.State[address].Tainted = false // by "terraform untaint"
				first.apply(first.connector(lawSOC, categories(one...)))
			})
		})
	}
}

// One has read before the other has written, and writes when the other is done. Without an ETag nothing can prevent
// that; each content is whole, and the other's next plan shows it.
func TestTwoRunsTheLateWriterWins(t *testing.T) {
	for name, update := range map[string]bool{"create": false, "update": true} {
		t.Run(name, func(t *testing.T) {
			twoRuns(t, update, func(first, second *run) {
				write := first.gate(http.MethodPut, 1)
				a := first.start(first.connector(lawSOC, categories(one...)))
				first.came("PUT "+soc, 1)
				second.apply(second.connector(lawSOC, categories(another...)))
				first.streams(another...)
				write()
				first.succeeded(a())
				first.streams(one...)
				first.plan(first.connector(lawSOC, categories(one...)), noChanges)
				drift := second.plan(second.connector(lawSOC, categories(another...)), toChange).Changes[address]
				first.matches("the other's plan", drift.Before, map[string]any{"log_categories": list(one...)})
			})
		})
	}
}

// Where one is done before the other reads, the other writes nothing.
func TestTwoRunsUpdateAfterUpdate(t *testing.T) {
	twoRuns(t, true, func(first, second *run) {
		read := first.gate(http.MethodGet, 2) // after its refresh
		a := first.start(first.connector(lawSOC, categories(one...)))
		first.came("GET "+soc, 2)
		second.apply(second.connector(lawSOC, categories(another...)))
		read()
		first.fails(a(), "changed since the plan was made", "ProvisioningLogs, RiskyUsers on", "Nothing was sent")
		first.streams(another...)
	})
}

func TestTwoRunsUpdateAndDestruction(t *testing.T) {
	for name, test := range map[string]struct {
		held string // the request that is held back until the other run is done
		want []string
	}{
		"the update is last":      {http.MethodPut, one},
		"the destruction is last": {http.MethodDelete, nil},
	} {
		t.Run(name, func(t *testing.T) {
			twoRuns(t, true, func(updating, destroying *run) {
				config := updating.connector(lawSOC, categories(one...))
				runs := map[string]func() func() protocol.Diagnostics{
					http.MethodPut:    func() func() protocol.Diagnostics { return updating.start(config) },
					http.MethodDelete: func() func() protocol.Diagnostics { return destroying.start(config, protocol.Destroying()) },
				}
				methods := []string{http.MethodPut, http.MethodDelete}
				first := methods[1-slices.Index(methods, test.held)]
				release := updating.gate(test.held, 1)
				late := runs[test.held]()
				updating.came(test.held+" "+soc, 1)
				updating.succeeded(runs[first]()())
				release()
				updating.succeeded(late())
				updating.streams(test.want...)
				if len(destroying.tf.State) > 0 {
					t.Errorf("the state has %v", destroying.tf.State)
				}
				updating.apply(config) // the next run repairs what was lost
			})
		})
	}
}

// The destruction comes between an update's writing and its reading.
func TestTwoRunsUpdateThatIsDestroyed(t *testing.T) {
	twoRuns(t, true, func(updating, destroying *run) {
		config := updating.connector(lawSOC, categories(one...))
		read := updating.gate(http.MethodGet, 3) // after the refresh and the read before the write
		a := updating.start(config)
		updating.came("GET "+soc, 3)
		destroying.succeeded(destroying.tf.Destroy(config).Diagnostics)
		read()
		updating.fails(a(), "the service does not show the change", "404 Not Found", `Run "terraform plan"`)
		updating.plan(config, toAdd)
	})
}

package bench

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// The better of azurerm 5.2's and azapi 2.12's figures for a plan of 100 settings in 20 tenants, which take one process
// for each tenant: measured with Terraform 1.11 on a machine of two cores, against a local stand-in that answers at
// once. This provider should need a fifteenth.
const (
	peerSeconds = 10.6
	peerMiB     = 1474.0
	peerPSSMiB  = 863.0
	fraction    = 15
)

func BenchmarkPlan(b *testing.B) {
	provider, settings := install(b)
	var of500 float64
	for _, size := range []struct {
		tenants, each, parallelism int
		budgets                    func(b *testing.B, w *world, f figures)
	}{
		{1, 1, 10, nil}, // 10 is Terraform's default
		{10, 1, 10, nil},
		{100, 1, 10, nil},
		{20, 5, 10, func(b *testing.B, _ *world, f figures) {
			hold(b, "seconds", f.median("plan-s"), peerSeconds/fraction)
			hold(b, "provider's peak MiB", f.median("provider-MiB"), peerMiB/fraction)
			hold(b, "the same, shared pages counted once", f.median("provider-PSS-MiB"), peerPSSMiB/fraction)
		}},
		{500, 1, 10, func(_ *testing.B, _ *world, f figures) { of500 = ownSeconds(f) }},
		{1000, 1, 10, func(b *testing.B, w *world, f figures) {
			hold(b, "provider's peak MiB", f.median("provider-MiB"), 150)
			// Runs differ by 10 %.
			hold(b, "seconds without Terraform's own, times those of 500", ownSeconds(f)/of500, 2.2)
			// A throttled tenant keeps one of Terraform's ten workers, so that 10/9 is to be expected.
			hold(b, "reading the other 999 while one is throttled, times undisturbed",
				readWhileThrottled(b, w)/f.median("reading-s"), 1.25)
		}},
		{1000, 1, 50, func(b *testing.B, _ *world, f figures) {
			hold(b, "provider's peak MiB", f.median("provider-MiB"), 150)
		}},
	} {
		if testing.Short() && size.tenants > 10 {
			continue
		}
		connectors := size.tenants * size.each
		name := fmt.Sprintf("connectors=%d/tenants=%d/parallelism=%d", connectors, size.tenants, size.parallelism)
		b.Run(name, func(b *testing.B) {
			w := newWorld(b, provider, settings, size.tenants, size.each)
			if size.each == 1 { // the peers' service answered at once
				w.sim.SetLatency(*latency)
			}
			f := figures{}
			for b.Loop() {
				f.add(w.plan(b, size.parallelism))
			}
			f.report(b, "")
			if size.budgets != nil {
				size.budgets(b, w, f)
			}
		})
	}
}

// ownSeconds leaves out what Terraform takes alone, which grows with the square of what one for_each makes.
func ownSeconds(f figures) float64 { return f.median("plan-s") - f.median("terraform-alone-s") }

// plan plans the connectors, and as many resources of Terraform's own.
func (w *world) plan(b *testing.B, parallelism int) map[string]float64 {
	b.Helper()
	alone, _ := w.planOnce(b, "alone", parallelism)
	seconds, used := w.planOnce(b, "managed", parallelism)
	exchanges := w.sim.Requests()
	count := w.check(b, exchanges, "")
	return map[string]float64{
		"plan-s": seconds, "terraform-alone-s": alone, "reading-s": readingTime(exchanges, "").Seconds(),
		"tokens": count.tokens, "discoveries": count.discoveries, "GETs": count.settings,
		"provider-MiB": used.provider, "provider-PSS-MiB": used.pss, "terraform-MiB": used.terraform,
	}
}

// readWhileThrottled plans once more while a tenant is told to come back far later than the others need, and returns
// when those had been read.
func readWhileThrottled(b *testing.B, w *world) float64 {
	b.Helper()
	name, _ := nth(0, 0)
	w.sim.AddFault(azuresim.Fault{Method: http.MethodGet, Path: name, Status: http.StatusTooManyRequests, RetryAfter: 30})
	w.planOnce(b, "managed", 10)
	w.check(b, w.sim.Requests(), name)
	return readingTime(w.sim.Requests(), name).Seconds()
}

// planOnce plans what is in a folder, which must find nothing to do.
func (w *world) planOnce(b *testing.B, work string, parallelism int) (seconds float64, used memory) {
	b.Helper()
	w.sim.ForgetRequests()
	var output bytes.Buffer
	command := w.command(b, work, "plan", "-detailed-exitcode", "-no-color", fmt.Sprintf("-parallelism=%d", parallelism))
	command.Stdout, command.Stderr = &output, &output
	began := time.Now()
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	stop := watchMemory(w.provider, command.Process.Pid)
	err := command.Wait() // it also fails if there is anything to do
	seconds, used = time.Since(began).Seconds(), stop()
	if err != nil || !bytes.Contains(output.Bytes(), []byte("No changes.")) {
		b.Fatalf("terraform plan did not find \"No changes.\": %v\n%s", err, output.String())
	}
	return seconds, used
}

package bench

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
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
			// A tenant is told to come back far later than the others need. It keeps one of Terraform's ten workers, so that
			// 10/9 is to be expected.
			throttled, _ := nth(0, 0)
			w.sim.AddFault(azuresim.Fault{
				Method: http.MethodGet, Path: throttled, Status: http.StatusTooManyRequests, RetryAfter: 30,
			})
			hold(b, "reading the other 999 while one is throttled, times undisturbed",
				w.plan(b, 10, throttled)["reading-s"]/f.median("reading-s"), 1.25)
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
				f["terraform-alone-s"] = append(f["terraform-alone-s"], w.run(b, "alone", size.parallelism)["plan-s"])
				f.add("", w.plan(b, size.parallelism, ""))
			}
			f.report(b)
			if size.budgets != nil {
				size.budgets(b, w, f)
			}
		})
	}
}

// ownSeconds leaves out what Terraform takes alone, which grows with the square of what one for_each makes.
func ownSeconds(f figures) float64 { return f.median("plan-s") - f.median("terraform-alone-s") }

// plan plans the connectors and counts the requests. However fast the machine is, a plan reads each setting once (a
// throttled one twice) with a token of the setting's own tenant, gets one token for each tenant, and asks for nothing
// else.
func (w *world) plan(b *testing.B, parallelism int, throttled string) map[string]float64 {
	b.Helper()
	w.sim.ForgetRequests()
	measured := w.run(b, "managed", parallelism)
	reads, tokens := map[string]int{}, map[string]int{}
	var first, last time.Time
	for _, e := range w.sim.Requests() {
		if first.IsZero() || e.At.Before(first) {
			first = e.At
		}
		path := strings.ToLower(e.Path)
		name, isSetting := strings.CutPrefix(path, "/providers/microsoft.aadiam/diagnosticsettings/")
		switch {
		case e.Method == http.MethodPost && strings.HasSuffix(path, "/oauth2/v2.0/token"):
			measured["tokens"]++
			tokens[strings.Split(path, "/")[1]]++
		case strings.HasSuffix(path, "/.well-known/openid-configuration"):
			measured["discoveries"]++
		case e.Method == http.MethodGet && isSetting:
			measured["GETs"]++
			reads[name]++
			if owner := w.connectors[name].TenantID; e.TokenTenant != owner {
				b.Errorf("%s is of tenant %s and was asked for with a token of tenant %q", name, owner, e.TokenTenant)
			}
			if name != throttled && e.At.After(last) {
				last = e.At
			}
		default:
			b.Errorf("%s %s was not expected", e.Method, e.Path)
		}
	}
	for name, c := range w.connectors {
		want := 1
		if name == throttled {
			want = 2
		}
		if reads[name] != want || tokens[c.TenantID] != 1 {
			b.Errorf("%s was read %d times instead of %d, with %d tokens instead of 1",
				name, reads[name], want, tokens[c.TenantID])
		}
	}
	measured["reading-s"] = last.Sub(first).Seconds()
	return measured
}

// run plans what is in a folder, which must find nothing to do, and watches the memory.
func (w *world) run(b *testing.B, work string, parallelism int) map[string]float64 {
	b.Helper()
	var output bytes.Buffer
	command := w.command(b, work, "plan", "-detailed-exitcode", "-no-color", fmt.Sprintf("-parallelism=%d", parallelism))
	command.Stdout, command.Stderr = &output, &output
	began := time.Now()
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	var took time.Duration
	ended := make(chan error)
	go func() {
		err := command.Wait() // it also fails if there is anything to do
		took = time.Since(began)
		ended <- err
	}()
	measured := map[string]float64{}
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			for unit, mebibytes := range memory(w.provider, command.Process.Pid) {
				measured[unit] = max(measured[unit], mebibytes)
			}
		case err := <-ended:
			if err != nil || !bytes.Contains(output.Bytes(), []byte("No changes.")) {
				b.Fatalf("terraform plan did not find \"No changes.\": %v\n%s", err, output.String())
			}
			measured["plan-s"] = took.Seconds()
			return measured
		}
	}
}

package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
)

// The better of azurerm 5.2's and azapi 2.12's figures for a plan of 100 settings in 20 tenants, which take one process
// for each tenant: measured with Terraform 1.11 on a machine of two cores, against a local stand-in that answers at
// once; pages that processes share are counted once. This provider should need a fifteenth.
const (
	peerSeconds = 10.6
	peerMiB     = 863.0
	fraction    = 15
)

func BenchmarkPlan(b *testing.B) {
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
		}},
		{500, 1, 10, func(_ *testing.B, _ *world, f figures) { of500 = ownSeconds(f) }},
		{1000, 1, 10, func(b *testing.B, w *world, f figures) {
			hold(b, "provider's peak MiB", f.median("provider-MiB"), 150)
			// Runs differ by 10 %.
			hold(b, "seconds without Terraform's own, times those of 500", ownSeconds(f)/of500, 2.2)
			// A tenant is told to come back far later than the others need. It keeps one of Terraform's ten workers, so that
			// 10/9 is to be expected.
			throttled, _ := nth(0, 0)
			w.Sim.AddFault(azuresim.Fault{
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
			w := newWorld(b, size.tenants, size.each)
			if size.each == 1 { // the peers' service answered at once
				w.Sim.SetLatency(*latency)
			}
			f := figures{}
			for b.Loop() {
				f.add("", w.plan(b, size.parallelism, ""))
				f.add("terraform-alone-", map[string]float64{"s": w.run(b, w.alone, size.parallelism)["plan-s"]})
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

// world is a simulated Azure with diagnostic settings, all of which Terraform manages.
type world struct {
	*acctest.World
	connectors map[string]connector // by the names of their settings, each of which exists in one tenant only
	managed    *acctest.Folder      // has the connectors
	alone      *acctest.Folder      // has as many resources of Terraform's own, to know what Terraform takes by itself
}

type connector struct {
	TenantID    string `json:"tenant_id"`
	WorkspaceID string `json:"workspace_id"`
}

// nth is a connector's name and what it connects. A tenant's connectors need a workspace each, since the service sends
// no category to the same one twice.
func nth(tenant, ofTenant int) (string, connector) {
	return fmt.Sprintf("bench-%04d-%d", tenant, ofTenant), connector{
		TenantID:    fmt.Sprintf("5e8f1f5a-2c61-4d0b-9a37-%012d", tenant),
		WorkspaceID: acctest.WorkspaceID(fmt.Sprintf("law-%04d-%d", tenant, ofTenant)),
	}
}

// newWorld has Terraform import the settings, which takes far less time than creating them.
func newWorld(b *testing.B, tenants, each int) *world {
	b.Helper()
	w := &world{World: acctest.NewShippedWorld(b), connectors: map[string]connector{}}
	for t := range tenants {
		for i := range each {
			name, c := nth(t, i)
			w.connectors[name] = c
			tenant := w.Sim.Tenant(c.TenantID)
			tenant.AddPrincipal(acctest.App)
			acctest.PutSetting(b, tenant, name, c.WorkspaceID, entralogs.Names(entralogs.Connector())...)
		}
	}
	variables, err := json.Marshal(map[string]any{"connectors": w.connectors})
	if err != nil {
		b.Fatal(err)
	}
	applied := func(configuration string) *acctest.Folder {
		f := w.CopyFolder(b, configuration, w.Environment()...)
		f.Write("connectors.auto.tfvars.json", string(variables))
		f.Run("init")
		f.Run("apply", "-auto-approve")
		return f
	}
	w.managed, w.alone = applied("managed"), applied("alone")
	// The import blocks would only slow down the plans.
	if err := os.Remove(filepath.Join(w.managed.Path, "import.tf")); err != nil {
		b.Fatal(err)
	}
	return w
}

// plan plans the connectors and counts the requests. However fast the machine is, a plan reads each setting once (a
// throttled one twice) with a token of the setting's own tenant, gets one token for each tenant, and asks for nothing
// else.
func (w *world) plan(b *testing.B, parallelism int, throttled string) map[string]float64 {
	b.Helper()
	w.Sim.ForgetRequests()
	measured := w.run(b, w.managed, parallelism)
	sent, want := map[string]int{}, map[string]int{}
	var first, last time.Time
	for _, e := range w.Sim.Requests() {
		if first.IsZero() || e.At.Before(first) {
			first = e.At
		}
		path := strings.ToLower(e.Path)
		name, isSetting := strings.CutPrefix(path, "/providers/microsoft.aadiam/diagnosticsettings/")
		switch {
		case e.Method == http.MethodPost && strings.HasSuffix(path, "/oauth2/v2.0/token"):
			measured["tokens"]++
			sent["token of "+strings.Split(path, "/")[1]]++
		case strings.HasSuffix(path, "/.well-known/openid-configuration"):
			measured["discoveries"]++
		case e.Method == http.MethodGet && isSetting:
			measured["GETs"]++
			sent["read of "+name+" by "+e.TokenTenant]++
			if name != throttled && e.At.After(last) {
				last = e.At
			}
		default:
			sent[e.Method+" "+e.Path]++
		}
	}
	for name, c := range w.connectors {
		want["token of "+c.TenantID] = 1
		want["read of "+name+" by "+c.TenantID] = 1
		if name == throttled {
			want["read of "+name+" by "+c.TenantID] = 2
		}
	}
	if diff := cmp.Diff(want, sent); diff != "" {
		b.Error(diff)
	}
	measured["reading-s"] = last.Sub(first).Seconds()
	return measured
}

// run plans what is in a folder, which must find nothing to do, and watches the memory of the provider's processes. The
// kernel keeps each one's peak, so only what it adds in its last moments is missed.
func (w *world) run(b *testing.B, folder *acctest.Folder, parallelism int) map[string]float64 {
	b.Helper()
	var output bytes.Buffer
	command := folder.Command("plan", "-detailed-exitcode", fmt.Sprintf("-parallelism=%d", parallelism))
	command.Stdout, command.Stderr = &output, &output
	began := time.Now()
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	peak, ended := 0.0, make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			select {
			case <-time.After(20 * time.Millisecond):
				peak = max(peak, w.providersMiB())
			case <-ended:
				return
			}
		}
	})
	err := command.Wait() // it also fails if there is anything to do
	took := time.Since(began)
	close(ended)
	watching.Wait()
	if err != nil || !bytes.Contains(output.Bytes(), []byte("No changes.")) {
		b.Fatalf("terraform plan did not find \"No changes.\": %v\n%s", err, output.String())
	}
	return map[string]float64{"plan-s": took.Seconds(), "provider-MiB": peak}
}

// providersMiB is the peak memory of all provider processes that live now.
func (w *world) providersMiB() (total float64) {
	program, _ := os.Stat(w.Shipped)
	executables, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, executable := range executables {
		// A file may have several names. Most processes that can't be read are other users'.
		if info, err := os.Stat(executable); err == nil && os.SameFile(info, program) {
			total += peakMiB(filepath.Dir(executable))
		}
	}
	return total
}

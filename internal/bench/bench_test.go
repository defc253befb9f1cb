// Package bench measures what the provider costs: its start beside that of an empty provider, and plans that find
// nothing to do in up to 1,000 tenants, by a real Terraform against a simulated Azure on this machine. A benchmark
// fails if a plan sends anything but what it should, or if a figure can't be taken. A figure over its budget is
// printed, and fails with -strict, since it depends on the machine.
//
// It needs Linux, whose /proc says how much memory a process has.
package bench

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	strict  = flag.Bool("strict", false, "fail where a figure is over its budget")
	latency = flag.Duration("latency", 20*time.Millisecond, "how long the simulated Azure takes for each answer")
)

// figures are measurements by their units, which begin with what was measured; each was taken several times.
type figures map[string][]float64

func (f figures) add(prefix string, one map[string]float64) {
	for unit, figure := range one {
		f[prefix+unit] = append(f[prefix+unit], figure)
	}
}

func (f figures) median(unit string) float64 {
	values := slices.Sorted(slices.Values(f[unit]))
	last := len(values) - 1
	return (values[last/2] + values[(last+1)/2]) / 2
}

// report prints the medians.
func (f figures) report(b *testing.B) {
	b.Helper()
	b.ReportMetric(0, "ns/op") // that is left out
	for unit := range f {
		b.ReportMetric(f.median(unit), unit)
	}
}

// hold compares a figure with its budget.
func hold(b *testing.B, what string, figure, atMost float64) {
	b.Helper()
	switch {
	case !(figure > 0) || math.IsInf(figure, 0):
		b.Errorf("%s could not be measured", what)
	case figure <= atMost:
		b.Logf("%s: %.2f, within its budget of %.2f", what, figure, atMost)
	case *strict:
		b.Errorf("%s: %.2f, over its budget of %.2f", what, figure, atMost)
	default:
		b.Logf("%s: %.2f, OVER its budget of %.2f", what, figure, atMost)
	}
}

// peakMiB is the most that was ever resident of a process, by its folder in /proc; 0 where there is none, since a
// process may end at any moment.
func peakMiB(process string) (value float64) {
	status, _ := os.ReadFile(process + "/status")
	_, after, _ := strings.Cut(string(status), "\nVmHWM:")
	_, _ = fmt.Sscan(after, &value)
	return value / 1024
}

package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// memory is how much processes have, in MiB: all provider processes that live at the same time, the same with pages
// that they share counted once, and Terraform. The kernel keeps each process's peak itself, so only what a process adds
// in its last moments is missed; it keeps no peak of the PSS.
func memory(provider string, terraform int) map[string]float64 {
	now := map[string]float64{"terraform-MiB": peakMiB(terraform), "provider-MiB": 0, "provider-PSS-MiB": 0}
	program, _ := os.Stat(provider)
	executables, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, executable := range executables {
		// A file may have several names. Most processes that can't be read are other users'.
		if info, err := os.Stat(executable); err == nil && os.SameFile(info, program) {
			process := filepath.Dir(executable)
			now["provider-MiB"] += fieldMiB(process+"/status", "VmHWM:")
			now["provider-PSS-MiB"] += fieldMiB(process+"/smaps_rollup", "Pss:")
		}
	}
	return now
}

// peakMiB is the most that was ever resident of a process.
func peakMiB(pid int) float64 { return fieldMiB(fmt.Sprintf("/proc/%d/status", pid), "VmHWM:") }

// fieldMiB reads a line such as "VmHWM:   12345 kB"; 0 where there is none, since a process may end at any moment.
func fieldMiB(file, name string) (value float64) {
	content, _ := os.ReadFile(file)
	_, after, _ := strings.Cut(string(content), "\n"+name)
	_, _ = fmt.Sscan(after, &value)
	return value / 1024
}

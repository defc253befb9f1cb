package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	mebibyte = 1 << 20
	kibibyte = 1 << 10
)

// memory is the most that processes had, in MiB; zeros where there is no /proc.
type memory struct {
	// ProviderMiB adds up what is resident of each provider process that lives at the same time.
	ProviderMiB float64 `json:"provider_mib"`
	// ProviderPSSMiB counts pages that processes share once.
	ProviderPSSMiB float64 `json:"provider_pss_mib"`
	TerraformMiB   float64 `json:"terraform_mib"`
}

const (
	sampling      = 10 * time.Millisecond
	samplesPerPSS = 5 // the kernel walks the whole process for it
)

// watchMemory samples until its answer is called. The kernel keeps each process's peak itself, so that only what a process adds in
// its last moments is missed; of PSS it keeps none.
func watchMemory(provider string, terraform int) func() memory {
	stop, result := make(chan struct{}), make(chan memory)
	go func() {
		var most memory
		ticker := time.NewTicker(sampling)
		defer ticker.Stop()
		for i := 0; ; i++ {
			select {
			case <-ticker.C:
				most.sample(provider, terraform, i%samplesPerPSS == 0)
			case <-stop:
				result <- most
				return
			}
		}
	}()
	return func() memory {
		close(stop)
		return <-result
	}
}

// most takes the greater of each.
func (m memory) most(n memory) memory {
	return memory{max(m.ProviderMiB, n.ProviderMiB), max(m.ProviderPSSMiB, n.ProviderPSSMiB), max(m.TerraformMiB, n.TerraformMiB)}
}

func (m *memory) sample(provider string, terraform int, withPSS bool) {
	var resident, proportional float64
	for _, pid := range running(provider) {
		resident += peakMiB(pid)
		if withPSS {
			proportional += fieldMiB(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss:")
		}
	}
	*m = m.most(memory{resident, proportional, peakMiB(terraform)})
}

// running finds the processes of a program.
func running(binary string) []int {
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	var pids []int
	for _, link := range links {
		if target, err := os.Readlink(link); err != nil || target != binary {
			continue // most likely another's process, which may not be looked at
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// peakMiB is the most that was ever resident of a process.
func peakMiB(pid int) float64 { return fieldMiB(fmt.Sprintf("/proc/%d/status", pid), "VmHWM:") }

// fieldMiB reads a line such as "VmHWM:   12345 kB"; 0 where there is none, since a process may end at any moment.
func fieldMiB(file, name string) float64 {
	content, _ := os.ReadFile(file)
	for line := range strings.Lines(string(content)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == name {
			size, _ := strconv.ParseFloat(fields[1], 64)
			return size * kibibyte / mebibyte
		}
	}
	return 0
}

package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// memory is the most that processes had, in MiB.
type memory struct {
	provider  float64 // the resident memory of all provider processes that live at the same time
	pss       float64 // the same, with pages that they share counted once
	terraform float64
}

func (m *memory) raise(n memory) {
	*m = memory{max(m.provider, n.provider), max(m.pss, n.pss), max(m.terraform, n.terraform)}
}

// watchMemory samples until the function that it returns is called. The kernel keeps each process's peak itself, so
// only what a process adds in its last moments is missed; it keeps no peak of the PSS.
func watchMemory(provider string, terraform int) (stop func() memory) {
	done, result := make(chan struct{}), make(chan memory)
	go func() {
		var peak memory
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				now := memory{terraform: peakMiB(terraform)}
				for _, pid := range running(provider) {
					now.provider += peakMiB(pid)
					now.pss += fieldMiB(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss:")
				}
				peak.raise(now)
			case <-done:
				result <- peak
				return
			}
		}
	}()
	return func() memory {
		close(done)
		return <-result
	}
}

// running finds the processes of a program, by whichever of its file's names they were started.
func running(binary string) []int {
	program, err := os.Stat(binary)
	if err != nil {
		return nil
	}
	var pids []int
	executables, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, executable := range executables {
		// Most processes that can't be read are other users'.
		if info, err := os.Stat(executable); err == nil && os.SameFile(info, program) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(executable)))
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
			kibibytes, _ := strconv.ParseFloat(fields[1], 64)
			return kibibytes / 1024
		}
	}
	return 0
}

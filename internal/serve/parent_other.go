//go:build !windows

package serve

import (
	"os"
	"time"
)

// waitForExitOf returns true when the parent process has ended: an orphan gets another parent.
func waitForExitOf(parent int) bool {
	for os.Getppid() == parent {
		time.Sleep(time.Second)
	}
	return true
}

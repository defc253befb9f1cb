package serve

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// endWithTerraform ties the provider's lifetime to Terraform's: SIGTERM is ignored while Terraform runs, and the
// provider exits when Terraform dies.
//
// SIGTERM often goes to a whole process group, as from timeout(1) or a CI runner. Terraform then cancels the provider's
// calls, waits for them, and saves their results; a provider that exited at once would lose them. go-plugin ignores
// SIGINT for the same reason, but not SIGTERM.
//
// And a Terraform that is killed would leave the provider running forever.
func endWithTerraform() {
	signal.Ignore(syscall.SIGTERM)
	terraform := os.Getppid()
	go func() {
		if waitForExitOf(terraform) {
			os.Exit(1)
		}
	}()
}

// waitForExitOf returns true when the parent process has ended, and false if it can't be watched. An orphan gets
// another parent, but not on Windows, where any process may wait for another one.
func waitForExitOf(parent int) bool {
	if runtime.GOOS == "windows" {
		process, err := os.FindProcess(parent)
		if err == nil {
			_, err = process.Wait()
		}
		return err == nil
	}
	for os.Getppid() == parent {
		time.Sleep(time.Second)
	}
	return true
}

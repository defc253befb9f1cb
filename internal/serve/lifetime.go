package serve

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// endWithTerraform makes the provider end neither before Terraform nor after it.
//
// A signal to end often goes to a whole process group, as by timeout(1) or a CI runner. Terraform then stops the provider's calls, waits for them, and
// saves what they say. A provider that ended at once would leave behind what Terraform never hears of. go-plugin ignores an interrupt for that reason,
// but not this one.
//
// And a Terraform that is killed leaves the provider running, with nobody to ever end it.
func endWithTerraform() {
	signal.Ignore(syscall.SIGTERM)
	terraform := os.Getppid()
	go func() {
		for range time.Tick(time.Second) {
			if os.Getppid() != terraform {
				os.Exit(1)
			}
		}
	}()
}

package serve

import "os"

// waitForExitOf returns true when the parent process has ended, and false if it can't be watched. Windows lets any
// process wait for another one; the parent id that it reports never changes, so there is nothing to poll.
func waitForExitOf(parent int) bool {
	process, err := os.FindProcess(parent)
	if err != nil {
		return false
	}
	_, err = process.Wait()
	return err == nil
}

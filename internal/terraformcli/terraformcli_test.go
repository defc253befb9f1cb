package terraformcli

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestFetchOnceNeverReturnsHalfAFile(t *testing.T) {
	target := filepath.Join(t.TempDir(), "bin", "terraform")
	check := func(halfway func()) {
		binary, err := fetchOnce(target, func(folder string) (string, error) {
			file := filepath.Join(folder, "terraform")
			if err := os.WriteFile(file, []byte("half"), 0o700); err != nil {
				return "", err
			}
			halfway()
			return file, os.WriteFile(file, []byte("whole"), 0o700)
		})
		content, _ := os.ReadFile(target)
		if binary != target || err != nil || string(content) != "whole" {
			t.Errorf("fetchOnce = %q, %v; the file holds %q", binary, err, content)
		}
	}
	half, other := make(chan struct{}), make(chan struct{})
	var slow sync.WaitGroup
	slow.Go(func() {
		check(func() {
			close(half)
			<-other
		})
	})
	<-half
	check(func() {})
	close(other)
	slow.Wait()
	check(func() { t.Error("fetched again") })
	if left, err := os.ReadDir(filepath.Dir(target)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

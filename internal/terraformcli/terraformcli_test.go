package terraformcli

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestFetchOnceNeverReturnsHalfAFile(t *testing.T) {
	target := filepath.Join(t.TempDir(), "bin", "terraform")
	half, whole := make(chan struct{}), make(chan struct{})
	fetchSlowly := func(folder string) (string, error) {
		file := filepath.Join(folder, "terraform")
		if err := os.WriteFile(file, []byte("half"), 0o700); err != nil {
			return "", err
		}
		close(half)
		<-whole
		return file, os.WriteFile(file, []byte("whole"), 0o700)
	}
	var slow sync.WaitGroup
	slow.Go(func() { check(t, target, fetchSlowly) })
	<-half
	check(t, target, func(folder string) (string, error) {
		file := filepath.Join(folder, "terraform")
		return file, os.WriteFile(file, []byte("whole"), 0o700)
	})
	close(whole)
	slow.Wait()
	check(t, target, func(string) (string, error) {
		t.Error("fetched again")
		return "", nil
	})
	if left, err := os.ReadDir(filepath.Dir(target)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func check(t *testing.T, target string, fetch func(string) (string, error)) {
	t.Helper()
	binary, err := fetchOnce(target, fetch)
	if err != nil || binary != target {
		t.Errorf("fetchOnce = %q, %v", binary, err)
	}
	if content, err := os.ReadFile(target); err != nil || string(content) != "whole" {
		t.Errorf("the file holds %q, %v", content, err)
	}
}

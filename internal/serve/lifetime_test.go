package serve

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
)

// role names the part that a copy of the test binary plays: Terraform starts the provider, and both wait to be killed.
const role = "SENTINEL_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "terraform":
		provider := copyOfThis("provider")
		provider.Stdout = os.Stdout
		if err := provider.Run(); err != nil {
			os.Exit(1)
		}
	case "provider":
		endWithTerraform()
		fmt.Println("started")
		select {}
	default:
		os.Exit(m.Run())
	}
}

func copyOfThis(part string) *exec.Cmd {
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), role+"="+part)
	return command
}

func TestProviderExitsWhenTerraformIsKilled(t *testing.T) {
	terraform := copyOfThis("terraform")
	stdout, err := terraform.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := terraform.Start(); err != nil {
		t.Fatal(err)
	}
	output := bufio.NewReader(stdout)
	line, err := output.ReadString('\n')
	if err := errors.Join(err, terraform.Process.Kill()); err != nil || line != "started\n" {
		t.Fatalf("the provider printed %q, %v", line, err)
	}
	// The provider holds the pipe open for as long as it runs.
	if _, err := io.Copy(io.Discard, output); err != nil {
		t.Fatal(err)
	}
	_ = terraform.Wait()
}

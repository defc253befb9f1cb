package terraformcli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Terraform is a Terraform or OpenTofu that installs the provider from a mirror and takes nothing else from this
// machine's owner.
type Terraform struct {
	Path    string
	Version string // as it prints it, such as "Terraform v1.11.4"
	// Environment is set for each command.
	Environment []string
}

// New finds Terraform. settings is the CLI configuration that Install returns.
func New(ctx context.Context, settings string) (*Terraform, error) {
	binary, err := Find(ctx)
	if err != nil {
		return nil, err
	}
	t := &Terraform{Path: binary, Environment: append(Environment(),
		"TF_CLI_CONFIG_FILE="+settings, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0")}
	output, err := t.Command(ctx, "", "version").Output()
	if err != nil {
		return nil, fmt.Errorf("asking %s for its version: %w", binary, err)
	}
	t.Version, _, _ = strings.Cut(string(output), "\n")
	return t, nil
}

// Command is a command in a folder. When the context ends it is interrupted as by Ctrl-C, so that it tidies up.
func (t *Terraform) Command(ctx context.Context, folder string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, t.Path, arguments...)
	command.Dir, command.Env = folder, slices.Clone(t.Environment)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	return command
}

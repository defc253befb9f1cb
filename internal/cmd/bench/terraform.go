package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

//go:embed connectors.tf
var connectorsConfiguration string

//go:embed alone.tf
var aloneConfiguration string

// terraform runs Terraform or OpenTofu with a CLI configuration and an environment that nothing of this machine's owner gets into.
type terraform struct {
	binary, version string
	provider        string // the provider's binary, by which its processes are known
	connectors      string // a folder with connectors
	alone           string // a folder with as many resources of Terraform's own, to know what Terraform itself takes
	environment     []string
}

func prepareTerraform(ctx context.Context, folder string, built binaries) (*terraform, error) {
	binary, err := terraformcli.Find(ctx)
	if err != nil {
		return nil, err
	}
	tf := &terraform{
		binary:     binary,
		provider:   built.provider,
		connectors: filepath.Join(folder, "connectors"),
		alone:      filepath.Join(folder, "alone"),
		environment: append(terraformcli.Environment(),
			"TF_CLI_CONFIG_FILE="+built.settings, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0"),
	}
	for work, configuration := range map[string]string{tf.connectors: connectorsConfiguration, tf.alone: aloneConfiguration} {
		if err := os.Mkdir(work, 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(work, "main.tf"), []byte(configuration), 0o600); err != nil {
			return nil, err
		}
		if err := tf.run(ctx, work, nil, "init"); err != nil {
			return nil, err
		}
	}
	output, err := tf.command(ctx, folder, nil, "version").Output()
	if err != nil {
		return nil, fmt.Errorf("asking %s for its version: %w", binary, err)
	}
	tf.version, _, _ = strings.Cut(string(output), "\n")
	return tf, nil
}

func (tf *terraform) command(ctx context.Context, folder string, environment []string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, tf.binary, arguments...)
	command.Dir, command.Env = folder, slices.Concat(tf.environment, environment)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) } // as Ctrl-C does, so that it tidies up
	return command
}

func (tf *terraform) run(ctx context.Context, folder string, environment []string, arguments ...string) error {
	if output, err := tf.command(ctx, folder, environment, arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("terraform %s: %w\n%s", arguments[0], err, output)
	}
	return nil
}

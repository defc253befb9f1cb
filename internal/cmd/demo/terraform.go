package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

// terraform runs Terraform or OpenTofu in a folder of its own, with a CLI configuration and an environment that nothing of this machine's
// owner gets into.
type terraform struct {
	binary, version string
	folder          string
	environment     []string
}

func prepare(ctx context.Context, folder string) (*terraform, error) {
	binary, err := terraformcli.Find(ctx)
	if err != nil {
		return nil, err
	}
	_, settings, err := terraformcli.Install(ctx, folder)
	if err != nil {
		return nil, err
	}
	if err := terraformcli.Build(ctx, "./internal/cmd/azuresim", filepath.Join(folder, "azuresim")); err != nil {
		return nil, err
	}
	tf := &terraform{binary: binary, folder: filepath.Join(folder, "work")}
	if err := os.Mkdir(tf.folder, 0o700); err != nil {
		return nil, err
	}
	tf.environment = append(terraformcli.Environment(),
		"TF_CLI_CONFIG_FILE="+settings, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0")
	output, err := tf.command(ctx, "version").Output()
	if err != nil {
		return nil, fmt.Errorf("asking %s for its version: %w", binary, err)
	}
	tf.version, _, _ = strings.Cut(string(output), "\n")
	return tf, nil
}

func (tf *terraform) command(ctx context.Context, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, tf.binary, arguments...)
	command.Dir, command.Env = tf.folder, tf.environment
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) } // as Ctrl-C does, so that it tidies up
	return command
}

func (tf *terraform) write(name, text string) error {
	return os.WriteFile(filepath.Join(tf.folder, name), []byte(text), 0o600)
}

// quietly runs a command and shows it only.
func (tf *terraform) quietly(ctx context.Context, arguments ...string) error {
	tf.show(arguments)
	fmt.Println("   (its output is left out here)")
	fmt.Println()
	if output, err := tf.command(ctx, arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(tf.binary), arguments[0], err, output)
	}
	return nil
}

// What a command's exit code says; a plan tells by it whether there is anything to do.
const (
	done    = 0
	changes = 2
)

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// expect runs a command, shows what it prints, and checks its exit code and that it printed the texts.
func (tf *terraform) expect(ctx context.Context, exit int, texts []string, arguments ...string) error {
	tf.show(arguments)
	var unshown []string
	if arguments[0] == "plan" {
		unshown = append(unshown, "-detailed-exitcode")
	}
	if !isTerminal(os.Stdout) {
		unshown = append(unshown, "-no-color")
	}
	var printed bytes.Buffer
	command := tf.command(ctx, slices.Insert(slices.Clone(arguments), 1, unshown...)...)
	command.Stdout, command.Stderr = io.MultiWriter(os.Stdout, &printed), io.MultiWriter(os.Stderr, &printed)
	err := command.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		return err
	}
	if got := command.ProcessState.ExitCode(); got != exit {
		return fmt.Errorf("%s ended with %d instead of %d", arguments[0], got, exit)
	}
	words := strings.Join(strings.Fields(colours.ReplaceAllString(printed.String(), "")), " ")
	for _, text := range texts {
		if !strings.Contains(words, text) {
			return fmt.Errorf("%s did not print %q", arguments[0], text)
		}
	}
	return nil
}

func (tf *terraform) show(arguments []string) {
	fmt.Printf("   $ %s %s\n", filepath.Base(tf.binary), strings.Join(arguments, " "))
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

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

// terraform runs Terraform or OpenTofu in a folder of its own.
type terraform struct {
	*terraformcli.Terraform
	folder string
}

func prepare(ctx context.Context, folder string) (*terraform, error) {
	_, settings, err := terraformcli.Install(ctx, folder)
	if err != nil {
		return nil, err
	}
	if err := terraformcli.Build(ctx, "./internal/cmd/azuresim", filepath.Join(folder, "azuresim")); err != nil {
		return nil, err
	}
	found, err := terraformcli.New(ctx, settings)
	if err != nil {
		return nil, err
	}
	tf := &terraform{found, filepath.Join(folder, "work")}
	return tf, os.Mkdir(tf.folder, 0o700)
}

func (tf *terraform) write(name, text string) error {
	return os.WriteFile(filepath.Join(tf.folder, name), []byte(text), 0o600)
}

// quietly runs a command and shows it only.
func (tf *terraform) quietly(ctx context.Context, arguments ...string) error {
	tf.show(arguments)
	fmt.Println("   (its output is left out here)")
	fmt.Println()
	if output, err := tf.Command(ctx, tf.folder, arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(tf.Path), arguments[0], err, output)
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
	command := tf.Command(ctx, tf.folder, slices.Insert(slices.Clone(arguments), 1, unshown...)...)
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
	fmt.Printf("   $ %s %s\n", filepath.Base(tf.Path), strings.Join(arguments, " "))
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

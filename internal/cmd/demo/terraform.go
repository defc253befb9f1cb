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
	"runtime"
	"slices"
	"strings"

	install "github.com/hashicorp/hc-install"
	"github.com/hashicorp/hc-install/checkpoint"
	"github.com/hashicorp/hc-install/fs"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/src"
)

// terraform runs Terraform or OpenTofu in a folder of its own, with a CLI configuration and an environment that nothing of this machine's
// owner gets into.
type terraform struct {
	binary, version string
	folder          string
	environment     []string
}

// bin is where Terraform goes if the machine has none. Git ignores it.
const bin = "bin"

func prepare(ctx context.Context, folder string) (*terraform, error) {
	binary, err := findTerraform(ctx)
	if err != nil {
		return nil, err
	}
	platform := runtime.GOOS + "_" + runtime.GOARCH
	mirror := filepath.Join(folder, "mirror")
	provider := filepath.Join(mirror, "registry.terraform.io/terraform-provider-sentinel/sentinel/0.0.1", platform, "terraform-provider-sentinel_v0.0.1")
	for target, of := range map[string]string{provider: ".", filepath.Join(folder, "azuresim"): "./internal/cmd/azuresim"} {
		if output, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", target, of).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("building %s: %w\n%s", of, err, output)
		}
	}
	tf := &terraform{binary: binary, folder: filepath.Join(folder, "work")}
	if err := os.Mkdir(tf.folder, 0o700); err != nil {
		return nil, err
	}
	settings := filepath.Join(folder, "cli.tfrc")
	if err := os.WriteFile(settings, fmt.Appendf(nil, "provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror), 0o600); err != nil {
		return nil, err
	}
	tf.environment = append(slices.DeleteFunc(os.Environ(), ownersSettings),
		"TF_CLI_CONFIG_FILE="+settings, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0")
	output, err := tf.command(ctx, "version").Output()
	if err != nil {
		return nil, fmt.Errorf("asking %s for its version: %w", binary, err)
	}
	tf.version, _, _ = strings.Cut(string(output), "\n")
	return tf, nil
}

func ownersSettings(entry string) bool {
	for _, prefix := range []string{"TF_", "ARM_", "AZURE_"} {
		if strings.HasPrefix(entry, prefix) {
			return true
		}
	}
	return false
}

// findTerraform takes terraform or tofu from PATH, else the one that an earlier run fetched, else fetches Terraform.
func findTerraform(ctx context.Context) (string, error) {
	for _, name := range []string{"terraform", "tofu"} {
		if binary, err := exec.LookPath(name); err == nil {
			return binary, nil
		}
	}
	folder, err := filepath.Abs(bin)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	fmt.Println("Neither terraform nor tofu is on PATH; Terraform goes to " + folder + " ...")
	binary, err := install.NewInstaller().Ensure(ctx, []src.Source{
		&fs.AnyVersion{Product: &product.Terraform, ExtraPaths: []string{folder}},
		&checkpoint.LatestVersion{Product: product.Terraform, InstallDir: folder},
	})
	if err != nil {
		return "", fmt.Errorf("fetching Terraform (install terraform or tofu yourself and run again): %w", err)
	}
	return binary, nil
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

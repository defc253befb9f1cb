// Package terraformcli gives a real Terraform the provider's own binary to run, for the tests, the demo and the
// benchmark.
package terraformcli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	install "github.com/hashicorp/hc-install"
	"github.com/hashicorp/hc-install/checkpoint"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/src"
)

const (
	// Name is the provider's address without a registry.
	Name = "terraform-provider-sentinel/sentinel"

	// Source is the provider's address. It names the host, by which Terraform and OpenTofu install the same.
	Source = "registry.terraform.io/" + Name
)

// Registries are those that Terraform and OpenTofu look in for an address that names none.
var Registries = []string{"registry.terraform.io", "registry.opentofu.org"}

// PathVariable is terraform-plugin-testing's, which chooses another Terraform, or OpenTofu.
const PathVariable = "TF_ACC_TERRAFORM_PATH"

// Find returns the Terraform or OpenTofu in TF_ACC_TERRAFORM_PATH, else the one on PATH, else the Terraform in the
// project's bin folder, which git ignores, and downloads it there first if it is missing.
func Find(ctx context.Context) (string, error) {
	if binary := os.Getenv(PathVariable); binary != "" {
		return binary, nil
	}
	for _, name := range []string{"terraform", "tofu"} {
		if binary, err := exec.LookPath(name); err == nil {
			return binary, nil
		}
	}
	root, err := moduleRoot(ctx)
	if err != nil {
		return "", err
	}
	target := filepath.Join(root, "bin", product.Terraform.BinaryName())
	if _, err := os.Stat(target); err != nil {
		if err := download(ctx, target); err != nil {
			return "", fmt.Errorf("neither terraform nor tofu is on PATH, and Terraform can't be downloaded: %w", err)
		}
	}
	return target, nil
}

// download downloads the latest Terraform. Several processes may do so at once: the file is renamed when it is whole.
func download(ctx context.Context, target string) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	folder, err := os.MkdirTemp(filepath.Dir(target), "download")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	latest := &checkpoint.LatestVersion{Product: product.Terraform, InstallDir: folder}
	binary, err := install.NewInstaller().Install(ctx, []src.Installable{latest})
	if err != nil {
		return err
	}
	return os.Rename(binary, target)
}

// Install builds the provider into a mirror of the registries below a folder, with further flags for go build, and
// returns the binary and a CLI configuration by which Terraform installs it from there and nothing from anywhere else.
func Install(ctx context.Context, folder string, flags ...string) (binary, settings string, err error) {
	mirror := filepath.Join(folder, "mirror")
	binary = filepath.Join(folder, "terraform-provider-sentinel")
	if err := Build(ctx, ".", binary, flags...); err != nil {
		return "", "", err
	}
	for _, registry := range Registries {
		version := filepath.Join(mirror, registry, Name, "0.0.1", runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(version, 0o755); err != nil {
			return "", "", err
		}
		if err := os.Link(binary, filepath.Join(version, "terraform-provider-sentinel_v0.0.1")); err != nil {
			return "", "", err
		}
	}
	settings = filepath.Join(folder, "cli.tfrc")
	text := fmt.Appendf(nil, "provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
	return binary, settings, os.WriteFile(settings, text, 0o600)
}

// Build builds a program of this module, such as "./internal/cmd/azuresim", as a release is built.
func Build(ctx context.Context, program, target string, flags ...string) error {
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	arguments := append([]string{"build", "-trimpath", "-ldflags", "-s -w", "-o", target}, flags...)
	build := exec.CommandContext(ctx, "go", append(arguments, program)...)
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", program, err, output)
	}
	return nil
}

func moduleRoot(ctx context.Context) (string, error) {
	output, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("finding the module's folder: %w", err)
	}
	return strings.TrimSpace(string(output)), nil
}

// Environment is this process's without what its owner told Terraform and without the owner's sign-in.
func Environment() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "TF_") || IsSignIn(entry)
	})
}

// IsSignIn says whether an entry of an environment, "NAME=value", may take part in signing in to Azure. Nobody's own
// sign-in may get into a test or a demo.
func IsSignIn(entry string) bool {
	return slices.ContainsFunc(
		[]string{"ARM_", "AZURE", "ACTIONS_ID_TOKEN_", "SYSTEM_", "IDENTITY_", "MSI_"},
		func(prefix string) bool { return strings.HasPrefix(entry, prefix) })
}

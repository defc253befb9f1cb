package acctest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

// findTerraform finds it when the first test needs it, for terraform-plugin-testing, too.
var findTerraform = sync.OnceValues(func() (string, error) {
	binary, err := terraformcli.Find(context.Background())
	if err == nil {
		err = os.Setenv(terraformcli.PathVariable, binary)
	}
	return binary, err
})

// TerraformBinary is the Terraform of the tests. It skips a test where there is none and none can be fetched.
func TerraformBinary(t testing.TB) string {
	t.Helper()
	if name := t.Name(); strings.HasPrefix(name, "Test") && !strings.HasPrefix(name, "TestAcc") {
		t.Fatal("a test that runs Terraform must be named TestAcc..., by which make unit leaves it out")
	}
	binary, err := findTerraform()
	if err != nil {
		t.Skipf("skipped: needs Terraform: %v", err)
	}
	return binary
}

// TerraformVersion is "Terraform" or "OpenTofu" and its minor version, such as 14 of 1.14.
func TerraformVersion(t testing.TB) (product string, minor int) {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), TerraformBinary(t), "version").Output()
	if err == nil {
		_, err = fmt.Sscanf(string(output), "%s v1.%d.", &product, &minor)
	}
	if err != nil {
		t.Fatalf("the version %q: %v", output, err)
	}
	return product, minor
}

// Folder is a folder of a test's own in which the real Terraform is run command by command, for what it prints.
type Folder struct {
	t testing.TB
	// Path is where it is.
	Path string
	// Environment is set for each command, besides the test's own.
	Environment []string
}

// NewFolder writes a configuration into a folder, which need not say where the provider comes from. A provider that
// runs in the test's process needs no "init", the shipped one has had it.
func (w *World) NewFolder(t testing.TB, configuration string, environment ...string) *Folder {
	t.Helper()
	f := w.folder(t, environment)
	f.Write("versions.tf", RequiredProvider)
	f.Write("main.tf", configuration)
	if w.Shipped != "" {
		f.Run("init")
	}
	return f
}

// CopyFolder copies a folder with everything below it. It is as initialized as that one.
func (w *World) CopyFolder(t testing.TB, from string, environment ...string) *Folder {
	t.Helper()
	f := w.folder(t, environment)
	if err := os.CopyFS(f.Path, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return f
}

func (w *World) folder(t testing.TB, environment []string) *Folder {
	t.Helper()
	provided := w.Installs
	if w.Shipped == "" {
		provided = []string{w.attach(t)}
	}
	return &Folder{t, t.TempDir(), slices.Concat(provided, environment)}
}

// attach serves the providers, until the test ends, and returns the variable by which Terraform attaches to them
// instead of starting them.
func (w *World) attach(t testing.TB) (variable string) {
	t.Helper()
	attachments := map[string]any{}
	for name := range w.Providers {
		started, closed := make(chan *plugin.ReattachConfig), make(chan struct{})
		go func() {
			defer close(started)
			_ = tf6server.Serve(terraformcli.Source, func() tfprotov6.ProviderServer { return w.server(name) },
				tf6server.WithDebug(t.Context(), started, closed), tf6server.WithoutLogStderrOverride(),
				tf6server.WithGoPluginLogger(hclog.NewNullLogger()))
		}()
		config := <-started
		if config == nil {
			t.Fatalf("%s can't be served", name)
		}
		t.Cleanup(func() { <-closed })
		for _, registry := range terraformcli.Registries {
			attachments[registry+"/"+name] = map[string]any{
				"Protocol": config.Protocol, "ProtocolVersion": config.ProtocolVersion, "Pid": config.Pid, "Test": config.Test,
				"Addr": map[string]any{"Network": config.Addr.Network(), "String": config.Addr.String()},
			}
		}
	}
	text, err := json.Marshal(attachments)
	if err != nil {
		t.Fatal(err)
	}
	return "TF_REATTACH_PROVIDERS=" + string(text)
}

// Write writes a file of the folder.
func (f *Folder) Write(name, content string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.Path, name), []byte(content), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// Command is a command of Terraform that has not been started.
func (f *Folder) Command(arguments ...string) *exec.Cmd {
	f.t.Helper()
	command := exec.CommandContext(f.t.Context(), TerraformBinary(f.t), append(arguments, "-no-color")...)
	// The test's own process has no say about Terraform's logs.
	own := slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "TF_LOG") })
	command.Dir, command.Env = f.Path, append(own, f.Environment...)
	return command
}

// Run runs a command of Terraform that must succeed, and returns all that it printed.
func (f *Folder) Run(arguments ...string) string {
	f.t.Helper()
	return f.run(true, arguments)
}

// Fail runs a command of Terraform that must fail, and returns all that it printed.
func (f *Folder) Fail(arguments ...string) string {
	f.t.Helper()
	return f.run(false, arguments)
}

func (f *Folder) run(succeeds bool, arguments []string) string {
	f.t.Helper()
	output, err := f.Command(arguments...).CombinedOutput()
	if succeeds != (err == nil) {
		f.t.Fatalf("terraform %s: error %v\n%s", strings.Join(arguments, " "), err, output)
	}
	return string(output)
}

// State reads the state's file, by address.
func (f *Folder) State() map[string]*protocol.Instance {
	f.t.Helper()
	text, err := os.ReadFile(filepath.Join(f.Path, "terraform.tfstate"))
	if errors.Is(err, os.ErrNotExist) || err == nil && len(text) == 0 { // as a killed Terraform leaves it
		return nil
	}
	var file struct {
		Resources []struct {
			Mode, Type, Name string
			Instances        []struct {
				Status               string
				Attributes, Identity json.RawMessage
			}
		}
	}
	if err := errors.Join(err, json.Unmarshal(text, &file)); err != nil {
		f.t.Fatal(err)
	}
	state := map[string]*protocol.Instance{}
	for _, r := range file.Resources {
		address := strings.TrimPrefix(r.Mode+"."+r.Type+"."+r.Name, "managed.")
		held := r.Instances[0]
		state[address] = &protocol.Instance{
			Type: r.Type, JSON: held.Attributes, IdentityJSON: held.Identity, Tainted: held.Status == "tainted",
		}
	}
	return state
}

package connector_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// These tests run the shipped binary, since their subject is the process: who is killed or interrupted, and what is
// left of it. What the provider makes of an interruption, and of what a killed run has done, the tests in virtual
// time say.

// process is a running command of Terraform, the leader of a process group as in a shell.
type process struct {
	t       *testing.T
	command *exec.Cmd
	output  bytes.Buffer
	ended   chan error
}

func start(t *testing.T, folder *acctest.Folder, arguments ...string) *process {
	t.Helper()
	p := &process{t: t, command: folder.Command(arguments...), ended: make(chan error, 1)}
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.command.Stdout, p.command.Stderr = &p.output, &p.output
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL) })
	go func() { p.ended <- p.command.Wait() }()
	return p
}

// victim is who a signal is sent to.
type victim string

const (
	terraformAlone victim = "terraform"
	providerAlone  victim = "provider"
	both           victim = "both" // as by Ctrl-C in a shell
)

func (p *process) signal(to victim, signal syscall.Signal) {
	p.t.Helper()
	target := map[victim]int{terraformAlone: p.command.Process.Pid, both: -p.command.Process.Pid}[to]
	if to == providerAlone {
		target = p.provider()
	}
	if err := syscall.Kill(target, signal); err != nil {
		p.t.Fatalf("sending %v to %s: %v", signal, to, err)
	}
}

// provider is the process id of the provider that Terraform runs at the moment.
func (p *process) provider() int {
	p.t.Helper()
	for _, running := range p.group() {
		if running.parent == p.command.Process.Pid && strings.HasPrefix(running.name, "terraform-prov") {
			return running.id
		}
	}
	p.t.Fatal("Terraform runs no provider")
	return 0
}

// running is a process as the kernel lists it.
type running struct {
	id, parent int
	name       string
}

// group lists the processes of the group, such as a provider that Terraform has left behind.
func (p *process) group() []running {
	p.t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		p.t.Fatal(err)
	}
	var group []running
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended meanwhile
		}
		// "id (name) state parent group ..."
		var r running
		var state string
		var of int
		before, after, _ := strings.Cut(string(text), " (")
		name, after, _ := strings.Cut(after, ") ")
		r.name = name
		_, badID := fmt.Sscan(before, &r.id)
		_, badRest := fmt.Sscan(after, &state, &r.parent, &of)
		if badID == nil && badRest == nil && of == p.command.Process.Pid && state != "Z" {
			group = append(group, r)
		}
	}
	return group
}

// wait waits for the end and returns all that was printed, and the exit code: -1 for a process that was killed.
func (p *process) wait() (output string, code int) {
	p.t.Helper()
	err := <-p.ended
	exit, ok := errors.AsType[*exec.ExitError](err)
	if err != nil && !ok {
		p.t.Fatal(err)
	}
	if ok {
		code = exit.ExitCode()
	}
	return p.output.String(), code
}

// eventually waits for as long as it takes: nothing here depends on how busy the machine is.
func eventually(done func() bool) {
	for !done() {
		time.Sleep(20 * time.Millisecond)
	}
}

// statusInState is the connector's status in the state file, and whether it is there.
func statusInState(t *testing.T, folder *acctest.Folder) (status string, exists bool) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder.Path, "terraform.tfstate"))
	if len(text) == 0 && (err == nil || os.IsNotExist(err)) {
		return "", false
	}
	var file struct {
		Resources []struct {
			Instances []struct{ Status string }
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatalf("the state file: %v\n%s", err, text)
	}
	if len(file.Resources) == 0 {
		return "", false
	}
	return file.Resources[0].Instances[0].Status, true
}

// A creation that is killed or interrupted while the service holds its request back: nothing keeps running, and what
// was done is neither lost nor done twice.
func TestAccEndOfACreation(t *testing.T) {
	importable := func(t *testing.T, r *run, folder *acctest.Folder) {
		t.Helper()
		block := regexp.MustCompile(`(?m)^ +import \{\n(?: +.*\n)+? +\}$`).FindString(folder.Run("plan"))
		folder.Write("import.tf", strings.ReplaceAll(block, typeName+".example", address)+"\n")
		if applied := folder.Run("apply", "-auto-approve"); !strings.Contains(applied,
			"1 imported, 0 added, 0 changed, 0 destroyed") {
			t.Errorf("the import printed:\n%s", applied)
		}
	}
	inState := func(t *testing.T, _ *run, folder *acctest.Folder) { folder.Run("plan", "-detailed-exitcode") }
	const plugin = "Error: (Plugin did not respond|Request cancelled)"
	for name, test := range map[string]struct {
		victim  victim
		signal  syscall.Signal
		code    int
		prints  string
		release bool // the service goes on only after the signal, which must not end anything
		state   bool // the connector is in the state
		next    func(*testing.T, *run, *acctest.Folder)
	}{
		"killed, both":      {both, syscall.SIGKILL, -1, "", false, false, importable},
		"killed, terraform": {terraformAlone, syscall.SIGKILL, -1, "", false, false, importable},
		"killed, provider":  {providerAlone, syscall.SIGKILL, 1, plugin, false, false, importable},
		"Ctrl-C": {both, syscall.SIGINT, 1, `Warning: Interrupted while waiting for the connector`, false,
			true, inState},
		"SIGTERM by timeout(1)": {both, syscall.SIGTERM, 1, `Warning: Interrupted while waiting for the connector`, false,
			true, inState},
		"SIGTERM, provider only": {providerAlone, syscall.SIGTERM, 0, "1 added", true, true, inState},
		"SIGINT, provider only":  {providerAlone, syscall.SIGINT, 0, "1 added", true, true, inState},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.NewShippedWorld(t)
			r := &run{T: t, World: w}
			r.must(w.Tenant.PutWorkspace(azuresim.Workspace{ID: lawSOC}))
			folder := w.NewFolder(t, r.connector(lawSOC))
			fault := azuresim.Fault{Method: http.MethodPut, Path: soc, Delay: time.Hour}
			held := make(chan struct{})
			if test.release {
				fault.Delay, fault.Until = 0, held
			}
			w.Sim.AddFault(fault)
			p := start(t, folder, "apply", "-auto-approve")
			eventually(func() bool { return r.count("PUT "+soc) == 1 })
			p.signal(test.victim, test.signal)
			if test.release {
				close(held)
			}
			output, code := p.wait()
			if code != test.code || !regexp.MustCompile(test.prints).MatchString(output) {
				t.Errorf("Terraform ended with %d, want %d and %q:\n%s", code, test.code, test.prints, output)
			}
			eventually(func() bool { return len(p.group()) == 0 })
			eventually(func() bool { // what the provider has begun ends as well
				return !slices.ContainsFunc(w.Sim.Requests(), func(e azuresim.Exchange) bool { return e.Status == 0 })
			})
			if status, exists := statusInState(t, folder); exists != test.state || status != "" {
				t.Errorf("the state has a connector: %v, %q", exists, status)
			}
			r.streams(six...)
			test.next(t, r, folder)
			if puts := r.count("PUT " + soc); puts != 1 {
				t.Errorf("%d PUTs were sent, want one", puts)
			}
		})
	}
}

// Errors that depend on what is on a process's PATH, in its environment or under its TLS: see TestErrorsTeach.
func TestAccErrorsOfAProcess(t *testing.T) {
	secret := line("client_secret", acctest.Secret)
	for name, test := range map[string]struct {
		signIn      string
		environment func(*testing.T, *acctest.World) []string
	}{
		"no Azure CLI": {"", func(t *testing.T, _ *acctest.World) []string {
			return []string{"PATH=" + t.TempDir()}
		}},
		"a signed-out Azure CLI":   {"", azureCLI("ERROR: Please run 'az login' to setup account.")},
		"an Azure CLI of old":      {"", azureCLI("ERROR: AADSTS700082: The refresh token has expired due to inactivity.")},
		"no managed identity":      {"use_msi = true", identityEndpoint},
		"an untrusted certificate": {secret, anotherAuthority},
	} {
		if !slices.Contains(processLessons, name) {
			t.Errorf("%s is not among processLessons", name)
		}
		t.Run(name, func(t *testing.T) {
			w := acctest.NewShippedWorld(t)
			r := &run{T: t, World: w}
			folder := w.NewFolder(t, w.ProviderWith(test.signIn)+connector(lawSOC))
			folder.Environment = append(folder.Environment, test.environment(t, w)...)
			r.teaches(name, errorIn(t, folder.Fail("apply", "-auto-approve")))
		})
	}
}

// azureCLI is a path on which there is an Azure CLI that fails with a message.
func azureCLI(message string) func(*testing.T, *acctest.World) []string {
	return func(t *testing.T, _ *acctest.World) []string {
		folder := t.TempDir()
		script := fmt.Sprintf("#!/bin/sh\necho %q >&2\nexit 1\n", message)
		if err := os.WriteFile(filepath.Join(folder, "az"), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		return []string{"PATH=" + folder + ":/usr/bin:/bin"}
	}
}

// identityEndpoint is that of a machine without an identity.
func identityEndpoint(_ *testing.T, w *acctest.World) []string {
	endpoint, header := w.Sim.IdentityEndpoint()
	return []string{"IDENTITY_ENDPOINT=" + endpoint, "IDENTITY_HEADER=" + header}
}

// anotherAuthority is the only one that the machine trusts.
func anotherAuthority(t *testing.T, _ *acctest.World) []string {
	t.Helper()
	authority, err := azuresim.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, authority.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"SSL_CERT_FILE=" + file, "SSL_CERT_DIR=" + filepath.Dir(file)}
}

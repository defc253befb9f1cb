package connector_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
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

// processes finds the running processes of a process group by their names, such as a provider that Terraform left
// behind.
func processes(group int) map[string]int {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	running := map[string]int{}
	for _, file := range files {
		text, _ := os.ReadFile(file) // nothing of one that has ended meanwhile
		var process, parent, of int
		var name, state string
		_, err := fmt.Sscan(string(text), &process, &name, &state, &parent, &of)
		if err == nil && of == group && state != "Z" { // names with spaces are none of ours
			running[name] = process
		}
	}
	return running
}

// eventually waits for as long as it takes: nothing here depends on how busy the machine is.
func eventually(done func() bool) {
	for !done() {
		time.Sleep(20 * time.Millisecond)
	}
}

// A creation that is killed or interrupted while the service holds its request back: nothing keeps running, and what
// was done is neither lost nor done twice.
func TestAccEndOfACreation(t *testing.T) {
	const plugin = "Error: (Plugin did not respond|Request cancelled)"
	const interrupted = "Warning: Interrupted while waiting for the connector"
	for name, test := range map[string]struct {
		victim  string
		signal  syscall.Signal
		code    int
		prints  string
		release bool // the service goes on only after the signal, which must not end anything
		state   bool // the connector is in the state; if not, the next plan says how to import it
	}{
		"killed, both":           {"both", syscall.SIGKILL, -1, "", false, false},
		"killed, terraform":      {"terraform", syscall.SIGKILL, -1, "", false, false},
		"killed, provider":       {"provider", syscall.SIGKILL, 1, plugin, false, false},
		"Ctrl-C":                 {"both", syscall.SIGINT, 1, interrupted, false, true},
		"SIGTERM by timeout(1)":  {"both", syscall.SIGTERM, 1, interrupted, false, true},
		"SIGTERM, provider only": {"provider", syscall.SIGTERM, 0, "1 added", true, true},
		"SIGINT, provider only":  {"provider", syscall.SIGINT, 0, "1 added", true, true},
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
			terraform := folder.Command("apply", "-auto-approve")
			terraform.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as in a shell
			var output bytes.Buffer
			terraform.Stdout, terraform.Stderr = &output, &output
			r.must(terraform.Start())
			leader := terraform.Process.Pid
			t.Cleanup(func() { _ = syscall.Kill(-leader, syscall.SIGKILL) })
			ended := make(chan struct{})
			go func() {
				_ = terraform.Wait()
				close(ended)
			}()
			eventually(func() bool {
				select {
				case <-ended:
					t.Fatalf("Terraform ended before it sent the PUT:\n%s", &output)
				default:
				}
				return r.count("PUT "+soc) == 1
			})
			victim := map[string]int{"both": -leader, "terraform": leader,
				"provider": processes(leader)["(terraform-provi)"]}[test.victim]
			if victim == 0 {
				t.Fatal("the provider is not running")
			}
			r.must(syscall.Kill(victim, test.signal))
			close(held)
			<-ended
			if code := terraform.ProcessState.ExitCode(); code != test.code ||
				!regexp.MustCompile(test.prints).MatchString(output.String()) {
				t.Errorf("Terraform ended with %d, want %d and %q:\n%s", code, test.code, test.prints, &output)
			}
			eventually(func() bool { return len(processes(leader)) == 0 })
			eventually(func() bool { // what the provider has begun ends as well
				return !slices.ContainsFunc(w.Sim.Requests(), func(e azuresim.Exchange) bool { return e.Status == 0 })
			})
			if held := folder.State()[address]; (held != nil) != test.state || held != nil && held.Tainted {
				t.Errorf("the state has %+v", held)
			}
			r.streams(six...)
			if !test.state {
				block := regexp.MustCompile(`(?m)^ +import \{\n(?: +.*\n)+? +\}$`).FindString(folder.Run("plan"))
				folder.Write("import.tf", strings.ReplaceAll(block, typeName+".example", address)+"\n")
				folder.Run("apply", "-auto-approve")
			}
			folder.Run("plan", "-detailed-exitcode")
			if puts := r.count("PUT " + soc); puts != 1 {
				t.Errorf("%d PUTs were sent, want one", puts)
			}
		})
	}
}

// Errors that depend on what is on a process's PATH or in its environment: see TestErrorsTeach.
func TestErrorsOfTheEnvironment(t *testing.T) {
	azureCLI := func(message string) string { // on the PATH of a machine whose CLI fails with a message
		folder := t.TempDir()
		script := fmt.Sprintf("#!/bin/sh\necho %q >&2\nexit 1\n", message)
		if err := os.WriteFile(filepath.Join(folder, "az"), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		return folder + ":/usr/bin:/bin"
	}
	for name, test := range map[string]struct{ signIn, path string }{
		"no Azure CLI":           {"", t.TempDir()},
		"a signed-out Azure CLI": {"", azureCLI("ERROR: Please run 'az login' to setup account.")},
		"an Azure CLI of old":    {"", azureCLI("ERROR: AADSTS700082: The refresh token has expired due to inactivity.")},
		"no managed identity":    {"use_msi = true", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.NewSequentialWorld()
			endpoint, header := w.Sim.IdentityEndpoint() // of a machine without an identity
			for name, value := range map[string]string{"PATH": test.path, "IDENTITY_ENDPOINT": endpoint,
				"IDENTITY_HEADER": header} {
				t.Setenv(name, value)
			}
			r := &run{t, w, w.Terraform(t)}
			errors := r.tf.Apply(w.ProviderWith(test.signIn) + connector(lawSOC)).Errors()
			if len(errors) != 1 {
				t.Fatal(errors)
			}
			r.teaches("errors", name, r.printed(errors[0]))
		})
	}
}

// The same for what is under its TLS: the machine trusts another authority alone.
func TestAccAnUntrustedCertificate(t *testing.T) {
	w := acctest.NewShippedWorld(t)
	r := &run{T: t, World: w}
	file := filepath.Join(t.TempDir(), "ca.pem")
	other, err := azuresim.Start("127.0.0.1:0", file)
	r.must(err)
	r.must(other.Close())
	folder := w.NewFolder(t, w.Provider()+connector(lawSOC), "SSL_CERT_FILE="+file, "SSL_CERT_DIR="+filepath.Dir(file))
	r.teaches("errors", "an untrusted certificate", errorIn(t, folder.Fail("apply", "-auto-approve")))
}

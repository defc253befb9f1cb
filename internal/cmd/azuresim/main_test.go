package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// start runs the command until the test ends or stop is called, and returns what a shell makes of its lines.
func start(t *testing.T, o options) (environment map[string]string, printed string, stop func()) {
	t.Helper()
	o.listen = "127.0.0.1:0"
	reader, writer := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, o, writer)
		_ = writer.CloseWithError(err)
		ended <- err
	}()
	text := make([]byte, 1<<16) // run writes all of its lines at once
	n, err := reader.Read(text)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	file := filepath.Join(t.TempDir(), "environment")
	if err := os.WriteFile(file, text[:n], 0o600); err != nil {
		t.Fatal(err)
	}
	shell := exec.Command("sh", "-euc", `. "$1"; env`, "sh", file)
	shell.Env = []string{"PATH=" + os.Getenv("PATH")}
	output, err := shell.Output()
	if err != nil {
		t.Fatal(err)
	}
	environment = map[string]string{}
	for line := range strings.Lines(string(output)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		environment[name] = value
	}
	return environment, string(text[:n]), stop
}

// client trusts what SSL_CERT_FILE says.
func client(t *testing.T, environment map[string]string) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(environment["SSL_CERT_FILE"])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &http.Client{
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
	}
}

// signIn signs in with nothing but the environment, and returns the status.
func signIn(t *testing.T, environment map[string]string) int {
	t.Helper()
	response, err := client(t, environment).PostForm(
		environment["ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST"]+"/"+environment["ARM_TENANT_ID"]+"/oauth2/v2.0/token", url.Values{
			"grant_type": {"client_credentials"}, "scope": {environment["ARM_RESOURCE_MANAGER_AUDIENCE"] + "/.default"},
			"client_id": {environment["ARM_CLIENT_ID"]}, "client_secret": {environment["ARM_CLIENT_SECRET"]},
		})
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

func TestEnvironment(t *testing.T) {
	environment, printed, stop := start(t, options{})
	if status := signIn(t, environment); status != http.StatusOK {
		t.Errorf("signing in: %d", status)
	}
	workspace := environment["TF_VAR_workspace_id"]
	if !strings.HasSuffix(workspace, "/workspaces/law-soc") ||
		!strings.Contains(printed, "#   workspace "+workspace+"\n") ||
		!strings.Contains(printed, "# Tenant 7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506\n#   workspace ") ||
		!strings.Contains(printed, "export ARM_METADATA_HOSTNAME="+
			strings.TrimPrefix(environment["ARM_RESOURCE_MANAGER_ENDPOINT"], "https://")+"\n") {
		t.Errorf("it printed\n%s", printed)
	}
	if environment["ARM_METADATA_HOSTNAME"] != "" {
		t.Error("ARM_METADATA_HOSTNAME is set, which would go before ARM_ENVIRONMENT")
	}
	// A second simulator disturbs the first in nothing.
	other, _, stopOther := start(t, options{})
	if other["SSL_CERT_FILE"] == environment["SSL_CERT_FILE"] ||
		other["ARM_RESOURCE_MANAGER_ENDPOINT"] == environment["ARM_RESOURCE_MANAGER_ENDPOINT"] {
		t.Errorf("two simulators share %v", other)
	}
	stopOther()
	if status := signIn(t, environment); status != http.StatusOK {
		t.Errorf("signing in after the other has stopped: %d", status)
	}
	stop()
	for _, environment := range []map[string]string{environment, other} {
		if _, err := os.Stat(environment["SSL_CERT_FILE"]); !os.IsNotExist(err) {
			t.Errorf("%s is left behind: %v", environment["SSL_CERT_FILE"], err)
		}
	}
}

func TestSeedFile(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "it's a folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	const tenant = "11111111-2222-4333-8444-555555555555"
	const workspace = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law-mine"
	o := options{seedFile: filepath.Join(folder, "seed.json"), authorityFile: filepath.Join(folder, "ca.pem")}
	seed := `{"tenants": [{"id": "` + tenant + `", "workspaces": [{"id": "` + workspace + `"}],
		"settings": {"mine": {"properties": {
		"workspaceId": "` + workspace + `", "logs": [{"category": "AuditLogs", "enabled": true}]}}}}]}`
	if err := os.WriteFile(o.seedFile, []byte(seed), 0o600); err != nil {
		t.Fatal(err)
	}
	environment, _, stop := start(t, o)
	if environment["ARM_TENANT_ID"] != tenant || environment["TF_VAR_workspace_id"] != workspace ||
		environment["SSL_CERT_FILE"] != o.authorityFile {
		t.Errorf("the environment is %v", environment)
	}
	if status := signIn(t, environment); status != http.StatusOK {
		t.Errorf("signing in to a tenant without principals of its own: %d", status)
	}
	response, err := client(t, environment).Get(
		environment["ARM_RESOURCE_MANAGER_ENDPOINT"] + "/simulator/tenants/" + tenant + "/settings/mine",
	)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("the seeded setting: %s", response.Status)
	}
	stop()
	if _, err := os.Stat(o.authorityFile); err != nil {
		t.Errorf("the file that was asked for: %v", err)
	}
}

func TestSeedFile_refusals(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for seed, want := range map[string]string{
		`{}`:                             "the seed has no tenant",
		`{"tenants": [{"id": "x"}]}`:     `tenant x: "x" is not a GUID`,
		`{"tenants": [], "tenant": "y"}`: `unknown field "tenant"`,
	} {
		file := filepath.Join(t.TempDir(), "seed.json")
		if err := os.WriteFile(file, []byte(seed), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := run(t.Context(), options{listen: "127.0.0.1:0", seedFile: file}, io.Discard); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", seed, err, want)
		}
	}
	if err := run(t.Context(), options{listen: "127.0.0.1:0", seedFile: "no/such/file"}, io.Discard); err == nil ||
		!strings.Contains(err.Error(), "reading the seed") {
		t.Errorf("a file that is not there: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "azuresim-*.pem"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

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

// start runs the command until stop is called, and returns what it prints and what a shell makes of that.
func start(t *testing.T, arguments ...string) (printed string, environment url.Values, stop func()) {
	t.Helper()
	reader, writer := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, arguments, writer)
		_ = writer.CloseWithError(err)
		ended <- err
	}()
	text := make([]byte, 1<<16) // run writes all of its lines at once
	n, err := reader.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	shell := exec.Command("sh", "-euc", string(text[:n])+"env")
	shell.Env = []string{"PATH=" + os.Getenv("PATH")}
	output, err := shell.Output()
	if err != nil {
		t.Fatal(err)
	}
	environment = url.Values{}
	for line := range strings.Lines(string(output)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		environment.Set(name, value)
	}
	return string(text[:n]), environment, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// signIn signs in with nothing but the environment.
func signIn(t *testing.T, environment url.Values) {
	t.Helper()
	pem, err := os.ReadFile(environment.Get("SSL_CERT_FILE"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	authority := environment.Get("ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST") + "/" + environment.Get("ARM_TENANT_ID")
	answer, err := (&http.Client{Transport: transport}).PostForm(authority+"/oauth2/v2.0/token", url.Values{
		"scope":     {environment.Get("ARM_RESOURCE_MANAGER_AUDIENCE") + "/.default"},
		"client_id": environment["ARM_CLIENT_ID"], "client_secret": environment["ARM_CLIENT_SECRET"],
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("signing in: %s", answer.Status)
	}
}

func TestByDefault(t *testing.T) {
	printed, environment, stop := start(t)
	law, arm := environment.Get("TF_VAR_workspace_id"), environment.Get("ARM_RESOURCE_MANAGER_ENDPOINT")
	for _, want := range []string{
		"/workspaces/law-soc'\n", "#   workspace " + law + "\n# Tenant 7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506\n#   workspace ",
		"# For azurerm, also: export ARM_METADATA_HOSTNAME=" + strings.TrimPrefix(arm, "https://") + "\n",
	} {
		if !strings.Contains(printed, want) {
			t.Errorf("%s is not printed:\n%s", want, printed)
		}
	}
	if environment.Has("ARM_METADATA_HOSTNAME") {
		t.Error("ARM_METADATA_HOSTNAME is set, which would override ARM_ENVIRONMENT")
	}
	signIn(t, environment)
	stop()
	if _, err := os.Stat(environment.Get("SSL_CERT_FILE")); !os.IsNotExist(err) {
		t.Errorf("the temporary file is left behind: %v", err)
	}
}

func TestFlags(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "it's a folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	const tenant = "11111111-2222-4333-8444-555555555555"
	const law = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law-mine"
	seed, certificate := filepath.Join(folder, "seed.json"), filepath.Join(folder, "ca.pem")
	const text = `{"tenants": [{"id": "` + tenant + `", "workspaces": [{"id": "` + law + `"}]}]}`
	if err := os.WriteFile(seed, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, environment, stop := start(t, "-seed", seed, "-ca", certificate)
	if environment.Get("ARM_TENANT_ID") != tenant || environment.Get("TF_VAR_workspace_id") != law ||
		environment.Get("SSL_CERT_FILE") != certificate {
		t.Errorf("the environment is %v", environment)
	}
	signIn(t, environment)
	stop()
	if _, err := os.Stat(certificate); err != nil {
		t.Errorf("the file that was asked for: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // a seed that is wrongly accepted must fail the test, not run until its timeout
	for seed, want := range map[string]string{
		`{}`:                         "the seed has no tenant",
		`{"tenants": [{"id": "x"}]}`: `tenant x: "x" is not a GUID`,
		`tenants`:                    "reading the seed",
	} {
		file := filepath.Join(t.TempDir(), "seed.json")
		if err := os.WriteFile(file, []byte(seed), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := run(ctx, []string{"-seed", file}, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", seed, err, want)
		}
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "azuresim-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

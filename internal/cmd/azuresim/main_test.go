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
	stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
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
	environment = map[string]string{}
	for line := range strings.Lines(string(output)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		environment[name] = value
	}
	return environment, string(text[:n]), stop
}

// signIn signs in with nothing but the environment, and returns what the control endpoint then says at a path.
func signIn(t *testing.T, environment map[string]string, path string) string {
	t.Helper()
	pem, err := os.ReadFile(environment["SSL_CERT_FILE"])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
	}
	defer client.CloseIdleConnections()
	response, err := client.PostForm(
		environment["ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST"]+"/"+environment["ARM_TENANT_ID"]+"/oauth2/v2.0/token", url.Values{
			"grant_type": {"client_credentials"}, "scope": {environment["ARM_RESOURCE_MANAGER_AUDIENCE"] + "/.default"},
			"client_id": {environment["ARM_CLIENT_ID"]}, "client_secret": {environment["ARM_CLIENT_SECRET"]},
		})
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("signing in: %s", response.Status)
	}
	response, err = client.Get(environment["ARM_RESOURCE_MANAGER_ENDPOINT"] + "/simulator/" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// Two simulators run beside each other, one with what it starts with by default, one with a file's contents.
func TestEnvironment(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "it's a folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	const tenant = "11111111-2222-4333-8444-555555555555"
	const law = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law-mine"
	o := options{seedFile: filepath.Join(folder, "seed.json"), authorityFile: filepath.Join(folder, "ca.pem")}
	seed := `{"tenants": [{"id": "` + tenant + `", "workspaces": [{"id": "` + law + `"}], "settings": {"mine": {
		"properties": {"workspaceId": "` + law + `", "logs": [{"category": "AuditLogs", "enabled": true}]}}}}]}`
	if err := os.WriteFile(o.seedFile, []byte(seed), 0o600); err != nil {
		t.Fatal(err)
	}
	environment, printed, stop := start(t, options{})
	mine, _, stopMine := start(t, o)
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
	if mine["ARM_TENANT_ID"] != tenant || mine["TF_VAR_workspace_id"] != law || mine["SSL_CERT_FILE"] != o.authorityFile {
		t.Errorf("the environment is %v", mine)
	}
	if setting := signIn(t, mine, "tenants/"+tenant+"/settings/mine"); !strings.Contains(setting, law) {
		t.Errorf("the seeded setting is %s", setting)
	}
	stopMine()
	if index := signIn(t, environment, ""); !strings.Contains(index, environment["ARM_TENANT_ID"]) {
		t.Errorf("the other simulator says %s", index)
	}
	stop()
	if _, err := os.Stat(environment["SSL_CERT_FILE"]); !os.IsNotExist(err) {
		t.Errorf("the temporary file is left behind: %v", err)
	}
	if _, err := os.Stat(o.authorityFile); err != nil {
		t.Errorf("the file that was asked for: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for seed, want := range map[string]string{
		`{}`:                         "the seed has no tenant",
		`{"tenants": [{"id": "x"}]}`: `tenant x: "x" is not a GUID`,
		"":                           "reading the seed",
	} {
		file := filepath.Join(t.TempDir(), "seed.json")
		if seed != "" { // or else there is no file
			if err := os.WriteFile(file, []byte(seed), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		err := run(t.Context(), options{listen: "127.0.0.1:0", seedFile: file}, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", seed, err, want)
		}
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "azuresim-*.pem"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// azure is the simulator, running as a program of its own.
type azure struct {
	// environment is what a provider needs to find it and to sign in.
	environment []string

	command *exec.Cmd
	client  *http.Client
	control string // the control endpoint's URL of the tenant
}

func startAzure(ctx context.Context, folder string) (*azure, error) {
	authority := filepath.Join(folder, "ca.pem")
	command := exec.CommandContext(ctx, filepath.Join(folder, "azuresim"), "-ca", authority)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("starting the simulator: %w", err)
	}
	a := &azure{command: command}
	values := map[string]string{}
	lines := bufio.NewScanner(output)
	for values["ARM_CLIENT_SECRET"] == "" && lines.Scan() { // the last line that it prints
		entry := strings.TrimPrefix(lines.Text(), "export ")
		name, value, _ := strings.Cut(entry, "=")
		values[name] = value
		a.environment = append(a.environment, entry)
	}
	pem, err := os.ReadFile(authority)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reading the simulator's certificate: %w", err), a.stop())
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	trust := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	a.client = &http.Client{Transport: &http.Transport{TLSClientConfig: trust}}
	a.control = fmt.Sprintf("%s/simulator/tenants/%s", values["ARM_RESOURCE_MANAGER_ENDPOINT"], values["ARM_TENANT_ID"])
	return a, nil
}

func (a *azure) stop() error {
	if err := a.command.Process.Kill(); err != nil {
		return fmt.Errorf("stopping the simulator: %w", err)
	}
	_ = a.command.Wait() // it was killed, and says so
	return nil
}

// entry is a log category in a diagnostic setting.
type entry struct {
	Category string `json:"category"`
	Enabled  bool   `json:"enabled"`
}

// streams checks which categories the setting streams in truth; none means that it does not exist.
func (a *azure) streams(ctx context.Context, want []string) error {
	status, body, err := a.call(ctx, http.MethodGet, settingPath, nil)
	if err != nil {
		return err
	}
	var setting struct{ Properties struct{ Logs []entry } }
	if status != http.StatusNotFound {
		if err := json.Unmarshal(body, &setting); err != nil {
			return err
		}
	}
	var got []string
	for _, log := range setting.Properties.Logs {
		if log.Enabled {
			got = append(got, log.Category)
		}
	}
	slices.Sort(got)
	if want := slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
		return fmt.Errorf("the service streams %v instead of %v", got, want)
	}
	return nil
}

// rewrite changes the setting as the portal does, which Terraform does not see.
func (a *azure) rewrite(ctx context.Context, categories []string) error {
	var logs []entry
	for _, category := range categories {
		logs = append(logs, entry{category, true})
	}
	setting := map[string]any{"properties": map[string]any{"workspaceId": workspace, "logs": logs}}
	body, err := json.Marshal(setting)
	if err != nil {
		return err
	}
	_, _, err = a.call(ctx, http.MethodPut, settingPath, body)
	return err
}

// receive lets records arrive in a table of the workspace, in place of those it has.
func (a *azure) receive(ctx context.Context, table, records string) error {
	body := fmt.Appendf(nil, `{"workspaceId": %q, "name": %q, "records": [%s]}`, workspace, table, records)
	_, _, err := a.call(ctx, http.MethodPut, "/workspaces/tables", body)
	return err
}

const settingPath = "/settings/" + connector

func (a *azure) call(ctx context.Context, method, path string, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, a.control+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	response, err := a.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusBadRequest && response.StatusCode != http.StatusNotFound {
		err = fmt.Errorf("the simulator answered %s: %s", response.Status, answer)
	}
	return response.StatusCode, answer, err
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// world is a simulated Azure and the connectors in it.
type world struct {
	sim         *azuresim.Simulator
	connectors  map[string]connector // by the names of their settings, each of which exists in one tenant only
	environment []string             // by which the provider finds the simulator and signs in to each of its tenants
}

type connector struct {
	TenantID    string `json:"tenant_id"`
	WorkspaceID string `json:"workspace_id"`
}

const clientID, secret = "c0ffee00-9d2e-4a57-8f31-6b1de1a5c0de", "simulated-secret"

// nth is a connector's name and what it connects. A tenant's connectors need a workspace each, since the service sends no category to the same one twice.
func nth(tenant, ofTenant int) (string, connector) {
	return fmt.Sprintf("bench-%04d-%d", tenant, ofTenant), connector{
		TenantID: fmt.Sprintf("5e8f1f5a-2c61-4d0b-9a37-%012d", tenant),
		WorkspaceID: fmt.Sprintf("/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc"+
			"/providers/Microsoft.OperationalInsights/workspaces/law-%04d-%d", tenant, ofTenant),
	}
}

// newWorld makes a world in which no connector has been applied yet. folder is for the certificate of the simulator's authority.
func newWorld(folder string, tenants, each int) (*world, error) {
	authority, err := azuresim.NewAuthority()
	if err != nil {
		return nil, err
	}
	authorityFile := filepath.Join(folder, "ca.pem")
	if err := os.WriteFile(authorityFile, authority.PEM, 0o600); err != nil {
		return nil, err
	}
	sim, err := azuresim.Start("127.0.0.1:0", authority)
	if err != nil {
		return nil, fmt.Errorf("starting the simulator: %w", err)
	}
	w := &world{sim: sim, connectors: map[string]connector{}}
	for t := range tenants {
		for i := range each {
			name, c := nth(t, i)
			w.connectors[name] = c
			sim.Tenant(c.TenantID).AddPrincipal(azuresim.Principal{ClientID: clientID, ObjectID: clientID, Secret: secret, Role: azuresim.Contributor})
		}
	}
	_, first := nth(0, 0)
	w.environment = []string{
		"SSL_CERT_FILE=" + authorityFile,
		"ARM_ENVIRONMENT=custom",
		"ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST=" + sim.URL,
		"ARM_RESOURCE_MANAGER_ENDPOINT=" + sim.URL,
		"ARM_RESOURCE_MANAGER_AUDIENCE=" + azuresim.Audience,
		"ARM_DISABLE_INSTANCE_DISCOVERY=true",
		"ARM_TENANT_ID=" + first.TenantID,
		"ARM_CLIENT_ID=" + clientID,
		"ARM_CLIENT_SECRET=" + secret,
	}
	return w, nil
}

// configure writes the variable that the configuration in a folder makes its resources from.
func (w *world) configure(folder string) error {
	content, err := json.Marshal(map[string]any{"connectors": w.connectors})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "connectors.auto.tfvars.json"), content, 0o600)
}

// template is what one real apply leaves behind. Creating every connector by Terraform would take longer than all measurements.
type template struct {
	state   state
	setting string // as the service has it, JSON
}

// state is the part of Terraform's state file that a plan needs.
type state struct {
	Version          int             `json:"version"`
	TerraformVersion string          `json:"terraform_version"`
	Serial           int             `json:"serial"`
	Lineage          string          `json:"lineage"`
	Resources        []stateResource `json:"resources"`
}

type stateResource struct {
	Mode      string            `json:"mode"`
	Type      string            `json:"type"`
	Name      string            `json:"name"`
	Provider  string            `json:"provider"`
	Instances []json.RawMessage `json:"instances"`
}

func applyOnce(ctx context.Context, tf *terraform) (made template, err error) {
	w, err := newWorld(tf.connectors, 1, 1)
	if err != nil {
		return template{}, err
	}
	defer func() { err = errors.Join(err, w.sim.Close()) }()
	if err := w.configure(tf.connectors); err != nil {
		return template{}, err
	}
	if err := tf.run(ctx, tf.connectors, w.environment, "apply", "-auto-approve"); err != nil {
		return template{}, err
	}
	content, err := os.ReadFile(filepath.Join(tf.connectors, stateFile))
	if err != nil {
		return template{}, err
	}
	if err := json.Unmarshal(content, &made.state); err != nil {
		return template{}, fmt.Errorf("reading the state: %w", err)
	}
	name, c := nth(0, 0)
	setting, _ := w.sim.Tenant(c.TenantID).Setting(name)
	content, err = json.Marshal(setting)
	made.setting = string(content)
	return made, err
}

const stateFile = "terraform.tfstate"

// populate puts every connector into the simulator and into the state, as if each had been applied.
func (w *world) populate(tf *terraform, from template) error {
	filled := from.state
	filled.Resources = []stateResource{from.state.Resources[0]}
	filled.Resources[0].Instances = nil
	oldName, old := nth(0, 0)
	for name, c := range w.connectors {
		adapt := strings.NewReplacer(oldName, name, old.TenantID, c.TenantID, old.WorkspaceID, c.WorkspaceID).Replace
		filled.Resources[0].Instances = append(filled.Resources[0].Instances, json.RawMessage(adapt(string(from.state.Resources[0].Instances[0]))))
		var setting map[string]any
		if err := json.Unmarshal([]byte(adapt(from.setting)), &setting); err != nil {
			return err
		}
		if err := w.sim.Tenant(c.TenantID).PutSetting(name, setting); err != nil {
			return fmt.Errorf("putting the setting %s: %w", name, err)
		}
	}
	content, err := json.Marshal(filled)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tf.connectors, stateFile), content, 0o600); err != nil {
		return err
	}
	return w.configure(tf.connectors)
}

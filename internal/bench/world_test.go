package bench

import (
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

// configurations are two folders: "managed" has connectors, and "alone" has as many resources of Terraform's own, to
// know what Terraform takes by itself.
//
//go:embed managed alone
var configurations embed.FS

// world is a simulated Azure with diagnostic settings, all of which Terraform manages.
type world struct {
	sim        *azuresim.Simulator
	connectors map[string]connector // by the names of their settings, each of which exists in one tenant only
	terraform  *terraformcli.Terraform
	provider   string // the binary, by which its processes are known
	folder     string
}

type connector struct {
	TenantID    string `json:"tenant_id"`
	WorkspaceID string `json:"workspace_id"`
}

const clientID, secret = "c0ffee00-9d2e-4a57-8f31-6b1de1a5c0de", "simulated-secret"

// nth is a connector's name and what it connects. A tenant's connectors need a workspace each, since the service sends
// no category to the same one twice.
func nth(tenant, ofTenant int) (string, connector) {
	return fmt.Sprintf("bench-%04d-%d", tenant, ofTenant), connector{
		TenantID: fmt.Sprintf("5e8f1f5a-2c61-4d0b-9a37-%012d", tenant),
		WorkspaceID: fmt.Sprintf("/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc"+
			"/providers/Microsoft.OperationalInsights/workspaces/law-%04d-%d", tenant, ofTenant),
	}
}

func newWorld(b *testing.B, provider, settings string, tenants, each int) *world {
	b.Helper()
	terraform, err := terraformcli.New(b.Context(), settings)
	if err != nil {
		b.Fatal(err)
	}
	w := &world{connectors: map[string]connector{}, terraform: terraform, provider: provider, folder: b.TempDir()}
	w.simulate(b, tenants, each)
	w.manage(b)
	return w
}

func (w *world) simulate(b *testing.B, tenants, each int) {
	b.Helper()
	authority, err := azuresim.NewAuthority()
	if err != nil {
		b.Fatal(err)
	}
	w.write(b, "ca.pem", authority.PEM)
	if w.sim, err = azuresim.Start("127.0.0.1:0", authority); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = w.sim.Close() })
	for t := range tenants {
		for i := range each {
			name, c := nth(t, i)
			w.connectors[name] = c
			tenant := w.sim.Tenant(c.TenantID)
			tenant.AddPrincipal(azuresim.Principal{
				ClientID: clientID, ObjectID: clientID, Secret: secret, Role: azuresim.Contributor,
			})
			if err := tenant.PutSetting(name, setting(c.WorkspaceID)); err != nil {
				b.Fatal(err)
			}
		}
	}
	_, first := nth(0, 0)
	w.terraform.Environment = append(w.terraform.Environment, w.sim.Environment()...)
	w.terraform.Environment = append(w.terraform.Environment, "SSL_CERT_FILE="+filepath.Join(w.folder, "ca.pem"),
		"ARM_TENANT_ID="+first.TenantID, "ARM_CLIENT_ID="+clientID, "ARM_CLIENT_SECRET="+secret)
}

// setting is one as the provider makes it by default.
func setting(workspaceID string) map[string]any {
	var logs []any
	for _, category := range []string{
		"AuditLogs", "ManagedIdentitySignInLogs", "NonInteractiveUserSignInLogs", "ProvisioningLogs",
		"ServicePrincipalSignInLogs", "SignInLogs",
	} {
		logs = append(logs, map[string]any{"category": category, "enabled": true})
	}
	return map[string]any{"properties": map[string]any{"workspaceId": workspaceID, "logs": logs}}
}

// manage has Terraform import the settings, which takes far less time than creating them, and create as many resources
// of its own.
func (w *world) manage(b *testing.B) {
	b.Helper()
	if err := os.CopyFS(w.folder, configurations); err != nil {
		b.Fatal(err)
	}
	variables, err := json.Marshal(map[string]any{"connectors": w.connectors})
	if err != nil {
		b.Fatal(err)
	}
	for _, work := range []string{"managed", "alone"} {
		w.write(b, filepath.Join(work, "connectors.auto.tfvars.json"), variables)
		for _, arguments := range [][]string{{"init"}, {"apply", "-auto-approve"}} {
			if output, err := w.command(b, work, arguments...).CombinedOutput(); err != nil {
				b.Fatalf("terraform %s: %v\n%s", arguments[0], err, output)
			}
		}
	}
	// The import blocks would only slow down the plans.
	if err := os.Remove(filepath.Join(w.folder, "managed", "import.tf")); err != nil {
		b.Fatal(err)
	}
}

func (w *world) write(b *testing.B, name string, content []byte) {
	b.Helper()
	if err := os.WriteFile(filepath.Join(w.folder, name), content, 0o600); err != nil {
		b.Fatal(err)
	}
}

func (w *world) command(b *testing.B, work string, arguments ...string) *exec.Cmd {
	b.Helper()
	return w.terraform.Command(b.Context(), filepath.Join(w.folder, work), arguments...)
}

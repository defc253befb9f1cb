package bench

import (
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
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

// nth is a connector's name and what it connects. A tenant's connectors need a workspace each, since the service sends
// no category to the same one twice.
func nth(tenant, ofTenant int) (string, connector) {
	return fmt.Sprintf("bench-%04d-%d", tenant, ofTenant), connector{
		TenantID:    fmt.Sprintf("5e8f1f5a-2c61-4d0b-9a37-%012d", tenant),
		WorkspaceID: acctest.WorkspaceID(fmt.Sprintf("law-%04d-%d", tenant, ofTenant)),
	}
}

func newWorld(b *testing.B, provider, settings string, tenants, each int) *world {
	b.Helper()
	terraform, err := terraformcli.New(b.Context(), settings)
	if err != nil {
		b.Fatal(err)
	}
	authority, err := azuresim.NewAuthority()
	if err != nil {
		b.Fatal(err)
	}
	sim, err := azuresim.Start("127.0.0.1:0", authority)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = sim.Close() })
	w := &world{sim, map[string]connector{}, terraform, provider, b.TempDir()}
	for t := range tenants {
		for i := range each {
			name, c := nth(t, i)
			w.connectors[name] = c
			tenant := sim.Tenant(c.TenantID)
			tenant.AddPrincipal(azuresim.Principal{
				ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Secret: acctest.Secret, Role: azuresim.Contributor,
			})
			acctest.PutSetting(b, tenant, name, c.WorkspaceID, entralogs.Names(entralogs.Connector())...)
		}
	}
	w.write(b, "ca.pem", authority.PEM)
	_, first := nth(0, 0)
	terraform.Environment = slices.Concat(terraform.Environment, sim.Environment(), []string{
		"SSL_CERT_FILE=" + filepath.Join(w.folder, "ca.pem"),
		"ARM_TENANT_ID=" + first.TenantID, "ARM_CLIENT_ID=" + acctest.ClientID, "ARM_CLIENT_SECRET=" + acctest.Secret,
	})
	w.manage(b)
	return w
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

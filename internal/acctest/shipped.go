package acctest

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

// shipped is what a test of the built provider needs, made when the first one asks.
type shipped struct {
	folder      string // removed by Run
	binary      string
	settings    string // Terraform's, which install nothing from anywhere else
	authority   *azuresim.Authority
	certificate string // the authority's, in a file
}

var (
	shippedMu   sync.Mutex
	shippedOnce *shipped
)

// Run is for TestMain in packages that test the shipped binary. It removes what they left.
func Run(m *testing.M) {
	code := m.Run()
	if shippedOnce != nil {
		_ = os.RemoveAll(shippedOnce.folder)
	}
	os.Exit(code)
}

// prepareShipped builds the provider into a mirror of the registry, once.
func prepareShipped(t *testing.T) *shipped {
	t.Helper()
	needTerraform(t)
	shippedMu.Lock()
	defer shippedMu.Unlock()
	if shippedOnce != nil {
		return shippedOnce
	}
	folder, err := os.MkdirTemp("", "acctest") //nolint:usetesting // The next test uses it, too.
	if err != nil {
		t.Fatal(err)
	}
	s := &shipped{folder: folder, certificate: filepath.Join(folder, "ca.pem")}
	shippedOnce = s
	var flags []string
	if raceDetector {
		flags = []string{"-race"}
	}
	if s.binary, s.settings, err = terraformcli.Install(context.Background(), folder, flags...); err != nil {
		t.Fatal(err)
	}
	if s.authority, err = azuresim.NewAuthority(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.certificate, s.authority.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// NewShippedWorld makes a world whose simulator is served on loopback over TLS, in which Terraform runs the shipped
// binary. It lets the test run beside others.
func NewShippedWorld(t *testing.T) *World {
	t.Helper()
	t.Parallel()
	s := prepareShipped(t)
	sim, err := azuresim.Start("127.0.0.1:0", s.authority)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	w := newWorld(sim)
	w.shipped = s
	return w
}

// Trusting is an environment in which Terraform installs the shipped binary, and both trust the simulator.
func (w *World) Trusting() []string {
	return []string{
		"TF_CLI_CONFIG_FILE=" + w.shipped.settings, "SSL_CERT_FILE=" + w.shipped.certificate,
		// A data race in the provider fails the test that met it, and its processes end without the detector's usual
		// pause.
		"GORACE=halt_on_error=1 atexit_sleep_ms=0",
	}
}

// Environment is Trusting, and signs an empty provider block in to the simulator.
func (w *World) Environment() []string {
	signIn := []string{"ARM_TENANT_ID=" + TenantID, "ARM_CLIENT_ID=" + ClientID, "ARM_CLIENT_SECRET=" + Secret}
	return slices.Concat(w.Trusting(), w.Sim.Environment(), signIn)
}

// RequiredProvider lets Terraform and OpenTofu install the provider by its whole address.
const RequiredProvider = `
terraform {
  required_providers {
    sentinel = { source = "` + terraformcli.Source + `" }
  }
}
`

package acctest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

// shipped is the built provider, and Terraform's settings, which install it from a mirror of the registry and nothing
// from anywhere else; empty where no test has asked for it.
var shipped struct{ folder, binary, settings string }

// Run is for TestMain in packages that test the shipped binary. It removes what they left.
func Run(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(shipped.folder)
	os.Exit(code)
}

// build builds the provider when the first test asks, with the race detector if the test itself has it.
var build = sync.OnceValue(func() (err error) {
	if shipped.folder, err = os.MkdirTemp("", "acctest"); err != nil {
		return err
	}
	var flags []string
	info, _ := debug.ReadBuildInfo()
	if slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		flags = []string{"-race"}
	}
	shipped.binary, shipped.settings, err = terraformcli.Install(context.Background(), shipped.folder, flags...)
	return err
})

// NewShippedWorld makes a world whose simulator is served on loopback over TLS, in which Terraform runs the shipped
// binary. It lets a test run beside others.
func NewShippedWorld(t testing.TB) *World {
	t.Helper()
	if test, ok := t.(*testing.T); ok {
		test.Parallel()
	}
	TerraformBinary(t)
	certificate := filepath.Join(t.TempDir(), "ca.pem")
	sim, err := azuresim.Start("127.0.0.1:0", certificate)
	if err := errors.Join(err, build()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	w := newWorld(sim)
	w.Shipped = shipped.binary
	w.Installs = []string{
		"TF_CLI_CONFIG_FILE=" + shipped.settings, "SSL_CERT_FILE=" + certificate,
		// A data race in the provider fails the test that met it, and its processes end without the detector's usual
		// pause.
		"GORACE=halt_on_error=1 atexit_sleep_ms=0",
	}
	return w
}

// Environment is Installs, and signs an empty provider block in to the simulator.
func (w *World) Environment() []string {
	return slices.Concat(w.Installs, w.Sim.Environment(), SignIn)
}

// SignIn are the variables that sign in as the app.
var SignIn = []string{"ARM_TENANT_ID=" + TenantID, "ARM_CLIENT_ID=" + ClientID, "ARM_CLIENT_SECRET=" + Secret}

// RequiredProvider lets Terraform and OpenTofu install the provider by its whole address.
const RequiredProvider = `
terraform {
  required_providers {
    sentinel = { source = "` + terraformcli.Source + `" }
  }
}
`

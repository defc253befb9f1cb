package acctest

import (
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

// shipped is what tests of the built provider share: a mirror of the registry, Terraform's settings, which install
// nothing from anywhere else, and the authority's certificate.
type shipped struct {
	binary, settings, certificate string // files
	authority                     *azuresim.Authority
}

// shippedFolder holds it, "" where no test has asked for it.
var shippedFolder string

// Run is for TestMain in packages that test the shipped binary. It removes what they left.
func Run(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(shippedFolder)
	os.Exit(code)
}

// prepareShipped builds the provider when the first test asks, with the race detector if the test itself has it.
var prepareShipped = sync.OnceValues(func() (s shipped, err error) {
	if shippedFolder, err = os.MkdirTemp("", "acctest"); err != nil {
		return s, err
	}
	var flags []string
	info, _ := debug.ReadBuildInfo()
	if slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		flags = []string{"-race"}
	}
	if s.binary, s.settings, err = terraformcli.Install(context.Background(), shippedFolder, flags...); err != nil {
		return s, err
	}
	if s.authority, err = azuresim.NewAuthority(); err != nil {
		return s, err
	}
	s.certificate = filepath.Join(shippedFolder, "ca.pem")
	return s, os.WriteFile(s.certificate, s.authority.PEM, 0o600)
})

// NewShippedWorld makes a world whose simulator is served on loopback over TLS, in which Terraform runs the shipped
// binary. It lets a test run beside others.
func NewShippedWorld(t testing.TB) *World {
	t.Helper()
	if test, ok := t.(*testing.T); ok {
		test.Parallel()
	}
	TerraformBinary(t)
	s, err := prepareShipped()
	if err != nil {
		t.Fatal(err)
	}
	sim, err := azuresim.Start("127.0.0.1:0", s.authority)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	w := newWorld(sim)
	w.shipped = &s
	return w
}

// Binary is the shipped provider.
func (w *World) Binary() string { return w.shipped.binary }

// InstallEnvironment is an environment in which Terraform installs the shipped binary, and both trust the simulator.
func (w *World) InstallEnvironment() []string {
	return []string{
		"TF_CLI_CONFIG_FILE=" + w.shipped.settings, "SSL_CERT_FILE=" + w.shipped.certificate,
		// A data race in the provider fails the test that met it, and its processes end without the detector's usual
		// pause.
		"GORACE=halt_on_error=1 atexit_sleep_ms=0",
	}
}

// Environment is InstallEnvironment, and signs an empty provider block in to the simulator.
func (w *World) Environment() []string {
	return slices.Concat(w.InstallEnvironment(), w.Sim.Environment(), SignIn)
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

// Package acctest is what tests of the provider share: a simulated Azure of a test's own, and three ways to run the
// provider against it.
//
//   - [World.Terraform] drives the provider through Terraform's protocol, without Terraform and in virtual time. It is
//     the usual way.
//   - [World.Test] and [World.NewFolder] run a real Terraform with the provider in the test's process, where Terraform
//     is part of the subject.
//   - [NewShippedWorld] serves the simulator over TLS for the shipped binary, where the process is the subject.
package acctest

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
	sentinel "github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/provider"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/serve"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

// The identities of a World. Tenants and principals have nothing in common between the two.
const (
	TenantID      = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
	OtherTenantID = "7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506"
	ClientID      = "c0ffee00-9d2e-4a57-8f31-6b1de1a5c0de"
	ObjectID      = "0b1ec700-4c5d-4b6f-9e0a-7d3f2a1b0c9d"
	Secret        = "simulated-secret"
)

// App may sign in to both tenants.
var App = azuresim.Principal{ClientID: ClientID, ObjectID: ObjectID, Secret: Secret, Role: azuresim.Contributor}

// WorkspaceID is the id of a workspace of a given name.
func WorkspaceID(name string) string {
	return "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc" +
		"/providers/Microsoft.OperationalInsights/workspaces/" + name
}

// World is a simulator of a test's own, with two tenants that the same app may sign in to.
type World struct {
	Sim           *azuresim.Simulator
	Tenant, Other *azuresim.Tenant

	// Providers are those that Terraform attaches to, by name; other names than the provider's own may be added.
	// Terraform rejects a state with resources of a provider that is not installed, even if all of them are moved to
	// another one, and only reads that provider's schemas.
	Providers map[string]func() provider.Provider

	// Shipped is the provider's binary, and Installs the environment in which Terraform installs it and both trust the
	// simulator; empty where the provider runs in the test's process.
	Shipped  string
	Installs []string
}

// InVirtualTime runs a test in a synctest bubble, beside other tests. Nothing in it may touch the network or start a
// process.
func InVirtualTime(t *testing.T, test func(*testing.T, *World)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(azuresim.New())) })
}

// NewWorld makes a world in which the provider runs in the test's process, and lets the test run beside others.
func NewWorld(t *testing.T) *World {
	t.Helper()
	t.Parallel()
	return newWorld(azuresim.New())
}

// NewSequentialWorld makes a world as NewWorld does, and leaves it to the test whether it runs beside others.
func NewSequentialWorld() *World { return newWorld(azuresim.New()) }

func newWorld(sim *azuresim.Simulator) *World {
	w := &World{Sim: sim, Tenant: sim.Tenant(TenantID), Other: sim.Tenant(OtherTenantID)}
	w.Providers = map[string]func() provider.Provider{terraformcli.Name: sentinel.WithTransport("test", sim)}
	for _, tenant := range []*azuresim.Tenant{w.Tenant, w.Other} {
		tenant.AddPrincipal(App)
	}
	return w
}

// PutSetting makes or changes a tenant's setting as a person does in the portal, which Terraform does not know.
func PutSetting(t testing.TB, tenant *azuresim.Tenant, name, workspaceID string, categories ...string) {
	t.Helper()
	if err := tenant.PutSetting(name, azuresim.SettingOf(workspaceID, categories...)); err != nil {
		t.Fatal(err)
	}
}

// Recover ends all faults and lags: the service is well, and shows what it has.
func (w *World) Recover() {
	w.Sim.ForgetFaults()
	w.Sim.SetLatency(0)
	for _, tenant := range []*azuresim.Tenant{w.Tenant, w.Other} {
		tenant.ChangeTokens(azuresim.TokenBehaviour{})
		tenant.Behave(azuresim.Behaviour{})
		tenant.Settle()
	}
}

// Terraform stands in for Terraform, with an empty state.
func (w *World) Terraform(t protocol.T) *protocol.Terraform { return NewTerraform(t, w.Sim) }

// NewTerraform stands in for Terraform, with an empty state and another way to Azure.
func NewTerraform(t protocol.T, transport policy.Transporter) *protocol.Terraform {
	start := sentinel.WithTransport("test", transport)
	return protocol.New(t, func() protocol.Server { return serve.NewServer(start()) })
}

// server is a new one of a provider.
func (w *World) server(name string) serve.Server { return serve.NewServer(w.Providers[name]()) }

// Test runs a test case with a real Terraform and the provider in the test's process. No variable needs to be
// exported for it.
func (w *World) Test(t *testing.T, testCase resource.TestCase) {
	t.Helper()
	TerraformBinary(t)
	testCase.ProtoV6ProviderFactories = map[string]func() (tfprotov6.ProviderServer, error){
		"sentinel": func() (tfprotov6.ProviderServer, error) { return w.server(terraformcli.Name), nil },
	}
	resource.UnitTest(t, testCase)
}

// Provider is a provider block that reaches the simulator. More are further lines of it, which must not repeat what
// it has.
func (w *World) Provider(more ...string) string {
	return w.ProviderWith(fmt.Sprintf("client_secret = %q", Secret), more...)
}

// ProviderWith is Provider with another line for the secret.
func (w *World) ProviderWith(secret string, more ...string) string {
	return fmt.Sprintf(`
provider "sentinel" {
  environment                = "custom"
  disable_instance_discovery = true
  endpoint = {
    active_directory_authority_host = %[1]q
    resource_manager_endpoint       = %[1]q
    resource_manager_audience       = %[2]q
    log_analytics_endpoint          = "%[1]s/v1"
    log_analytics_audience          = %[3]q
  }
  tenant_id = %[4]q
  client_id = %[5]q
  %[6]s
}
`, w.Sim.URL, azuresim.Audience, azuresim.LogAnalyticsAudience, TenantID, ClientID,
		strings.Join(append([]string{secret}, more...), "\n  "))
}

// Connector is a resource of a label that feeds a workspace, with further lines.
func Connector(label, workspaceID string, more ...string) string {
	return fmt.Sprintf("\nresource \"sentinel_aad_connector\" %q {\n  log_analytics_workspace_id = %q\n  %s\n}\n",
		label, workspaceID, strings.Join(more, "\n  "))
}

// Categories is the line of a connector that sets its log categories.
func Categories(names ...string) string {
	return `log_categories = ["` + strings.Join(names, `", "`) + `"]`
}

// Contains is protocol.Contains, for what Terraform prints.
var Contains = protocol.Contains

// Package acctest lets a test drive what users have: a real Terraform, which runs the provider's shipped binary, which talks HTTPS to the
// simulator and knows nothing of it but its endpoints.
package acctest

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

var (
	authority *azuresim.Authority
	provider  string // the provider's binary
	mirror    string // where Terraform installs it from

	signIn []string // the owner's, as entries of the environment
)

// live says whether the owner wants a real tenant to be tested with.
func live() bool { return os.Getenv("TF_ACC") != "" }

// Run is for TestMain. It builds the provider into a mirror of the registry from which Terraform installs it, then runs the tests.
func Run(m *testing.M) {
	os.Exit(run(m))
}

// Pace is how many times as quickly a provider that RunHurried built makes its pauses.
const Pace = 30

// RunHurried is Run with a provider that differs from the shipped one in the length of its pauses alone, for tests of many faults.
func RunHurried(m *testing.M) {
	const variable = "github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure.pace"
	os.Exit(run(m, "-ldflags", fmt.Sprintf("-X %s=%d", variable, Pace)))
}

func run(m *testing.M, flags ...string) int {
	folder, err := os.MkdirTemp("", "acctest")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if err := prepare(context.Background(), folder, flags...); err != nil {
		log.Print(err)
		return 1
	}
	return m.Run()
}

func prepare(ctx context.Context, folder string, flags ...string) error {
	if raceDetector {
		flags = append(flags, "-race")
	}
	binary, settings, err := terraformcli.Install(ctx, folder, flags...)
	if err != nil {
		return err
	}
	provider, mirror = binary, filepath.Join(folder, "mirror")
	if authority, err = azuresim.NewAuthority(); err != nil {
		return err
	}
	certificate := filepath.Join(folder, "ca.pem")
	if err := os.WriteFile(certificate, authority.PEM, 0o600); err != nil {
		return err
	}
	terraform := os.Getenv(terraformPath)
	if terraform == "" {
		if terraform, err = terraformcli.Find(ctx); err != nil {
			return err
		}
	}
	if live() {
		certificate = os.Getenv("SSL_CERT_FILE")
	}
	for _, entry := range os.Environ() {
		if terraformcli.IsSignIn(entry) {
			signIn = append(signIn, entry)
			name, _, _ := strings.Cut(entry, "=")
			_ = os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{
		terraformPath:        terraform,
		"SSL_CERT_FILE":      certificate,
		"TF_CLI_CONFIG_FILE": settings,
		"CHECKPOINT_DISABLE": "1",
		// A data race in the provider fails the test that met it, and its processes end without the detector's usual pause.
		"GORACE": "halt_on_error=1 atexit_sleep_ms=0",
	} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// terraformPath is terraform-plugin-testing's variable, by which the tests can also be run with another Terraform or with OpenTofu.
const terraformPath = "TF_ACC_TERRAFORM_PATH"

// The identities of a World. Tenants and principals have nothing in common between the two.
const (
	TenantID      = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
	OtherTenantID = "7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506"
	ClientID      = "c0ffee00-9d2e-4a57-8f31-6b1de1a5c0de"
	ObjectID      = "0b1ec700-4c5d-4b6f-9e0a-7d3f2a1b0c9d"
	Secret        = "simulated-secret"
)

// WorkspaceID is the id of a workspace of a given name.
func WorkspaceID(name string) string {
	return "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/" + name
}

// World is a simulator of a test's own, with two tenants that the same app may sign in to.
type World struct {
	Sim           *azuresim.Simulator
	Tenant, Other *azuresim.Tenant
}

// NewWorld starts a simulator for the time of a test, and lets the test run beside others.
func NewWorld(t *testing.T) *World {
	t.Helper()
	if live() {
		t.Skip("With TF_ACC set, only the tests of a real tenant run.")
	}
	t.Parallel()
	sim, err := azuresim.Start("127.0.0.1:0", authority)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	w := &World{Sim: sim, Tenant: sim.Tenant(TenantID), Other: sim.Tenant(OtherTenantID)}
	for _, tenant := range []*azuresim.Tenant{w.Tenant, w.Other} {
		tenant.AddPrincipal(azuresim.Principal{ClientID: ClientID, ObjectID: ObjectID, Secret: Secret, Role: azuresim.Contributor})
	}
	return w
}

// Environment is one by which an empty provider block reaches the simulator.
func (w *World) Environment() []string {
	return append(w.Sim.Environment(), "ARM_TENANT_ID="+TenantID, "ARM_CLIENT_ID="+ClientID, "ARM_CLIENT_SECRET="+Secret)
}

// AnyTenant is an environment that signs in to a tenant, and the id of a workspace that it may use: with TF_ACC set, the owner's own tenant and the workspace
// in SENTINEL_TEST_WORKSPACE_ID, otherwise a simulated one.
func AnyTenant(t *testing.T) (environment []string, workspaceID string) {
	t.Helper()
	if live() {
		workspaceID = os.Getenv("SENTINEL_TEST_WORKSPACE_ID")
		if workspaceID == "" {
			t.Fatal("SENTINEL_TEST_WORKSPACE_ID must hold the resource id of a Log Analytics workspace to connect to.")
		}
		return signIn, workspaceID
	}
	w := NewWorld(t)
	workspace := azuresim.Workspace{ID: WorkspaceID("law-soc"), Tables: map[string]azuresim.Table{"AuditLogs": {}}}
	if err := w.Tenant.PutWorkspace(workspace); err != nil {
		t.Fatal(err)
	}
	return w.Environment(), workspace.ID
}

// Provider is a provider block that reaches the simulator. More are further lines of it, which must not repeat what it has.
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
`, w.Sim.URL, azuresim.Audience, azuresim.LogAnalyticsAudience, TenantID, ClientID, strings.Join(append([]string{secret}, more...), "\n  "))
}

// AzureConfig reaches the simulator without Terraform, for tests of the clients.
func (w *World) AzureConfig() azure.Config {
	return azure.Config{
		Cloud: azure.Cloud{
			AuthorityHost:   w.Sim.URL,
			ResourceManager: azure.Endpoint{URL: w.Sim.URL, Audience: azuresim.Audience},
			LogAnalytics:    azure.Endpoint{URL: w.Sim.URL + "/v1", Audience: azuresim.LogAnalyticsAudience},
		},
		SignIn: azure.SignIn{
			TenantID:                 azure.Input{Value: TenantID, Source: "the test"},
			ClientID:                 azure.Input{Value: ClientID, Source: "the test"},
			ClientSecret:             azure.Input{Value: Secret, Source: "the test"},
			DisableInstanceDiscovery: true,
		},
	}
}

// Test runs a test case with the real Terraform. No variable needs to be exported for it.
func (w *World) Test(t *testing.T, testCase resource.TestCase) {
	t.Helper()
	testCase.ExternalProviders = map[string]resource.ExternalProvider{"sentinel": {Source: terraformcli.Source, VersionConstraint: terraformcli.Version}}
	resource.UnitTest(t, testCase)
}

// Command is a command of the real Terraform in a folder, with the test's environment and more.
func Command(t *testing.T, folder string, environment []string, arguments ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), TerraformBinary(), append(arguments, "-no-color")...)
	command.Dir = folder
	command.Env = append(os.Environ(), environment...)
	return command
}

// TerraformBinary is the Terraform of the tests.
func TerraformBinary() string { return os.Getenv(terraformPath) }

// CanQuery says whether the Terraform of the tests has the query command, which OpenTofu and Terraform before 1.14 don't have.
func CanQuery(t *testing.T) bool {
	t.Helper()
	output, _ := Terraform(t, t.TempDir(), nil, "query", "-help")
	return strings.Contains(output, "-generate-config-out")
}

// Terraform runs a command and returns all that it printed.
func Terraform(t *testing.T, folder string, environment []string, arguments ...string) (string, error) {
	t.Helper()
	output, err := Command(t, folder, environment, arguments...).CombinedOutput()
	return string(output), err
}

// Folder is a folder of a test's own in which the real Terraform is run command by command, for what it prints.
type Folder struct {
	t *testing.T
	// Path is where it is.
	Path string
	// Environment is set for each command, besides the test's own.
	Environment []string
}

// NewFolder writes a configuration into a folder and initializes it.
func NewFolder(t *testing.T, configuration string, environment ...string) *Folder {
	t.Helper()
	f := &Folder{t: t, Path: t.TempDir(), Environment: environment}
	f.Write("main.tf", configuration)
	f.Run("init")
	return f
}

// CopyFolder copies a folder with all that is below it. It is not initialized yet.
func CopyFolder(t *testing.T, from string, environment ...string) *Folder {
	t.Helper()
	f := &Folder{t: t, Path: t.TempDir(), Environment: environment}
	if err := os.CopyFS(f.Path, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return f
}

// Share makes a folder with a configuration of its own that needs no initialization, since this one's serves it, too.
func (f *Folder) Share(t *testing.T, configuration string) *Folder {
	t.Helper()
	shared := &Folder{t: t, Path: t.TempDir(), Environment: append(slices.Clone(f.Environment), "TF_DATA_DIR="+filepath.Join(f.Path, ".terraform"))}
	lock, err := os.ReadFile(filepath.Join(f.Path, lockFile))
	if err != nil {
		t.Fatal(err)
	}
	shared.Write(lockFile, string(lock))
	shared.Write("main.tf", configuration)
	return shared
}

// lockFile is where Terraform notes which providers it has installed.
const lockFile = ".terraform.lock.hcl"

// Write writes a file of the folder.
func (f *Folder) Write(name, content string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.Path, name), []byte(content), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// Command is a command of Terraform that has not been started.
func (f *Folder) Command(arguments ...string) *exec.Cmd {
	f.t.Helper()
	return Command(f.t, f.Path, f.Environment, arguments...)
}

// Run runs a command of Terraform that must succeed, and returns all that it printed.
func (f *Folder) Run(arguments ...string) string {
	f.t.Helper()
	output, err := Terraform(f.t, f.Path, f.Environment, arguments...)
	if err != nil {
		f.t.Fatalf("terraform %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
	return output
}

// Fail runs a command of Terraform that must fail, and returns all that it printed.
func (f *Folder) Fail(arguments ...string) string {
	f.t.Helper()
	output, err := Terraform(f.t, f.Path, f.Environment, arguments...)
	if err == nil {
		f.t.Fatalf("terraform %s succeeded:\n%s", strings.Join(arguments, " "), output)
	}
	return output
}

// StandIns is an environment in which Terraform also installs providers of other names, "hashicorp/azurerm" for one. Terraform
// refuses a state that has resources of a provider that is not installed, even where it moves all of them to another. It asks the
// stand-ins, which are the provider under other names, for nothing but their schemas.
func StandIns(t *testing.T, names ...string) []string {
	t.Helper()
	binaries := map[string]string{}
	for _, name := range names {
		binaries[name] = provider
	}
	return standIns(t, binaries)
}

// AzurermStandIn is an environment in which Terraform also installs what stands in for azurerm where it is mocked.
func AzurermStandIn(t *testing.T) []string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "azurerm")
	if err := terraformcli.Build(t.Context(), "./internal/acctest/azurerm", binary); err != nil {
		t.Fatal(err)
	}
	return standIns(t, map[string]string{"hashicorp/azurerm": binary})
}

func standIns(t *testing.T, binaries map[string]string) []string {
	t.Helper()
	const version = "99.0.0"
	folder := t.TempDir()
	for name, binary := range binaries {
		if err := terraformcli.Mirror(filepath.Join(folder, "mirror"), binary, name, version); err != nil {
			t.Fatal(err)
		}
	}
	settings := filepath.Join(folder, "cli.tfrc")
	text := fmt.Appendf(nil, "provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n  filesystem_mirror {\n    path = %q\n  }\n}\n",
		mirror, filepath.Join(folder, "mirror"))
	if err := os.WriteFile(settings, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"TF_CLI_CONFIG_FILE=" + settings}
}

// Calls lists the requests to Azure Resource Manager since the last call of ForgetRequests, as "GET <last path segment>".
func (w *World) Calls() []string {
	var calls []string
	for _, exchange := range w.Sim.Requests() {
		if strings.HasPrefix(exchange.Path, "/providers/") {
			calls = append(calls, exchange.Method+" "+exchange.Path[strings.LastIndex(exchange.Path, "/")+1:])
		}
	}
	return calls
}

// Says matches an error that holds all the texts in this order, wherever Terraform breaks its lines.
func Says(texts ...string) *regexp.Regexp {
	var patterns []string
	for _, text := range texts {
		var words []string
		for word := range strings.FieldsSeq(text) {
			words = append(words, regexp.QuoteMeta(word))
		}
		patterns = append(patterns, strings.Join(words, `\s+`))
	}
	return regexp.MustCompile(`(?s)` + strings.Join(patterns, `.*`))
}

// PlanCheck is a check of a plan from a function.
type PlanCheck func(plancheck.CheckPlanRequest) error

// CheckPlan calls the function.
func (f PlanCheck) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	resp.Error = f(req)
}

package connector_test

import (
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

func TestMain(m *testing.M) { acctest.Run(m) }

const (
	typeName = "sentinel_aad_connector"
	address  = typeName + ".entra"
	soc      = "AzureSentinel_law-soc" // the default name for the workspace law-soc

	group   = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/"
	archive = group + "Microsoft.Storage/storageAccounts/archive"
	hubRule = group + "Microsoft.EventHub/namespaces/siem/authorizationRules/send"
)

var (
	six = []string{
		"AuditLogs", "ManagedIdentitySignInLogs", "NonInteractiveUserSignInLogs", "ProvisioningLogs",
		"ServicePrincipalSignInLogs", "SignInLogs",
	}
	lawSOC, lawTwo = acctest.WorkspaceID("law-soc"), acctest.WorkspaceID("law-two")
)

// What the summary of a plan says.
const (
	noChanges = "No changes."
	asItIs    = "Plan: 0 to add, 0 to change, 0 to destroy." // but for where it is in the state
	toAdd     = "Plan: 1 to add, 0 to change, 0 to destroy."
	toReplace = "Plan: 1 to add, 0 to change, 1 to destroy."
)

// connector is the resource with a workspace and further lines.
func connector(workspace string, more ...string) string {
	return acctest.Connector("entra", workspace, more...)
}

func categories(names ...string) string { return acctest.Categories(names...) }

func line(attribute, value string) string { return fmt.Sprintf("%s = %q", attribute, value) }

// timeout gives an operation other time than it has by default.
func timeout(operation, duration string) string {
	return fmt.Sprintf("timeouts {\n    %s = %q\n  }", operation, duration)
}

// portal is a setting as a person makes it in the portal.
func portal(workspace string, more map[string]any, names ...string) map[string]any {
	setting := azuresim.SettingOf(workspace, names...)
	maps.Copy(setting["properties"].(map[string]any), more)
	return setting
}

// run is a Terraform in a world of its own.
type run struct {
	*testing.T
	*acctest.World
	tf *protocol.Terraform
}

// inVirtualTime runs a test beside others. Its world has the workspaces law-soc and law-two.
func inVirtualTime(t *testing.T, test func(r *run)) {
	t.Helper()
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		r := &run{t, w, w.Terraform(t)}
		for _, id := range []string{lawSOC, lawTwo} {
			r.must(w.Tenant.PutWorkspace(azuresim.Workspace{ID: id}))
		}
		test(r)
	})
}

// each runs a test for each case, in a world of its own.
func each[Case any](t *testing.T, cases map[string]Case, test func(*run, Case)) {
	t.Helper()
	for name, one := range cases {
		t.Run(name, func(t *testing.T) { inVirtualTime(t, func(r *run) { test(r, one) }) })
	}
}

func (r *run) succeeded(said protocol.Diagnostics) {
	r.Helper()
	if errors := said.Errors(); len(errors) > 0 {
		r.Error(errors)
	}
}

func (r *run) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *run) put(name string, document map[string]any) {
	r.Helper()
	r.must(r.Tenant.PutSetting(name, document))
}

// connector is a configuration with the provider and one connector.
func (r *run) connector(workspace string, more ...string) string {
	return r.Provider() + connector(workspace, more...)
}

// plan makes a plan that must succeed with a summary.
func (r *run) plan(config, summary string, with ...protocol.Option) *protocol.Plan {
	r.Helper()
	plan := r.tf.Plan(config, with...)
	if len(plan.Errors()) > 0 || plan.Summary() != summary {
		r.Fatalf("the plan is %q, want %q\n%s", plan.Summary(), summary, plan.Diagnostics)
	}
	return plan
}

// apply makes an apply that must succeed and leave nothing to do.
func (r *run) apply(config string) {
	r.Helper()
	if plan := r.tf.Apply(config); len(plan.Errors()) > 0 {
		r.Fatal(plan.Diagnostics)
	}
	r.plan(config, noChanges)
}

// fails checks for one error that says all the texts in this order.
func (r *run) fails(said protocol.Diagnostics, texts ...string) {
	r.Helper()
	if errors := said.Errors(); len(errors) != 1 || !errors.Contain(texts...) {
		r.Errorf("want one error that says %q:\n%s", texts, said)
	}
}

// streams checks the categories of the connector's setting in the service, nil for none.
func (r *run) streams(want ...string) {
	r.Helper()
	if got := r.Tenant.Categories(soc); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		r.Errorf("%s streams %v, want %v", soc, got, want)
	}
}

// has checks properties of the connector's setting in the service.
func (r *run) has(want map[string]any) {
	r.Helper()
	setting, exists := r.Tenant.Setting(soc)
	if !exists {
		r.Fatalf("there is no setting %s", soc)
	}
	r.matches("the setting", setting["properties"].(map[string]any), want)
}

// matches checks some attributes.
func (r *run) matches(what string, got, want map[string]any) {
	r.Helper()
	for name, value := range want {
		if !reflect.DeepEqual(got[name], value) {
			r.Errorf("%s has %s = %v, want %v", what, name, got[name], value)
		}
	}
}

// calls are the requests to Resource Manager since the last ForgetRequests, advice's about the workspace included.
func (r *run) calls() []string {
	var calls []string
	for _, e := range r.Sim.Requests() {
		if strings.HasPrefix(e.Path, "/providers/") || strings.HasPrefix(e.Path, "/subscriptions/") {
			calls = append(calls, e.Method+" "+path.Base(e.Path))
		}
	}
	return calls
}

func (r *run) count(call string) int {
	return len(slices.DeleteFunc(r.calls(), func(c string) bool { return c != call }))
}

// called checks the requests since the last call of it, in any order.
func (r *run) called(want ...string) {
	r.Helper()
	if got := slices.Sorted(slices.Values(r.calls())); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		r.Errorf("the requests were %q, want %q", got, want)
	}
	r.Sim.ForgetRequests()
}

func behaving(behaviour azuresim.Behaviour) func(*run) {
	return func(r *run) { r.Tenant.Behave(behaviour) }
}

// role gives the app another role than Contributor.
func role(role azuresim.Role) func(*run) {
	return func(r *run) {
		r.Tenant.AddPrincipal(azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID,
			Secret: acctest.Secret, Role: role})
	}
}

func strike(fault azuresim.Fault) func(*run) {
	return func(r *run) { r.Sim.AddFault(fault) }
}

func forGood(fault azuresim.Fault) func(*run) {
	fault.Times = 10_000
	return strike(fault)
}

func nothing(*run) {}

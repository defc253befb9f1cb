package connector_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// Each change is slow to show, and flaps, in GET and in LIST.
func TestAccConnector_eventuallyConsistent(t *testing.T) {
	w := acctest.NewWorld(t)
	lag := azuresim.Lag{Gets: 3, Flaps: 4, Lists: 2}
	w.Tenant.Behave(azuresim.Behaviour{AfterCreate: lag, AfterUpdate: lag, AfterDelete: lag})
	created := w.Provider() + connector(acctest.WorkspaceID("law-soc"))
	updated := w.Provider() + connector(acctest.WorkspaceID("law-soc"), categories("AuditLogs"))
	w.Test(t, resource.TestCase{
		CheckDestroy: gone(w, soc),
		Steps: []resource.TestStep{
			{Config: created},
			{PreConfig: func() { streams(t, w, six...) }, Config: created, PlanOnly: true},
			{Config: updated},
			{PreConfig: func() { streams(t, w, "AuditLogs") }, Config: updated, PlanOnly: true},
		},
	})
	// The deletion waited until neither showed it, so the last calls all say that it is gone.
	requests := w.Sim.Requests()
	for _, last := range requests[len(requests)-6:] {
		if last.Method == http.MethodGet && last.Path != "/providers/microsoft.aadiam/diagnosticSettings" && last.Status != http.StatusNotFound {
			t.Errorf("the destruction ended after %s %s was answered with %d", last.Method, last.Path, last.Status)
		}
	}
}

// One stray 404 makes nobody create again what exists.
func TestAccConnector_strayNotFoundIsNoDrift(t *testing.T) {
	w := acctest.NewWorld(t)
	config := w.Provider() + connector(acctest.WorkspaceID("law-soc"))
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config},
		{PreConfig: func() { w.Tenant.Behave(azuresim.Behaviour{StrayNotFound: 1}) }, Config: config, PlanOnly: true},
	}})
}

// A creation that does not show in time is in the state all the same, so that nothing is orphaned.
func TestAccConnector_creationThatDoesNotShow(t *testing.T) {
	w := acctest.NewWorld(t)
	w.Tenant.Behave(azuresim.Behaviour{AfterCreate: azuresim.Lag{Gets: 1000}})
	config := w.Provider() + connector(acctest.WorkspaceID("law-soc"), "timeouts {\n    create = \"2s\"\n  }")
	w.Test(t, resource.TestCase{
		CheckDestroy: gone(w, soc),
		Steps: []resource.TestStep{
			{
				Config:      config,
				ExpectError: acctest.Says("the service does not show the change", "timeouts", "404, as if it did not exist", "tainted", "terraform untaint"),
			},
			{
				PreConfig: func() { w.Tenant.Behave(azuresim.Behaviour{}); w.Tenant.Settle() },
				Config:    config,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate),
				}},
			},
		},
	})
}

func TestAccConnector_throttlingAndOutagesAreRetried(t *testing.T) {
	w := acctest.NewWorld(t)
	config := w.Provider() + connector(acctest.WorkspaceID("law-soc"))
	const settings = "/diagnosticSettings/"
	w.Sim.AddFault(azuresim.Fault{Method: http.MethodPut, Path: settings, Status: http.StatusTooManyRequests, RetryAfter: 1})
	w.Sim.AddFault(azuresim.Fault{Method: http.MethodPut, Path: settings, Status: http.StatusServiceUnavailable})
	w.Sim.AddFault(azuresim.Fault{Method: http.MethodPut, Path: settings, Break: "after"})
	w.Sim.AddFault(azuresim.Fault{Method: http.MethodGet, Path: settings, Break: "before"})
	w.Sim.AddFault(azuresim.Fault{Method: http.MethodDelete, Path: settings, Break: "after"})
	w.Test(t, resource.TestCase{
		CheckDestroy: gone(w, soc),
		Steps:        []resource.TestStep{{Config: config}, {PreConfig: func() { streams(t, w, six...) }, Config: config, PlanOnly: true}},
	})
}

// Two resources of one name do not create over each other, side by side as they are.
func TestAccConnector_twoResourcesOfOneName(t *testing.T) {
	w := acctest.NewWorld(t)
	// Long enough for both to have looked before either has written.
	w.Sim.AddFault(azuresim.Fault{Method: http.MethodPut, Delay: time.Second, Times: 2})
	twin := strings.Replace(connector(strings.Replace(acctest.WorkspaceID("law-soc"), "rg-soc", "rg-other", 1), categories("RiskyUsers")), `"entra"`, `"twin"`, 1)
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config:      w.Provider() + connector(acctest.WorkspaceID("law-soc"), categories("AuditLogs")) + twin,
		ExpectError: acctest.Says("it exists already", "another resource of this configuration"),
	}}})
	puts := 0
	for _, call := range w.Calls() {
		if strings.HasPrefix(call, "PUT ") {
			puts++
		}
	}
	if puts != 1 {
		t.Errorf("%d PUTs were sent, want one", puts)
	}
}

// A creation that was applied and never answered is in the state.
func TestAccConnector_lostAnswerThenOutage(t *testing.T) {
	w := acctest.NewWorld(t)
	const item = "diagnosticSettings/"
	w.Sim.AddFault(azuresim.Fault{Method: http.MethodPut, Break: "after"})
	w.Sim.AddFault(azuresim.Fault{Method: http.MethodGet, Path: item}) // the look before it is answered
	w.Sim.AddFault(azuresim.Fault{Method: http.MethodGet, Path: item, Status: http.StatusServiceUnavailable, Times: 5})
	config := w.Provider() + connector(acctest.WorkspaceID("law-soc"), "timeouts {\n    create = \"3s\"\n  }")
	w.Test(t, resource.TestCase{
		CheckDestroy: gone(w, soc),
		Steps: []resource.TestStep{
			{Config: config, ExpectError: acctest.Says("the service does not show the change", "The connector is in the state")},
			{PreConfig: func() { streams(t, w, six...) }, Config: config},
		},
	})
}

// A refusal that comes after the service has accepted the change says so.
func TestAccConnector_refusedAfterCreation(t *testing.T) {
	w := acctest.NewWorld(t)
	w.Sim.AddFault(azuresim.Fault{Method: http.MethodGet, Path: "diagnosticSettings/", Status: http.StatusNotFound, Body: `{"code":"ResourceNotFound"}`})
	w.Sim.AddFault(azuresim.Fault{Method: http.MethodGet, Path: "diagnosticSettings/", Status: http.StatusForbidden,
		Body: `{"error":{"code":"AuthorizationFailed","message":"does not have authorization to perform action 'microsoft.aadiam/diagnosticSettings/read' over scope 's'"}}`})
	config := w.Provider() + connector(acctest.WorkspaceID("law-soc"))
	w.Test(t, resource.TestCase{
		CheckDestroy: gone(w, soc),
		Steps: []resource.TestStep{
			{Config: config, ExpectError: acctest.Says("the change was accepted, then no permission to read diagnostic settings", "The service accepted the request",
				`--role "Reader"`, "terraform untaint")},
			{Config: config},
		},
	})
}

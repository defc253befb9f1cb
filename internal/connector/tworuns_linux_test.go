package connector_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// The contents that two runs at once want.
var one, another = []string{"AuditLogs", "SignInLogs"}, []string{"ProvisioningLogs", "RiskyUsers"}

// rival is another folder of the same world, with a state of its own.
func (s stage) rival(t *testing.T, config string) stage {
	t.Helper()
	return stage{s.World, s.NewFolder(t, config)}
}

func (s stage) config(names []string, more ...string) string {
	return s.Provider() + connector(acctest.WorkspaceID("law-soc"), append(more, categories(names...))...)
}

// gate holds a request back, the n-th of its kind from now on.
func (s stage) gate(method string, n int) (open func()) {
	closed := make(chan struct{})
	s.Sim.AddFault(azuresim.Fault{Method: method, Path: soc, Skip: n - 1, Until: closed})
	return func() { close(closed) }
}

// came waits for the n-th request of a kind since the last ForgetRequests.
func (s stage) came(t *testing.T, call string, n int) {
	t.Helper()
	s.await(t, "the request "+call, func() bool { return s.calls(call) >= n })
}

// answered waits until all but some requests are.
func (s stage) answered(t *testing.T, but int) {
	t.Helper()
	s.await(t, "the answers", func() bool {
		open := 0
		for _, exchange := range s.Sim.Requests() {
			if exchange.Status == 0 {
				open++
			}
		}
		return open <= but
	})
}

// created starts with nothing, imported with a setting that both have imported. Both want their own content.
func created(t *testing.T, more ...string) (first, second stage) {
	t.Helper()
	w := acctest.NewShippedWorld(t)
	first = stage{World: w}
	first.folder = w.NewFolder(t, first.config(one, more...))
	return first, first.rival(t, first.config(another))
}

func imported(t *testing.T, more ...string) (first, second stage) {
	t.Helper()
	first, second = created(t)
	put(t, first.Tenant, soc, portal(acctest.WorkspaceID("law-soc"), nil, "AuditLogs"))
	for _, s := range []stage{first, second} {
		s.folder.Run("import", address, soc)
	}
	first.folder.Write("main.tf", first.config(one, more...))
	second.folder.Write("main.tf", first.config(another, more...))
	first.Sim.ForgetRequests()
	return first, second
}

func (s stage) has(t *testing.T, want []string) {
	t.Helper()
	if got := s.Tenant.Categories(soc); !slices.Equal(got, want) {
		t.Errorf("the service has %v, want %v", got, want)
	}
}

// Both have looked before either writes, and the first reads again only when the second has written: the last one wins, and the first is told.
func TestTwoRunsAtOnce_bothCreate(t *testing.T) {
	first, second := created(t, "timeouts {\n    create = \"30s\"\n  }")
	writeFirst, writeSecond := first.gate(http.MethodPut, 1), first.gate(http.MethodPut, 1)
	readFirst := first.gate(http.MethodGet, 3) // after both looks
	a := start(t, first.folder, "apply", "-auto-approve")
	first.came(t, "PUT "+soc, 1)
	b := start(t, second.folder, "apply", "-auto-approve")
	first.came(t, "PUT "+soc, 2)
	writeFirst()
	first.came(t, "GET "+soc, 3)
	writeSecond()
	first.answered(t, 1)
	readFirst()

	if output, code := b.wait(); code != 0 {
		t.Errorf("the second ended with %d:\n%s", code, output)
	}
	output, code := a.wait()
	if code != 1 || !acctest.Says(`Cannot create the connector "`+soc+`": the service does not show the change`,
		"AuditLogs, SignInLogs off; ProvisioningLogs, RiskyUsers on", "Nobody asked for ProvisioningLogs, RiskyUsers here", "Decide who manages it", "terraform untaint").MatchString(output) {
		t.Errorf("the first ended with %d:\n%s", code, output)
	}
	first.has(t, another)
	second.isDone(t, another)

	// The loser does as it is told.
	first.folder.Run("untaint", address)
	first.folder.Run("apply", "-auto-approve")
	first.isDone(t, one)
}

// One has looked before the other has written, and writes when the other is done. Without an ETag nothing can prevent that; each content is whole, and
// the other's next plan shows it.
func TestTwoRunsAtOnce_theLateWriterWins(t *testing.T) {
	for name, begin := range map[string]func(*testing.T) (stage, stage){
		"create": func(t *testing.T) (stage, stage) { return created(t) },
		"update": func(t *testing.T) (stage, stage) { return imported(t) },
	} {
		t.Run(name, func(t *testing.T) {
			first, second := begin(t)
			write := first.gate(http.MethodPut, 1)
			a := start(t, first.folder, "apply", "-auto-approve")
			first.came(t, "PUT "+soc, 1)
			second.folder.Run("apply", "-auto-approve")
			second.has(t, another)
			write()
			if output, code := a.wait(); code != 0 {
				t.Errorf("the first ended with %d:\n%s", code, output)
			}
			first.isDone(t, one)
			if drift := second.folder.Fail("plan", "-detailed-exitcode"); !acctest.Says(`- "SignInLogs"`, `+ "RiskyUsers"`, "1 to change").MatchString(drift) {
				t.Errorf("the second's next plan says:\n%s", drift)
			}
		})
	}
}

func TestTwoRunsAtOnce_bothUpdate(t *testing.T) {
	first, second := imported(t, "timeouts {\n    update = \"30s\"\n  }")
	writeFirst, writeSecond := first.gate(http.MethodPut, 1), first.gate(http.MethodPut, 1)
	readFirst := first.gate(http.MethodGet, 5) // after the refreshes and looks of both
	a := start(t, first.folder, "apply", "-auto-approve")
	first.came(t, "PUT "+soc, 1)
	b := start(t, second.folder, "apply", "-auto-approve")
	first.came(t, "PUT "+soc, 2)
	writeFirst()
	first.came(t, "GET "+soc, 5)
	writeSecond()
	first.answered(t, 1)
	readFirst()

	if output, code := b.wait(); code != 0 {
		t.Errorf("the second ended with %d:\n%s", code, output)
	}
	if output, code := a.wait(); code != 1 || !acctest.Says(`Cannot update the connector "`+soc+`": the service does not show the change`,
		"AuditLogs, SignInLogs off; ProvisioningLogs, RiskyUsers on", "Nobody asked for ProvisioningLogs, RiskyUsers here", "Decide who manages it", "terraform plan").MatchString(output) {
		t.Errorf("the first ended with %d:\n%s", code, output)
	}
	second.isDone(t, another)
	first.folder.Run("apply", "-auto-approve")
	first.isDone(t, one)
}

// Where one is done before the other looks, the other writes nothing.
func TestTwoRunsAtOnce_updateAfterUpdate(t *testing.T) {
	first, second := imported(t)
	look := first.gate(http.MethodGet, 2) // after its refresh
	a := start(t, first.folder, "apply", "-auto-approve")
	first.came(t, "GET "+soc, 2)
	second.folder.Run("apply", "-auto-approve")
	look()
	if output, code := a.wait(); code != 1 || !acctest.Says("it was changed since the plan was made", "ProvisioningLogs, RiskyUsers on", "Nothing was sent").MatchString(output) {
		t.Errorf("the first ended with %d:\n%s", code, output)
	}
	second.isDone(t, another)
}

func TestTwoRunsAtOnce_updateAndDestruction(t *testing.T) {
	for name, test := range map[string]struct {
		held string // the request that is held back until the other run is done
		want []string
	}{
		"the update is last":      {http.MethodPut, one},
		"the destruction is last": {http.MethodDelete, nil},
	} {
		t.Run(name, func(t *testing.T) {
			updating, destroying := imported(t)
			runs := map[string]func() *process{
				http.MethodPut:    func() *process { return start(t, updating.folder, "apply", "-auto-approve") },
				http.MethodDelete: func() *process { return start(t, destroying.folder, "destroy", "-auto-approve") },
			}
			last := test.held
			first := map[string]string{http.MethodPut: http.MethodDelete, http.MethodDelete: http.MethodPut}[last]
			release := updating.gate(last, 1)
			late := runs[last]()
			updating.came(t, last+" "+soc, 1)
			if output, code := runs[first]().wait(); code != 0 {
				t.Errorf("the first run ended with %d:\n%s", code, output)
			}
			release()
			if output, code := late.wait(); code != 0 {
				t.Errorf("the last run ended with %d:\n%s", code, output)
			}
			updating.has(t, test.want)
			destroying.stateHas(t, nil)
			updating.folder.Run("apply", "-auto-approve") // the next run repairs what was lost
			updating.isDone(t, one)
		})
	}
}

// The destruction comes between an update's writing and its reading.
func TestTwoRunsAtOnce_updateThatIsDestroyed(t *testing.T) {
	updating, destroying := imported(t, "timeouts {\n    update = \"20s\"\n  }")
	read := updating.gate(http.MethodGet, 3) // after the refresh and the look
	a := start(t, updating.folder, "apply", "-auto-approve")
	updating.came(t, "GET "+soc, 3)
	destroying.folder.Run("destroy", "-auto-approve")
	read()
	if output, code := a.wait(); code != 1 || !acctest.Says("the service does not show the change", "404, as if it did not exist", `Run "terraform plan"`).MatchString(output) {
		t.Errorf("the update ended with %d:\n%s", code, output)
	}
	if plan := updating.folder.Run("plan"); !strings.Contains(plan, "1 to add, 0 to change, 0 to destroy") {
		t.Errorf("the next plan says:\n%s", plan)
	}
}

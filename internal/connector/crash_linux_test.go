package connector_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// held is longer than any test lasts.
const held = time.Hour

// moment is a point in an operation at which the service keeps the provider waiting.
type moment struct {
	// hold tells the service where to.
	hold func(w *acctest.World)
	// call is the request by which it is known to have come, and count which one of its kind.
	call  string
	count int
}

func holdBack(method string, count int) moment {
	return moment{
		hold: func(w *acctest.World) {
			w.Sim.AddFault(azuresim.Fault{Method: method, Path: soc, Skip: count - 1, Delay: held})
		},
		call: method + " " + soc, count: count,
	}
}

func neverShow(behaviour azuresim.Behaviour, gets int) moment {
	return moment{hold: func(w *acctest.World) { w.Tenant.Behave(behaviour) }, call: "GET " + soc, count: gets}
}

// The moments of each operation, by the requests that it makes.
var (
	creating = map[string]moment{
		"looking": holdBack(http.MethodGet, 1),
		"sent":    holdBack(http.MethodPut, 1),
		"waiting": neverShow(azuresim.Behaviour{AfterCreate: forever}, 3), // after the look and a first miss
	}
	updating = map[string]moment{
		"looking": holdBack(http.MethodGet, 2), // after the refresh
		"sent":    holdBack(http.MethodPut, 1),
		"waiting": neverShow(azuresim.Behaviour{AfterUpdate: forever}, 4),
	}
	destroying = map[string]moment{
		"looking": refreshing,
		"sent":    holdBack(http.MethodDelete, 1),
		"waiting": neverShow(azuresim.Behaviour{AfterDelete: forever}, 3),
	}
	refreshing = holdBack(http.MethodGet, 1)
)

// stage is a folder with its world.
type stage struct {
	*acctest.World
	folder *acctest.Folder
}

// newStage has a configuration and nothing yet.
func newStage(t *testing.T) stage {
	t.Helper()
	w := acctest.NewShippedWorld(t)
	return stage{w, w.NewFolder(t, w.Provider()+connector(acctest.WorkspaceID("law-soc")))}
}

// newStageWith has applied it, and configures changed categories.
func newStageWith(t *testing.T, changed ...string) stage {
	t.Helper()
	s := newStage(t)
	s.folder.Run("apply", "-auto-approve")
	s.folder.Write("main.tf", s.Provider()+connector(acctest.WorkspaceID("law-soc"), categories(changed...)))
	return s
}

// interrupt runs a command of Terraform, sends a signal when the moment has come, and returns what was printed and the exit code.
func (s stage) interrupt(t *testing.T, m moment, to victim, signal syscall.Signal, command ...string) (output string, code int) {
	t.Helper()
	s.Sim.ForgetRequests()
	m.hold(s.World)
	run := start(t, s.folder, command...)
	s.await(t, "the request "+m.call, func() bool { return s.calls(m.call) == m.count })
	signalled := time.Now()
	run.signal(to, signal)
	output, code = run.wait()
	if took := time.Since(signalled); took > 20*time.Second { // rather than the minutes that the operation has left
		t.Errorf("the end came %v after the signal", took)
	}
	s.await(t, "the end of what the provider began", func() bool {
		return !slices.ContainsFunc(s.Sim.Requests(), func(e azuresim.Exchange) bool { return e.Status == 0 })
	})
	s.await(t, "the end of all processes", run.hasEnded)
	return output, code
}

func (s stage) await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come; the requests were %v", what, s.Calls())
		}
	}
}

// calls counts the requests of a kind.
func (s stage) calls(call string) int {
	n := 0
	for _, c := range s.Calls() {
		if c == call {
			n++
		}
	}
	return n
}

// state is the status and the categories of the connector in the state file, and whether it is there.
func (s stage) state(t *testing.T) (status string, categories []string, exists bool) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.folder.Path, "terraform.tfstate"))
	if len(text) == 0 && (err == nil || os.IsNotExist(err)) {
		return "", nil, false
	}
	var file struct {
		Resources []struct {
			Instances []struct {
				Status     string `json:"status"`
				Attributes struct {
					LogCategories []string `json:"log_categories"`
				} `json:"attributes"`
			} `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatalf("the state file: %v\n%s", err, text)
	}
	if len(file.Resources) == 0 {
		return "", nil, false
	}
	instance := file.Resources[0].Instances[0]
	return instance.Status, slices.Sorted(slices.Values(instance.Attributes.LogCategories)), true
}

func (s stage) isLocked() bool {
	_, err := os.Stat(filepath.Join(s.folder.Path, ".terraform.tfstate.lock.info"))
	return err == nil
}

// stateHas checks the connector in the state file, which is not tainted: nil for none.
func (s stage) stateHas(t *testing.T, want []string) {
	t.Helper()
	status, categories, exists := s.state(t)
	if exists != (want != nil) || !slices.Equal(categories, want) || status != "" {
		t.Errorf("the state has a connector: %v, %q with %v, want %v", exists, status, categories, want)
	}
}

// isDone checks that the service and the state have the wanted and that a plan changes nothing.
func (s stage) isDone(t *testing.T, want []string) {
	t.Helper()
	if got := s.Tenant.Categories(soc); !slices.Equal(got, want) {
		t.Errorf("the service has %v, want %v", got, want)
	}
	s.stateHas(t, want)
	if s.isLocked() {
		t.Error("a lock is left behind")
	}
	if want != nil {
		s.folder.Run("plan", "-detailed-exitcode")
	}
}

// importBlock finds the import block in what Terraform printed, meant for the connector of these tests.
func importBlock(t *testing.T, printed string) string {
	t.Helper()
	block := regexp.MustCompile(`(?m)^ +import \{\n(?: +.*\n)+? +\}$`).FindString(printed)
	if block == "" {
		t.Fatalf("there is no import block in:\n%s", printed)
	}
	return strings.ReplaceAll(block, "sentinel_aad_connector.example", address)
}

// isImported does what the next plan and the next apply say: it puts the import block into the configuration.
func (s stage) isImported(t *testing.T) {
	t.Helper()
	planned := s.folder.Run("plan")
	if !acctest.Says(`Warning: The setting "` + soc + `" exists already`).MatchString(planned) {
		t.Errorf("the plan does not warn:\n%s", planned)
	}
	refused := s.folder.Fail("apply", "-auto-approve")
	if !acctest.Says(`Error: Cannot create the connector "` + soc + `": it exists already`).MatchString(refused) {
		t.Errorf("the apply was refused with:\n%s", refused)
	}
	block := importBlock(t, planned)
	if again := importBlock(t, refused[strings.Index(refused, "Error: "):]); again != block {
		t.Errorf("the plan says\n%s\nand the apply\n%s", block, again)
	}
	s.folder.Write("import.tf", block+"\n")
	if applied := s.folder.Run("apply", "-auto-approve"); !strings.Contains(applied, "1 imported, 0 added, 0 changed, 0 destroyed") {
		t.Errorf("the import printed:\n%s", applied)
	}
	if puts := s.calls("PUT " + soc); puts != 1 {
		t.Errorf("%d PUTs were sent, want one", puts)
	}
}

// Whatever is killed, whenever: what a creation has done is neither lost nor done twice.
func TestAccConnector_killedCreation(t *testing.T) {
	for name, test := range map[string]struct {
		at     string
		victim victim
		made   bool
	}{
		"looking, terraform": {"looking", terraformAlone, false},
		"looking, provider":  {"looking", providerAlone, false},
		"sent, both":         {"sent", both, true},
		"sent, terraform":    {"sent", terraformAlone, true},
		"sent, provider":     {"sent", providerAlone, true},
		"waiting, terraform": {"waiting", terraformAlone, true},
		"waiting, provider":  {"waiting", providerAlone, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			output, code := s.interrupt(t, creating[test.at], test.victim, syscall.SIGKILL, "apply", "-auto-approve")
			killed(t, s, test.victim, output, code)
			s.stateHas(t, nil)
			if !test.made {
				if s.calls("PUT "+soc) > 0 {
					t.Errorf("the requests %v were sent", s.Calls())
				}
				s.folder.Run("apply", "-auto-approve")
				s.isDone(t, six)
				return
			}
			s.isImported(t)
			s.isDone(t, six)
		})
	}
}

// killed checks how a run ended of which somebody was killed.
func killed(t *testing.T, s stage, who victim, output string, code int) {
	t.Helper()
	if who == providerAlone {
		if code != 1 || !regexp.MustCompile("Error: (Plugin did not respond|Request cancelled)").MatchString(output) {
			t.Errorf("Terraform ended with %d:\n%s", code, output)
		}
	} else if code != -1 {
		t.Errorf("Terraform was not killed, it ended with %d:\n%s", code, output)
	}
	// The lock's file is all that a killed Terraform leaves; its lock has ended with it, so the next run is not held up.
	if s.isLocked() != (who != providerAlone) {
		t.Errorf("the lock's file is left: %v", s.isLocked())
	}
}

func TestAccConnector_killedUpdate(t *testing.T) {
	for name, test := range map[string]struct {
		at     string
		victim victim
		made   bool
	}{
		"looking, both":      {"looking", both, false},
		"sent, terraform":    {"sent", terraformAlone, true},
		"sent, provider":     {"sent", providerAlone, true},
		"waiting, terraform": {"waiting", terraformAlone, true},
		"waiting, provider":  {"waiting", providerAlone, true},
	} {
		t.Run(name, func(t *testing.T) {
			wanted, now := []string{"AuditLogs", "RiskyUsers"}, six
			s := newStageWith(t, wanted...)
			output, code := s.interrupt(t, updating[test.at], test.victim, syscall.SIGKILL, "apply", "-auto-approve")
			killed(t, s, test.victim, output, code)
			s.stateHas(t, six) // Terraform knows of the next refresh only what it is
			if test.made {
				now = wanted
			}
			streams(t, s.World, now...)
			s.Tenant.Settle()
			s.folder.Run("apply", "-auto-approve")
			if puts := s.calls("PUT " + soc); puts != 1 {
				t.Errorf("%d PUTs were sent, want one", puts)
			}
			s.isDone(t, wanted)
		})
	}
}

func TestAccConnector_killedDestruction(t *testing.T) {
	for name, test := range map[string]struct {
		at     string
		victim victim
		made   bool
	}{
		"looking, both":      {"looking", both, false},
		"sent, both":         {"sent", both, true},
		"sent, provider":     {"sent", providerAlone, true},
		"waiting, terraform": {"waiting", terraformAlone, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStageWith(t, six...)
			output, code := s.interrupt(t, destroying[test.at], test.victim, syscall.SIGKILL, "destroy", "-auto-approve")
			killed(t, s, test.victim, output, code)
			s.stateHas(t, six)
			if gone := s.Tenant.Categories(soc) == nil; gone != test.made {
				t.Errorf("the setting is gone: %v, want %v", gone, test.made)
			}
			s.Tenant.Settle()
			s.folder.Run("destroy", "-auto-approve")
			s.isDone(t, nil)
		})
	}
}

// An interrupted run ends at once, saves what it has done and says how to go on. Ctrl-C reaches all processes, and so does what timeout(1) sends.
func TestAccConnector_interruptedCreation(t *testing.T) {
	for name, test := range map[string]struct {
		at     string
		signal syscall.Signal
		victim victim
		says   *regexp.Regexp
		state  []string
		now    []string
	}{
		"looking": {"looking", syscall.SIGINT, both, acctest.Says(`Error: Cannot create the connector "`+soc+`": interrupted`, `Run "terraform plan"`), nil, nil},
		"sent": {
			"sent", syscall.SIGTERM, both,
			acctest.Says(`Warning: Interrupted before the connector "`+soc+`" showed`, "The service accepted the request", "in the state", `Run "terraform plan"`), six, six,
		},
		"waiting": {
			"waiting", syscall.SIGINT, terraformAlone,
			acctest.Says(`Warning: Interrupted before the connector "`+soc+`" showed`, "404, as if it did not exist"), six, six,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			output, code := s.interrupt(t, creating[test.at], test.victim, test.signal, "apply", "-auto-approve")
			interrupted(t, output, code, test.says)
			s.stateHas(t, test.state)
			if got := s.Tenant.Categories(soc); !slices.Equal(got, test.now) {
				t.Errorf("the service has %v, want %v", got, test.now)
			}
			s.Tenant.Settle()
			s.folder.Run("apply", "-auto-approve")
			if puts := s.calls("PUT " + soc); puts != 1 {
				t.Errorf("%d PUTs were sent, want one", puts)
			}
			s.isDone(t, six)
		})
	}
}

// interrupted checks how an interrupted run ended.
func interrupted(t *testing.T, output string, code int, says *regexp.Regexp) {
	t.Helper()
	if code != 1 || !says.MatchString(output) {
		t.Errorf("Terraform ended with %d, want 1 and %s:\n%s", code, says, output)
	}
	for _, alien := range []string{"context canceled", "timeouts", "Plugin did not respond", "Request cancelled"} {
		if strings.Contains(output, alien) {
			t.Errorf("an interrupted run speaks of %q:\n%s", alien, output)
		}
	}
}

func TestAccConnector_interruptedUpdate(t *testing.T) {
	wanted := []string{"AuditLogs", "RiskyUsers"}
	for name, test := range map[string]struct {
		signal syscall.Signal
		says   *regexp.Regexp
		now    []string // in the service and in the state
	}{
		"looking": {syscall.SIGTERM, acctest.Says(`Error: Cannot update the connector "`+soc+`": interrupted`, `Run "terraform plan"`), six},
		"sent":    {syscall.SIGINT, acctest.Says(`Warning: Interrupted before the connector "`+soc+`" showed`, "The service accepted the request", `Run "terraform plan"`), wanted},
		"waiting": {syscall.SIGINT, acctest.Says(`Warning: Interrupted before the connector "`+soc+`" showed`, "Its last other answer was: RiskyUsers off"), wanted},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStageWith(t, wanted...)
			output, code := s.interrupt(t, updating[name], both, test.signal, "apply", "-auto-approve")
			interrupted(t, output, code, test.says)
			s.stateHas(t, test.now)
			streams(t, s.World, test.now...)
			s.Tenant.Settle()
			s.folder.Run("apply", "-auto-approve")
			if puts := s.calls("PUT " + soc); puts != 1 {
				t.Errorf("%d PUTs were sent, want one", puts)
			}
			s.isDone(t, wanted)
		})
	}
}

func TestAccConnector_interruptedDestruction(t *testing.T) {
	for name, test := range map[string]struct {
		signal syscall.Signal
		says   *regexp.Regexp
	}{
		"sent":    {syscall.SIGTERM, acctest.Says(`Error: Cannot delete the connector "`+soc+`": interrupted`, `Run "terraform plan"`)},
		"waiting": {syscall.SIGINT, acctest.Says(`Error: Cannot delete the connector "`+soc+`": interrupted`, "The service accepted the request", "still in the state")},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStageWith(t, six...)
			output, code := s.interrupt(t, destroying[name], both, test.signal, "destroy", "-auto-approve")
			interrupted(t, output, code, test.says)
			s.stateHas(t, six)
			streams(t, s.World)
			s.Tenant.Settle()
			s.folder.Run("destroy", "-auto-approve")
			s.isDone(t, nil)
		})
	}
}

// What nobody answers is not waited for, and may have been done all the same.
func TestAccConnector_interruptedWhileNobodyAnswers(t *testing.T) {
	s := newStage(t)
	silent := creating["sent"]
	silent.hold = func(w *acctest.World) {
		creating["sent"].hold(w)
		w.Sim.AddFault(azuresim.Fault{Method: http.MethodGet, Path: soc, Skip: 1, Delay: held}) // after the look before it
	}
	output, code := s.interrupt(t, silent, both, syscall.SIGINT, "apply", "-auto-approve")
	interrupted(t, output, code, acctest.Says(`Error: Cannot create the connector "`+soc+`": interrupted`, "no answer tells whether it had its effect", "if it warns that the setting exists already, import it"))
	s.stateHas(t, nil)
	s.isImported(t)
	s.isDone(t, six)
}

func TestAccConnector_interruptedPlan(t *testing.T) {
	s := newStageWith(t, "AuditLogs")
	output, code := s.interrupt(t, refreshing, both, syscall.SIGINT, "plan")
	interrupted(t, output, code, acctest.Says(`Cannot read the connector "`+soc+`": interrupted`))
	s.stateHas(t, six)
	s.folder.Run("apply", "-auto-approve")
	s.isDone(t, []string{"AuditLogs"})
}

// Terraform decides when the provider ends.
func TestAccConnector_signalsToTheProviderAlone(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			s := newStage(t)
			waiting := neverShow(azuresim.Behaviour{AfterCreate: azuresim.Lag{Gets: 3}}, 3)
			if output, code := s.interrupt(t, waiting, providerAlone, signal, "apply", "-auto-approve"); code != 0 {
				t.Errorf("Terraform ended with %d:\n%s", code, output)
			}
			s.isDone(t, six)
		})
	}
}

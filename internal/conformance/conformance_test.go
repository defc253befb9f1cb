package conformance_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/conformance"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
)

// playSimulated runs the suite against a simulated tenant, whose answers a test may change, and plays the transcript.
func playSimulated(t *testing.T, w *acctest.World, change func(*http.Response)) conformance.Report {
	t.Helper()
	tables := map[string]azuresim.Table{}
	for _, category := range entralogs.Connector() { // all, since one missing table hides another
		tables[category.Table] = azuresim.Table{Records: []azuresim.Record{azuresim.Aged(3, 2*time.Hour, time.Hour)}}
	}
	first, second := acctest.WorkspaceID("Law-SOC"), acctest.WorkspaceID("law-two")
	for _, id := range []string{first, second} {
		if err := w.Tenant.PutWorkspace(azuresim.Workspace{ID: id, Tables: tables}); err != nil {
			t.Fatal(err)
		}
	}
	acctest.PutSetting(t, w.Tenant, "Contoso's logs", second, "RiskyUsers")
	recorder := conformance.NewRecorder(transport(func(request *http.Request) (*http.Response, error) {
		response, err := w.Sim.Do(request)
		if err == nil {
			change(response)
		}
		return response, err
	}))
	s := suite{t: t, provider: w.Provider(), recorder: recorder, workspace: first, second: second}
	s.run(t.Context())
	if left := w.Tenant.SettingNames(); len(left) != 1 {
		t.Errorf("the suite leaves %q", left)
	}
	var file bytes.Buffer
	if err := recorder.Write(&file); err != nil {
		t.Fatal(err)
	}
	report, err := conformance.Play(t.Context(), &file)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestPlay_simulatorsOwnTranscript(t *testing.T) {
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		report := playSimulated(t, w, func(*http.Response) {})
		if len(report.Differences) > 0 || len(report.NotPlayed) > 0 || report.Played < 50 {
			t.Error(report)
		}
	})
}

var workspaceName = regexp.MustCompile(`workspaces/[Nn]ame-\d+`)

// What differs in other modes is found, and nothing else.
func TestPlay_anotherServicesTranscript(t *testing.T) {
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		w.Tenant.Behave(azuresim.Behaviour{
			LowerCaseIDs: true, Unused: "null",
			NewCategories: []string{"RiskyWorkspaceLogs"}, WithoutCategories: []string{"RiskyAgents"},
		})
		report := playSimulated(t, w, func(response *http.Response) {
			path := strings.ToLower(response.Request.URL.Path)
			switch {
			case !strings.HasPrefix(path, "/providers/microsoft.aadiam/diagnosticsettings/"):
			case response.StatusCode == http.StatusNotFound: // with an error as the gateway's are
				body, _ := io.ReadAll(response.Body)
				response.Body = io.NopCloser(strings.NewReader(`{"error":` + string(body) + `}`))
				response.Header.Set("Retry-After", "7")
				response.Header.Set("Content-Type", "text/json")
			case response.Request.Method == http.MethodDelete:
				response.StatusCode = http.StatusNoContent
			}
		})
		var found []string
		for difference := range report.Differences {
			found = append(found, workspaceName.ReplaceAllString(difference, "workspaces/X"))
		}
		slices.Sort(found)
		want, err := os.ReadFile("testdata/differences.txt")
		if got := strings.Join(slices.Compact(found), "\n") + "\n"; err != nil || got != string(want) {
			t.Errorf("%v: the differences are\n%s\nand not those of testdata/differences.txt, from\n%s", err, got, report)
		}
	})
}

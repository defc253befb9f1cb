package conformance_test

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/conformance"
)

// playSimulated runs the suite against a simulated tenant, whose answers a test may change, and plays the transcript.
func playSimulated(t *testing.T, w *acctest.World, change func(*http.Response)) conformance.Report {
	t.Helper()
	tables := map[string]azuresim.Table{
		"AuditLogs": {Records: []azuresim.Record{azuresim.Aged(3, 2*time.Hour, time.Hour)}}, "SigninLogs": {},
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
	s.run()
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
			case response.Request.Method == http.MethodDelete:
				response.StatusCode = http.StatusNoContent
			}
		})
		var found []string
		for _, difference := range report.Differences {
			found = append(found, workspaceName.ReplaceAllString(difference.Text, "workspaces/X"))
		}
		const group = "/subscriptions/a0000000-0000-4000-8000-000000000003/resource"
		want := []string{
			"body.code: none in the transcript, ResourceNotFound from the simulator",
			"body.error: an object in the transcript, none from the simulator",
			"body.message: none in the transcript, a text from the simulator",
			"header Retry-After: present in the transcript, none from the simulator",
			"status: 204 in the transcript, 200 from the simulator",
		}
		for _, setting := range []string{"body.properties.", "body.value[].properties."} {
			want = append(want, setting+"workspaceId: "+
				group+"groups/name-2/providers/microsoft.operationalinsights/workspaces/X in the transcript, "+
				group+"Groups/name-2/providers/Microsoft.OperationalInsights/workspaces/X from the simulator")
			members := "eventHubAuthorizationRuleId eventHubName serviceBusRuleId storageAccountId"
			for member := range strings.FieldsSeq(members) {
				want = append(want, setting+member+": null in the transcript, a text from the simulator")
			}
		}
		slices.Sort(want)
		slices.Sort(found)
		if !slices.Equal(slices.Compact(found), want) {
			t.Errorf("%s\nwant\n%s", report, strings.Join(want, "\n"))
		}
	})
}

package loganalytics

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

func TestWorkspaceWithoutCustomerID(t *testing.T) {
	for _, body := range []string{`{}`, `{"properties":{"customerId":"../x"}}`, `[]`, `<html>`} {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeService()
			f.workspace = func() reply { return reply{status: http.StatusOK, body: body} }
			if got, err := f.client.Workspace(t.Context(), workspaceID); err == nil {
				t.Errorf("%s was read as %+v", body, got)
			}
		})
	}
}

func TestRequestsToResourceManager(t *testing.T) {
	var seen []string
	f := newFakeService()
	f.plans = map[string]string{"SigninLogs": "Analytics"}
	f.client.resourceManager = newService(
		f.client.resourceManager.URL,
		func(request *http.Request) (*http.Response, error) {
			seen = append(seen, request.Method+" "+request.URL.String())
			return f.do(request)
		},
	)

	id := strings.Replace(workspaceID, "/soc/", "/soc_(é)/", 1)
	if _, err := f.client.Workspace(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	plan, exists, err := f.client.TablePlan(t.Context(), workspaceID, "SigninLogs")
	if plan != "Analytics" || !exists || err != nil {
		t.Errorf("TablePlan = %q, %v, %v", plan, exists, err)
	}
	if _, exists, err := f.client.TablePlan(t.Context(), workspaceID, "Gone"); exists || err != nil {
		t.Errorf("TablePlan of a missing table = %v, %v", exists, err)
	}
	want := []string{
		"GET https://arm.test" + strings.Replace(workspaceID, "/soc/", "/soc_%28%C3%A9%29/", 1) + "?api-version=2023-09-01",
		"GET https://arm.test" + workspaceID + "/tables/SigninLogs?api-version=2022-10-01",
		"GET https://arm.test" + workspaceID + "/tables/Gone?api-version=2022-10-01",
	}
	if strings.Join(seen, "\n") != strings.Join(want, "\n") {
		t.Errorf("requests:\n%s\nwant:\n%s", strings.Join(seen, "\n"), strings.Join(want, "\n"))
	}
}

// A workspace that is read can be queried, and its id goes into the request as it is.
func FuzzWorkspace(f *testing.F) {
	for _, body := range []string{
		workspaceBody, `{"properties":{"customerId":"x"}}`, `{"properties":{"customerId":"` + customerID + `","workspaceCa` +
			`pping":null}}`, `{"properties":{"customerId":"{` + customerID + `}"}}`,
		`{"properties":null}`, `{}`, `[]`, `null`, `<html>`, ``,
	} {
		f.Add(workspaceID, body)
		f.Add(strings.ToUpper(workspaceID), body)
		f.Add(workspaceID+"?x=y", body)
	}
	f.Fuzz(func(t *testing.T, id, body string) {
		synctest.Test(t, func(t *testing.T) {
			service := newFakeService()
			service.workspace = func() reply { return reply{status: http.StatusOK, body: body} }
			workspace, err := service.client.Workspace(t.Context(), id)
			if err == nil && !azure.IsGUID(workspace.CustomerID) {
				t.Errorf("%q has the customer id %q", body, workspace.CustomerID)
			}
			if _, wrong := azure.Workspace.ParseID(id); wrong != nil && (err == nil || len(service.requests) > 0) {
				t.Errorf("%q was asked for: %v, error %v", id, service.requests, err)
			}
		})
	})
}

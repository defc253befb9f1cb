package loganalytics

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

func TestWorkspaceIsReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeService()
		f.workspace = func() reply {
			time.Sleep(time.Second)
			return reply{status: http.StatusOK, body: workspaceBody}
		}
		var group sync.WaitGroup
		for _, id := range []string{workspaceID, strings.ToLower(workspaceID), strings.ToUpper(workspaceID)} {
			group.Go(func() {
				got, err := f.client.Workspace(t.Context(), id)
				if want := (Workspace{customerID, "RespectQuota"}); err != nil || got != want {
					t.Errorf("Workspace = %+v, %v", got, err)
				}
			})
		}
		group.Wait()
		f.wantRequests(t, "workspace")
	})
}

func TestWorkspaceFailureIsAskedAgain(t *testing.T) {
	f := newFakeService()
	found := false
	f.workspace = func() reply {
		if found {
			return reply{status: http.StatusOK, body: workspaceBody}
		}
		return reply{status: http.StatusNotFound, body: `{"error":{"code":"ResourceNotFound","message":"m"}}`}
	}
	_, err := f.client.Workspace(t.Context(), workspaceID)
	if _, ok := errors.AsType[*WorkspaceError](err); !ok || !azure.IsStatus(err, http.StatusNotFound) {
		t.Errorf("err = %v", err)
	}
	found = true
	if _, err := f.client.Workspace(t.Context(), workspaceID); err != nil {
		t.Error(err)
	}
}

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

// Whoever waits for another's read of the workspace can still be cancelled.
func TestWaitingForTheWorkspaceCanBeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeService()
		f.workspace = func() reply {
			time.Sleep(time.Hour)
			return reply{status: http.StatusOK, body: workspaceBody}
		}
		var group sync.WaitGroup
		group.Go(func() { _, _ = f.client.Workspace(t.Context(), workspaceID) })
		synctest.Wait()

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		started := time.Now()
		_, err := f.client.Workspace(ctx, workspaceID)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(started) != time.Minute {
			t.Errorf("after %s: %v", time.Since(started), err)
		}
		group.Wait()
	})
}

func TestRequestsToResourceManager(t *testing.T) {
	var seen []string
	f := newFakeService()
	f.plans = map[string]string{"SigninLogs": "Analytics"}
	f.client.resourceManager.Pipeline = newPipeline(func(request *http.Request) (*http.Response, error) {
		seen = append(seen, request.Method+" "+request.URL.String())
		return f.do(request)
	})

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
		workspaceBody, `{"properties":{"customerId":"x"}}`, `{"properties":{"customerId":"` + customerID + `","workspaceCapping":null}}`, `{"properties":{"customerId":"{` + customerID + `}"}}`,
		`{"properties":null}`, `{}`, `[]`, `null`, `<html>`, ``,
	} {
		f.Add(workspaceID, body)
		f.Add(strings.ToUpper(workspaceID), body)
		f.Add(workspaceID+"?x=y", body)
	}
	f.Fuzz(func(t *testing.T, id, body string) {
		service := newFakeService()
		service.workspace = func() reply { return reply{status: http.StatusOK, body: body} }
		workspace, err := service.client.Workspace(t.Context(), id)
		if err == nil && !azure.IsGUID(workspace.CustomerID) {
			t.Errorf("%q has the customer id %q", body, workspace.CustomerID)
		}
		if _, wrong := azure.Workspace.ParseID(id); wrong != nil && (err == nil || len(service.requests) > 0) {
			t.Errorf("%q was asked for: %v, error %v", id, service.requests, err)
		}
		if err != nil && Advise(err, "t").Problem == "" {
			t.Errorf("%q: an error without words: %v", body, err)
		}
	})
}

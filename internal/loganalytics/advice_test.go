package loganalytics

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

const tenant = "33333333-3333-3333-3333-333333333333"

// always makes a service answer every query or every look at the workspace alike.
func always(status int, body string) func() reply {
	return func() reply { return reply{status: status, body: body} }
}

func TestAdviceSaysWhatToDo(t *testing.T) {
	for _, c := range []struct {
		name             string
		workspace, query func() reply
		problem, remedy  string
	}{
		{
			name:      "no such workspace",
			workspace: always(404, `{"error":{"code":"ResourceNotFound","message":"m"}}`),
			problem:   "the Log Analytics workspace was not found", remedy: workspaceID,
		},
		{
			name:    "not known to the query service",
			query:   always(404, `{"error":{"message":"The requested path does not exist","code":"PathNotFoundError"}}`),
			problem: "the Log Analytics workspace was not found", remedy: workspaceID,
		},
		{
			name:      "not allowed to read the workspace",
			workspace: always(403, authorizationFailed),
			problem:   "no permission to read the workspace",
			remedy:    "--assignee-object-id \"44444444-4444-4444-4444-444444444444\" \\\n      --scope \"" + workspaceID + "\" --role \"Log Analytics Reader\"",
		},
		{
			name:    "not allowed to query",
			query:   always(403, insufficientAccess),
			problem: "no permission to read the workspace", remedy: "az role assignment create",
		},
		{
			name:    "private only",
			query:   always(403, privateOnly),
			problem: "the workspace answers private networks only", remedy: "az monitor log-analytics workspace update --query-access Enabled --ids \"" + workspaceID + "\"",
		},
		{
			name:    "too slow",
			query:   always(504, `{"error":{"code":"GatewayTimeout","message":"Gateway timeout"}}`),
			problem: "the query took too long", remedy: "shorter lookback",
		},
		{
			name:      "token of another tenant",
			workspace: always(401, `{"error":{"code":"InvalidAuthenticationTokenTenant","message":"m"}}`),
			problem:   "the workspace is in another tenant", remedy: tenant,
		},
		{
			name:    "token for another service",
			query:   always(403, `{"error":{"code":"InvalidAuthenticationTokenAudience","message":"m"}}`),
			problem: "the query service does not accept the token", remedy: "log_analytics_audience",
		},
		{
			name:    "anything else",
			query:   always(401, `{"error":{"code":"AuthenticationFailed","message":"m"}}`),
			problem: "the token was not accepted", remedy: "az login",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFakeService()
			f.workspace = c.workspace
			if c.query != nil {
				f.query = func([]string) reply { return c.query() }
			}
			arrivals, err := f.client.Arrivals(t.Context(), workspaceID, week("A", "B"))
			if err == nil {
				err = arrivals.Refusal
			}
			advice := Advise(err, tenant)
			if advice.Problem != c.problem || !strings.Contains(advice.Remedy, c.remedy) {
				t.Errorf("%v gives %q:\n%s", err, advice.Problem, advice.Remedy)
			}
			if azure.Said(err) == "" {
				t.Errorf("nothing is quoted of %v", err)
			}
		})
	}
}

func TestAdviceOnThrottlingUntilTheTimeIsUp(t *testing.T) {
	for _, atWorkspace := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeService()
			throttle := always(http.StatusTooManyRequests, `{"error":{"code":"ThrottledError","message":"m"}}`)
			f.query = func([]string) reply { return throttle() }
			if atWorkspace {
				f.workspace = throttle
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			_, err := f.client.Arrivals(ctx, workspaceID, week("A"))
			if got := Advise(err, tenant).Problem; got != "the workspace is being throttled" || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v gives %q", err, got)
			}
		})
	}
}

func TestAdviceLeavesTheRestToAzure(t *testing.T) {
	for _, err := range []error{errors.New("x"), context.Canceled, &WorkspaceError{Err: context.DeadlineExceeded}, &azure.TenantNotAllowedError{Tenant: "a", Own: "b"}} {
		if got, want := Advise(err, tenant), azure.Advise(err, tenant); got != want {
			t.Errorf("Advise(%v) = %+v, want %+v", err, got, want)
		}
	}
}

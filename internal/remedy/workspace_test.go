package remedy

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

const workspaceID = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/soc/providers/" +
	"Microsoft.OperationalInsights/workspaces/law"

// queried is a query's failure, with the codes from the outermost to the innermost.
func queried(status int, codes ...string) error {
	return &loganalytics.QueryError{Codes: codes, Refusal: &azure.ServiceError{Status: status, Code: codes[0],
		Message: "m"}}
}

func TestWorkspaceAdvice(t *testing.T) {
	forbidden := &azure.ServiceError{Status: 403, Code: "AuthorizationFailed",
		Message: "The client 'x' with object id '44444444-4444-4444-4444-444444444444' does not have authorization " +
			"to perform action 'Microsoft.OperationalInsights/workspaces/read' over scope 's'"}
	for name, test := range map[string]struct {
		err             error
		problem, remedy string
	}{
		"no such workspace": {&azure.ServiceError{Status: 404, Code: "ResourceNotFound"},
			"the Log Analytics workspace was not found", workspaceID},
		"not known to the query service": {queried(404, "PathNotFoundError"),
			"the Log Analytics workspace was not found", workspaceID},
		"not allowed to read the workspace": {forbidden, "no permission to read the workspace",
			"--assignee-object-id \"44444444-4444-4444-4444-444444444444\" \\\n      --scope \"" + workspaceID +
				"\" --role \"Log Analytics Reader\""},
		"not allowed to query": {queried(403, "InsufficientAccessError"), "no permission to read the workspace",
			"az role assignment create"},
		"private only": {queried(403, "InsufficientAccessError", "NspValidationFailedError"),
			"the workspace answers private networks only", "az monitor log-analytics workspace update " +
				"--query-access Enabled --ids \"" + workspaceID + "\""},
		"too slow": {queried(504, "GatewayTimeout"), "the query took too long", "shorter lookback"},
		"token of another tenant": {&azure.ServiceError{Status: 401, Code: "InvalidAuthenticationTokenTenant"},
			"the workspace is in another tenant", tenantA},
		"token for another service": {queried(403, "InvalidAuthenticationTokenAudience"),
			"the query service does not accept the token", "log_analytics_audience"},
		"throttled to the end": {&retry.GaveUpError{Last: queried(429, "ThrottledError"),
			Err: context.DeadlineExceeded},
			"the workspace is being throttled", "5 at a time"},
		"401 of the query service": {queried(401, "AuthenticationFailed"), "the token was not accepted",
			"The query service of Log Analytics did not accept the token. Check that environment, or " +
				"log_analytics_endpoint"},
		"401 of Resource Manager": {&azure.ServiceError{Status: 401}, "the token was not accepted",
			"Azure Resource Manager did not"},
	} {
		t.Run(name, func(t *testing.T) {
			err := &loganalytics.WorkspaceError{WorkspaceID: workspaceID, Err: test.err}
			advice := For(err, tenantA)
			if advice.Problem != test.problem || !strings.Contains(advice.Remedy, test.remedy) {
				t.Errorf("%v gives %q:\n%s", err, advice.Problem, advice.Remedy)
			}
			if ServiceMessage(err) == "" {
				t.Errorf("nothing is quoted of %v", err)
			}
		})
	}
}

func TestWorkspaceAdviceLeavesTheRest(t *testing.T) {
	for _, err := range []error{errors.New("x"), context.Canceled, context.DeadlineExceeded,
		&azure.ServiceError{Status: http.StatusBadRequest}} {
		if got, want := For(&loganalytics.WorkspaceError{Err: err}, tenantA), For(err, tenantA); got != want {
			t.Errorf("%v in a workspace gives %+v, want %+v", err, got, want)
		}
	}
}

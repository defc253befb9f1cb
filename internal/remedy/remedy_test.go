package remedy

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

const (
	tenantA     = "aaaaaaaa-1111-4111-8111-111111111111"
	tenantB     = "bbbbbbbb-2222-4222-8222-222222222222"
	workspaceID = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/soc/providers/" +
		"Microsoft.OperationalInsights/workspaces/law"
)

func refused(status int, code, message string) error {
	return &azure.ServiceError{Status: status, Code: code, Message: message}
}

func ofWorkspace(err error) error {
	return &loganalytics.WorkspaceError{WorkspaceID: workspaceID, Err: err}
}

// queried is a query's failure, with the codes from the outermost to the innermost.
func queried(status int, codes ...string) error {
	return ofWorkspace(&loganalytics.QueryError{Codes: codes,
		Refusal: &azure.ServiceError{Status: status, Code: codes[0], Message: "m"}})
}

func signIn(err error) error { return &signin.Error{Tenant: tenantA, SignIn: "a method", Err: err} }

// Errors find their remedies. The golden files of package connector have those that an apply meets, and the tests of
// packages signin and status those of identities, of the CLIs and of a workspace that is not there.
func TestFor(t *testing.T) {
	const (
		forbidden = "The client 'c' with object id '5e3c1a52-0000-4000-8000-000000000001' may not perform action 'x/write'"
		login     = "az login --tenant " + tenantA + " --allow-no-subscriptions\n    az role assignment create "
		assign    = `--assignee-object-id "5e3c1a52-0000-4000-8000-000000000001" \` + "\n      --scope \"" + workspaceID + `"`
	)
	for _, test := range []struct {
		err             error
		problem, remedy string
	}{
		{refused(403, "", "no"), "the request was forbidden", "a policy, a network rule"},
		{refused(403, "LinkedAuthorizationFailed", ""), "no permission on the destination", "sharedKeys/action"},
		{refused(507, "", ""), "the service failed", "status.azure.com"},
		{refused(400, "", ""), "the service refused the request", ""},
		{context.DeadlineExceeded, "the operation timed out", "timeouts"},
		{context.Canceled, "interrupted", "terraform plan"},
		{errors.New("x"), "an unexpected error", ""},
		{&azure.ConnectionError{Host: "h", Proxy: "p", Err: errors.New("x")}, "the service could not be reached",
			"No connection to h was made. The proxy is p."},
		{&retry.PauseError{Asked: 2 * time.Hour}, "the service asks to wait longer than the timeout allows", "wait 2h0m0s"},
		{&azure.UnreadableError{Err: errors.New("x")}, "the answer can't be read", "A proxy"},
		{&azure.TenantNotAllowedError{Tenant: "b"}, "the provider does not allow tenant b", `allowed_tenant_ids = ["b"]`},
		{&signin.WrongTenantError{Wanted: tenantA}, "the sign-in gave a token of another tenant", tenantA},
		{&signin.Error{Response: &http.Response{StatusCode: 503}, Err: errors.New("x")},
			"Entra ID's token service gave no token", "It kept answering 503 Service Unavailable"},
		{&signin.ConfigError{Attribute: "client_id", Missing: true, Problem: "No."}, "the provider block is not complete",
			"No. Set client_id in the provider block or ARM_CLIENT_ID"},
		{signIn(&azure.ConnectionError{Err: errors.New("x")}), "signing in failed: the service could not be reached",
			"This was the sign-in to tenant " + tenantA + " with the a method."},
		{signIn(errors.New("AADSTS7000222")), "the client secret has expired", "--id <client_id>"},
		{signIn(errors.New("Run this command then retry the operation: az login --x y. To troubleshoot, visit")),
			"the tenant asks you to sign in again", "\n\n    az login --x y\n\nThis was"},
		{&signin.Error{Err: errors.New("AzureCLICredential: Azure CLI not found on path")},
			"the Azure CLI is not installed", "    az login --allow-no-subscriptions"},

		{ofWorkspace(refused(403, "AuthorizationFailed", forbidden)), "no permission to read the workspace", assign},
		{queried(403, "InsufficientAccessError"), "no permission to read the workspace", login},
		{queried(403, "InsufficientAccessError", "NspValidationFailedError"), "the workspace answers private networks only",
			`--query-access Enabled --ids "` + workspaceID + `"`},
		{queried(504, "GatewayTimeout"), "the query took too long", "within 1m0s. Use a shorter"},
		{ofWorkspace(refused(401, "InvalidAuthenticationTokenTenant", "")), "the workspace is in another tenant", tenantA},
		{queried(403, "InvalidAuthenticationTokenAudience"), "the query service does not accept the token",
			"log_analytics_audience"},
		{&retry.GaveUpError{Last: queried(429, "ThrottledError"), Err: context.DeadlineExceeded},
			"the workspace is being throttled", "5 at a time"},
		{queried(401, "AuthenticationFailed"), "the token was not accepted", "The query service of Log Analytics did not"},
		{ofWorkspace(refused(401, "", "")), "the token was not accepted", "Azure Resource Manager"},
		{ofWorkspace(errors.New("x")), "an unexpected error", ""},
	} {
		advice := For(test.err, tenantA)
		if advice.Problem != test.problem || !strings.Contains(advice.Remedy, test.remedy) {
			t.Errorf("the advice on %v is %s\n%s\nwant the problem %q and a remedy with %q", test.err, advice.Problem,
				advice.Remedy, test.problem, test.remedy)
		}
	}
}

// Who refused is quoted, but for what For has said.
func TestServiceMessage(t *testing.T) {
	for want, err := range map[string]error{
		"Azure said: 429 ThrottledError: m":      queried(429, "ThrottledError"),
		"The error was: the operation timed out": context.DeadlineExceeded,
		"The error was: connection refused":      signIn(errors.New("connection refused")),
		"":                                       context.Canceled,
	} {
		if got := ServiceMessage(err); got != want {
			t.Errorf("ServiceMessage = %q, want %q", got, want)
		}
	}
}

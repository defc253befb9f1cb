package remedy

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

const (
	tenantA = "aaaaaaaa-1111-4111-8111-111111111111"
	tenantB = "bbbbbbbb-2222-4222-8222-222222222222"
	objectB = "5e3c1a52-0000-4000-8000-000000000001"

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

// signInRefusal is azidentity's error for an answer of the token service.
func signInRefusal(description string) error {
	return &signin.Error{Tenant: tenantA, SignIn: "client secret (ARM_CLIENT_SECRET)",
		Err: &azidentity.AuthenticationFailedError{RawResponse: &http.Response{
			StatusCode: http.StatusUnauthorized, Status: "401 Unauthorized",
			Body: io.NopCloser(strings.NewReader(`{"error":"invalid_client","error_description":"` + description + `"}`)),
		}}}
}

func signIn(err error) error { return &signin.Error{Tenant: tenantA, SignIn: "a method", Err: err} }

var noConnection = &azure.ConnectionError{Host: "arm.example", Err: errors.New("connection refused")}

// Each kind of error has its headline and its remedy. The golden files of package connector have most of them in full.
func TestFor(t *testing.T) {
	forbidden := func(verb string) error {
		return refused(403, "AuthorizationFailed", "The client 'c' with object id '"+objectB+"' does not have "+
			"authorization to perform action 'microsoft.aadiam/diagnosticSettings/"+verb+"' over scope 's'")
	}
	const (
		linked   = "LinkedAuthorizationFailed"
		readings = "no permission to read diagnostic settings"
		login    = "az login --tenant " + tenantA + " --allow-no-subscriptions\n    az role assignment create "
		assign   = `--assignee-object-id "` + objectB + `" \` + "\n      --scope "
	)
	for name, test := range map[string]struct {
		err             error
		problem, remedy string
	}{
		"may not read":      {forbidden("read"), readings, assign + `"/providers/Microsoft.aadiam" --role "Reader"`},
		"for a plan":        {forbidden("read"), readings, "role Security Reader instead.\n\nThat is enough to plan"},
		"may not write":     {forbidden("write"), "no permission to change diagnostic settings", `--role "Contributor"`},
		"may not delete":    {forbidden("delete"), "no permission to change diagnostic settings", login},
		"no role was named": {refused(403, "", "no"), "the request was forbidden", "a policy, a network rule"},
		"linked scope": {refused(403, linked, "has permission to perform action 'x/write' on scope 's'; however, it does "+
			"not have permission to perform action 'Microsoft.OperationalInsights/workspaces/sharedKeys/action' on the "+
			"linked scope(s) '/subscriptions/1/w' or the linked scope(s) are invalid."),
			"no permission on the destination", `--scope "/subscriptions/1/w" --role "Log Analytics Contributor"`},
		"foreign subscription": {refused(403, linked, "tenant 'T' is not authorized to access linked subscription 'S'"),
			"the destination is in another tenant", "Tenant T may not use subscription S."},
		"unregistered": {refused(403, "", "perform action 'Microsoft.Insights/register/action'"),
			"a resource provider is not registered", "\n\n    az provider register --namespace Microsoft.Insights"},
		"wrong issuer": {refused(401, "InvalidAuthenticationTokenTenant", ""), "the token is of the wrong tenant",
			"a token of another tenant here"},
		"auxiliary token": {refused(401, "", "The auxiliary token of tenant 'T' has expired"),
			"an auxiliary tenant's token was not accepted", "a token of tenant T,"},
		"auxiliary token of an unknown tenant": {refused(401, "", "A bad auxiliary token"),
			"an auxiliary tenant's token was not accepted", "a token of another tenant,"},
		"unauthorized": {refused(401, "", ""), "the token was not accepted", "Azure Resource Manager did not"},
		"conflict": {refused(409, "", "is already used in diagnostic setting 'o'"),
			"another setting already sends these categories", "import"},
		"throttled":    {refused(429, "", ""), "the service is throttling", "-parallelism"},
		"broken":       {refused(503, "", ""), "the service failed", "status.azure.com"},
		"another 5xx":  {refused(507, "", ""), "the service failed", "status.azure.com"},
		"any other":    {refused(400, "", ""), "the service refused the request", ""},
		"from a proxy": {&azure.ServiceError{Status: 400, NotJSON: true}, "the answer did not come from Azure", "_PROXY"},

		"time up":    {context.DeadlineExceeded, "the operation timed out", "timeouts"},
		"cancelled":  {context.Canceled, "interrupted", "terraform plan"},
		"no answer":  {noConnection, "the service could not be reached", "arm.example was made. The environment configures"},
		"unreadable": {&azure.UnreadableError{Err: errors.New("x")}, "the answer can't be read", "A proxy"},
		"no trust": {&tls.CertificateVerificationError{Err: errors.New("x")}, "the service's certificate is not trusted",
			"SSL_CERT_FILE"},
		"a long pause": {&retry.PauseError{Asked: 2 * time.Hour, Left: time.Minute},
			"the service asks to wait longer than the timeout allows", "wait 2h0m0s before the next request, and the " +
				"operation had 1m0s left"},

		"not allowed": {&azure.TenantNotAllowedError{Tenant: tenantB, Home: tenantA},
			"the provider does not allow tenant " + tenantB, `allowed_tenant_ids = ["` + tenantB + `"]`},
		"not complete": {&signin.ConfigError{Attribute: "client_id", Missing: true, Problem: "No."},
			"the provider block is not complete", "No. Set client_id in the provider block or ARM_CLIENT_ID"},
		"wrong tenant": {&signin.WrongTenantError{Wanted: tenantA, Issued: tenantB, SignIn: "managed identity (x)"},
			"the sign-in gave a token of another tenant", "A managed identity never leaves its own tenant."},
		"wrong secret": {signInRefusal("AADSTS7000215: x"), "Entra ID does not accept the client secret", "secret's id"},
		"no consent":   {signInRefusal("AADSTS700016: x"), "the app is not known in the tenant", "az ad sp create"},
		"unknown code": {signInRefusal("AADSTS4711: x"), "signing in failed", "client secret (ARM_CLIENT_SECRET)"},
		"no network": {signIn(noConnection), "signing in failed: the service could not be reached",
			"This was the sign-in to tenant " + tenantA + " with the a method."},
		"token service down": {&retry.GaveUpError{Last: &signin.Error{Response: &http.Response{StatusCode: 503},
			Err: errors.New("text")}, Err: context.DeadlineExceeded},
			"Entra ID's token service gave no token", "503 Service Unavailable"},
		"no az": {signIn(errors.New("AzureCLICredential: Azure CLI not found on path")),
			"the Azure CLI is not installed", "az login --tenant " + tenantA},
		"no az, and no tenant": {&signin.Error{Err: errors.New("AzureCLICredential: Azure CLI not found on path")},
			"the Azure CLI is not installed", "    az login --allow-no-subscriptions"},

		"no such workspace": {ofWorkspace(refused(404, "", "")), "the Log Analytics workspace was not found", workspaceID},
		"none for queries":  {queried(404, "PathNotFoundError"), "the Log Analytics workspace was not found", workspaceID},
		"may not read it":   {ofWorkspace(forbidden("x")), "no permission to read the workspace", assign + `"/sub`},
		"may not query it":  {queried(403, "InsufficientAccessError"), "no permission to read the workspace", login},
		"private networks": {queried(403, "InsufficientAccessError", "NspValidationFailedError"),
			"the workspace answers private networks only", `--query-access Enabled --ids "` + workspaceID + `"`},
		"a query is too slow": {queried(504, "GatewayTimeout"), "the query took too long", "within 1m0s. Use a shorter"},
		"of another tenant": {ofWorkspace(refused(401, "InvalidAuthenticationTokenTenant", "")),
			"the workspace is in another tenant", tenantA},
		"another audience": {queried(403, "InvalidAuthenticationTokenAudience"),
			"the query service does not accept the token", "log_analytics_audience"},
		"throttled to the end": {&retry.GaveUpError{Last: queried(429, "ThrottledError"), Err: context.DeadlineExceeded},
			"the workspace is being throttled", "5 at a time"},
		"queries unauthorized": {queried(401, "AuthenticationFailed"), "the token was not accepted",
			"The query service of Log Analytics did not accept the token. Check that environment, or log_analytics_endpoint"},
		"it is unauthorized": {ofWorkspace(refused(401, "", "")), "the token was not accepted", "Azure Resource Manager"},
		"it fails":           {ofWorkspace(errors.New("x")), "an unexpected error", ""},
	} {
		t.Run(name, func(t *testing.T) {
			advice := For(test.err, tenantA)
			if advice.Problem != test.problem || !strings.Contains(advice.Remedy, test.remedy) {
				t.Errorf("advice = %s\n%s\nwant the problem %q and a remedy with %q", advice.Problem, advice.Remedy,
					test.problem, test.remedy)
			}
		})
	}
}

// What azidentity says of a claims challenge that the Azure CLI can't answer becomes the command that does.
func TestClaimsChallenge(t *testing.T) {
	cli, err := azidentity.NewAzureCLICredential(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = cli.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://x/.default"},
		Claims: `{"access_token":{"nbf":{"essential":true,"value":"1"}}}`, TenantID: tenantA})
	advice := For(signIn(err), tenantA)
	const command = "\n    az login --tenant " + tenantA +
		" --claims-challenge eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxIn19fQ==\n"
	if advice.Problem != "the tenant asks you to sign in again" || !strings.Contains(advice.Remedy, command) {
		t.Errorf("advice on %v = %+v", err, advice)
	}
}

func TestServiceMessage(t *testing.T) {
	for want, err := range map[string]error{
		"Entra ID said: invalid_client: AADSTS7000215: Invalid client secret. Trace ID: 1": signInRefusal(
			`AADSTS7000215: Invalid  client secret.\r\nTrace ID: 1`), // on one line
		"Azure said: 403 AuthorizationFailed: no\nCorrelation id: the-id": &azure.ServiceError{Status: 403,
			Code: "AuthorizationFailed", Message: "no", CorrelationID: "the-id"},
		"Azure said: 429 ThrottledError: m":      queried(429, "ThrottledError"),
		"The error was: the operation timed out": context.DeadlineExceeded,
		"The error was: connection refused":      signIn(noConnection),
		"The last attempt ended with: 502 Bad Gateway": &signin.Error{Response: &http.Response{StatusCode: 502},
			Err: errors.New("x")},
		"": context.Canceled,
	} {
		if got := ServiceMessage(err); got != want {
			t.Errorf("ServiceMessage = %q, want %q", got, want)
		}
	}
}

package remedy

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

const (
	tenantA = "aaaaaaaa-1111-4111-8111-111111111111"
	tenantB = "bbbbbbbb-2222-4222-8222-222222222222"
)

func answered(status int, contentType, body string) *azure.ServiceError {
	return azure.NewServiceError(&http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {contentType}, "X-Ms-Correlation-Request-Id": {"the-correlation-id"}},
		Body:       io.NopCloser(strings.NewReader(body)),
	})
}

func TestAdviseForbidden(t *testing.T) {
	message := func(verb string) string {
		return "The client 'c' with object id '5e3c1a52-0000-4000-8000-000000000001' does not have authorization " +
			"to perform action 'microsoft.aadiam/diagnosticSettings/" + verb + "' over scope " +
			"'/providers/microsoft.aadiam/diagnosticSettings/x' or the scope is invalid."
	}
	for verb, roles := range map[string][2]string{
		"read": {"Reader", "Security Reader"}, "write": {"Contributor",
			"Security Administrator"}, "delete": {"Contributor", "Security Administrator"},
	} {
		advice := For(&azure.ServiceError{Status: http.StatusForbidden, Code: "AuthorizationFailed",
			Message: message(verb)}, tenantA)
		for _, want := range []string{
			tenantA, "az login --tenant " + tenantA +
				" --allow-no-subscriptions\n    az role assignment create",
			`--assignee-object-id "5e3c1a52-0000-4000-8000-000000000001"`,
			`--scope "/providers/Microsoft.aadiam" --role "` + roles[0] + `"`, "the Entra role " + roles[1] +
				" instead", "Contributor",
		} {
			if !strings.Contains(advice.Remedy, want) {
				t.Errorf("%s: the advice lacks %q:\n%s", verb, want, advice.Remedy)
			}
		}
	}
}

func TestAdvise(t *testing.T) {
	for name, test := range map[string]struct {
		err     error
		problem string
		remedy  string
	}{
		"linked scope": {&azure.ServiceError{Status: 403, Code: "LinkedAuthorizationFailed",
			Message: "The client 'c' with object id 'o' has permission to perform action 'x/write' on scope 's'; " +
				"however, it does not have permission to perform action " +
				"'Microsoft.OperationalInsights/workspaces/sharedKeys/action' on the linked scope(s) " +
				"'/subscriptions/1/w' or the linked scope(s) are invalid."},
			"no permission on the destination", `--scope "/subscriptions/1/w"`},
		"foreign subscription": {&azure.ServiceError{Status: 403, Code: "LinkedAuthorizationFailed",
			Message: "however the current tenant 'T' is not authorized to access linked subscription 'S'"},
			"the destination is in another tenant", "Lighthouse"},
		"unregistered": {&azure.ServiceError{Status: 403,
			Message: "perform action 'Microsoft.Insights/register/action'"},
			"a resource provider is not registered", "az provider register --namespace Microsoft.Insights"},
		"wrong issuer": {&azure.ServiceError{Status: 401, Code: "InvalidAuthenticationTokenTenant"},
			"the token is of the wrong tenant", "tenant_id"},
		"auxiliary token": {&azure.ServiceError{Status: 401, Message: "The auxiliary token of tenant 'T' has expired"},
			"an auxiliary tenant's token was not accepted", "a token of tenant T,"},
		"auxiliary token of an unknown tenant": {&azure.ServiceError{Status: 401, Message: "A bad auxiliary token"},
			"an auxiliary tenant's token was not accepted", "a token of another tenant,"},
		"unauthorized": {&azure.ServiceError{Status: 401}, "the token was not accepted", "environment"},
		"conflict": {&azure.ServiceError{Status: 409,
			Message: "Data sink 's' is already used in diagnostic setting 'other'"}, "another setting already " +
			"sends these categories", "import"},
		"throttled": {&azure.ServiceError{Status: 429}, "the service is throttling", "-parallelism"},
		"broken":    {&azure.ServiceError{Status: 503}, "the service failed", "status.azure.com"},
		"other":     {&azure.ServiceError{Status: 400}, "the service refused the request", ""},
		"time up":   {context.DeadlineExceeded, "the operation timed out", "timeouts"},
		"cancelled": {context.Canceled, "interrupted", "terraform plan"},
		"no answer": {refusedConnection, "the service could not be reached", "HTTPS_PROXY"},
		"no trust": {&tls.CertificateVerificationError{Err: errors.New("x509")},
			"the service's certificate is not trusted", "SSL_CERT_FILE"},
		"not allowed": {&azure.TenantNotAllowedError{Tenant: tenantB, Home: tenantA},
			"the provider does not allow tenant " + tenantB, `allowed_tenant_ids = ["` + tenantB + `"]`},
		"wrong secret": {signInRefusal("AADSTS7000215: Invalid client secret provided."),
			"Entra ID does not accept the client secret", "secret's id"},
		"no consent":   {signInRefusal("AADSTS700016: not found"), "the app is not known in the tenant", "az ad sp create"},
		"unknown code": {signInRefusal("AADSTS4711: new"), "signing in failed", "client secret (ARM_CLIENT_SECRET)"},
		"no network": {&signin.Error{Tenant: tenantA, SignIn: "client secret", Err: refusedConnection},
			"signing in failed: the service could not be reached", tenantA},
		"token service down": {&retry.GaveUpError{Last: &signin.Error{Tenant: tenantA, SignIn: "client secret",
			Response: &http.Response{StatusCode: 503}, Err: errors.New("text")}, Err: context.DeadlineExceeded},
			"Entra ID's token service gave no token", "503 Service Unavailable"},
		"no az": {&signin.Error{Tenant: tenantA, SignIn: "Azure CLI",
			Err: errors.New("AzureCLICredential: Azure CLI not found on path")}, "the Azure CLI is not " +
			"installed", "az login --tenant " + tenantA},
	} {
		t.Run(name, func(t *testing.T) {
			advice := For(test.err, tenantA)
			if advice.Problem != test.problem || !strings.Contains(advice.Remedy, test.remedy) {
				t.Errorf("advice = %+v, want the problem %q and a remedy with %q", advice, test.problem, test.remedy)
			}
		})
	}
}

// What azidentity says of a claims challenge that the Azure CLI can't answer becomes the command that does.
func TestAdviseClaimsChallenge(t *testing.T) {
	cli, err := azidentity.NewAzureCLICredential(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = cli.GetToken(t.Context(),
		policy.TokenRequestOptions{Scopes: []string{"https://management.azure.com/.default"},
			Claims: `{"access_token":{"nbf":{"essential":true,"value":"1"}}}`, TenantID: tenantA})
	advice := For(&signin.Error{Tenant: tenantA, SignIn: "Azure CLI", Err: err}, tenantA)
	const command = "\n    az login --tenant " + tenantA +
		" --claims-challenge eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxIn19fQ==\n"
	if advice.Problem != "the tenant asks you to sign in again" || !strings.Contains(advice.Remedy, command) {
		t.Errorf("advice on %v = %+v", err, advice)
	}
}

func TestSaidIsWhatWasSaidAndNoMore(t *testing.T) {
	got := ServiceMessage(signInRefusal("AADSTS7000215: Invalid client secret provided."))
	if want := "Entra ID said: invalid_client: AADSTS7000215: Invalid client secret provided."; got != want {
		t.Errorf("Said = %q, want %q", got, want)
	}
	got = ServiceMessage(answered(http.StatusForbidden, "application/json",
		`{"error":{"code":"AuthorizationFailed","message":"no"}}`))
	if want := "Azure said: 403 AuthorizationFailed: no\nCorrelation id: the-correlation-id"; got != want {
		t.Errorf("Said = %q, want %q", got, want)
	}
}

// signInRefusal is azidentity's error for an answer of the token service.
func signInRefusal(description string) error {
	return &signin.Error{Tenant: tenantA, SignIn: "client secret (ARM_CLIENT_SECRET)",
		Err: &azidentity.AuthenticationFailedError{RawResponse: &http.Response{
			StatusCode: http.StatusUnauthorized, Status: "401 Unauthorized",
			Body: io.NopCloser(strings.NewReader(`{"error":"invalid_client","error_description":"` + description + `"}`)),
		}}}
}

var refusedConnection = &azure.ConnectionError{Host: "arm.example", Err: &url.Error{Op: "Get",
	URL: "https://arm.example", Err: errors.New("connection refused")}}

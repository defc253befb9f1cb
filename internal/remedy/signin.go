package remedy

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
)

// signInCode finds the code by which Entra names a refusal.
var signInCode = regexp.MustCompile(`AADSTS\d+`)

// ofEntra says what to do about Entra's codes
// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
var ofEntra = map[string]Advice{
	"AADSTS7000215": {"Entra ID does not accept the client secret", `The secret is wrong. Often the secret's id was copied
		instead of its value, or the secret belongs to another app registration. ` + newSecret},
	"AADSTS7000222": {"the client secret has expired", newSecret},
	"AADSTS700016":  {"the app is not known in the tenant", consent},
	"AADSTS7000229": {"the app has no enterprise application in the tenant", consent},
	"AADSTS90002":   {"the tenant was not found", checkTenant},
	"AADSTS900023":  {"the tenant id is not valid", checkTenant},
	"AADSTS700027": {"Entra ID does not know the client certificate", `The certificate is not registered with the app, or
		has expired. Upload this one under the app registration's "Certificates & secrets", or run:
		    az ad app credential reset --append --id <client_id> --cert @<file with the certificate alone>`},
	"AADSTS700024": {"the identity token is out of date", `A token passed in oidc_token soon expires, and may be too old
		for the last tenants of a long run. Let the provider request one itself (oidc_request_url and oidc_request_token), or
		read it from a file that is kept fresh (oidc_token_file_path). Check that this machine's clock is right.`},
	"AADSTS70025":  {"the app has no federated credential", federation},
	"AADSTS700211": {"the app does not trust the identity token's issuer", federation},
	"AADSTS700213": {"the app does not expect the identity token's subject", federation},
	"AADSTS700212": {"the app does not expect the identity token's audience", `The app registration has a federated
		credential with this issuer and subject, but with another audience. Request the identity token for the audience that
		the credential names, usually api://AzureADTokenExchange, or correct the credential:` + correctFederation},
	"AADSTS7002138": {"the identity token's subject is in another letter case", `The app registration has a federated
		credential that differs from the token's subject in letter case alone. They must be equal. Correct the
		credential:` + correctFederation},
	"AADSTS50049": {"Entra ID does not know the authority host", `Check environment and endpoint. A private or
		disconnected cloud needs disable_instance_discovery (ARM_DISABLE_INSTANCE_DISCOVERY) set to true.`},
	"AADSTS53003": {"conditional access blocked the sign-in", `A conditional access policy of the tenant blocks this
		identity. Find the policy's name in the identity's sign-in log, and exclude the identity or allow this machine's
		location.`},
}

const (
	newSecret = `Create a new one under the app registration's "Certificates & secrets" and use its value, which is shown
		only once. Or run:
		    az ad app credential reset --append --id <client_id>`

	consent = `Check client_id. If the app is registered in another tenant, an administrator of this one must give consent
		first, which creates its enterprise application:
		    az login --tenant <tenant> --allow-no-subscriptions
		    az ad sp create --id <client_id>`

	checkTenant = `Check tenant_id, and that environment names the cloud that the tenant is in. This prints the tenant
		that you are signed in to with the Azure CLI:
		    az account show --query tenantId`

	federation = `The app registration needs a federated credential with exactly the issuer, subject and audience of the
		token that was presented. Add it under "Certificates & secrets", or run:
		    az ad app federated-credential create --id <client_id> --parameters \
		      '{"name": "terraform", "issuer": "<issuer>", "subject": "<subject>", "audiences": ["<audience>"]}'`

	correctFederation = `
		    az ad app federated-credential list --id <client_id>
		    az ad app federated-credential update --id <client_id> --federated-credential-id <its id> --parameters \
		      '{"issuer": "<issuer>", "subject": "<subject>", "audiences": ["<audience>"]}'`
)

// ofMethods say what to do about a failure of the sign-in method, by a pattern in the text that azidentity keeps of it.
var ofMethods = []struct{ in, problem, remedy string }{
	// azidentity says so where the Azure CLI or the Azure Developer CLI can't give a token with the claims that a service
	// demands.
	{`Run this command then retry the operation: (\S.*?)(?:\. To troubleshoot|$)`, "the tenant asks you to sign in again",
		`A policy of the tenant asks for more than the sign-in has, such as multifactor authentication, or the sign-in was
			revoked. Run this command, then run Terraform again:
			    <command>`},
	{`(?s)AzureCLICredential.*not found on path`, "the Azure CLI is not installed", anotherWay + `

		Otherwise install the Azure CLI, put it on the PATH, and sign in:` + azLogin},
	{`(?s)AzureCLICredential.*Tenant shouldn't be specified`, "the Azure CLI's account stays in its own tenant",
		`In Cloud Shell, and after "az login --identity", the Azure CLI gives only tokens of the account's own tenant. Sign
			in to the tenant as yourself:` + azLogin + anotherWay},
	{"AzureCLICredential", "the Azure CLI gave no token", "Sign in with it:" + azLogin + anotherWay},
	{"AzureDeveloperCLICredential", "the Azure Developer CLI gave no token", `Sign in with it, or configure another way to
		sign in:
		    azd auth login --tenant-id <tenant>`},
	{"ManagedIdentityCredential", "the managed identity gave no token", `Check that this machine has a managed identity,
		and that client_id names it if it is a user-assigned one.`},
	{signin.RequestingToken, "the pipeline gave no identity token", `Check that oidc_request_url and oidc_request_token
		belong to the running job: the token expires with it. A job of GitHub Actions needs the permission
		"id-token: write".`},
	{signin.ReadingToken, "there is no identity token", `Check oidc_token_file_path (ARM_OIDC_TOKEN_FILE_PATH), and that
		the file has been written.`},
}

const anotherWay = `If you meant another way to sign in, nothing configured it: set a client secret
	(ARM_CLIENT_SECRET), a certificate (ARM_CLIENT_CERTIFICATE_PATH) or a pipeline's identity (ARM_USE_OIDC=true).`

// signInFacts are what a failed sign-in knows in place of which words, but for what a command line would misread.
func signInFacts(failed *signin.Error) []string {
	known := append(tenantWords(failed.Tenant), "<client_id>", failed.ClientID)
	if token := failed.Presented; token != nil {
		known = append(known, "<issuer>", token.Issuer, "<subject>", token.Subject, "<audience>",
			strings.Join(token.Audience, ", "))
	}
	for i := 1; i < len(known); i += 2 {
		if strings.ContainsFunc(known[i], unsafeInCommand) {
			known[i] = ""
		}
	}
	return known
}

// unsafeInCommand finds what would end a string of JSON or of the shell.
func unsafeInCommand(r rune) bool {
	return r == '\'' || r == '"' || r == '\\' || r == utf8.RuneError || unicode.IsControl(r)
}

// forSignIn explains a sign-in that failed.
func forSignIn(failed *signin.Error) Advice {
	where := "This was the sign-in"
	if failed.Tenant != "" {
		where += " to tenant " + failed.Tenant
	}
	advice, claims := whyNoToken(failed)
	return Advice{advice.Problem, Paragraphs(advice.Remedy, claims, where+" with the "+failed.SignIn+".")}
}

// whyNoToken also tells the claims of an identity token that Entra refused.
func whyNoToken(failed *signin.Error) (advice Advice, claims string) {
	text := failed.Err.Error()
	known := signInFacts(failed)
	if advice, found := ofEntra[signInCode.FindString(text)]; found {
		return Advice{advice.Problem, fill(advice.Remedy, known...)}, presentedClaims(failed.Presented)
	}
	if last := failed.Response; isOutage(last) {
		again := "Check https://status.azure.com and run again later."
		if last.StatusCode == http.StatusTooManyRequests {
			again = "Run again later, with a lower -parallelism or a longer timeouts block."
		}
		return Advice{"Entra ID's token service gave no token",
			"It kept answering " + statusLine(last) + " until the timeout. " + again}, ""
	}
	if errors.As(failed.Err, new(*azure.ConnectionError)) || errors.As(failed.Err, new(*signin.UnreadableTokenError)) {
		advice = forConnection(failed.Err)
		return Advice{"signing in failed: " + advice.Problem, advice.Remedy}, ""
	}
	for _, method := range ofMethods {
		if m := regexp.MustCompile(method.in).FindStringSubmatch(text); m != nil {
			return Advice{method.problem, fill(method.remedy, append(known, "<command>", m[len(m)-1])...)}, ""
		}
	}
	if response, words := answerOf(failed.Err); response != nil && words == "" {
		return Advice{"signing in failed: " + ofProxy.problem, fill(ofProxy.remedy)}, ""
	}
	return Advice{"signing in failed", ""}, ""
}

// presentedClaims says in words what an identity token claimed, "" for none.
func presentedClaims(p *signin.Presented) string {
	switch {
	case p == nil:
		return ""
	case p.Issuer == "" && p.Subject == "":
		return "The identity token can't be read; it is not a JWT."
	default:
		return fmt.Sprintf("The identity token says:\n    issuer   %s\n    subject  %s\n    audience %s",
			p.Issuer, p.Subject, strings.Join(p.Audience, ", "))
	}
}

// forWrongTenant explains a token that was not sent.
func forWrongTenant(wrong *signin.WrongTenantError) Advice {
	remedy := `Check tenant_id, and that the identity exists in tenant <wanted>: a service principal needs an enterprise
		application there, a user an account or a guest invitation.`
	if strings.HasPrefix(wrong.SignIn, "managed identity (") {
		remedy = `A managed identity never leaves its own tenant. To reach others, set use_oidc, use_msi and the client_id
			of a multi-tenant app that trusts it.`
	}
	return Advice{"the sign-in gave a token of another tenant", fill(`The provider asked for a token of tenant <wanted>,
		and the <sign-in> gave one of tenant <issued>. The request was not sent: it would have read or changed the
		settings of the wrong tenant.

		`+remedy, "<wanted>", wrong.Wanted, "<sign-in>", wrong.SignIn, "<issued>", wrong.Issued)}
}

// entraMessage returns the sentence of Entra's answer. azidentity's own text of a refusal is the whole HTTP exchange.
func entraMessage(failed *signin.Error) string {
	who := "Entra ID"
	isMachine := strings.HasPrefix(failed.Err.Error(), "ManagedIdentityCredential")
	if isMachine {
		who = "The managed identity's endpoint"
	}
	response, words := answerOf(failed.Err)
	switch {
	case isOutage(failed.Response):
		return "The last attempt ended with: " + statusLine(failed.Response)
	case response == nil:
		return "The error was: " + inWords(failed.Err)
	case words != "":
		return who + " said: " + words
	case isMachine:
		return who + " answered " + response.Status + "."
	default:
		return fmt.Sprintf("The answer was: %s (Content-Type %q).", response.Status, response.Header.Get("Content-Type"))
	}
}

// answerOf returns what the token service, or the endpoint of a managed identity, answered, nil for nothing, and the
// words of an Entra error, on one line, "" for an answer of another shape.
func answerOf(err error) (response *http.Response, words string) {
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	if !ok || failed.RawResponse == nil {
		return nil, ""
	}
	var document struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	body, err := runtime.Payload(failed.RawResponse)
	if err == nil && json.Unmarshal(body, &document) == nil && document.Description != "" {
		words = document.Code + ": " + strings.Join(strings.Fields(document.Description), " ")
	}
	return failed.RawResponse, words
}

// isOutage reports whether the last answer on the way to a token stands for an outage that may pass by itself.
func isOutage(response *http.Response) bool {
	return response != nil && azure.IsTemporary(response.StatusCode)
}

// statusLine is a status with its standard text, since a response may have any.
func statusLine(response *http.Response) string {
	return fmt.Sprint(response.StatusCode, " ", http.StatusText(response.StatusCode))
}

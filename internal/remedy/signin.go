package remedy

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
)

// signInCode finds the code by which Entra names a refusal.
var signInCode = regexp.MustCompile(`AADSTS\d+`)

// commandToRun finds what azidentity says to run where the Azure CLI or the Azure Developer CLI can't give a token with
// the claims that a service demands.
var commandToRun = regexp.MustCompile(`Run this command then retry the operation: (\S.*?)(?:\. To troubleshoot|$)`)

// signInAdvice says what to do about Entra's codes
// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes). Known values replace what is in angle
// brackets.
var signInAdvice = map[string]Advice{
	"AADSTS7000215": {"Entra ID does not accept the client secret", "The secret is wrong. Often the secret's id " +
		"was copied instead of its value, or the secret belongs to another app registration. " + adviceNewSecret},
	"AADSTS7000222": {"the client secret has expired", adviceNewSecret},
	"AADSTS700016":  {"the app is not known in the tenant", adviceConsent},
	"AADSTS7000229": {"the app has no enterprise application in the tenant", adviceConsent},
	"AADSTS90002":   {"the tenant was not found", adviceTenant},
	"AADSTS900023":  {"the tenant id is not valid", adviceTenant},
	"AADSTS700027": {"Entra ID does not know the client certificate", "The certificate is not registered with the " +
		"app, or has expired. Upload this one under the app registration's \"Certificates & secrets\", or run:\n\n" +
		"    az ad app credential reset --append --id <client_id> --cert @<file with the certificate alone>"},
	"AADSTS700024": {"the identity token is out of date", "A token passed in oidc_token soon expires, and may " +
		"be too old for the last tenants of a long run. Let the provider request one itself (oidc_request_url and " +
		"oidc_request_token), or read it from a file that is kept fresh (oidc_token_file_path). Check that this " +
		"machine's clock is right."},
	"AADSTS70025":  {"the app has no federated credential", adviceFederation},
	"AADSTS700211": {"the app does not trust the identity token's issuer", adviceFederation},
	"AADSTS700213": {"the app does not expect the identity token's subject", adviceFederation},
	"AADSTS700212": {"the app does not expect the identity token's audience", "The app registration has a " +
		"federated credential with this issuer and subject, but with another audience. Request the identity token for " +
		"the audience that the credential names, usually api://AzureADTokenExchange, or correct the " +
		"credential:\n\n" + commandFederation},
	"AADSTS7002138": {"the identity token's subject is in another letter case", "The app registration has a " +
		"federated credential that differs from the token's subject in letter case alone. They must be equal. Correct " +
		"the credential:\n\n" + commandFederation},
	"AADSTS50049": {"Entra ID does not know the authority host",
		"Check environment and endpoint. A private or disconnected cloud needs " +
			"disable_instance_discovery (ARM_DISABLE_INSTANCE_DISCOVERY) set to true."},
	"AADSTS53003": {"conditional access blocked the sign-in", "A conditional access policy of the tenant blocks " +
		"this identity. Find the policy's name in the identity's sign-in log, and exclude the identity or allow this " +
		"machine's location."},
}

const (
	adviceNewSecret = "Create a new one under the app registration's \"Certificates & secrets\" and use its value, " +
		"which is shown only once. Or run:\n\n" +
		"    az ad app credential reset --append --id <client_id>"

	adviceConsent = "Check client_id. If the app is registered in another tenant, an administrator of this one " +
		"must give consent first, which creates its enterprise application:\n\n" +
		"    az login --tenant <tenant> --allow-no-subscriptions\n" +
		"    az ad sp create --id <client_id>"

	adviceTenant = "Check tenant_id, and that environment names the cloud that the tenant is in. This prints the " +
		"tenant that you are signed in to with the Azure CLI:\n\n" +
		"    az account show --query tenantId"

	adviceFederation = "The app registration needs a federated credential with exactly the issuer, subject and " +
		"audience of the token that was presented. Add it under \"Certificates & secrets\", or run:\n\n" +
		"    az ad app federated-credential create --id <client_id> --parameters \\\n" +
		"      '{\"name\": \"terraform\", \"issuer\": \"<issuer>\", \"subject\": \"<subject>\", \"audiences\": " +
		"[\"<audience>\"]}'"

	commandFederation = "    az ad app federated-credential list --id <client_id>\n" +
		"    az ad app federated-credential update --id <client_id> --federated-credential-id <its id> " +
		"--parameters \\\n" +
		"      '{\"issuer\": \"<issuer>\", \"subject\": \"<subject>\", \"audiences\": [\"<audience>\"]}'"
)

// placeholders replaces what is in angle brackets by what a failed sign-in knows, unless a command line would misread
// it.
func placeholders(failed *signin.Error) *strings.Replacer {
	values := []string{"<client_id>", failed.ClientID, "<tenant>", failed.Tenant}
	if token := failed.Presented; token != nil {
		values = append(values, "<issuer>", token.Issuer, "<subject>", token.Subject, "<audience>",
			strings.Join(token.Audience, ", "))
	}
	for i := 1; i < len(values); i += 2 {
		if values[i] == "" || strings.ContainsFunc(values[i], unsafeInCommand) {
			values[i] = values[i-1]
		}
	}
	return strings.NewReplacer(values...)
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
	where += " with the " + failed.SignIn + "."

	text := failed.Err.Error()
	if advice, found := signInAdvice[signInCode.FindString(text)]; found {
		return Advice{advice.Problem, Paragraphs(placeholders(failed).Replace(advice.Remedy),
			presentedClaims(failed.Presented), where)}
	}
	advice, found := forTokenService(failed)
	if !found {
		advice = forMethod(failed, text)
	}
	return Advice{advice.Problem, Paragraphs(advice.Remedy, where)}
}

// forTokenService explains a token service that gave no answer.
func forTokenService(failed *signin.Error) (Advice, bool) {
	if last := failed.Response; isOutage(last) {
		again := "Check https://status.azure.com and run again later."
		if last.StatusCode == http.StatusTooManyRequests {
			again = "Run again later, with a lower -parallelism or a longer timeouts block."
		}
		return Advice{"Entra ID's token service gave no token", fmt.Sprintf("It kept answering %s until the "+
			"timeout. %s", statusLine(last), again)}, true
	}
	unanswered := errors.As(failed.Err, new(*azure.ConnectionError)) ||
		errors.As(failed.Err, new(*signin.UnreadableTokenError))
	if !unanswered {
		return Advice{}, false
	}
	advice := forConnection(failed.Err)
	return Advice{"signing in failed: " + advice.Problem, advice.Remedy}, true
}

// forMethod explains a failure of the sign-in method, by the text that azidentity keeps of it.
func forMethod(failed *signin.Error, text string) Advice {
	if m := commandToRun.FindStringSubmatch(text); m != nil {
		return Advice{"the tenant asks you to sign in again", Paragraphs("A policy of the tenant asks for more "+
			"than the sign-in has, such as multifactor authentication, or the sign-in was revoked. Run this "+
			"command, then run Terraform again:", Command(m[1]))}
	}
	switch {
	case strings.Contains(text, "AzureCLICredential"):
		return forCLI(failed.Tenant, text)
	case strings.Contains(text, "AzureDeveloperCLICredential"):
		return Advice{"the Azure Developer CLI gave no token", Paragraphs("Sign in with it, or configure another "+
			"way to sign in:",
			Command("azd auth login"+tenantFlag(" --tenant-id ", failed.Tenant)))}
	case strings.Contains(text, "ManagedIdentityCredential"):
		return Advice{"the managed identity gave no token", "Check that this machine has a managed identity, and " +
			"that client_id names it if it is a user-assigned one."}
	case strings.Contains(text, signin.RequestingToken):
		return Advice{"the pipeline gave no identity token", "Check that oidc_request_url and oidc_request_token " +
			"belong to the running job: the token expires with it. A job of GitHub Actions needs the permission " +
			"\"id-token: write\"."}
	case strings.Contains(text, signin.ReadingToken):
		return Advice{"there is no identity token", "Check oidc_token_file_path (ARM_OIDC_TOKEN_FILE_PATH), and " +
			"that the file has been written."}
	}
	if answer := readEntra(failed.Err); answer.response != nil && !answer.isEntra {
		proxy := forProxy()
		return Advice{"signing in failed: " + proxy.Problem, proxy.Remedy}
	}
	return Advice{"signing in failed", ""}
}

func forCLI(tenant, text string) Advice {
	const other = "If you meant another way to sign in, nothing configured it: set a client secret " +
		"(ARM_CLIENT_SECRET), a certificate (ARM_CLIENT_CERTIFICATE_PATH) or a pipeline's identity (ARM_USE_OIDC=true)."
	switch login := azLogin(tenant); {
	case strings.Contains(text, "not found on path"):
		return Advice{"the Azure CLI is not installed", Paragraphs(other, "Otherwise install the Azure CLI, put it "+
			"on the PATH, and sign in:", login)}
	case strings.Contains(text, "Tenant shouldn't be specified"):
		return Advice{"the Azure CLI's account stays in its own tenant", Paragraphs("In Cloud Shell, and after "+
			"\"az login --identity\", the Azure CLI gives only tokens of the account's own tenant. Sign in to the "+
			"tenant as yourself:", login, other)}
	default:
		return Advice{"the Azure CLI gave no token", Paragraphs("Sign in with it:", login, other)}
	}
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
	remedy := fmt.Sprintf("Check tenant_id, and that the identity exists in tenant %s: a service principal needs "+
		"an enterprise application there, a user an account or a guest invitation.", wrong.Wanted)
	if strings.HasPrefix(wrong.SignIn, "managed identity (") {
		remedy = "A managed identity never leaves its own tenant. To reach others, set use_oidc, use_msi and the " +
			"client_id of a multi-tenant app that trusts it."
	}
	return Advice{"the sign-in gave a token of another tenant", Paragraphs(
		fmt.Sprintf("The provider asked for a token of tenant %s, and the %s gave one of tenant %s. The request "+
			"was not sent: it would have read or changed the settings of the wrong tenant.",
			wrong.Wanted, wrong.SignIn, wrong.Issued),
		remedy,
	)}
}

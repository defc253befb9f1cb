package azure

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// signInCode finds the code by which Entra names a refusal.
var signInCode = regexp.MustCompile(`AADSTS\d+`)

// signInAdvice says what to do about Entra's codes (auth-and-scale 4.4).
var signInAdvice = map[string]Advice{
	"AADSTS7000215": {"Entra ID does not accept the client secret", "The secret is wrong. Often the secret's id was copied instead of its value, or the secret belongs to another app registration. " +
		"Make a new one under the app registration's \"Certificates & secrets\", and use the value, which is shown only once."},
	"AADSTS7000222": {"the client secret has expired", "Make a new secret under the app registration's \"Certificates & secrets\"."},
	"AADSTS700016":  {"the app is not known in the tenant", adviceConsent},
	"AADSTS7000229": {"the app has no enterprise application in the tenant", adviceConsent},
	"AADSTS90002":   {"the tenant was not found", "Check tenant_id, and that environment names the cloud that the tenant is in."},
	"AADSTS900023":  {"the tenant id is not valid", "Check tenant_id, and that environment names the cloud that the tenant is in."},
	"AADSTS700027": {"Entra ID does not know the client certificate", "The certificate is not registered with the app, or another one was. Upload this one under the app registration's " +
		"\"Certificates & secrets\". It must not have expired."},
	"AADSTS700024": {"the identity token is out of date", "A token given once by oidc_token soon expires, and may be too old for the last tenants of a long run. Let the provider request one itself " +
		"(oidc_request_url and oidc_request_token), or read it from a file that is kept fresh (oidc_token_file_path). Check that this machine's clock is right."},
	"AADSTS70025":   {"the app trusts no other issuer", adviceFederation},
	"AADSTS700211":  {"the app does not trust the identity token's issuer", adviceFederation},
	"AADSTS700212":  {"the app does not expect the identity token's audience", adviceFederation},
	"AADSTS700213":  {"the app does not expect the identity token's subject", adviceFederation},
	"AADSTS7002138": {"the identity token's subject is in another letter case", adviceFederation},
	"AADSTS53003":   {"conditional access blocked the sign-in", "A conditional access policy of the tenant blocks this identity. Look at its sign-in log for the policy's name, and exclude the identity or allow this machine's location."},
}

const adviceConsent = "Check client_id. If the app is registered in another tenant, an administrator of this one must give consent first, which creates its enterprise application:\n\n" +
	"    az ad sp create --id <client_id>"

const adviceFederation = "The app registration needs a federated credential with exactly the issuer, subject and audience of the token that was presented. " +
	"Add it under \"Certificates & secrets\", or with:\n\n" +
	"    az ad app federated-credential create --id <client_id> --parameters \\\n" +
	"      '{\"name\": \"terraform\", \"issuer\": \"<issuer>\", \"subject\": \"<subject>\", \"audiences\": [\"<audience>\"]}'"

func adviseSignIn(failed *SignInError) Advice {
	where := "This was the sign-in"
	if failed.Tenant != "" {
		where += " to tenant " + failed.Tenant
	}
	where += " with the " + failed.SignIn + "."

	text := failed.Err.Error()
	if advice, known := signInAdvice[signInCode.FindString(text)]; known {
		return Advice{advice.Problem, Paragraphs(advice.Remedy, failed.Presented, where)}
	}
	if gaveUp, ok := errors.AsType[*GaveUpError](failed.Err); ok {
		return adviseTokenService(gaveUp, where)
	}
	switch {
	case strings.Contains(text, "AzureCLICredential"):
		return Advice{"the Azure CLI gave no token", Paragraphs("If another way to sign in was meant, nothing asked for it: set a client secret (ARM_CLIENT_SECRET), "+
			"a certificate (ARM_CLIENT_CERTIFICATE_PATH) or a pipeline's identity (ARM_USE_OIDC=true). Otherwise run \"az login\""+tenantFlag(failed.Tenant)+".", where)}
	case strings.Contains(text, "AzureDeveloperCLICredential"):
		return Advice{"the Azure Developer CLI gave no token", Paragraphs("Run \"azd auth login\", or configure another way to sign in.", where)}
	case strings.Contains(text, "ManagedIdentityCredential"):
		return Advice{"the managed identity gave no token", Paragraphs("Check that this machine has a managed identity, and that client_id names it if it is a user-assigned one.", where)}
	}
	return Advice{"signing in failed", where}
}

// adviseTokenService explains a token service that did not get round to an answer.
func adviseTokenService(gaveUp *GaveUpError, where string) Advice {
	if refusal, ok := errors.AsType[*ServiceError](gaveUp.Last); ok {
		return Advice{"Entra ID's token service gave no token", Paragraphs(fmt.Sprintf(
			"It went on answering %s until the time was up. Look at https://status.azure.com and run again later.", refusal), where)}
	}
	advice := adviseConnection(gaveUp.Last)
	return Advice{"signing in failed: " + advice.Problem, Paragraphs(advice.Remedy, where)}
}

func tenantFlag(tenant string) string {
	if tenant == "" {
		return ""
	}
	return " with --tenant " + tenant + " --allow-no-subscriptions"
}

// saidByEntra returns the sentence of Entra's answer. azidentity's own text of a refusal is the whole HTTP exchange.
func saidByEntra(err error) string {
	if gaveUp, ok := errors.AsType[*GaveUpError](err); ok {
		return "The last try ended with: " + gaveUp.Last.Error()
	}
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	if !ok || failed.RawResponse == nil {
		return err.Error()
	}
	var answer struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	body, readErr := runtime.Payload(failed.RawResponse)
	if readErr != nil || json.Unmarshal(body, &answer) != nil || answer.Description == "" {
		return "Entra ID answered " + failed.RawResponse.Status + "."
	}
	return "Entra ID said: " + answer.Code + ": " + answer.Description
}

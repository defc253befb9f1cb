package azure

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Advice is what an error means to the person who reads it.
type Advice struct {
	// Problem is a few words for a headline, in lower case and without a full stop.
	Problem string
	// Remedy says what to do, in paragraphs. Lines that start with spaces are to be kept as they are.
	Remedy string
}

// Advise explains an error of this package or of a service, in the light of the tenant it happened in. An
// error that it has nothing to say about gets an Advice without a Remedy.
func Advise(err error, tenant string) Advice {
	if errors.Is(err, context.Canceled) {
		return Advice{"interrupted", "Run \"terraform plan\": it shows what is left to do."}
	}
	if notAllowed, ok := errors.AsType[*TenantNotAllowedError](err); ok {
		return Advice{"the provider does not allow tenant " + notAllowed.Tenant, Paragraphs(
			fmt.Sprintf("The provider signs in to tenant %s, and besides it may use only those in allowed_tenant_ids. Nothing was sent.", notAllowed.Own),
			"To let resources name this tenant, add it to the provider block's list, or to ARM_ALLOWED_TENANT_IDS:",
			Command(fmt.Sprintf("allowed_tenant_ids = [%q]", notAllowed.Tenant)),
			"The app must exist in that tenant, too, and have its role at the scope /providers/Microsoft.aadiam there.",
		)}
	}
	if wrong, ok := errors.AsType[*WrongTenantError](err); ok {
		return adviseWrongTenant(wrong)
	}
	if signIn, ok := errors.AsType[*SignInError](err); ok {
		return adviseSignIn(signIn)
	}
	if config, ok := errors.AsType[*ConfigError](err); ok {
		return Advice{"the provider block is not complete", config.Problem + " " + config.Remedy}
	}
	if refusal, ok := errors.AsType[*ServiceError](err); ok {
		return adviseRefusal(refusal, tenant)
	}
	return adviseConnection(err)
}

func adviseWrongTenant(wrong *WrongTenantError) Advice {
	remedy := fmt.Sprintf("Check tenant_id, and that the identity exists in tenant %s: a service principal needs an enterprise application there, "+
		"a user an account or a guest invitation.", wrong.Wanted)
	if strings.HasPrefix(wrong.SignIn, "managed identity (") {
		remedy = "A managed identity never leaves its own tenant. To reach others, set use_oidc, use_msi and the client_id of a multi-tenant app that trusts it."
	}
	return Advice{"the sign-in gave a token of another tenant", Paragraphs(
		fmt.Sprintf("A token for tenant %s was asked for, and the %s gave one of tenant %s. The request was not sent: "+
			"it would have read or changed the settings of the wrong tenant.", wrong.Wanted, wrong.SignIn, wrong.Issued),
		remedy,
	)}
}

// wrongTenantCode is Resource Manager's, of a token of another tenant than the subscription's (auth-and-scale 4.4).
const wrongTenantCode = "InvalidAuthenticationTokenTenant"

// adviseRefusal explains an answer of Azure Resource Manager or the diagnostic-settings service.
func adviseRefusal(refusal *ServiceError, tenant string) Advice {
	switch {
	case refusal.Code == "LinkedAuthorizationFailed":
		return adviseLinkedScope(refusal, tenant)
	case refusal.Status == http.StatusForbidden && strings.Contains(refusal.Message, "/register/action"),
		refusal.Status == http.StatusConflict && strings.Contains(refusal.Message, "is not registered to use"):
		return adviseUnregistered(refusal)
	case refusal.Status == http.StatusForbidden && refusal.Code == "AuthorizationFailed":
		return adviseForbidden(refusal, tenant)
	case refusal.notAzures() && !slices.Contains(temporary, refusal.Status):
		return adviseProxy()
	case refusal.Status == http.StatusForbidden:
		return Advice{"the request was forbidden", "No missing role was named. The reason is quoted below: often a policy, a network rule, or a proxy on the way to Azure."}
	case refusal.Code == wrongTenantCode:
		return adviseIssuer(refusal, tenant)
	case refusal.Status == http.StatusUnauthorized && strings.Contains(refusal.Message, "auxiliary"):
		return adviseAuxiliary(refusal)
	case refusal.Status == http.StatusUnauthorized:
		return Advice{"the token was not accepted", "Azure Resource Manager did not accept the token. Check that environment and endpoint name the cloud that tenant " +
			tenant + " is in, and that this machine's clock is right. With the Azure CLI, run \"az login\" again."}
	case refusal.Status == http.StatusConflict && strings.Contains(refusal.Message, "already used in diagnostic setting"):
		return Advice{"another setting already sends this", "One category can go to one destination only once. Take the category out of this " +
			"setting or the one that the message names, or import that one and manage it instead of this."}
	case refusal.Status == http.StatusTooManyRequests:
		return Advice{"the service is throttling", "The last answer before the time was up was \"too many requests\". Run again later, with a lower -parallelism or a longer timeouts block."}
	case refusal.Status == http.StatusRequestTimeout, refusal.Status >= http.StatusInternalServerError:
		return Advice{"the service failed", "Azure went on failing until the time was up. Look at https://status.azure.com and run again later, or allow more time with a timeouts block."}
	case refusal.Status == http.StatusBadRequest && unsupported.MatchString(refusal.Message):
		return adviseCategory(refusal, tenant)
	default:
		return Advice{"the service refused the request", ""}
	}
}

// What to find in the gateway's messages: "The client 'x' with object id 'y' does not have authorization to perform action 'a' over scope 's'" (wire
// contract 3.2), and those of linked scopes (auth-and-scale 4.4).
var (
	objectID = regexp.MustCompile(`object id '([^']+)'`)
	client   = regexp.MustCompile(`client '([^']+)'`)
	action   = regexp.MustCompile(`perform action(?:\(s\))? '([^',]+)`)
	linked   = regexp.MustCompile(`linked scope\(s\) '([^',]+)`)
	foreign  = regexp.MustCompile(`current tenant '([^']+)' is not authorized to access linked subscription '([^']+)'`)
	// That of a category (wire contract 3.5).
	unsupported  = regexp.MustCompile(`Category '([^']+)' is not supported`)
	subscription = regexp.MustCompile(`subscriptions?[ /]'?([0-9A-Fa-f-]{36})`)
	// "It must match the tenant 'https://sts.windows.net/<tenant>/'" and "the auxiliary token of client 'c' and tenant 't'", of which the words are inferred.
	wantedIssuer    = regexp.MustCompile(`must match (?:the tenant|one of the tenants) 'https://[^/']+/([0-9A-Fa-f-]{36})`)
	auxiliaryTenant = regexp.MustCompile(`tenant '([^']+)'`)
)

func firstMatch(pattern *regexp.Regexp, text, otherwise string) string {
	if m := pattern.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return otherwise
}

// adviseForbidden prints the role assignment that is missing. Roles on a subscription or a management group
// never reach the scope, and a custom role can't be assigned there (auth-and-scale 4.2).
func adviseForbidden(refusal *ServiceError, tenant string) Advice {
	verb, role := "read", "Reader"
	if !strings.HasSuffix(strings.ToLower(firstMatch(action, refusal.Message, "/write")), "/read") {
		verb, role = "change", "Contributor"
	}
	if who := firstMatch(client, refusal.Message, ""); strings.Contains(who, "@") {
		return adviseForbiddenPerson(who, verb, tenant)
	}
	principal := firstMatch(objectID, refusal.Message, "<object id of the enterprise application>")
	toApply := ""
	if role == "Reader" {
		toApply = "That is enough to plan. To apply, it needs Contributor instead."
	}
	return Advice{fmt.Sprintf("no permission to %s diagnostic settings", verb), Paragraphs(
		fmt.Sprintf("The identity that you signed in with may not %s the diagnostic settings of tenant %s. "+
			"They belong to the tenant, so a role on a subscription or a management group does not reach them.", verb, tenant),
		fmt.Sprintf("A service principal needs the role %s at the scope /providers/Microsoft.aadiam:", role),
		Command(
			"az role assignment create --assignee-principal-type ServicePrincipal \\",
			fmt.Sprintf("  --assignee-object-id %q \\", principal),
			fmt.Sprintf("  --scope \"/providers/Microsoft.aadiam\" --role %q", role),
		),
		toApply,
		"Only a User Access Administrator at the root scope \"/\" can run it. A Global Administrator becomes one with:",
		Command(`az rest --method post --url "/providers/Microsoft.Authorization/elevateAccess?api-version=2015-07-01"`),
		"A person who signs in with the Azure CLI needs the Entra role Security Administrator instead. "+
			"A new assignment takes some minutes to work.",
	)}
}

// adviseForbiddenPerson names the role of Entra's that a person needs (auth-and-scale 4.2, wire contract 4.8).
func adviseForbiddenPerson(who, verb, tenant string) Advice {
	role := "Security Administrator"
	if verb == "read" {
		role = "Security Reader or Global Reader, and to apply the role Security Administrator,"
	}
	return Advice{fmt.Sprintf("no permission to %s diagnostic settings", verb), Paragraphs(
		fmt.Sprintf("You are signed in as %s, who may not %s the diagnostic settings of tenant %s. "+
			"They belong to the tenant, so a role on a subscription or a management group does not reach them.", who, verb, tenant),
		fmt.Sprintf("A person needs the Entra role %s in that tenant. An administrator assigns it in the Entra admin center under \"Roles & admins\". "+
			"It takes some minutes to work, and a new sign-in:", role),
		azLogin(tenant),
	)}
}

// adviseUnregistered reads the messages of wire contract 3.2 and 3.4.
func adviseUnregistered(refusal *ServiceError) Advice {
	return Advice{"a resource provider is not registered", Paragraphs(
		"The destination's subscription has not registered the resource provider Microsoft.Insights. An owner of that subscription can:",
		Command("az provider register --namespace Microsoft.Insights --subscription "+firstMatch(subscription, refusal.Message, "<subscription id>")),
	)}
}

func adviseIssuer(refusal *ServiceError, tenant string) Advice {
	wanted := "another tenant"
	if id := firstMatch(wantedIssuer, refusal.Message, ""); id != "" {
		wanted = "tenant " + id
	}
	return Advice{"the token is of the wrong tenant", fmt.Sprintf("The sign-in was to tenant %s, and Azure Resource Manager wants a token of %s here. "+
		"Set tenant_id to the tenant whose logs are streamed.", tenant, wanted)}
}

// adviseAuxiliary explains the refusal of a token that goes along. The provider asks for a new one in each run.
func adviseAuxiliary(refusal *ServiceError) Advice {
	return Advice{"an auxiliary tenant's token was not accepted", fmt.Sprintf("auxiliary_tenant_ids sends a token of tenant %s along, and Azure Resource Manager did not accept it. "+
		"Run again, which signs in anew. If that does not help, check that this machine's clock is right, or take the tenant out of auxiliary_tenant_ids "+
		"(ARM_AUXILIARY_TENANT_IDS).", firstMatch(auxiliaryTenant, refusal.Message, "another"))}
}

func adviseCategory(refusal *ServiceError, tenant string) Advice {
	return Advice{"the tenant does not offer a log category", Paragraphs(
		fmt.Sprintf("Tenant %s has no log category %q. Correct it in log_categories, or take it out. These are the ones that the tenant offers:",
			tenant, unsupported.FindStringSubmatch(refusal.Message)[1]),
		Command(`az rest --method get --url "/providers/microsoft.aadiam/diagnosticSettingsCategories?api-version=2017-04-01-preview" --query "value[].name"`),
	)}
}

// adviseLinkedScope explains a refusal on account of the destination. The texts are those of
// Microsoft.Insights; that the diagnostic settings of Entra ID answer alike is inferred (auth-and-scale 4.3).
func adviseLinkedScope(refusal *ServiceError, tenant string) Advice {
	if m := foreign.FindStringSubmatch(refusal.Message); m != nil {
		return Advice{"the destination is in another tenant", fmt.Sprintf("Tenant %s may not use subscription %s. A destination in another tenant "+
			"works only where Azure Lighthouse delegates its resource group to tenant %s.", m[1], m[2], m[1])}
	}
	actions := action.FindAllStringSubmatch(refusal.Message, -1)
	lacking := "Microsoft.OperationalInsights/workspaces/sharedKeys/action"
	if len(actions) > 0 {
		lacking = actions[len(actions)-1][1]
	}
	role, has := "Contributor", "The role Contributor has it, among others:"
	if strings.HasPrefix(strings.ToLower(lacking), "microsoft.operationalinsights/") {
		role, has = "Log Analytics Contributor", "For a workspace, Log Analytics Contributor or Monitoring Contributor has it:"
	}
	return Advice{"no permission on the destination", Paragraphs(
		fmt.Sprintf("The identity may write diagnostic settings of tenant %s, but lacks %s on the destination. %s", tenant, lacking, has),
		Command(
			"az role assignment create --assignee-principal-type ServicePrincipal \\",
			fmt.Sprintf("  --assignee-object-id %q \\", firstMatch(objectID, refusal.Message, "<object id of the enterprise application>")),
			fmt.Sprintf("  --scope %q \\", firstMatch(linked, refusal.Message, "<id of the destination>")),
			fmt.Sprintf("  --role %q", role),
		),
		"A new assignment takes some minutes to work.",
	)}
}

// adviseConnection explains an error in which nobody answered.
func adviseConnection(err error) Advice {
	if gaveUp, ok := errors.AsType[*GaveUpError](err); ok {
		err = gaveUp.Last // which says more than that the time was up
	}
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, dialled := errors.AsType[*url.Error](err)
	switch {
	case errors.As(err, new(*UnreadableError)):
		return Advice{"the answer can't be read", "What came back says that it is a success, and is not what the service answers. Somebody on the way may have answered in its place: " +
			"a proxy, or a network's page for signing in. Check this machine's network and proxy (HTTPS_PROXY, NO_PROXY), and that environment and endpoint name the right cloud."}
	case untrusted:
		return Advice{"the service's certificate is not trusted", "Whoever answered has a certificate that this machine does not trust: often a proxy that looks into TLS. " +
			"Let the machine trust its authority, on Linux also by naming a file with its certificate in SSL_CERT_FILE."}
	case errors.Is(err, context.DeadlineExceeded):
		return Advice{"the time was up", "The service did not finish in time. Run again, or allow more time with a timeouts block."}
	case dialled:
		return Advice{"the service could not be reached", "Check this machine's network and proxy (HTTPS_PROXY, NO_PROXY), and that environment and endpoint name the right cloud."}
	default:
		return Advice{"an unexpected error", ""}
	}
}

func adviseProxy() Advice {
	return Advice{"the answer was not Azure's", "Something on the way to Azure answered in its place: often a proxy, which refuses or wants a sign-in. " +
		"Check HTTPS_PROXY and NO_PROXY, and that environment and endpoint name the right cloud."}
}

// Said returns the words of whoever refused, and the error itself where nobody did.
func Said(err error) string {
	if errors.Is(err, context.Canceled) {
		return "" // which Advise has said in full
	}
	if failed, ok := errors.AsType[*SignInError](err); ok {
		return saidByEntra(failed.Err)
	}
	if refusal, ok := errors.AsType[*ServiceError](err); ok {
		text := "Azure said: " + refusal.Error()
		if refusal.notAzures() {
			text = "The answer was: " + refusal.Error()
		}
		if refusal.CorrelationID != "" {
			text += "\nCorrelation id: " + refusal.CorrelationID
		}
		return text
	}
	_, notAllowed := errors.AsType[*TenantNotAllowedError](err)
	_, wrongTenant := errors.AsType[*WrongTenantError](err)
	if notAllowed || wrongTenant {
		return "" // likewise
	}
	return "The error was: " + inWords(err)
}

// inWords is an error's text in other words than Go's own for a deadline.
func inWords(err error) string {
	return strings.ReplaceAll(err.Error(), context.DeadlineExceeded.Error(), "the time was up")
}

// Paragraphs joins texts with an empty line between them, leaving out empty ones.
func Paragraphs(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(t string) bool { return t == "" }), "\n\n")
}

// Command indents lines, by which Terraform knows not to wrap them.
func Command(lines ...string) string { return "    " + strings.Join(lines, "\n    ") }

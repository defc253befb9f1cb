package remedy

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// forRefusal explains an answer of Azure Resource Manager or the diagnostic-settings service.
func forRefusal(refusal *azure.ServiceError, tenant string) Advice {
	switch {
	case refusal.Code == "LinkedAuthorizationFailed":
		return forLinkedScope(refusal, tenant)
	case refusal.Status == http.StatusForbidden && strings.Contains(refusal.Message, "/register/action"),
		refusal.Status == http.StatusConflict && strings.Contains(refusal.Message, "is not registered to use"):
		return forUnregistered(refusal)
	case refusal.Status == http.StatusForbidden && refusal.Code == "AuthorizationFailed":
		return forForbidden(refusal, tenant)
	case refusal.IsForeign() && !azure.IsTemporary(refusal.Status):
		return forProxy()
	case refusal.Status == http.StatusForbidden:
		return Advice{"the request was forbidden", "No missing role was named. The reason is quoted below: often a policy, a network rule, or a proxy on the way to Azure."}
	case refusal.Code == azure.WrongTenantCode:
		return forIssuer(refusal, tenant)
	case refusal.Status == http.StatusUnauthorized && strings.Contains(refusal.Message, "auxiliary"):
		return forAuxiliary(refusal)
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
		return forCategory(refusal, tenant)
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

// forForbidden prints the role assignment that is missing. Roles on a subscription or a management group
// never reach the scope, and a custom role can't be assigned there (auth-and-scale 4.2).
func forForbidden(refusal *azure.ServiceError, tenant string) Advice {
	verb, role := "read", "Reader"
	if !strings.HasSuffix(strings.ToLower(firstMatch(action, refusal.Message, "/write")), "/read") {
		verb, role = "change", "Contributor"
	}
	if who := firstMatch(client, refusal.Message, ""); strings.Contains(who, "@") {
		return forForbiddenPerson(who, verb, tenant)
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

// forForbiddenPerson names the role of Entra's that a person needs (auth-and-scale 4.2, wire contract 4.8).
func forForbiddenPerson(who, verb, tenant string) Advice {
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

// forUnregistered reads the messages of wire contract 3.2 and 3.4.
func forUnregistered(refusal *azure.ServiceError) Advice {
	return Advice{"a resource provider is not registered", Paragraphs(
		"The destination's subscription has not registered the resource provider Microsoft.Insights. An owner of that subscription can:",
		Command("az provider register --namespace Microsoft.Insights --subscription "+firstMatch(subscription, refusal.Message, "<subscription id>")),
	)}
}

func forIssuer(refusal *azure.ServiceError, tenant string) Advice {
	wanted := "another tenant"
	if id := firstMatch(wantedIssuer, refusal.Message, ""); id != "" {
		wanted = "tenant " + id
	}
	return Advice{"the token is of the wrong tenant", fmt.Sprintf("The sign-in was to tenant %s, and Azure Resource Manager wants a token of %s here. "+
		"Set tenant_id to the tenant whose logs are streamed.", tenant, wanted)}
}

// forAuxiliary explains the refusal of a token that goes along. The provider asks for a new one in each run.
func forAuxiliary(refusal *azure.ServiceError) Advice {
	return Advice{"an auxiliary tenant's token was not accepted", fmt.Sprintf("auxiliary_tenant_ids sends a token of tenant %s along, and Azure Resource Manager did not accept it. "+
		"Run again, which signs in anew. If that does not help, check that this machine's clock is right, or take the tenant out of auxiliary_tenant_ids "+
		"(ARM_AUXILIARY_TENANT_IDS).", firstMatch(auxiliaryTenant, refusal.Message, "another"))}
}

func forCategory(refusal *azure.ServiceError, tenant string) Advice {
	return Advice{"the tenant does not offer a log category", Paragraphs(
		fmt.Sprintf("Tenant %s has no log category %q. Correct it in log_categories, or take it out. These are the ones that the tenant offers:",
			tenant, unsupported.FindStringSubmatch(refusal.Message)[1]),
		Command(`az rest --method get --url "/providers/microsoft.aadiam/diagnosticSettingsCategories?api-version=2017-04-01-preview" --query "value[].name"`),
	)}
}

// forLinkedScope explains a refusal on account of the destination. The texts are those of
// Microsoft.Insights; that the diagnostic settings of Entra ID answer alike is inferred (auth-and-scale 4.3).
func forLinkedScope(refusal *azure.ServiceError, tenant string) Advice {
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

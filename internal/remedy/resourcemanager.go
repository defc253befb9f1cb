package remedy

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// forRefusal explains an answer of Azure Resource Manager or the diagnostic settings service.
func forRefusal(refusal *azure.ServiceError, tenant string) Advice {
	switch {
	case refusal.Code == "LinkedAuthorizationFailed":
		return forLinkedScope(refusal, tenant)
	case refusal.Status == http.StatusForbidden && strings.Contains(refusal.Message, "/register/action"),
		refusal.Status == http.StatusConflict && strings.Contains(refusal.Message, "is not registered to use"):
		return forUnregistered(refusal)
	case refusal.Status == http.StatusForbidden && refusal.Code == "AuthorizationFailed":
		return forForbidden(refusal, tenant)
	case refusal.NotJSON && !azure.IsTemporary(refusal.Status):
		return forProxy()
	case refusal.Status == http.StatusForbidden:
		return Advice{"the request was forbidden", "Azure named no missing role. Its message is quoted below. " +
			"Often the reason is a policy, a network rule, or a proxy on the way to Azure."}
	case refusal.Code == azure.WrongTenantCode:
		return forIssuer(refusal, tenant)
	case refusal.Status == http.StatusUnauthorized && strings.Contains(refusal.Message, "auxiliary"):
		return forAuxiliary(refusal)
	case refusal.Status == http.StatusUnauthorized:
		return forRejectedToken("Azure Resource Manager", "environment and endpoint", tenant)
	case refusal.Status == http.StatusConflict && strings.Contains(refusal.Message, "already used in diagnostic setting"):
		return Advice{"another setting already sends these categories", "A category can be sent to a destination only once. " +
			"Remove the category from this setting or from the one that the message names, or import that setting " +
			"and manage it instead of this one."}
	case refusal.Status == http.StatusTooManyRequests:
		return Advice{"the service is throttling", "The last answer before the timeout was \"too many requests\". " +
			"Run again later, with a lower -parallelism or a longer timeouts block."}
	case refusal.Status == http.StatusRequestTimeout, refusal.Status >= http.StatusInternalServerError:
		return Advice{"the service failed", "Azure kept failing until the timeout. Check https://status.azure.com " +
			"and run again later, or allow more time with a timeouts block."}
	case refusal.Status == http.StatusBadRequest && unsupported.MatchString(refusal.Message):
		return forCategory(refusal, tenant)
	default:
		return Advice{"the service refused the request", ""}
	}
}

// What to find in Azure's messages. Their sources are in internal/azuresim/README.md: "Error bodies", "Tokens and
// tenants", "Log categories", "Destinations" and "Permissions".
var (
	objectID        = regexp.MustCompile(`object id '([^']+)'`)
	client          = regexp.MustCompile(`client '([^']+)'`)
	action          = regexp.MustCompile(`perform action(?:\(s\))? '([^',]+)`)
	linked          = regexp.MustCompile(`linked scope\(s\) '([^',]+)`)
	otherTenants    = regexp.MustCompile(`tenant '([^']+)' is not authorized to access linked subscription '([^']+)'`)
	unsupported     = regexp.MustCompile(`Category '([^']+)' is not supported`)
	subscription    = regexp.MustCompile(`subscriptions?[ /]'?([0-9A-Fa-f-]{36})`)
	wantedIssuer    = regexp.MustCompile(`must match (?:the|one of the) tenants? 'https://[^/']+/([0-9A-Fa-f-]{36})`)
	auxiliaryTenant = regexp.MustCompile(`tenant '([^']+)'`)
)

func firstMatch(pattern *regexp.Regexp, text, fallback string) string {
	if m := pattern.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return fallback
}

// aadiamScope is where a service principal gets its role. Roles on a subscription or a management group never reach it,
// and a custom role can't be assigned there: internal/azuresim/README.md, "Permissions".
const aadiamScope = "/providers/Microsoft.aadiam"

// forForbidden prints the role assignment that is missing.
func forForbidden(refusal *azure.ServiceError, tenant string) Advice {
	verb, role, person := "read", "Reader", "Security Reader"
	if !strings.HasSuffix(strings.ToLower(firstMatch(action, refusal.Message, "/write")), "/read") {
		verb, role, person = "change", "Contributor", "Security Administrator"
	}
	if who := firstMatch(client, refusal.Message, ""); strings.Contains(who, "@") {
		return forForbiddenPerson(who, verb, tenant)
	}
	toApply := ""
	if role == "Reader" {
		toApply = "That is enough to plan. To apply, it needs Contributor instead, and a person Security Administrator."
	}
	return Advice{fmt.Sprintf("no permission to %s diagnostic settings", verb), Paragraphs(
		fmt.Sprintf("The identity that you signed in with may not %s the diagnostic settings of tenant %s. They "+
			"belong to the tenant, so a role on a subscription or a management group does not reach them.", verb, tenant),
		fmt.Sprintf("A service principal needs the role %s at the scope %s:", role, aadiamScope),
		assignRole(tenant, firstMatch(objectID, refusal.Message, ""), aadiamScope, role),
		fmt.Sprintf("A person who signs in with the Azure CLI needs the Entra role %s instead.", person),
		toApply,
		"Only a User Access Administrator at the root scope \"/\" can assign the role. A Global Administrator "+
			"becomes one with:",
		Command(`az rest --method post \`,
			`  --url "/providers/Microsoft.Authorization/elevateAccess?api-version=2015-07-01"`),
		"A new assignment takes a few minutes to work.",
	)}
}

// forForbiddenPerson names the Entra role that a person needs: internal/azuresim/README.md, "Permissions".
func forForbiddenPerson(who, verb, tenant string) Advice {
	role := "Security Administrator"
	if verb == "read" {
		role = "Security Reader or Global Reader, and to apply the role Security Administrator,"
	}
	return Advice{fmt.Sprintf("no permission to %s diagnostic settings", verb), Paragraphs(
		fmt.Sprintf("You are signed in as %s, who may not %s the diagnostic settings of tenant %s. They belong to "+
			"the tenant, so a role on a subscription or a management group does not reach them.", who, verb, tenant),
		fmt.Sprintf("A person needs the Entra role %s in that tenant. An administrator assigns it in the Entra "+
			"admin center under \"Roles & admins\". It takes a few minutes to work, and a new sign-in:", role),
		azLogin(tenant),
	)}
}

// forUnregistered reads both messages for a resource provider that is not registered.
func forUnregistered(refusal *azure.ServiceError) Advice {
	return Advice{"a resource provider is not registered", Paragraphs(
		"The destination's subscription has not registered the resource provider Microsoft.Insights. An owner of "+
			"that subscription can:",
		Command("az provider register --namespace Microsoft.Insights --subscription "+
			firstMatch(subscription, refusal.Message, "<subscription id>")),
	)}
}

func forIssuer(refusal *azure.ServiceError, tenant string) Advice {
	wanted := "another tenant"
	if id := firstMatch(wantedIssuer, refusal.Message, ""); id != "" {
		wanted = "tenant " + id
	}
	return Advice{"the token is of the wrong tenant", fmt.Sprintf("You signed in to tenant %s, and Azure Resource "+
		"Manager wants a token of %s here. Set tenant_id to the tenant whose logs are streamed.", tenant, wanted)}
}

// forRejectedToken explains a 401 of a service for a token of the right tenant.
func forRejectedToken(service, attributes, tenant string) Advice {
	return Advice{"the token was not accepted", fmt.Sprintf("%s did not accept the token. Check that %s name the "+
		"cloud that tenant %s is in, and that this machine's clock is right. With the Azure CLI, run \"az login\" "+
		"again.", service, attributes, tenant)}
}

// forAuxiliary explains the refusal of an auxiliary tenant's token. The provider asks for a new one in each run.
func forAuxiliary(refusal *azure.ServiceError) Advice {
	whose := "another tenant"
	if id := firstMatch(auxiliaryTenant, refusal.Message, ""); id != "" {
		whose = "tenant " + id
	}
	return Advice{"an auxiliary tenant's token was not accepted", fmt.Sprintf("Because of auxiliary_tenant_ids, "+
		"each request carries a token of %s, and Azure Resource Manager did not accept it. Run again to "+
		"sign in again. If that does not help, check that this machine's clock is right, or remove the tenant from "+
		"auxiliary_tenant_ids (ARM_AUXILIARY_TENANT_IDS).", whose)}
}

func forCategory(refusal *azure.ServiceError, tenant string) Advice {
	return Advice{"the tenant does not offer a log category", Paragraphs(
		fmt.Sprintf("Tenant %s has no log category %q. Correct it in log_categories, or remove it. The tenant "+
			"offers these:",
			tenant, unsupported.FindStringSubmatch(refusal.Message)[1]),
		Command(`az rest --method get --query "value[].name" \`,
			`  --url "/providers/microsoft.aadiam/diagnosticSettingsCategories?api-version=2017-04-01-preview"`),
	)}
}

// forLinkedScope explains a refusal that concerns the destination. The messages are those of Microsoft.Insights; that
// the diagnostic settings of Entra ID answer alike is inferred: internal/azuresim/README.md, "Destinations".
func forLinkedScope(refusal *azure.ServiceError, tenant string) Advice {
	if m := otherTenants.FindStringSubmatch(refusal.Message); m != nil {
		return Advice{"the destination is in another tenant", fmt.Sprintf("Tenant %s may not use subscription %s. "+
			"A destination in another tenant works only where Azure Lighthouse delegates its resource group to "+
			"tenant %s.", m[1], m[2], m[1])}
	}
	actions := action.FindAllStringSubmatch(refusal.Message, -1)
	lacking := "Microsoft.OperationalInsights/workspaces/sharedKeys/action"
	if len(actions) > 0 {
		lacking = actions[len(actions)-1][1]
	}
	role, has := "Contributor", "The role Contributor has it, among others:"
	if strings.HasPrefix(strings.ToLower(lacking), "microsoft.operationalinsights/") {
		role, has = "Log Analytics Contributor", "For a workspace, Log Analytics Contributor or Monitoring "+
			"Contributor has it:"
	}
	return Advice{"no permission on the destination", Paragraphs(
		fmt.Sprintf("The identity may write diagnostic settings of tenant %s, but lacks %s on the destination. %s",
			tenant, lacking, has),
		assignRole(tenant, firstMatch(objectID, refusal.Message, ""),
			firstMatch(linked, refusal.Message, "<id of the destination>"), role),
		"A new assignment takes a few minutes to work.",
	)}
}

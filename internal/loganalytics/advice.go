package loganalytics

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// Advise explains an error of this package, in the light of the tenant it happened in. One that it has
// nothing of its own to say about, azure.Advise explains.
func Advise(err error, tenant string) azure.Advice {
	failed, ok := errors.AsType[*WorkspaceError](err)
	if !ok {
		return azure.Advise(err, tenant)
	}
	if azure.IsStatus(err, http.StatusTooManyRequests) {
		return azure.Advice{Problem: "the workspace is being throttled", Remedy: "The service went on answering \"too many requests\". It takes 200 queries " +
			"in 30 seconds and 5 at a time from one identity, whoever else uses it included. Run again later, with a lower -parallelism or a longer timeouts block."}
	}
	if query, ok := errors.AsType[*QueryError](err); ok && query.has(codePrivateOnly) {
		return advisePrivateOnly(failed)
	}
	refusal, ok := errors.AsType[*azure.ServiceError](err)
	if !ok {
		return azure.Advise(err, tenant)
	}
	switch {
	case refusal.Code == "InvalidAuthenticationTokenTenant":
		return azure.Advice{Problem: "the workspace is in another tenant", Remedy: "The workspace's subscription does not accept a token of tenant " + tenant +
			". Set tenant_id to the tenant that the subscription belongs to."}
	case refusal.Code == "InvalidAuthenticationTokenAudience":
		return azure.Advice{Problem: "the query service does not accept the token", Remedy: "The token is for another service. Check that environment, or " +
			"log_analytics_endpoint and log_analytics_audience in endpoint, name the cloud that the workspace is in."}
	case refusal.Status == http.StatusNotFound:
		return adviseNotFound(failed, tenant)
	case refusal.Status == http.StatusForbidden && (refusal.Code == "AuthorizationFailed" || refusal.Code == codeInsufficientAccess):
		return adviseForbidden(failed, refusal, tenant)
	case refusal.Status == http.StatusGatewayTimeout:
		return azure.Advice{Problem: "the query took too long", Remedy: fmt.Sprintf("The workspace did not count the records within %s, so it was not asked again. "+
			"Ask for a shorter lookback or for fewer tables at a time, or run again when the workspace is less busy.", queryWait)}
	default:
		return azure.Advise(err, tenant)
	}
}

func adviseNotFound(failed *WorkspaceError, tenant string) azure.Advice {
	return azure.Advice{Problem: "the Log Analytics workspace was not found", Remedy: azure.Paragraphs(
		"There is no workspace with the id "+failed.WorkspaceID+". It may have been deleted or moved, or the id may be misspelt. "+
			"One that was made minutes ago may not be known everywhere yet.",
		"These are the workspaces that an identity of tenant "+tenant+" sees:",
		azure.Command("az resource list --resource-type Microsoft.OperationalInsights/workspaces --query \"[].id\" --output tsv"),
	)}
}

func advisePrivateOnly(failed *WorkspaceError) azure.Advice {
	return azure.Advice{Problem: "the workspace answers private networks only", Remedy: azure.Paragraphs(
		"The workspace does not accept queries from the network that this machine is in, whatever roles the identity has.",
		"Run Terraform inside the virtual network that the workspace's private link scope serves, or allow queries from public networks:",
		azure.Command(fmt.Sprintf("az monitor log-analytics workspace update --query-access Enabled --ids %q", failed.WorkspaceID)),
	)}
}

// principal finds the object id in a refusal: "with object id 'x'" in Resource Manager's, "User 'x' does not
// have access" in the query service's.
var principal = regexp.MustCompile(`(?:object id|User) '([0-9A-Fa-f-]{36})'`)

// adviseForbidden prints the role assignment that is missing. Log Analytics Reader has all that is needed:
// the workspace, its tables' plans and their records (Log Analytics facts, section 1).
func adviseForbidden(failed *WorkspaceError, refusal *azure.ServiceError, tenant string) azure.Advice {
	who := "<object id of the enterprise application>"
	if m := principal.FindStringSubmatch(refusal.Message); m != nil {
		who = m[1]
	}
	return azure.Advice{Problem: "no permission to read the workspace", Remedy: azure.Paragraphs(
		"The identity that you signed in with in tenant "+tenant+" may not read the workspace or its tables. It needs the role Log Analytics Reader on the workspace:",
		azure.Command(
			"az role assignment create --assignee-principal-type ServicePrincipal \\",
			fmt.Sprintf("  --assignee-object-id %q \\", who),
			fmt.Sprintf("  --scope %q --role \"Log Analytics Reader\"", failed.WorkspaceID),
		),
		"For a person, the principal type is User. A new assignment may take an hour to reach the query service.",
	)}
}

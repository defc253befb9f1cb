package remedy

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
)

// forWorkspace explains a failure to read a workspace, as far as there is more to say than of any other service.
func forWorkspace(failed *loganalytics.WorkspaceError, err error, tenant string) (Advice, bool) {
	if azure.IsStatus(err, http.StatusTooManyRequests) {
		return Advice{"the workspace is being throttled", "The service kept answering \"too many requests\". It " +
			"allows an identity 200 queries in 30 seconds and 5 at a time, whoever sends them. Run again later, " +
			"with a lower -parallelism or a longer timeouts block."}, true
	}
	if query, ok := errors.AsType[*loganalytics.QueryError](err); ok && query.IsPrivateOnly() {
		return forPrivateOnly(failed), true
	}
	refusal, ok := errors.AsType[*azure.ServiceError](err)
	if !ok {
		return Advice{}, false
	}
	switch {
	case refusal.Code == azure.WrongTenantCode:
		return Advice{"the workspace is in another tenant", "The workspace's subscription does not accept a token " +
			"of tenant " + tenant + ". Set tenant_id to the tenant that the subscription belongs to."}, true
	case refusal.Code == "InvalidAuthenticationTokenAudience":
		return Advice{"the query service does not accept the token", "The token is for another service. Check that " +
			"environment, or log_analytics_endpoint and log_analytics_audience in endpoint, name the cloud that " +
			"the workspace is in."}, true
	case refusal.Status == http.StatusUnauthorized && errors.As(err, new(*loganalytics.QueryError)):
		return forRejectedToken("The query service of Log Analytics", "environment, or log_analytics_endpoint and "+
			"log_analytics_audience in endpoint,", tenant), true
	case refusal.Status == http.StatusNotFound:
		return forMissingWorkspace(failed, tenant), true
	case refusal.Status == http.StatusForbidden &&
		slices.Contains([]string{"AuthorizationFailed", loganalytics.CodeInsufficientAccess}, refusal.Code):
		return forForbiddenWorkspace(failed, refusal, tenant), true
	case refusal.Status == http.StatusGatewayTimeout:
		return Advice{"the query took too long", fmt.Sprintf("The records of a single table could not be counted within "+
			"%s. Use a shorter lookback, or run again when the workspace is less busy.", loganalytics.QueryWait)}, true
	default:
		return Advice{}, false
	}
}

func forMissingWorkspace(failed *loganalytics.WorkspaceError, tenant string) Advice {
	return Advice{"the Log Analytics workspace was not found", Paragraphs(
		"There is no workspace with the id "+failed.WorkspaceID+". It may have been deleted or moved, or the id "+
			"may be misspelled. A workspace that was created minutes ago may not be known everywhere yet.",
		"This lists the workspaces that an identity of tenant "+tenant+" sees:",
		Command("az resource list --resource-type Microsoft.OperationalInsights/workspaces --query \"[].id\" "+
			"--output tsv"),
	)}
}

func forPrivateOnly(failed *loganalytics.WorkspaceError) Advice {
	return Advice{"the workspace answers private networks only", Paragraphs(
		"The workspace does not accept queries from the network that this machine is in, whatever roles the "+
			"identity has.",
		"Run Terraform inside the virtual network that the workspace's private link scope serves, or allow queries "+
			"from public networks:",
		Command(fmt.Sprintf("az monitor log-analytics workspace update --query-access Enabled --ids %q", failed.WorkspaceID)),
	)}
}

// principal finds the object id in a refusal: "with object id 'x'" is Resource Manager's, "User 'x' does not have
// access" the query service's.
var principal = regexp.MustCompile(`(?:object id|User) '([0-9A-Fa-f-]{36})'`)

// forForbiddenWorkspace prints the role assignment that is missing. Log Analytics Reader has all that is needed: the
// workspace, its tables' plans and their records
// (https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/monitor#log-analytics-reader).
func forForbiddenWorkspace(failed *loganalytics.WorkspaceError, refusal *azure.ServiceError, tenant string) Advice {
	return Advice{"no permission to read the workspace", Paragraphs(
		"The identity that you signed in with in tenant "+tenant+" may not read the workspace or its tables. It "+
			"needs the role Log Analytics Reader on the workspace:",
		assignRole(tenant, firstMatch(principal, refusal.Message, ""), failed.WorkspaceID, "Log Analytics Reader"),
		"For a person, the principal type is User. A new assignment may take an hour to reach the query service.",
	)}
}

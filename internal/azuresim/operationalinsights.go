package azuresim

import (
	"fmt"
	"net/http"
	"regexp"
)

// The versions whose documents are at hand.
const (
	workspaceVersion = "2023-09-01"
	tableVersion     = "2022-10-01"
)

// workspacePath is the path of a workspace, or of one of its tables.
var workspacePath = regexp.MustCompile(`(?i)^((/subscriptions/[^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.OperationalInsights/workspaces/([^/]+))(?:/tables/([^/]+))?$`)

// workspaceCall is one call of Microsoft.OperationalInsights.
type workspaceCall struct {
	w       http.ResponseWriter
	r       *http.Request
	tenant  *Tenant
	token   accessToken
	version string

	id, subscription, group, name string // of the workspace, as the path has them
	table                         string // "" for a call of the workspace itself
}

// answerWorkspace answers for a path that workspacePath has taken apart.
func (s *Simulator) answerWorkspace(call workspaceCall, path []string) {
	call.id, call.subscription, call.group, call.name, call.table = path[1], path[2], path[3], path[4], path[5]
	if call.r.Method != http.MethodGet {
		refuseMethod(call.w, call.r)
		return
	}
	if !call.knownVersion() {
		return
	}
	workspace, found := call.tenant.Workspace(call.id)
	switch {
	case !found && s.subscriptionIsElsewhere(call.subscription, call.tenant):
		// A token of another tenant than the subscription's (auth-and-scale 4.4; the text is shortened).
		refuseAtGateway(call.w, http.StatusUnauthorized, "InvalidAuthenticationTokenTenant", fmt.Sprintf(
			"The access token is from the wrong issuer '%s'. It must match the tenant associated with this subscription.", call.token.Issuer))
	case !found:
		call.notFound("Microsoft.OperationalInsights/workspaces/" + call.name)
	case workspace.ReadDenied && call.table != "":
		refuseAuthorization(call.w, call.token, "Microsoft.OperationalInsights/workspaces/tables/read", call.id+"/tables/"+call.table)
	case workspace.ReadDenied:
		refuseAuthorization(call.w, call.token, "Microsoft.OperationalInsights/workspaces/read", call.id)
	case call.table != "":
		call.getTable(workspace)
	default:
		writeJSON(call.w, http.StatusOK, workspace.document())
	}
}

// subscriptionIsElsewhere says whether a subscription belongs to another tenant than the token's, and not to that.
func (s *Simulator) subscriptionIsElsewhere(subscription string, tenant *Tenant) bool {
	if tenant.ownsSubscription(subscription) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.tenants {
		if other.ownsSubscription(subscription) {
			return true
		}
	}
	return false
}

// knownVersion words the refusal as Resource Manager's gateway is known to (its text here is inferred).
func (c workspaceCall) knownVersion() bool {
	kind, version := "workspaces", workspaceVersion
	if c.table != "" {
		kind, version = "workspaces/tables", tableVersion
	}
	if c.version == version {
		return true
	}
	refuseAtGateway(c.w, http.StatusBadRequest, "NoRegisteredProviderFound", fmt.Sprintf(
		"No registered resource provider found for API version '%s' for type '%s'. The supported api-versions are '%s'.", c.version, kind, version))
	return false
}

// notFound is the gateway's answer for any resource that is not there; that tables are refused alike is inferred.
func (c workspaceCall) notFound(resource string) {
	refuseAtGateway(c.w, http.StatusNotFound, "ResourceNotFound", fmt.Sprintf(
		"The Resource '%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix", resource, c.group))
}

func (c workspaceCall) getTable(workspace Workspace) {
	name, table, found := workspace.table(c.table)
	if !found {
		c.notFound("Microsoft.OperationalInsights/workspaces/" + c.name + "/tables/" + c.table)
		return
	}
	writeJSON(c.w, http.StatusOK, table.document(workspace.ID, name))
}

// document is a workspace as GET answers it, by the document of 2023-09-01 and its example.
func (w Workspace) document() map[string]any {
	return map[string]any{
		"id":       w.ID,
		"name":     w.name(),
		"type":     "Microsoft.OperationalInsights/workspaces",
		"location": "westeurope",
		"tags":     map[string]any{},
		"properties": map[string]any{
			"customerId":                      w.CustomerID,
			"provisioningState":               "Succeeded",
			"sku":                             map[string]any{"name": "PerGB2018"},
			"retentionInDays":                 90,
			"features":                        map[string]any{"enableLogAccessUsingOnlyResourcePermissions": true},
			"workspaceCapping":                map[string]any{"dailyQuotaGb": 5.0, "dataIngestionStatus": w.IngestionStatus},
			"publicNetworkAccessForIngestion": "Enabled",
			"publicNetworkAccessForQuery":     w.QueryAccess,
		},
	}
}

// document is a table as GET answers it, by the document of 2022-10-01 and its example. That document has no plan
// Auxiliary; what its version answers for one is inferred.
func (t Table) document(workspaceID, name string) map[string]any {
	return map[string]any{
		"id":   workspaceID + "/tables/" + name,
		"name": name,
		"properties": map[string]any{
			"plan":                          t.Plan,
			"provisioningState":             "Succeeded",
			"retentionInDays":               90,
			"totalRetentionInDays":          90,
			"archiveRetentionInDays":        0,
			"retentionInDaysAsDefault":      true,
			"totalRetentionInDaysAsDefault": true,
			"schema": map[string]any{
				"name":            name,
				"tableType":       "Microsoft",
				"tableSubType":    "Any",
				"solutions":       []string{"LogManagement"},
				"columns":         []any{},
				"standardColumns": []any{map[string]any{"name": timeGenerated.Name, "type": "dateTime", "isHidden": false, "isDefaultDisplay": false}},
			},
		},
	}
}

package resourcemanager

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

const (
	workspaceVersion = "2023-09-01"
	tableVersion     = "2022-10-01"
)

// workspaceCall is a call of a workspace, or of one of its tables. Its members are as in the path.
type workspaceCall struct {
	call
	id, subscription, group, name, table string
}

func (c workspaceCall) answer() {
	if c.r.Method != http.MethodGet {
		c.refuseMethod()
		return
	}
	kind, version := "workspaces", workspaceVersion
	if c.table != "" {
		kind, version = "workspaces/tables", tableVersion
	}
	if c.version != version {
		c.refuseVersion(kind, version)
		return
	}
	workspace, found := c.service.Readable(c.token.Tenant, c.id)
	switch {
	case !found:
		c.refuseUnknown()
	case workspace.ReadDenied && c.table != "":
		c.refuseAuthorization("Microsoft.OperationalInsights/workspaces/tables/read", c.id+"/tables/"+c.table)
	case workspace.ReadDenied:
		c.refuseAuthorization("Microsoft.OperationalInsights/workspaces/read", c.id)
	case c.table != "":
		c.getTable(workspace)
	default:
		jsonhttp.Write(c.w, http.StatusOK, workspace.document())
	}
}

// Readable returns a workspace that a tenant can read: its own, or one that is delegated to it.
func (s *Service) Readable(tenant, id string) (Workspace, bool) {
	return s.readable(tenant, func(t *Tenant) (Workspace, bool) { return t.Workspace(id) })
}

// ReadableCustomer is Readable for the customer id of a workspace.
func (s *Service) ReadableCustomer(tenant, customerID string) (Workspace, bool) {
	return s.readable(tenant, func(t *Tenant) (Workspace, bool) { return t.workspaceOfCustomer(customerID) })
}

func (s *Service) readable(tenant string, find func(*Tenant) (Workspace, bool)) (Workspace, bool) {
	if workspace, found := find(s.Tenant(tenant)); found {
		return workspace, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.tenants {
		if workspace, found := find(other); found && workspace.isDelegatedTo(tenant) {
			return workspace, true
		}
	}
	return Workspace{}, false
}

// ownerElsewhere finds the other tenant that the subscription of a resource belongs to, nil if there is none or it is
// the token's own.
func (c call) ownerElsewhere(id string) (owner *Tenant, subscription string) {
	parts := strings.Split(strings.ToLower(id), "/")
	if len(parts) < 3 || parts[1] != "subscriptions" || c.tenant.ownsSubscription(parts[2]) {
		return nil, ""
	}
	c.service.mu.Lock()
	defer c.service.mu.Unlock()
	for _, tenant := range c.service.tenants {
		if tenant.ownsSubscription(parts[2]) {
			return tenant, parts[2]
		}
	}
	return nil, parts[2]
}

// refuseUnknown refuses a workspace that doesn't exist, or whose subscription is another tenant's (README, "Tokens and
// tenants").
func (c workspaceCall) refuseUnknown() {
	owner, _ := c.ownerElsewhere(c.id)
	if owner == nil {
		c.notFound("Microsoft.OperationalInsights/workspaces/" + c.name)
		return
	}
	authority := c.service.url + "/" + owner.id
	refuseAtGateway(c.w, http.StatusUnauthorized, "InvalidAuthenticationTokenTenant", fmt.Sprintf(
		"The access token is from the wrong issuer '%s'. It must match the tenant '%s' associated with this subscription. "+
			"Please use the authority (URL) '%s' to get the token. Note, if the subscription is transferred to another tenant "+
			"there is no impact to the services, but information about new tenant could take time to propagate (up to an "+
			"hour). If you just transferred your subscription and see this error message, please try back later.",
		c.token.Issuer, authority, authority))
}

// notFound is described in README, "Paths and versions".
func (c workspaceCall) notFound(resource string) {
	refuseAtGateway(c.w, http.StatusNotFound, "ResourceNotFound", fmt.Sprintf(
		"The Resource '%s' under resource group '%s' was not found. "+
			"For more details please go to https://aka.ms/ARMResourceNotFoundFix", resource, c.group))
}

func (c workspaceCall) getTable(workspace Workspace) {
	name, table, found := workspace.table(c.table)
	if !found {
		c.notFound("Microsoft.OperationalInsights/workspaces/" + c.name + "/tables/" + c.table)
		return
	}
	jsonhttp.Write(c.w, http.StatusOK, table.document(workspace.ID, name))
}

// document returns a workspace as GET answers it (README, "Reading a workspace").
func (w Workspace) document() map[string]any {
	return map[string]any{
		"id":       w.ID,
		"name":     w.Name(),
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

// document returns a table as GET answers it (README, "Reading a workspace").
func (t Table) document(workspaceID, name string) map[string]any {
	column := map[string]any{"name": TimeGenerated, "type": "dateTime", "isHidden": false, "isDefaultDisplay": false}
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
				"standardColumns": []any{column},
			},
		},
	}
}

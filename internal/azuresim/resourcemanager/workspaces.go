package resourcemanager

import (
	"net/http"
	"slices"
	"strings"
)

func (c call) getWorkspace() (any, error) {
	workspace, err := c.readWorkspace()
	return workspace.document(), err
}

func (c call) getTable() (any, error) {
	workspace, err := c.readWorkspace()
	if err != nil {
		return nil, err
	}
	for name, table := range workspace.Tables {
		if strings.EqualFold(name, c.path[4]) {
			return table.document(workspace.ID, name), nil
		}
	}
	return nil, c.notFound("/tables/" + c.path[4])
}

// readWorkspace finds the workspace of a path. It refuses one that doesn't exist, or whose subscription is another
// tenant's (README, "Tokens and tenants"), or that nobody may read.
func (c call) readWorkspace() (Workspace, error) {
	workspace, found := c.readable(c.path[1])
	if found && workspace.ReadDenied {
		return workspace, c.unauthorized(c.path[0])
	}
	if found {
		return workspace, nil
	}
	owner, _ := c.ownerElsewhere(c.path[1])
	if owner == nil {
		return workspace, c.notFound("")
	}
	authority := c.service.url + "/" + owner.id
	return workspace, gatewayError(http.StatusUnauthorized, "InvalidAuthenticationTokenTenant",
		"The access token is from the wrong issuer '%s'. It must match the tenant '%s' associated with this subscription. "+
			"Please use the authority (URL) '%s' to get the token. Note, if the subscription is transferred to another tenant "+
			"there is no impact to the services, but information about new tenant could take time to propagate (up to an "+
			"hour). If you just transferred your subscription and see this error message, please try back later.",
		c.token.Issuer, authority, authority)
}

// notFound is the refusal of a workspace, or of what is below it (README, "Paths and versions").
func (c call) notFound(below string) error {
	return gatewayError(http.StatusNotFound, "ResourceNotFound",
		"The Resource 'Microsoft.OperationalInsights/workspaces/%s%s' under resource group '%s' was not found. "+
			"For more details please go to https://aka.ms/ARMResourceNotFoundFix", c.path[3], below, c.path[2])
}

// readable returns the workspace of an id if the caller's tenant can read it.
func (c call) readable(id string) (Workspace, bool) {
	return c.service.readable(c.tenant, func(w Workspace) bool { return strings.EqualFold(w.ID, id) })
}

// ReadableCustomer returns the workspace of a customer id if a tenant can read it.
func (s *Service) ReadableCustomer(tenant, customerID string) (Workspace, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.readable(s.tenant(tenant), func(w Workspace) bool { return strings.EqualFold(w.CustomerID, customerID) })
}

// readable finds a workspace among those of a tenant and those that are delegated to it.
func (s *Service) readable(tenant *Tenant, matches func(Workspace) bool) (Workspace, bool) {
	isTenant := func(id string) bool { return strings.EqualFold(id, tenant.id) }
	for _, owner := range s.tenants {
		for _, w := range owner.workspaces {
			if matches(w) && (owner == tenant || slices.ContainsFunc(w.DelegatedTo, isTenant)) {
				return w, true
			}
		}
	}
	return Workspace{}, false
}

// ownerElsewhere finds the other tenant that the subscription of a resource belongs to, nil if there is none or it is
// the token's own.
func (c call) ownerElsewhere(id string) (owner *Tenant, subscription string) {
	subscription = strings.Split(strings.ToLower(id), "/")[2]
	for _, tenant := range c.service.tenants {
		for workspace := range tenant.workspaces {
			switch ofSubscription := strings.HasPrefix(workspace, "/subscriptions/"+subscription+"/"); {
			case ofSubscription && tenant == c.tenant:
				return nil, subscription
			case ofSubscription:
				owner = tenant
			}
		}
	}
	return owner, subscription
}

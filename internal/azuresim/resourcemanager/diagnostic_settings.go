package resourcemanager

import (
	"encoding/json"
	"net/http"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

const settingsID = "/providers/microsoft.aadiam/diagnosticSettings/"

// versions are those of diagnostic settings. Only the last one lists categories (README, "Log categories").
var versions = []string{"2017-04-01", "2017-04-01-preview"}

func (c call) listCategories() (any, error) {
	var value []any
	for _, category := range c.tenant.categories() {
		value = append(value, map[string]any{
			"id":         "/providers/microsoft.aadiam/diagnosticSettingsCategories/" + category,
			"type":       "microsoft.aadiam/diagnosticSettingsCategories",
			"name":       category,
			"properties": map[string]any{"categoryType": "Logs"},
		})
	}
	return map[string]any{"value": value}, nil
}

func (c call) listSettings() (any, error) { return map[string]any{"value": c.tenant.list()}, nil }

func (c call) getSetting() (any, error) {
	shown := c.tenant.get(c.path[1])
	if shown == nil {
		return nil, providerError(http.StatusNotFound, "ResourceNotFound", "The diagnostic setting '%s' doesn't exist.",
			c.path[1])
	}
	return c.tenant.shown(shown), nil
}

// putSetting replaces the whole setting, and echoes what was sent with 200, also after a create (README, "Operations"
// and "PUT replaces the whole setting").
func (c call) putSetting() (any, error) {
	var document map[string]any
	if err := json.NewDecoder(c.r.Body).Decode(&document); err != nil {
		return nil, gatewayError(http.StatusBadRequest, "InvalidRequestContent",
			"The request content was invalid and could not be deserialized: '%v'.", err)
	}
	sent, err := c.tenant.parse(c.path[1], document)
	if err == nil {
		err = c.checkWorkspace(sent)
	}
	if err == nil {
		err = c.tenant.write(sent)
	}
	if err != nil {
		return nil, err
	}
	return sent.echo(), nil
}

// checkWorkspace refuses a workspace that doesn't exist, or is another tenant's, where the tenant's behaviour says so
// (README, "Destinations").
func (c call) checkWorkspace(sent content) error {
	id := sent.destination("workspaceId")
	if id == "" || !c.tenant.behaviour.ChecksDestinations {
		return nil
	}
	if _, found := c.readable(id); found {
		return nil
	}
	const action = "'Microsoft.OperationalInsights/workspaces/sharedKeys/action'"
	owner, subscription := c.ownerElsewhere(id)
	if owner == nil {
		return gatewayError(http.StatusForbidden, "LinkedAuthorizationFailed",
			"The client '%s' with object id '%s' has permission to perform action 'microsoft.aadiam/diagnosticSettings/write' "+
				"on scope '%s'; however, it does not have permission to perform action "+action+" on the linked scope(s) '%s' "+
				"or the linked scope(s) are invalid.", c.token.ClientID, c.token.ObjectID, settingsID+sent.name, id)
	}
	return gatewayError(http.StatusForbidden, "LinkedAuthorizationFailed",
		"The client has permission to perform action "+action+" on scope '%s', however the current tenant '%s' is not "+
			"authorized to access linked subscription '%s'.", settingsID+sent.name, c.token.Tenant, subscription)
}

// deleteSetting answers 200 for what it deleted and 204 for what was not there (README, "Operations").
func (c call) deleteSetting() (any, error) {
	if !c.tenant.remove(c.path[1]) {
		return nil, &jsonhttp.Answer{Status: http.StatusNoContent}
	}
	return nil, nil
}

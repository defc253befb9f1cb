package resourcemanager

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/entra"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

const (
	stableVersion  = "2017-04-01"
	previewVersion = "2017-04-01-preview"
)

// mayUse checks the caller's role for an operation of Microsoft.AADIAM (README, "Permissions").
func (c call) mayUse(resource, name, verb string) bool {
	role := c.service.entra.RoleOf(c.token)
	if role == entra.Contributor || role == entra.Reader && verb == "read" {
		return true
	}
	scope := "/providers/microsoft.aadiam/" + resource
	if name != "" {
		scope += "/" + name
	}
	c.refuseAuthorization("microsoft.aadiam/"+resource+"/"+verb, scope)
	return false
}

func (c call) hasSettingsVersion() bool {
	if c.version == stableVersion || c.version == previewVersion {
		return true
	}
	c.refuseVersion("diagnosticSettings", stableVersion+", "+previewVersion)
	return false
}

// listCategories answers 400 at the stable version (README, "Log categories"). The body of that answer is inferred.
func (c call) listCategories() {
	switch {
	case c.r.Method != http.MethodGet:
		c.refuseMethod()
	case c.version != previewVersion:
		badRequest("The api-version '%s' is not supported for diagnosticSettingsCategories.", c.version).answer(c.w)
	case c.mayUse("diagnosticSettingsCategories", "", "read"):
		var value []map[string]any
		for _, category := range c.tenant.categories() {
			value = append(value, map[string]any{
				"id":         "/providers/microsoft.aadiam/diagnosticSettingsCategories/" + category,
				"type":       "microsoft.aadiam/diagnosticSettingsCategories",
				"name":       category,
				"properties": map[string]any{"categoryType": "Logs"},
			})
		}
		jsonhttp.Write(c.w, http.StatusOK, map[string]any{"value": value})
	}
}

func (c call) listSettings() {
	switch {
	case c.r.Method != http.MethodGet:
		c.refuseMethod()
	case c.hasSettingsVersion() && c.mayUse("diagnosticSettings", "", "read"):
		jsonhttp.Write(c.w, http.StatusOK, map[string]any{"value": c.tenant.list()})
	}
}

// settingCall is a call of one diagnostic setting.
type settingCall struct {
	call
	name string
}

func (c settingCall) answer() {
	verbs := map[string]string{http.MethodGet: "read", http.MethodPut: "write", http.MethodDelete: "delete"}
	verb, known := verbs[c.r.Method]
	switch {
	case !known:
		c.refuseMethod()
	case !c.hasSettingsVersion() || !c.mayUse("diagnosticSettings", c.name, verb):
	case verb == "read":
		c.get()
	case verb == "write":
		c.put()
	default:
		c.delete()
	}
}

func (c settingCall) get() {
	document, found := c.tenant.read(c.name)
	if !found {
		(&refusal{status: http.StatusNotFound, code: "ResourceNotFound",
			message: fmt.Sprintf("The diagnostic setting '%s' doesn't exist.", c.name)}).answer(c.w)
		return
	}
	jsonhttp.Write(c.w, http.StatusOK, document)
}

// put replaces the whole setting, and echoes what was sent with 200, also after a create (README, "Operations" and "PUT
// replaces the whole setting").
func (c settingCall) put() {
	raw, err := io.ReadAll(c.r.Body)
	if err != nil {
		return // the client is gone
	}
	var document map[string]any
	if err := json.Unmarshal(raw, &document); err != nil {
		refuseAtGateway(c.w, http.StatusBadRequest, "InvalidRequestContent",
			"The request content was invalid and could not be deserialized: '"+err.Error()+"'.")
		return
	}
	content, refused := c.tenant.parse(c.name, document)
	if refused == nil {
		refused = c.checkWorkspace(content)
	}
	if refused == nil {
		refused = c.tenant.write(content, true)
	}
	if refused != nil {
		refused.answer(c.w)
		return
	}
	jsonhttp.Write(c.w, http.StatusOK, content.echo())
}

// checkWorkspace refuses a workspace that doesn't exist, or is another tenant's, where the tenant's behaviour says so
// (README, "Destinations").
func (c settingCall) checkWorkspace(content content) *refusal {
	id, _ := content.properties["workspaceId"].(string)
	if id == "" || !c.tenant.checksDestinations() {
		return nil
	}
	if _, found := c.service.Readable(c.token.Tenant, id); found {
		return nil
	}
	scope := "/providers/microsoft.aadiam/diagnosticSettings/" + c.name
	owner, subscription := c.ownerElsewhere(id)
	if owner == nil {
		return &refusal{http.StatusForbidden, "LinkedAuthorizationFailed", fmt.Sprintf(
			"The client '%s' with object id '%s' has permission to perform action 'microsoft.aadiam/diagnosticSettings/write' "+
				"on scope '%s'; however, it does not have permission to perform action "+
				"'Microsoft.OperationalInsights/workspaces/sharedKeys/action' on the linked scope(s) '%s' or the linked "+
				"scope(s) are invalid.", c.token.ClientID, c.token.ObjectID, scope, id), true}
	}
	return &refusal{http.StatusForbidden, "LinkedAuthorizationFailed", fmt.Sprintf(
		"The client has permission to perform action 'Microsoft.OperationalInsights/workspaces/sharedKeys/action' on scope "+
			"'%s', however the current tenant '%s' is not authorized to access linked subscription '%s'.",
		scope, c.token.Tenant, subscription), true}
}

// delete answers 200 for what it deleted and 204 for what was not there (README, "Operations").
func (c settingCall) delete() {
	if c.tenant.remove(c.name, true) {
		c.w.WriteHeader(http.StatusOK)
		return
	}
	c.w.WriteHeader(http.StatusNoContent)
}

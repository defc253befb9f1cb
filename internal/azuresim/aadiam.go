package azuresim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// aadiamCall is one call of Microsoft.AADIAM.
type aadiamCall struct {
	w       http.ResponseWriter
	r       *http.Request
	tenant  *Tenant
	token   accessToken
	version string
	name    string // of the setting, "" for a call of a collection
}

const (
	stableVersion  = "2017-04-01"
	previewVersion = "2017-04-01-preview"
	mostSettings   = 5 // wire contract 3.6
)

// allowed checks the caller's role and otherwise answers the refusal that was seen (wire contract 3.2).
func (c aadiamCall) allowed(resource, verb string) bool {
	principal, _ := c.tenant.principal(c.token.ClientID)
	if principal.Role == Contributor || principal.Role == Reader && verb == "read" {
		return true
	}
	scope := "/providers/microsoft.aadiam/" + resource
	if c.name != "" {
		scope += "/" + c.name
	}
	refuseAuthorization(c.w, c.token, "microsoft.aadiam/"+resource+"/"+verb, scope)
	return false
}

func (c aadiamCall) knownVersion() bool {
	if c.version == stableVersion || c.version == previewVersion {
		return true
	}
	refuseAtGateway(c.w, http.StatusBadRequest, "InvalidResourceType", fmt.Sprintf(
		"The api-version '%s' is not valid for the resource type 'microsoft.aadiam/diagnosticSettings'.", c.version))
	return false
}

// listCategories answers 400 at the stable version (wire contract 1.3). The body of that answer is not known.
func (c aadiamCall) listCategories() {
	switch {
	case c.r.Method != http.MethodGet:
		refuseMethod(c.w, c.r)
	case c.version != previewVersion:
		badRequest("The api-version '%s' is not supported for diagnosticSettingsCategories.", c.version).answer(c.w)
	case c.allowed("diagnosticSettingsCategories", "read"):
		var value []map[string]any
		for _, category := range c.tenant.categories() {
			value = append(value, map[string]any{
				"id":         "/providers/microsoft.aadiam/diagnosticSettingsCategories/" + category,
				"type":       "microsoft.aadiam/diagnosticSettingsCategories",
				"name":       category,
				"properties": map[string]any{"categoryType": "Logs"},
			})
		}
		writeJSON(c.w, http.StatusOK, map[string]any{"value": value})
	}
}

// list answers every setting at once; an empty tenant's list is [] (wire contract 0).
func (c aadiamCall) list() {
	switch {
	case c.r.Method != http.MethodGet:
		refuseMethod(c.w, c.r)
	case c.knownVersion() && c.allowed("diagnosticSettings", "read"):
		writeJSON(c.w, http.StatusOK, map[string]any{"value": c.tenant.list()})
	}
}

func (c aadiamCall) item() {
	verbs := map[string]string{http.MethodGet: "read", http.MethodPut: "write", http.MethodDelete: "delete"}
	verb, known := verbs[c.r.Method]
	switch {
	case !known:
		refuseMethod(c.w, c.r)
	case !c.knownVersion() || !c.allowed("diagnosticSettings", verb):
	case verb == "read":
		c.get()
	case verb == "write":
		c.put()
	default:
		c.delete()
	}
}

func (c aadiamCall) get() {
	document, found := c.tenant.read(c.name)
	if !found {
		(&refusal{status: http.StatusNotFound, code: "ResourceNotFound", message: fmt.Sprintf("The diagnostic setting '%s' doesn't exist.", c.name)}).answer(c.w)
		return
	}
	writeJSON(c.w, http.StatusOK, document)
}

// put replaces the whole setting (wire contract 4.1). Its answer echoes what was sent rather than the whole list of logs
// (2.1, inferred from the length of a real answer), and it answers 200, also to a creation (0).
func (c aadiamCall) put() {
	raw, err := io.ReadAll(c.r.Body)
	if err != nil {
		return // the caller has gone
	}
	var document map[string]any
	if err := json.Unmarshal(raw, &document); err != nil {
		refuseAtGateway(c.w, http.StatusBadRequest, "InvalidRequestContent", "The request content was invalid and could not be deserialized: '"+err.Error()+"'.")
		return
	}
	content, refused := c.tenant.parse(c.name, document)
	if refused == nil {
		refused = c.tenant.write(content, true)
	}
	if refused != nil {
		refused.answer(c.w)
		return
	}
	writeJSON(c.w, http.StatusOK, content.echo())
}

// delete answers 200 for what it deleted and 204 for what was not there, both without a body (wire contract 0: by the
// specification; for a missing setting it was never seen).
func (c aadiamCall) delete() {
	if c.tenant.remove(c.name, true) {
		c.w.WriteHeader(http.StatusOK)
		return
	}
	c.w.WriteHeader(http.StatusNoContent)
}

func refuseMethod(w http.ResponseWriter, r *http.Request) {
	refuseAtGateway(w, http.StatusMethodNotAllowed, "HttpMethodNotSupported",
		fmt.Sprintf("The requested resource does not support http method '%s'.", r.Method))
}

func badRequest(format string, values ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, code: "BadRequest", message: fmt.Sprintf(format, values...)}
}

// conflict is Microsoft.Insights' answer for a category that another setting already sends to the same place; that
// the settings of Entra ID answer alike is inferred (wire contract 3.4).
func conflict(sink, setting, category string) *refusal {
	return &refusal{status: http.StatusConflict, code: "Conflict", message: fmt.Sprintf(
		"Data sink '%s' is already used in diagnostic setting '%s' for category '%s'. "+
			"Data sinks can't be reused in different settings on the same category for the same resource.", sink, setting, category)}
}

// badID is the gateway's check of any id in a body (wire contract 3.5; its code is inferred).
func badID(property, id string) *refusal {
	return &refusal{status: http.StatusBadRequest, gateway: true, code: "LinkedInvalidPropertyId", message: fmt.Sprintf(
		"Property id '%s' at path 'properties.%s' is invalid. Expect fully qualified resource Id that start with "+
			"'/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'.", id, property)}
}

func isFullID(id string) bool {
	lower := strings.ToLower(id)
	return strings.HasPrefix(lower, "/subscriptions/") || strings.HasPrefix(lower, "/providers/")
}

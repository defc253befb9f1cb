package resourcemanager

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// knownCategories are those that a tenant offered in 2026 (README, "Log categories"). Their order is arbitrary, as the
// service's is.
var knownCategories = []string{
	"ProvisioningLogs", "AuditLogs", "SignInLogs", "NonInteractiveUserSignInLogs", "ServicePrincipalSignInLogs",
	"ManagedIdentitySignInLogs", "ADFSSignInLogs", "RiskyUsers", "UserRiskEvents", "NetworkAccessTrafficLogs",
	"RiskyServicePrincipals", "ServicePrincipalRiskEvents", "EnrichedOffice365AuditLogs", "MicrosoftGraphActivityLogs",
	"RemoteNetworkHealthLogs", "NetworkAccessAlerts", "NetworkAccessConnectionEvents", "NetworkAccessGenerativeAIInsights",
	"MicrosoftServicePrincipalSignInLogs", "AzureADGraphActivityLogs", "GraphNotificationsActivityLogs",
	"B2CRequestLogs", "MicrosoftGraphPolicyLogs", "PreAuthenticationDiscoveryLogs", "RiskyAgents", "AgentRiskEvents",
}

// sinks are the properties that name a destination.
var sinks = []string{"storageAccountId", "serviceBusRuleId", "workspaceId", "eventHubAuthorizationRuleId"}

// content is the whole content of a setting, as it was PUT.
type content struct {
	name       string
	document   map[string]any            // the members other than id, name, type and properties
	properties map[string]any            // the members other than logs
	logs       map[string]map[string]any // the enabled ones, by category
}

// parse checks a document with the messages of Insights (README, "Log categories", "Retention" and "Destinations").
// That of a setting without a destination is inferred.
func (t *Tenant) parse(name string, document map[string]any) (content, *refusal) {
	c := content{name: name, document: maps.Clone(document), logs: map[string]map[string]any{}}
	sent, _ := document["properties"].(map[string]any)
	if sent == nil {
		return content{}, badRequest("The request has no properties.")
	}
	for _, ours := range []string{"id", "name", "type", "properties"} { // the URL's name wins
		delete(c.document, ours)
	}
	c.properties = maps.Clone(sent)
	delete(c.properties, "logs")
	logs, _ := sent["logs"].([]any)
	for _, entry := range logs {
		log, _ := entry.(map[string]any)
		category, _ := log["category"].(string)
		if !slices.Contains(t.categories(), category) {
			return content{}, badRequest("Category '%s' is not supported.", category)
		}
		if retention, _ := log["retentionPolicy"].(map[string]any); retention["enabled"] == true {
			return content{}, badRequest("Diagnostic settings does not support retention for new diagnostic settings.")
		}
		if log["enabled"] == true {
			c.logs[category] = log
		}
	}
	used := 0
	for _, sink := range sinks {
		id, _ := c.properties[sink].(string)
		if id != "" && !isFullID(id) {
			return content{}, badID(sink, id)
		}
		if id != "" {
			used++
		}
	}
	if used == 0 {
		return content{}, badRequest("At least one data sink needs to be specified.")
	}
	return c, nil
}

// show returns a setting as GET and LIST answer it: with all categories, disabled ones too, with a retention policy
// that nobody sent, and with members that nobody needs (README, "Log categories", "Retention" and "Names and ids").
func (t *Tenant) show(c *content) map[string]any {
	properties := maps.Clone(c.properties)
	for _, sink := range append(slices.Clone(sinks), "eventHubName") {
		id, _ := properties[sink].(string)
		switch {
		case id != "" && t.behaviour.LowerCaseIDs:
			properties[sink] = lowerCaseID(id)
		case id == "" && t.behaviour.Unused == "null":
			properties[sink] = nil
		case id == "" && t.behaviour.Unused == "absent":
			delete(properties, sink)
		case id == "":
			properties[sink] = ""
		}
	}
	logs := []map[string]any{}
	for _, category := range t.offered() {
		log := map[string]any{}
		maps.Copy(log, c.logs[category])
		log["category"] = category
		log["enabled"] = c.logs[category] != nil
		log["retentionPolicy"] = map[string]any{"enabled": false, "days": 0}
		logs = append(logs, log)
	}
	properties["logs"] = logs
	if properties["metrics"] == nil {
		properties["metrics"] = []any{}
	}
	return c.envelope(properties)
}

// echo returns a setting as PUT answers it (README, "PUT replaces the whole setting").
func (c content) echo() map[string]any {
	properties := maps.Clone(c.properties)
	logs := []map[string]any{}
	for _, category := range slices.Sorted(maps.Keys(c.logs)) {
		logs = append(logs, c.logs[category])
	}
	properties["logs"] = logs
	return c.envelope(properties)
}

func (c content) envelope(properties map[string]any) map[string]any {
	document := map[string]any{"location": "global", "kind": nil, "tags": nil, "identity": nil}
	maps.Copy(document, c.document)
	document["id"] = "/providers/microsoft.aadiam/diagnosticSettings/" + c.name
	document["type"] = ""
	document["name"] = c.name
	document["properties"] = properties
	return document
}

var lastSegment = regexp.MustCompile(`[^/]+$`)

func lowerCaseID(id string) string {
	name := lastSegment.FindString(id)
	return strings.ToLower(strings.TrimSuffix(id, name)) + name
}

func badRequest(format string, values ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, code: "BadRequest", message: fmt.Sprintf(format, values...)}
}

// badID is the gateway's refusal of an id in a body (README, "Destinations"). Its code is inferred.
func badID(property, id string) *refusal {
	return &refusal{status: http.StatusBadRequest, gateway: true, code: "LinkedInvalidPropertyId", message: fmt.Sprintf(
		"Property id '%s' at path 'properties.%s' is invalid. Expect fully qualified resource Id that start with "+
			"'/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'.", id, property)}
}

func isFullID(id string) bool {
	lower := strings.ToLower(id)
	return strings.HasPrefix(lower, "/subscriptions/") || strings.HasPrefix(lower, "/providers/")
}

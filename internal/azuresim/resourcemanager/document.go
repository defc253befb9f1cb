package resourcemanager

import (
	"maps"
	"net/http"
	"path"
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
	name                 string
	document, properties map[string]any
	logs                 map[string]map[string]any // the enabled ones, by category
}

// destination is the id of a destination, "" if it isn't used.
func (c content) destination(sink string) string {
	id, _ := c.properties[sink].(string)
	return id
}

var fullID = regexp.MustCompile(`(?i)^/(subscriptions|providers)/`)

// parse checks a document with the messages of Insights (README, "Log categories", "Retention" and "Destinations").
// That of a setting without a destination, that of logs that are no list, and the code of an id that isn't a full one,
// are inferred.
func (t *Tenant) parse(name string, document map[string]any) (content, error) {
	c := content{name: name, document: document, logs: map[string]map[string]any{}}
	if c.properties, _ = document["properties"].(map[string]any); c.properties == nil {
		return c, badRequest("The request has no properties.")
	}
	logs, isList := c.properties["logs"].([]any)
	if !isList && c.properties["logs"] != nil {
		return c, badRequest("The logs are not a list.")
	}
	for _, entry := range logs {
		log, _ := entry.(map[string]any)
		category, _ := log["category"].(string)
		if !slices.Contains(t.categories(), category) {
			return c, badRequest("Category '%s' is not supported.", category)
		}
		if retention, _ := log["retentionPolicy"].(map[string]any); retention["enabled"] == true {
			return c, badRequest("Diagnostic settings does not support retention for new diagnostic settings.")
		}
		if log["enabled"] == true {
			c.logs[category] = log
		}
	}
	used := false
	for _, sink := range sinks {
		id := c.destination(sink)
		if id != "" && !fullID.MatchString(id) {
			return c, gatewayError(http.StatusBadRequest, "LinkedInvalidPropertyId",
				"Property id '%s' at path 'properties.%s' is invalid. Expect fully qualified resource Id that start with "+
					"'/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'.", id, sink)
		}
		used = used || id != ""
	}
	if !used {
		return c, badRequest("At least one data sink needs to be specified.")
	}
	return c, nil
}

// shown returns a setting as GET and LIST answer it: with all categories, disabled ones too, with a retention policy
// that nobody sent, and with members that nobody needs (README, "Log categories", "Retention" and "Names and ids").
func (t *Tenant) shown(c *content) map[string]any {
	properties := map[string]any{"metrics": []any{}}
	maps.Copy(properties, c.properties)
	for _, sink := range append(slices.Clone(sinks), "eventHubName") {
		id := c.destination(sink)
		switch {
		case id != "" && t.behaviour.LowerCaseIDs:
			folder, name := path.Split(id)
			properties[sink] = strings.ToLower(folder) + name
		case id == "" && t.behaviour.Unused == "null":
			properties[sink] = nil
		case id == "" && t.behaviour.Unused == "absent":
			delete(properties, sink)
		case id == "":
			properties[sink] = ""
		}
	}
	var logs []any
	for _, category := range t.categories() {
		log := maps.Clone(c.logs[category])
		if log == nil {
			log = map[string]any{"category": category, "enabled": false}
		}
		log["retentionPolicy"] = map[string]any{"enabled": false, "days": 0}
		logs = append(logs, log)
	}
	return c.with(properties, logs)
}

// echo returns a setting as PUT answers it (README, "PUT replaces the whole setting").
func (c content) echo() map[string]any {
	logs := []any{}
	for _, category := range slices.Sorted(maps.Keys(c.logs)) {
		logs = append(logs, c.logs[category])
	}
	return c.with(maps.Clone(c.properties), logs)
}

// with is the document with other properties. The URL's name wins over its own.
func (c content) with(properties map[string]any, logs []any) map[string]any {
	properties["logs"] = logs
	document := map[string]any{"location": "global", "kind": nil, "tags": nil, "identity": nil}
	maps.Copy(document, c.document)
	maps.Copy(document, map[string]any{"id": settingsID + c.name, "type": "", "name": c.name, "properties": properties})
	return document
}

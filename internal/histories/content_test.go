package histories_test

import (
	"slices"
	"strings"
)

// content is what a setting streams and where to, regardless of letter case.
type content struct{ workspace, storage, rule, hub, categories string }

// contentOf reads a document of the service's, or one that was sent to it.
func contentOf(document map[string]any) *content {
	properties, _ := document["properties"].(map[string]any)
	text := func(name string) string {
		value, _ := properties[name].(string)
		return strings.ToLower(value)
	}
	var enabled []string
	for _, entry := range entriesOf(properties["logs"]) {
		if category, ok := entry["category"].(string); ok && entry["enabled"] == true {
			enabled = append(enabled, category)
		}
	}
	return &content{
		text(
			"workspaceId",
		), text("storageAccountId"), text("eventHubAuthorizationRuleId"), text("eventHubName"), joined(enabled),
	}
}

func entriesOf(logs any) []map[string]any {
	if entries, ok := logs.([]map[string]any); ok {
		return entries
	}
	var entries []map[string]any
	list, _ := logs.([]any)
	for _, entry := range list {
		if log, ok := entry.(map[string]any); ok {
			entries = append(entries, log)
		}
	}
	return entries
}

// contentFrom reads the attributes of a resource.
func contentFrom(attributes map[string]any) *content {
	text := func(name string) string {
		value, _ := attributes[name].(string)
		return strings.ToLower(strings.TrimSuffix(value, "/"))
	}
	var categories []string
	list, _ := attributes["log_categories"].([]any)
	for _, category := range list {
		name, _ := category.(string)
		categories = append(categories, name)
	}
	return &content{
		text(
			"log_analytics_workspace_id",
		), text("storage_account_id"), text("eventhub_authorization_rule_id"), text("eventhub_name"),
		joined(categories),
	}
}

func joined(categories []string) string {
	return strings.ToLower(strings.Join(slices.Sorted(slices.Values(categories)), ","))
}

// same compares contents, nil being nothing at all.
func same(a, b *content) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// key tells a setting of one tenant from all others.
type key struct{ tenant, name string }

func keyOf(tenant, name string) key { return key{strings.ToLower(tenant), strings.ToLower(name)} }

// keyFrom reads the attributes of a resource.
func keyFrom(attributes map[string]any) key {
	tenant, _ := attributes["tenant_id"].(string)
	name, _ := attributes["name"].(string)
	return keyOf(tenant, name)
}

package histories_test

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// key tells a setting of one tenant from all others.
type key struct{ tenant, name string }

func keyOf(tenant, name string) key { return key{strings.ToLower(tenant), strings.ToLower(name)} }

// keyFrom reads the attributes of a resource.
func keyFrom(attributes map[string]any) key {
	return keyOf(text(attributes, "tenant_id"), text(attributes, "name"))
}

func text(attributes map[string]any, name string) string {
	value, _ := attributes[name].(string)
	return value
}

// content is what a setting streams and where to, in lower case, and nothing at all where there is none.
type content struct{ workspace, storage, categories string }

func newContent(workspace, storage string, categories []string) content {
	all := strings.Join(slices.Sorted(slices.Values(categories)), ",")
	return content{strings.ToLower(workspace), strings.ToLower(storage), strings.ToLower(all)}
}

// contentFrom reads the attributes of a resource.
func contentFrom(attributes map[string]any) content {
	var names []string
	list, _ := attributes["log_categories"].([]any)
	for _, category := range list {
		name, _ := category.(string) // which is not known in some plans
		names = append(names, name)
	}
	return newContent(text(attributes, "log_analytics_workspace_id"), text(attributes, "storage_account_id"), names)
}

// contentOf reads a document of the service's, or one that was sent to it. unmanaged is what the provider has to leave
// alone.
func contentOf(document string) (c content, unmanaged string) {
	if document == "" {
		return content{}, ""
	}
	var setting struct {
		Properties struct {
			WorkspaceID, StorageAccountID, MarketplacePartnerID string
			Logs                                                []struct {
				Category string
				Enabled  bool
			}
		}
	}
	if err := json.Unmarshal([]byte(document), &setting); err != nil {
		panic(err)
	}
	var enabled []string
	for _, log := range setting.Properties.Logs {
		if log.Enabled {
			enabled = append(enabled, log.Category)
		}
	}
	p := setting.Properties
	return newContent(p.WorkspaceID, p.StorageAccountID, enabled), p.MarketplacePartnerID
}

// documentOf is a setting as the service has it, "" for none.
func documentOf(tenant *azuresim.Tenant, name string) string {
	setting, exists := tenant.Setting(name)
	if !exists {
		return ""
	}
	return asJSON(setting)
}

func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// documents are all settings as the service has them.
func (h *history) documents() map[key]string {
	all := map[key]string{}
	for id, tenant := range map[string]*azuresim.Tenant{acctest.TenantID: h.w.Tenant, acctest.OtherTenantID: h.w.Other} {
		for _, name := range tenant.SettingNames() {
			all[keyOf(id, name)] = documentOf(tenant, name)
		}
	}
	return all
}

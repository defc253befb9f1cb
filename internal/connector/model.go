package connector

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
)

// model is a connector as Terraform sees it.
type model struct {
	ID                          types.String   `tfsdk:"id"`
	Name                        types.String   `tfsdk:"name"`
	TenantID                    types.String   `tfsdk:"tenant_id"`
	LogAnalyticsWorkspaceID     types.String   `tfsdk:"log_analytics_workspace_id"`
	LogCategories               types.Set      `tfsdk:"log_categories"`
	StorageAccountID            types.String   `tfsdk:"storage_account_id"`
	EventHubAuthorizationRuleID types.String   `tfsdk:"eventhub_authorization_rule_id"`
	EventHubName                types.String   `tfsdk:"eventhub_name"`
	Tables                      types.Map      `tfsdk:"tables"`
	Timeouts                    timeouts.Value `tfsdk:"timeouts"`
}

// identity is what tells a connector apart from any other, in all tenants. Once saved it may never change.
type identity struct {
	Name     types.String `tfsdk:"name"`
	TenantID types.String `tfsdk:"tenant_id"`
}

func (m model) identity() identity {
	return identity{m.Name, types.StringValue(strings.ToLower(m.TenantID.ValueString()))}
}

// setting is the diagnostic setting that a connector describes. All values must be known.
func (m model) setting(ctx context.Context, diags *diag.Diagnostics) aadiam.Setting {
	var categories []string
	diags.Append(m.LogCategories.ElementsAs(ctx, &categories, false)...)
	return aadiam.Setting{
		Name:                        m.Name.ValueString(),
		WorkspaceID:                 m.LogAnalyticsWorkspaceID.ValueString(),
		StorageAccountID:            m.StorageAccountID.ValueString(),
		EventHubAuthorizationRuleID: m.EventHubAuthorizationRuleID.ValueString(),
		EventHubName:                m.EventHubName.ValueString(),
		Categories:                  categories,
	}
}

// observe takes over what the service answered. What differs in letter case alone keeps the spelling that the state has, the
// user's; and what the service does not have becomes null, which its "" means.
func (m *model) observe(ctx context.Context, found aadiam.Setting) diag.Diagnostics {
	var diags diag.Diagnostics
	m.ID = types.StringValue(aadiam.ID(m.Name.ValueString()))
	m.LogAnalyticsWorkspaceID = keepSpelling(m.LogAnalyticsWorkspaceID, found.WorkspaceID)
	m.StorageAccountID = keepSpelling(m.StorageAccountID, found.StorageAccountID)
	m.EventHubAuthorizationRuleID = keepSpelling(m.EventHubAuthorizationRuleID, found.EventHubAuthorizationRuleID)
	m.EventHubName = keepSpelling(m.EventHubName, found.EventHubName)

	var spelled []string
	if !m.LogCategories.IsNull() { // an import knows none yet
		diags.Append(m.LogCategories.ElementsAs(ctx, &spelled, false)...)
	}
	categories := make([]string, len(found.Categories))
	for i, category := range found.Categories {
		categories[i] = category
		if j := slices.IndexFunc(spelled, func(s string) bool { return strings.EqualFold(s, category) }); j >= 0 {
			categories[i] = spelled[j]
		}
	}
	var more diag.Diagnostics
	m.LogCategories, more = types.SetValueFrom(ctx, types.StringType, categories)
	diags.Append(more...)
	m.Tables, more = tables(ctx, categories)
	diags.Append(more...)
	return diags
}

// attributes are those that a service's answer fills, by name: all but the timeouts.
func (m model) attributes() map[string]any {
	return map[string]any{
		"id":                             m.ID,
		"name":                           m.Name,
		"tenant_id":                      m.TenantID,
		"log_analytics_workspace_id":     m.LogAnalyticsWorkspaceID,
		"log_categories":                 m.LogCategories,
		"storage_account_id":             m.StorageAccountID,
		"eventhub_authorization_rule_id": m.EventHubAuthorizationRuleID,
		"eventhub_name":                  m.EventHubName,
		"tables":                         m.Tables,
	}
}

func tables(ctx context.Context, categories []string) (types.Map, diag.Diagnostics) {
	return types.MapValueFrom(ctx, types.StringType, entralogs.Tables(categories))
}

func keepSpelling(held types.String, found string) types.String {
	switch {
	case found == "":
		return types.StringNull()
	case aadiam.SameID(held.ValueString(), found):
		return held
	default:
		return types.StringValue(found)
	}
}

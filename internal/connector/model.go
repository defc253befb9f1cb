package connector

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
)

// attributes are those of a connector that the resource and the data source sentinel_aad_connectors share.
type attributes struct {
	ID                          types.String `tfsdk:"id"`
	Name                        types.String `tfsdk:"name"`
	TenantID                    types.String `tfsdk:"tenant_id"`
	LogAnalyticsWorkspaceID     types.String `tfsdk:"log_analytics_workspace_id"`
	LogCategories               types.Set    `tfsdk:"log_categories"`
	StorageAccountID            types.String `tfsdk:"storage_account_id"`
	EventHubAuthorizationRuleID types.String `tfsdk:"eventhub_authorization_rule_id"`
	EventHubName                types.String `tfsdk:"eventhub_name"`
	Tables                      types.Map    `tfsdk:"tables"`
}

// model is the resource.
type model struct {
	attributes
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// identity tells a connector apart from any other, in all tenants. Once saved it may never change.
type identity struct {
	Name     types.String `tfsdk:"name"`
	TenantID types.String `tfsdk:"tenant_id"`
}

func (a attributes) identity() identity {
	return identity{a.Name, types.StringValue(strings.ToLower(a.TenantID.ValueString()))}
}

// modelOf is the resource for a setting that was read. The tenant is "" if it is not known.
func modelOf(ctx context.Context, tenant string, found aadiam.Setting) (model, diag.Diagnostics) {
	m := model{Timeouts: noTimeouts}
	m.Name = types.StringValue(found.Name)
	if tenant != "" {
		m.TenantID = types.StringValue(tenant)
	}
	diags := m.refreshFrom(ctx, found)
	return m, diags
}

var noTimeouts = timeouts.Value{Object: types.ObjectNull(map[string]attr.Type{
	"create": types.StringType, "read": types.StringType, "update": types.StringType, "delete": types.StringType,
})}

// setting is the diagnostic setting that a connector describes. All values must be known.
func (a attributes) setting(ctx context.Context, diags *diag.Diagnostics) aadiam.Setting {
	var categories []string
	diags.Append(a.LogCategories.ElementsAs(ctx, &categories, false)...)
	id := func(attribute types.String) string { return strings.TrimSuffix(attribute.ValueString(), "/") }
	return aadiam.Setting{
		Name:                        a.Name.ValueString(),
		WorkspaceID:                 id(a.LogAnalyticsWorkspaceID),
		StorageAccountID:            id(a.StorageAccountID),
		EventHubAuthorizationRuleID: id(a.EventHubAuthorizationRuleID),
		EventHubName:                a.EventHubName.ValueString(),
		Categories:                  categories,
	}
}

// refreshFrom updates the attributes from the service's answer. If only the letter case differs, the state keeps the
// user's spelling. What the service does not have becomes null.
func (a *attributes) refreshFrom(ctx context.Context, found aadiam.Setting) diag.Diagnostics {
	a.ID = types.StringValue(aadiam.ID(a.Name.ValueString()))
	a.LogAnalyticsWorkspaceID = keepSpelling(a.LogAnalyticsWorkspaceID, found.WorkspaceID)
	a.StorageAccountID = keepSpelling(a.StorageAccountID, found.StorageAccountID)
	a.EventHubAuthorizationRuleID = keepSpelling(a.EventHubAuthorizationRuleID, found.EventHubAuthorizationRuleID)
	a.EventHubName = keepSpelling(a.EventHubName, found.EventHubName)

	spelled := a.knownCategories()
	categories := make([]string, len(found.Categories))
	for i, category := range found.Categories {
		categories[i] = category
		if j := slices.IndexFunc(spelled, func(s string) bool { return strings.EqualFold(s, category) }); j >= 0 {
			categories[i] = spelled[j]
		}
	}
	var diags, more diag.Diagnostics
	a.LogCategories, diags = types.SetValueFrom(ctx, types.StringType, categories)
	a.Tables, more = tables(ctx, categories)
	return append(diags, more...)
}

// knownCategories returns the categories except those that only an apply will tell.
func (a attributes) knownCategories() []string {
	var names []string
	for _, element := range a.LogCategories.Elements() {
		if name, ok := element.(types.String); ok && !name.IsUnknown() {
			names = append(names, name.ValueString())
		}
	}
	return names
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

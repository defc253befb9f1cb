package connector

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
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

// texts are the attributes whose letter case means nothing to Azure.
func (a *attributes) texts() []*types.String {
	return []*types.String{&a.Name, &a.TenantID, &a.LogAnalyticsWorkspaceID, &a.StorageAccountID,
		&a.EventHubAuthorizationRuleID, &a.EventHubName}
}

// modelOf is the resource for a setting that was read. The tenant is null if it is not known.
func modelOf(tenant types.String, found aadiam.Setting) model {
	m := model{Timeouts: noTimeouts}
	m.Name, m.TenantID = types.StringValue(found.Name), tenant
	m.refreshFrom(found)
	return m
}

var noTimeouts = timeouts.Value{Object: types.ObjectNull(map[string]attr.Type{
	"create": types.StringType, "read": types.StringType, "update": types.StringType, "delete": types.StringType,
})}

// setting is the diagnostic setting that a connector describes. All values must be known.
func (a attributes) setting() aadiam.Setting {
	id := func(attribute types.String) string { return strings.TrimSuffix(attribute.ValueString(), "/") }
	categories, _ := namesIn(a.LogCategories)
	return aadiam.Setting{
		Name: a.Name.ValueString(),
		Destinations: aadiam.Destinations{
			WorkspaceID:                 id(a.LogAnalyticsWorkspaceID),
			StorageAccountID:            id(a.StorageAccountID),
			EventHubAuthorizationRuleID: id(a.EventHubAuthorizationRuleID),
			EventHubName:                a.EventHubName.ValueString(),
		},
		Categories: categories,
	}
}

// refreshFrom updates the attributes from the service's answer. If only the letter case differs, the state keeps the
// user's spelling. What the service does not have becomes null.
func (a *attributes) refreshFrom(found aadiam.Setting) {
	a.ID = types.StringValue(aadiam.ID(a.Name.ValueString()))
	a.LogAnalyticsWorkspaceID = keepSpelling(a.LogAnalyticsWorkspaceID, orNull(found.WorkspaceID))
	a.StorageAccountID = keepSpelling(a.StorageAccountID, orNull(found.StorageAccountID))
	a.EventHubAuthorizationRuleID = keepSpelling(a.EventHubAuthorizationRuleID, orNull(found.EventHubAuthorizationRuleID))
	a.EventHubName = keepSpelling(a.EventHubName, orNull(found.EventHubName))

	spelled, _ := namesIn(a.LogCategories)
	categories := slices.Clone(found.Categories)
	for i, category := range categories {
		if j := slices.IndexFunc(spelled, func(s string) bool { return strings.EqualFold(s, category) }); j >= 0 {
			categories[i] = spelled[j]
		}
	}
	a.LogCategories, a.Tables = setOf(categories), tablesOf(categories)
}

// keepSpelling returns the new value, in the old spelling if the two mean the same to Azure.
func keepSpelling(old, now types.String) types.String {
	if !old.IsNull() && aadiam.SameID(old.ValueString(), now.ValueString()) {
		return old
	}
	return now
}

func orNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}

// namesIn returns the names in a set of categories. They are incomplete if only an apply will tell some of them.
func namesIn(categories types.Set) (names []string, complete bool) {
	complete = !categories.IsUnknown()
	for _, element := range categories.Elements() {
		if name, ok := element.(types.String); ok && !name.IsUnknown() && !name.IsNull() {
			names = append(names, name.ValueString())
		} else {
			complete = false
		}
	}
	return names, complete
}

func setOf(names []string) types.Set {
	values := make([]attr.Value, len(names))
	for i, name := range names {
		values[i] = types.StringValue(name)
	}
	return types.SetValueMust(types.StringType, values)
}

func tablesOf(categories []string) types.Map {
	tables, _ := types.MapValueFrom(context.Background(), types.StringType, entralogs.Tables(categories))
	return tables
}

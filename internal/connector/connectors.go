package connector

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
)

// connectorsDataSource lists a tenant's diagnostic settings.
type connectorsDataSource struct{ lookup }

var _ datasource.DataSourceWithConfigure = (*connectorsDataSource)(nil)

// NewConnectorsDataSource makes the data source sentinel_aad_connectors.
func NewConnectorsDataSource() datasource.DataSource { return &connectorsDataSource{} }

func (d *connectorsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_aad_connectors"
}

func (d *connectorsDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	resp.Diagnostics.Append(d.configure(req.ProviderData)...)
}

func (d *connectorsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Every diagnostic setting of a tenant, whoever made it: what it streams, and where to. Azure allows five.",
		Attributes: map[string]schema.Attribute{
			"tenant_id": tenantAttribute(),
			"log_analytics_workspace_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Lists only those that send to the workspace of this resource id, in any letter case.",
				Validators:          []validator.String{inputcheck.ResourceID(azure.Workspace)},
			},
			"connectors": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The settings, ordered by name. The attributes are named as the resource's.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":                             text("The Azure resource id of the setting."),
					"name":                           text("The name of the setting."),
					"tenant_id":                      text("The tenant whose logs are streamed."),
					"log_analytics_workspace_id":     text("The resource id of the workspace. Null where the setting has none."),
					"storage_account_id":             text("The resource id of the storage account. Null where the setting has none."),
					"eventhub_authorization_rule_id": text("The resource id of the authorization rule of the event hub namespace. Null where the setting has none."),
					"eventhub_name":                  text("The event hub. Null where the setting has none, or the service's default one."),
					"log_categories": schema.SetAttribute{
						ElementType: types.StringType, Computed: true, MarkdownDescription: "The log categories that are on.",
					},
					"tables": schema.MapAttribute{
						ElementType: types.StringType, Computed: true, MarkdownDescription: "The Log Analytics table of each category whose table is known.",
					},
				}},
			},
		},
	}
}

// tenantAttribute is the tenant that a data source looks at.
func tenantAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "The tenant to look at. Default: the provider's. Any other must be among the provider's `allowed_tenant_ids`.",
		Validators:          []validator.String{inputcheck.TenantID()},
	}
}

func (d *connectorsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	// entry is a connector as the list has it, which knows no timeouts.
	type entry struct {
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
	var m struct {
		TenantID                types.String `tfsdk:"tenant_id"`
		LogAnalyticsWorkspaceID types.String `tfsdk:"log_analytics_workspace_id"`
		Connectors              []entry      `tfsdk:"connectors"`
	}
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	tenant, settings, err := d.settings(ctx, m.TenantID, m.LogAnalyticsWorkspaceID)
	if err != nil {
		resp.Diagnostics.Append(cannotLookUp("the tenant's connectors", tenant, err))
		return
	}
	if m.TenantID.IsNull() {
		m.TenantID = types.StringValue(tenant)
	}
	m.Connectors = []entry{}
	for _, setting := range settings {
		found := model{Name: types.StringValue(setting.Name), TenantID: types.StringValue(tenant)}
		resp.Diagnostics.Append(found.observe(ctx, setting)...)
		m.Connectors = append(m.Connectors, entry{
			found.ID, found.Name, found.TenantID, found.LogAnalyticsWorkspaceID, found.LogCategories, found.StorageAccountID,
			found.EventHubAuthorizationRuleID, found.EventHubName, found.Tables,
		})
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

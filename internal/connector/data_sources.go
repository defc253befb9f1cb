package connector

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
)

// connectorsDataSource lists a tenant's diagnostic settings.
type connectorsDataSource struct{ tenants }

// NewConnectorsDataSource makes the data source sentinel_aad_connectors.
func NewConnectorsDataSource(of *azure.Tenants) datasource.DataSource {
	return &connectorsDataSource{tenants{of}}
}

func (d *connectorsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest,
	resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_aad_connectors"
}

func (d *connectorsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "All diagnostic settings of a tenant, whoever made them: what they stream, and where to. " +
			"Azure allows five.",
		Attributes: map[string]schema.Attribute{
			"tenant_id": tenantAttribute(),
			"log_analytics_workspace_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Only list settings that send to the workspace with this resource id, in any letter case.",
				Validators:          []validator.String{inputcheck.ResourceID(azure.Workspace)},
			},
			"connectors": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Settings, ordered by name. The attributes have the resource's names.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":                         text("Azure resource id of the setting."),
					"name":                       text("Name of the setting."),
					"tenant_id":                  text("Tenant whose logs are streamed."),
					"log_analytics_workspace_id": text("Resource id of the workspace, null if the setting has none."),
					"storage_account_id":         text("Resource id of the storage account, null if the setting has none."),
					"eventhub_authorization_rule_id": text("Resource id of the authorization rule of the event hub namespace, null " +
						"if the setting has none."),
					"eventhub_name": text("Event hub, null if the setting has none or uses Azure's default one."),
					"log_categories": schema.SetAttribute{
						ElementType: types.StringType, Computed: true, MarkdownDescription: "Enabled log categories.",
					},
					"tables": schema.MapAttribute{
						ElementType: types.StringType, Computed: true, MarkdownDescription: "Log Analytics table of each category " +
							"whose table is known.",
					},
				}},
			},
		},
	}
}

const tenantDescription = "Tenant to read. Default: the provider's tenant. Any other must be listed in the " +
	"provider's `allowed_tenant_ids`."

// tenantAttribute is the tenant that a data source reads.
func tenantAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: tenantDescription,
		Validators:          []validator.String{inputcheck.TenantID()},
	}
}

func (d *connectorsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m struct {
		selection
		Connectors []attributes `tfsdk:"connectors"`
	}
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	tenant, settings, failed := d.settings(ctx, m.selection)
	if failed != nil {
		resp.Diagnostics.Append(failed)
		return
	}
	if m.TenantID.IsNull() {
		m.TenantID = types.StringValue(tenant)
	}
	m.Connectors = []attributes{}
	for _, setting := range settings {
		m.Connectors = append(m.Connectors, modelOf(types.StringValue(tenant), setting).attributes)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// logCategoriesDataSource lists the log categories that a tenant offers.
type logCategoriesDataSource struct{ tenants }

// NewLogCategoriesDataSource makes the data source sentinel_aad_log_categories.
func NewLogCategoriesDataSource(of *azure.Tenants) datasource.DataSource {
	return &logCategoriesDataSource{tenants{of}}
}

func (d *logCategoriesDataSource) Metadata(_ context.Context, req datasource.MetadataRequest,
	resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_aad_log_categories"
}

func (d *logCategoriesDataSource) Schema(_ context.Context, _ datasource.SchemaRequest,
	resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Log categories that a tenant offers today, including those that it has no licence for.",
		Attributes: map[string]schema.Attribute{
			"tenant_id": tenantAttribute(),
			"categories": schema.MapAttribute{
				ElementType:         types.StringType,
				Computed:            true,
				MarkdownDescription: "Log Analytics table of each category, null if it is not known.",
			},
		},
	}
}

func (d *logCategoriesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m struct {
		TenantID   types.String            `tfsdk:"tenant_id"`
		Categories map[string]types.String `tfsdk:"categories"`
	}
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	tenant, offered, failed := readList(ctx, d.tenants, m.TenantID, "log categories", (*aadiam.Client).Offered)
	if failed != nil {
		resp.Diagnostics.Append(failed)
		return
	}
	if m.TenantID.IsNull() {
		m.TenantID = types.StringValue(tenant)
	}
	m.Categories = map[string]types.String{}
	for _, name := range offered {
		m.Categories[name] = types.StringNull()
		if category, known := entralogs.Lookup(name); known {
			m.Categories[name] = types.StringValue(category.Table)
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

package connector

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
)

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
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	tenant, client, err := d.open(ctx, m.TenantID)
	var offered []string
	if err == nil {
		offered, err = client.Offered(ctx)
	}
	if err != nil {
		resp.Diagnostics.Append(cannotList("the tenant's log categories", tenant, err))
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

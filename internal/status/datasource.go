// Package status is the data source that says which tables of a workspace receive data.
package status

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
)

var _ datasource.DataSourceWithConfigure = (*dataSource)(nil)

const (
	readTimeout = 5 * time.Minute

	// defaultLookback is Sentinel's own: its connector page calls a table connected that had a record in the last seven days
	// (Log Analytics facts, section 3).
	defaultLookback = "P7D"
)

type dataSource struct {
	tenants *azure.Tenants
}

// NewDataSource makes the data source sentinel_aad_connector_status.
func NewDataSource() datasource.DataSource { return &dataSource{} }

func (d *dataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_aad_connector_status"
}

func (d *dataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	if req.ProviderData == nil {
		return // Terraform validates before it configures the provider
	}
	tenants, ok := req.ProviderData.(*azure.Tenants)
	if !ok {
		resp.Diagnostics.AddError("A bug in the provider", fmt.Sprintf("The data source was handed a %T. Please report this.", req.ProviderData))
		return
	}
	d.tenants = tenants
}

func (d *dataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	tables := func(description string) schema.SetAttribute {
		return schema.SetAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Which tables of a Log Analytics workspace receive data, by the rule of Sentinel's own connector page.",
		Attributes: map[string]schema.Attribute{
			"log_analytics_workspace_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The resource id of the workspace, in any letter case.",
				Validators:          []validator.String{inputcheck.ResourceID(azure.Workspace)},
			},
			"tables": schema.SetAttribute{
				ElementType: types.StringType, Optional: true, Computed: true,
				MarkdownDescription: "The tables to ask about, such as the values of a connector's `tables`. Default: those of the six categories of " +
					"Sentinel's connector page.",
				Validators: []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(isTable)},
			},
			"lookback": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "How far back a record makes a table count as receiving: an ISO 8601 duration of at most 90 days. " +
					"Default: `P7D`, as on Sentinel's connector page.",
				Validators: []validator.String{isLookback},
			},
			"tenant_id": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "The tenant whose identity asks. Default: the provider's. Any other must be among the provider's `allowed_tenant_ids`.",
				Validators:          []validator.String{inputcheck.TenantID()},
			},
			"wait_for_data": schema.BoolAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Whether to wait until every table receives, for as long as `timeouts.read` allows. The first records take from some minutes to " +
					"three days. Default: false.",
			},
			"status":           statusAttribute(),
			"receiving_tables": tables("The tables with a record within the lookback."),
			"silent_tables":    tables("The tables that exist and have no record within the lookback."),
			"missing_tables":   tables("The tables that do not exist. The first record makes one."),
			"any_receiving":    schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether at least one table receives."},
			"all_receiving":    schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether every table receives, and so none is silent, missing, not queried or denied."},
			"ingestion_status": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "The state of the workspace's daily cap: `RespectQuota` and `ApproachingQuota` let data in; `OverQuota`, `ForceOff` and " +
					"`SubscriptionSuspended` do not. Null where Azure does not say.",
			},
		},
		Blocks: map[string]schema.Block{
			"timeouts": timeouts.BlockWithOpts(ctx, timeouts.Opts{
				ReadDescription: "How long a read may take, and `wait_for_data` may wait, as a duration such as `5m`, the default.",
			}),
		},
	}
}

func statusAttribute() schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The status by table.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"category": schema.StringAttribute{Computed: true, MarkdownDescription: "The log category that arrives in the table. Null where none is known."},
			"state": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "`receiving`: there are records within the lookback. `silent`: the table exists and has none. `missing`: there is no such table; " +
					"the first record makes it. `not_queried`: the table is on the Basic or Auxiliary plan, or could not be read, of which a warning then tells. " +
					"`denied`: the identity may not read it.",
			},
			"receiving":          schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the state is `receiving`."},
			"record_count":       schema.Int64Attribute{Computed: true, MarkdownDescription: "How many records lie within the lookback. Null where they were not counted."},
			"last_record_time":   schema.StringAttribute{Computed: true, MarkdownDescription: "The time of the newest record, also of one older than the lookback, as RFC 3339. Null where there was none in the last 90 days."},
			"last_ingested_time": schema.StringAttribute{Computed: true, MarkdownDescription: "When a record last arrived, as RFC 3339. Null where none did."},
			"plan":               schema.StringAttribute{Computed: true, MarkdownDescription: "The table's plan, such as `Analytics` or `Basic`. Null where there was no need to look."},
		}},
	}
}

func (d *dataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	timeout, diags := m.Timeouts.Read(ctx, readTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	if err := m.fillDefaults(ctx, d.tenants); err != nil {
		resp.Diagnostics.Append(failure(m, err))
		return
	}
	arrivals, err := d.arrivals(ctx, m)
	m.IngestionStatus = orNull(arrivals.IngestionStatus)
	if err != nil {
		resp.Diagnostics.Append(failure(m, err))
		return
	}
	resp.Diagnostics.Append(m.report(arrivals)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// arrivals asks once, or until every table receives.
func (d *dataSource) arrivals(ctx context.Context, m model) (loganalytics.Arrivals, error) {
	lookback, err := parseLookback(m.Lookback.ValueString())
	if err != nil {
		return loganalytics.Arrivals{}, err
	}
	resourceManager, err := d.tenants.ResourceManager(ctx, m.TenantID.ValueString())
	if err != nil {
		return loganalytics.Arrivals{}, err
	}
	query, err := d.tenants.LogAnalytics(ctx, m.TenantID.ValueString())
	if err != nil {
		return loganalytics.Arrivals{}, err
	}
	client := loganalytics.NewClient(resourceManager, query)
	look := func(ctx context.Context) (loganalytics.Arrivals, error) {
		return client.Arrivals(ctx, strings.TrimSuffix(m.LogAnalyticsWorkspaceID.ValueString(), "/"), m.tableNames(), lookback)
	}
	if m.WaitForData.ValueBool() {
		return awaitData(ctx, look)
	}
	return look(ctx)
}

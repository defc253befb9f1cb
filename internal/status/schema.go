package status

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
)

func (d *dataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	timeouts, _ := timeouts.BlockWithOpts(ctx, timeouts.Opts{
		ReadDescription: "Timeout for a read, waiting for data included, as a duration such as `5m`, the default.",
	}).(schema.SingleNestedBlock)
	timeouts.Validators = []validator.Object{inputcheck.Timeouts{}}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Tells which tables of a Log Analytics workspace receive data, by the rule of Sentinel's own " +
			"connector page.",
		Attributes: map[string]schema.Attribute{
			"log_analytics_workspace_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Resource id of the workspace, in any letter case.",
				Validators:          []validator.String{inputcheck.ResourceID(azure.Workspace)},
			},
			"tables": schema.SetAttribute{
				ElementType: types.StringType, Optional: true, Computed: true,
				MarkdownDescription: "Tables to check, such as the values of a connector's `tables`. Default: those of the six " +
					"categories of Sentinel's connector page.",
				Validators: []validator.Set{
					setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(isTable),
				},
			},
			"lookback": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "How recent a record must be for its table to count as receiving: an ISO 8601 duration of " +
					"at most 90 days. Default: `P7D`, as on Sentinel's connector page.",
				Validators: []validator.String{isLookback},
			},
			"lookbacks": schema.MapAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Lookbacks of single tables that replace `lookback`, for tables that are quiet by nature: " +
					"`{ AADProvisioningLogs = \"P30D\" }`. Each table must be in `tables`.",
				Validators: []validator.Map{
					mapvalidator.NoNullValues(), mapvalidator.KeysAre(isTable), mapvalidator.ValueStringsAre(isLookback),
				},
			},
			"tenant_id": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Tenant to sign in to. Default: the provider's. Any other must be in the provider's " +
					"`allowed_tenant_ids`.",
				Validators: []validator.String{inputcheck.TenantID()},
			},
			"wait_for_data": schema.BoolAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Whether to wait until every table receives data, up to `timeouts.read`. The first records " +
					"take from a few minutes to three days. Default: false.",
			},
			"status": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Status of each table.",
				NestedObject:        schema.NestedAttributeObject{Attributes: tableAttributes},
			},
			"receiving_tables": tables("Tables with a record within the lookback."),
			"silent_tables":    tables("Tables that exist and have no record within the lookback."),
			"missing_tables":   tables("Tables that do not exist. The first record creates one."),
			"any_receiving":    boolean("Whether at least one table receives data."),
			"all_receiving": boolean("Whether every table receives data, so that none is silent, missing, not queried or " +
				"denied."),
			"ingestion_status": text("State of the workspace's daily cap. `RespectQuota` and `ApproachingQuota` let data in; " +
				"`OverQuota`, `ForceOff` and `SubscriptionSuspended` do not. Null if Azure does not report it."),
		},
		Blocks: map[string]schema.Block{
			"timeouts": timeouts,
		},
	}
}

// tableAttributes are the status of one table.
var tableAttributes = map[string]schema.Attribute{
	"category": text("Log category whose records arrive in the table. Null if none is known."),
	"state": text("`receiving`: there are records within the lookback. `silent`: the table exists and has none. " +
		"`missing`: there is no such table; the first record creates it. `denied`: the identity may not read it. " +
		"`not_queried`: the table could not be read (see the warning), or it is on the Basic or Auxiliary plan and " +
		"`Usage` can't be read either."),
	"receiving": boolean("Whether the state is `receiving`."),
	"record_count": number("Number of records within the lookback. Null if they were not counted, as in a table on the " +
		"Basic or Auxiliary plan, where each query costs money."),
	"last_record_time": text("Time of the newest record (RFC 3339), also of one older than the lookback. If it is more " +
		"than 14 days old, or the table is on the Basic or Auxiliary plan, it is the end of the last hour with data " +
		"according to `Usage`. Null if there was none in 90 days."),
	"last_ingested_time": text("When a record last arrived (RFC 3339). Null if none did in the lookback or in 14 days, " +
		"whichever is longer."),
	"ingestion_delay_seconds": number("Time from a record to its arrival, in seconds: the 95th percentile within the " +
		"lookback. Null if there are no records or they were not queried."),
	"daily_average_mb": schema.Float64Attribute{
		Computed: true,
		MarkdownDescription: "Average volume a day within the lookback, in megabytes, according to `Usage`. Null if " +
			"`Usage` does not list the table.",
	},
	"plan": text("Plan of the table, such as `Analytics` or `Basic`. Null if it was not needed."),
}

func text(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func boolean(description string) schema.BoolAttribute {
	return schema.BoolAttribute{Computed: true, MarkdownDescription: description}
}

func number(description string) schema.Int64Attribute {
	return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
}

func tables(description string) schema.SetAttribute {
	return schema.SetAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: description}
}

package status

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

// model is the data source's schema in Go.
type model struct {
	LogAnalyticsWorkspaceID types.String           `tfsdk:"log_analytics_workspace_id"`
	Tables                  types.Set              `tfsdk:"tables"`
	Lookback                types.String           `tfsdk:"lookback"`
	Lookbacks               types.Map              `tfsdk:"lookbacks"`
	TenantID                types.String           `tfsdk:"tenant_id"`
	WaitForData             types.Bool             `tfsdk:"wait_for_data"`
	Status                  map[string]tableStatus `tfsdk:"status"`
	ReceivingTables         []string               `tfsdk:"receiving_tables"`
	SilentTables            []string               `tfsdk:"silent_tables"`
	MissingTables           []string               `tfsdk:"missing_tables"`
	AnyReceiving            types.Bool             `tfsdk:"any_receiving"`
	AllReceiving            types.Bool             `tfsdk:"all_receiving"`
	IngestionStatus         types.String           `tfsdk:"ingestion_status"`
	Timeouts                timeouts.Value         `tfsdk:"timeouts"`
}

// tableStatus is the status of one table.
type tableStatus struct {
	Category         types.String  `tfsdk:"category"`
	State            types.String  `tfsdk:"state"`
	Receiving        types.Bool    `tfsdk:"receiving"`
	RecordCount      types.Int64   `tfsdk:"record_count"`
	LastRecordTime   types.String  `tfsdk:"last_record_time"`
	LastIngestedTime types.String  `tfsdk:"last_ingested_time"`
	IngestionDelay   types.Int64   `tfsdk:"ingestion_delay_seconds"`
	DailyAverage     types.Float64 `tfsdk:"daily_average_mb"`
	Plan             types.String  `tfsdk:"plan"`
}

func (m *model) fillDefaults(ctx context.Context, tenants *azure.Tenants) error {
	if m.Tables.IsNull() {
		m.Tables = connectorTables()
	}
	if m.Lookback.IsNull() {
		m.Lookback = types.StringValue(defaultLookback)
	}
	m.WaitForData = types.BoolValue(m.WaitForData.ValueBool())
	if m.TenantID.IsNull() {
		own, err := tenants.HomeTenant(ctx)
		if err != nil {
			return err
		}
		m.TenantID = types.StringValue(own)
	}
	return nil
}

// lookbacks returns the lookback of each table.
func (m *model) lookbacks() (map[string]time.Duration, error) {
	lookbacks := map[string]time.Duration{}
	for _, element := range m.Tables.Elements() {
		table, ok := element.(types.String)
		if !ok {
			return nil, fmt.Errorf("a table is a %T", element)
		}
		text := m.Lookback
		if own, ok := m.Lookbacks.Elements()[table.ValueString()].(types.String); ok {
			text = own
		}
		lookback, err := parseLookback(text.ValueString())
		if err != nil {
			return nil, err
		}
		lookbacks[table.ValueString()] = lookback
	}
	return lookbacks, nil
}

// report sets the computed attributes and warns of tables that could not be read.
func (m *model) report(found loganalytics.Arrivals) diag.Diagnostics {
	var diags diag.Diagnostics
	if found.Refusal != nil {
		diags.Append(refusedWarning(*m, found.Refusal))
	}
	m.Status = map[string]tableStatus{}
	m.ReceivingTables, m.SilentTables, m.MissingTables = []string{}, []string{}, []string{}
	for _, table := range slices.Sorted(maps.Keys(found.Tables)) {
		arrival := found.Tables[table]
		m.Status[table] = statusOf(table, arrival)
		switch arrival.State {
		case loganalytics.Receiving:
			m.ReceivingTables = append(m.ReceivingTables, table)
		case loganalytics.Silent:
			m.SilentTables = append(m.SilentTables, table)
		case loganalytics.Missing:
			m.MissingTables = append(m.MissingTables, table)
		}
		if arrival.Failure != nil {
			_, detail := remedy.Explain(arrival.Failure, m.TenantID.ValueString())
			diags.AddAttributeWarning(path.Root("status").AtMapKey(table),
				fmt.Sprintf("The table %s could not be read", table), detail)
		}
	}
	m.AnyReceiving = types.BoolValue(len(m.ReceivingTables) > 0)
	m.AllReceiving = types.BoolValue(len(m.ReceivingTables) == len(found.Tables))
	return diags
}

func statusOf(table string, arrival loganalytics.Arrival) tableStatus {
	status := tableStatus{
		Category:         categoryOf(table),
		State:            types.StringValue(string(arrival.State)),
		Receiving:        types.BoolValue(arrival.State == loganalytics.Receiving),
		RecordCount:      types.Int64PointerValue(arrival.RecordCount),
		LastRecordTime:   timeOrNull(arrival.LastRecord),
		LastIngestedTime: timeOrNull(arrival.LastIngested),
		DailyAverage:     types.Float64PointerValue(arrival.DailyMegabytes),
		Plan:             orNull(arrival.Plan),
	}
	if arrival.IngestionDelay != nil {
		status.IngestionDelay = types.Int64Value(int64(arrival.IngestionDelay.Round(time.Second) / time.Second))
	}
	return status
}

func orNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}

func timeOrNull(t *time.Time) types.String {
	if t == nil {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339))
}

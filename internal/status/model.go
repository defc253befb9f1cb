package status

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

// model is the data source's schema in Go.
type model struct {
	LogAnalyticsWorkspaceID string                 `tfsdk:"log_analytics_workspace_id"`
	Tables                  []string               `tfsdk:"tables"`
	Lookback                types.String           `tfsdk:"lookback"`
	Lookbacks               map[string]string      `tfsdk:"lookbacks"`
	TenantID                types.String           `tfsdk:"tenant_id"`
	WaitForData             types.Bool             `tfsdk:"wait_for_data"`
	Status                  map[string]tableStatus `tfsdk:"status"`
	ReceivingTables         []string               `tfsdk:"receiving_tables"`
	SilentTables            []string               `tfsdk:"silent_tables"`
	MissingTables           []string               `tfsdk:"missing_tables"`
	AnyReceiving            types.Bool             `tfsdk:"any_receiving"`
	AllReceiving            types.Bool             `tfsdk:"all_receiving"`
	IngestionStatus         *string                `tfsdk:"ingestion_status"`
	Timeouts                timeouts.Value         `tfsdk:"timeouts"`
}

// tableStatus is the status of one table.
type tableStatus struct {
	Category         *string            `tfsdk:"category"`
	State            loganalytics.State `tfsdk:"state"`
	Receiving        bool               `tfsdk:"receiving"`
	RecordCount      *int64             `tfsdk:"record_count"`
	LastRecordTime   *string            `tfsdk:"last_record_time"`
	LastIngestedTime *string            `tfsdk:"last_ingested_time"`
	IngestionDelay   *int64             `tfsdk:"ingestion_delay_seconds"`
	DailyAverage     *float64           `tfsdk:"daily_average_mb"`
	Plan             *string            `tfsdk:"plan"`
}

// lookbacks fills in the defaults and returns the lookback of each table.
func (m *model) lookbacks() (map[string]time.Duration, error) {
	if m.Tables == nil {
		m.Tables = connectorTables()
	}
	m.Lookback = cmp.Or(m.Lookback, types.StringValue(defaultLookback))
	m.WaitForData = types.BoolValue(m.WaitForData.ValueBool())
	lookbacks := map[string]time.Duration{}
	for _, table := range m.Tables {
		lookback, err := parseLookback(cmp.Or(m.Lookbacks[table], m.Lookback.ValueString()))
		if err != nil {
			return nil, err
		}
		lookbacks[table] = lookback
	}
	return lookbacks, nil
}

// report sets the computed attributes and warns of tables that could not be read.
func (m *model) report(found loganalytics.Arrivals) diag.Diagnostics {
	var diags diag.Diagnostics
	if found.Refusal != nil {
		// It stops no plan: one workspace of many, or a role assignment that takes an hour to be effective, must not block
		// the rest.
		problem, detail := remedy.Explain(found.Refusal, m.TenantID.ValueString())
		diags.AddAttributeWarning(path.Root("log_analytics_workspace_id"),
			fmt.Sprintf("The tables of the workspace %q are denied: %s", m.workspaceName(), problem), detail)
	}
	m.IngestionStatus = orNull(found.IngestionStatus)
	m.Status = map[string]tableStatus{}
	// A set, even an empty one, is not null.
	in := map[loganalytics.State][]string{loganalytics.Receiving: {}, loganalytics.Silent: {}, loganalytics.Missing: {}}
	for _, table := range slices.Sorted(maps.Keys(found.Tables)) {
		arrival := found.Tables[table]
		m.Status[table] = statusOf(table, arrival)
		in[arrival.State] = append(in[arrival.State], table)
		if arrival.Failure != nil {
			_, detail := remedy.Explain(arrival.Failure, m.TenantID.ValueString())
			diags.AddAttributeWarning(path.Root("status").AtMapKey(table),
				fmt.Sprintf("The table %s could not be read", table), detail)
		}
	}
	m.ReceivingTables, m.SilentTables = in[loganalytics.Receiving], in[loganalytics.Silent]
	m.MissingTables = in[loganalytics.Missing]
	m.AnyReceiving = types.BoolValue(len(m.ReceivingTables) > 0)
	m.AllReceiving = types.BoolValue(len(m.ReceivingTables) == len(found.Tables))
	return diags
}

// failure explains an error to the user.
func (m *model) failure(err error) diag.Diagnostic {
	if waited, ok := errors.AsType[*remedy.NoDataError](err); ok {
		return diag.NewErrorDiagnostic(
			fmt.Sprintf("Not every table of the workspace %q receives data", m.workspaceName()), waited.Error())
	}
	problem, detail := remedy.Explain(err, m.TenantID.ValueString())
	return diag.NewErrorDiagnostic(
		fmt.Sprintf("Cannot tell which tables of the workspace %q receive data: %s", m.workspaceName(), problem), detail)
}

func (m *model) workspaceName() string {
	name, _ := azure.Workspace.ParseID(m.LogAnalyticsWorkspaceID) // which has been validated
	return name
}

func statusOf(table string, arrival loganalytics.Arrival) tableStatus {
	category, _ := entralogs.LookupTable(table)
	status := tableStatus{
		Category:         orNull(category.Name),
		State:            arrival.State,
		Receiving:        arrival.State == loganalytics.Receiving,
		RecordCount:      arrival.RecordCount,
		LastRecordTime:   timeOrNull(arrival.LastRecord),
		LastIngestedTime: timeOrNull(arrival.LastIngested),
		DailyAverage:     arrival.DailyMegabytes,
		Plan:             orNull(arrival.Plan),
	}
	if arrival.IngestionDelay != nil {
		status.IngestionDelay = new(int64(arrival.IngestionDelay.Round(time.Second) / time.Second))
	}
	return status
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func timeOrNull(t *time.Time) *string {
	if t == nil {
		return nil
	}
	return new(t.UTC().Format(time.RFC3339))
}

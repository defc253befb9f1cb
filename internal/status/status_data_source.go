// Package status is the data source that says which tables of a workspace receive data.
package status

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
)

var _ datasource.DataSourceWithValidateConfig = (*dataSource)(nil)

const (
	readTimeout = 5 * time.Minute

	// defaultLookback is Sentinel's own: its connector page calls a table connected that had a record in the last seven
	// days.
	defaultLookback = "P7D"
)

type dataSource struct {
	tenants *azure.Tenants
}

// NewDataSource makes the data source sentinel_aad_connector_status.
func NewDataSource(tenants *azure.Tenants) datasource.DataSource { return &dataSource{tenants} }

func (d *dataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_aad_connector_status"
}

// ValidateConfig refuses the lookback of a table that is not checked.
func (d *dataSource) ValidateConfig(
	ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse,
) {
	var tables types.Set
	var lookbacks types.Map
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("tables"), &tables)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("lookbacks"), &lookbacks)...)
	for _, table := range slices.Sorted(maps.Keys(lookbacks.Elements())) {
		isChecked := slices.Contains(connectorTables(), table)
		if !tables.IsNull() {
			isChecked = tables.IsUnknown() || slices.ContainsFunc(tables.Elements(), func(one attr.Value) bool {
				return one.IsUnknown() || one.Equal(types.StringValue(table))
			})
		}
		if !isChecked {
			resp.Diagnostics.AddAttributeError(path.Root("lookbacks").AtMapKey(table), "Lookback of a table that is not checked",
				fmt.Sprintf("%q is not in tables. Add it there, or remove its lookback.", table))
		}
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

	arrivals, err := d.arrivals(ctx, &m)
	if err != nil {
		resp.Diagnostics.Append(m.failure(err))
		return
	}
	resp.Diagnostics.Append(m.report(arrivals)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// arrivals fills in the defaults and reads once, or until every table receives.
func (d *dataSource) arrivals(ctx context.Context, m *model) (none loganalytics.Arrivals, err error) {
	if m.TenantID.IsNull() {
		home, err := d.tenants.HomeTenant(ctx)
		if err != nil {
			return none, err
		}
		m.TenantID = types.StringValue(home)
	}
	lookbacks, err := m.lookbacks()
	if err != nil {
		return none, err
	}
	resourceManager, err := d.tenants.ResourceManager(ctx, m.TenantID.ValueString())
	if err != nil {
		return none, err
	}
	query, err := d.tenants.LogAnalytics(ctx, m.TenantID.ValueString())
	if err != nil {
		return none, err
	}
	client := loganalytics.NewClient(resourceManager, query)
	read := func(ctx context.Context) (loganalytics.Arrivals, error) {
		return client.Arrivals(ctx, strings.TrimSuffix(m.LogAnalyticsWorkspaceID, "/"), lookbacks)
	}
	if m.WaitForData.ValueBool() {
		return awaitData(ctx, read)
	}
	return read(ctx)
}

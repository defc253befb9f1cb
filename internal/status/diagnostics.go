package status

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

// failure explains an error to the user.
func failure(m model, err error) diag.Diagnostic {
	name := m.workspaceName()
	if waited, ok := errors.AsType[*noDataError](err); ok {
		return diag.NewErrorDiagnostic(
			fmt.Sprintf("Not every table of the workspace %q receives data", name),
			noDataDetail(m, waited),
		)
	}
	advice := remedy.For(err, m.TenantID.ValueString())
	return diag.NewErrorDiagnostic(
		fmt.Sprintf("Cannot tell which tables of the workspace %q receive data: %s", name, advice.Problem),
		remedy.Paragraphs(advice.Remedy, remedy.ServiceMessage(err)),
	)
}

// refusedWarning explains why every table is denied. It stops no plan: one workspace of many, or a role assignment that
// takes an hour to be effective, must not block the rest.
func refusedWarning(m model, err error) diag.Diagnostic {
	advice := remedy.For(err, m.TenantID.ValueString())
	return diag.NewAttributeWarningDiagnostic(
		path.Root("log_analytics_workspace_id"),
		fmt.Sprintf(
			"The tables of the workspace %q are denied: %s",
			m.workspaceName(),
			advice.Problem,
		),
		remedy.Paragraphs(advice.Remedy, remedy.ServiceMessage(err)),
	)
}

func (m model) workspaceName() string {
	id := m.LogAnalyticsWorkspaceID.ValueString()
	if workspace, err := azure.Workspace.ParseID(id); err == nil {
		return workspace.Name
	}
	return id
}

// noDataDetail names the tables without data and likely reasons.
func noDataDetail(m model, waited *noDataError) string {
	if errors.Is(waited, errStopped) {
		return remedy.Paragraphs(
			"The workspace takes no data, so waiting is pointless: its ingestion status is "+m.IngestionStatus.ValueString()+
				". These tables have no record within their lookback: "+strings.Join(waited.tables, ", ")+".",
			"OverQuota: the daily cap is reached; raise it, or wait until it resets. ForceOff: ingestion was turned off. "+
				"SubscriptionSuspended: the subscription is suspended. To go on without data, set wait_for_data to false.",
		)
	}
	if errors.Is(waited, errOtherPlan) {
		return remedy.Paragraphs(
			"wait_for_data waits until every table receives data. These tables can never report it, since they are on the "+
				"Basic or Auxiliary plan, "+
				"where queries cost money, and the table Usage, which would tell, can't be read: "+strings.Join(
				waited.tables,
				", ",
			)+".",
			"Leave them out of tables, or set wait_for_data to false.",
		)
	}
	if errors.Is(waited, errDenied) {
		return remedy.Paragraphs(
			"wait_for_data waits until every table receives data. These tables can never report it, since the identity may "+
				"not read them: "+
				strings.Join(
					waited.tables,
					", ",
				)+".",
			"Give it the role Log Analytics Reader on the workspace, or leave them out of tables.",
		)
	}
	until := "At the timeout"
	if errors.Is(waited, context.Canceled) {
		until = "When the wait was interrupted"
	}
	return remedy.Paragraphs(
		fmt.Sprintf(until+", these tables still had no record within their lookback: %s.", strings.Join(waited.tables, ", ")),
		"After connecting, the first records can take up to three days. Sign-in and provisioning logs need Microsoft "+
			"Entra ID P1 or P2. "+
			"The tables of managed identities and of provisioning stay empty where nothing of that kind happens.",
		"To wait longer, set read in the timeouts block. To go on without these tables, leave them out of tables.",
	)
}

func unreadDetail(m model, err error) string {
	return remedy.Paragraphs(remedy.For(err, m.TenantID.ValueString()).Remedy, remedy.ServiceMessage(err))
}

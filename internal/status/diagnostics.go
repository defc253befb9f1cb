package status

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
)

// failure is the one place where an error becomes what the user reads.
func failure(m model, err error) diag.Diagnostic {
	name := m.LogAnalyticsWorkspaceID.ValueString()
	if workspace, parseErr := azure.Workspace.ParseID(name); parseErr == nil {
		name = workspace.Name
	}
	if waited, ok := errors.AsType[*noDataError](err); ok {
		return diag.NewErrorDiagnostic(fmt.Sprintf("Not every table of the workspace %q receives data", name), noDataDetail(m, waited))
	}
	advice := loganalytics.Advise(err, m.TenantID.ValueString())
	return diag.NewErrorDiagnostic(fmt.Sprintf("Cannot tell which tables of the workspace %q receive data: %s", name, advice.Problem),
		azure.Paragraphs(advice.Remedy, azure.Said(err)))
}

// noDataDetail says what is still awaited, and what may be the reason (Log Analytics facts, section 3).
func noDataDetail(m model, waited *noDataError) string {
	if errors.Is(waited, errOtherPlan) {
		return azure.Paragraphs(
			"wait_for_data waits until every table receives, and these can't be seen to, since a table on the Basic or Auxiliary plan is not queried: "+
				strings.Join(waited.tables, ", ")+".",
			"Leave them out of tables, or set wait_for_data to false.",
		)
	}
	if errors.Is(waited, errDenied) {
		return azure.Paragraphs(
			"wait_for_data waits until every table receives, and these can't be seen to, since the identity may not read them: "+strings.Join(waited.tables, ", ")+".",
			"Give it the role Log Analytics Reader on the workspace, or leave them out of tables.",
		)
	}
	until := "When the time was up"
	if errors.Is(waited, context.Canceled) {
		until = "When the wait was interrupted"
	}
	return azure.Paragraphs(
		fmt.Sprintf(until+", these tables still had no record within %s: %s.", m.Lookback.ValueString(), strings.Join(waited.tables, ", ")),
		"After connecting, the first records can take up to three days. Sign-in and provisioning logs need Microsoft Entra ID P1 or P2. "+
			"The tables of managed identities and of provisioning stay empty where nothing of that kind happens.",
		"To wait longer, set read in the timeouts block. To go on without these tables, leave them out of tables.",
	)
}

func unreadDetail(m model, err error) string {
	return azure.Paragraphs(loganalytics.Advise(err, m.TenantID.ValueString()).Remedy, azure.Said(err))
}

package status

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

// failure explains an error to the user.
func failure(m model, err error) diag.Diagnostic {
	name := m.workspaceName()
	if waited, ok := errors.AsType[*remedy.NoDataError](err); ok {
		return diag.NewErrorDiagnostic(fmt.Sprintf("Not every table of the workspace %q receives data", name),
			waited.Error())
	}
	problem, detail := remedy.Explain(err, m.TenantID.ValueString())
	return diag.NewErrorDiagnostic(
		fmt.Sprintf("Cannot tell which tables of the workspace %q receive data: %s", name, problem), detail)
}

// refusedWarning explains why every table is denied. It stops no plan: one workspace of many, or a role assignment that
// takes an hour to be effective, must not block the rest.
func refusedWarning(m model, err error) diag.Diagnostic {
	problem, detail := remedy.Explain(err, m.TenantID.ValueString())
	return diag.NewAttributeWarningDiagnostic(path.Root("log_analytics_workspace_id"),
		fmt.Sprintf("The tables of the workspace %q are denied: %s", m.workspaceName(), problem), detail)
}

func (m model) workspaceName() string {
	if workspace, err := azure.Workspace.ParseID(m.LogAnalyticsWorkspaceID); err == nil {
		return workspace.Name
	}
	return m.LogAnalyticsWorkspaceID
}

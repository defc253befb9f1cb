package connector

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

// listTimeout is the timeout for reading a tenant's list.
const listTimeout = 5 * time.Minute

// tenants opens tenants with the provider's sign-in. It is empty while Terraform validates.
type tenants struct{ *azure.Tenants }

// open returns a client of a tenant's settings and the tenant's id in lower case. The default is the home tenant.
func (t tenants) open(ctx context.Context, named types.String) (id string, client *aadiam.Client, err error) {
	if id = strings.ToLower(named.ValueString()); id == "" {
		if id, err = t.HomeTenant(ctx); err != nil {
			return "", nil, err
		}
	}
	resourceManager, err := t.ResourceManager(ctx, id)
	return id, aadiam.NewClient(resourceManager), err
}

// selection is what to list: a tenant's settings, or those that send to one workspace.
type selection struct {
	TenantID                types.String `tfsdk:"tenant_id"`
	LogAnalyticsWorkspaceID types.String `tfsdk:"log_analytics_workspace_id"`
}

// settings returns the selected settings, sorted by name, and the id of their tenant.
func (t tenants) settings(ctx context.Context, of selection) (string, []aadiam.Setting, diag.Diagnostic) {
	tenant, settings, failed := readList(ctx, t, of.TenantID, "connectors", (*aadiam.Client).List)
	settings = slices.DeleteFunc(settings, func(s aadiam.Setting) bool {
		return !of.LogAnalyticsWorkspaceID.IsNull() && !aadiam.SameID(s.WorkspaceID, of.LogAnalyticsWorkspaceID.ValueString())
	})
	slices.SortFunc(settings, func(a, b aadiam.Setting) int { return cmp.Compare(a.Name, b.Name) })
	return tenant, settings, failed
}

// readList reads one of a tenant's lists, and returns the tenant's id as well.
func readList[T any](ctx context.Context, from tenants, named types.String, what string,
	list func(*aadiam.Client, context.Context) ([]T, error)) (tenant string, all []T, failed diag.Diagnostic) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	tenant, client, err := from.open(ctx, named)
	if err == nil {
		all, err = list(client, ctx)
	}
	if err != nil {
		problem, detail := remedy.Explain(err, tenant)
		failed = diag.NewErrorDiagnostic(fmt.Sprintf("Cannot list the tenant's %s: %s", what, problem), detail)
	}
	return tenant, all, failed
}

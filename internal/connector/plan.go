package connector

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// namePrefix is what Sentinel's portal puts before the workspace's name (internal/azuresim/README.md, "Names and ids").
const namePrefix = "AzureSentinel_"

// ModifyPlan computes what is known before an apply, and warns of what an apply would run into.
func (r *connectorResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest,
	resp *resource.ModifyPlanResponse) {
	if r.Tenants == nil {
		return // the provider could not be configured
	}
	var prior *model // nil for a creation
	if !req.State.Raw.IsNull() {
		prior = &model{}
		resp.Diagnostics.Append(req.State.Get(ctx, prior)...)
	}
	if prior != nil && prior.TenantID.IsNull() {
		resp.Diagnostics.AddError("A moved connector has to be read first",
			"It was moved here from another provider's resource, whose state does not name the tenant. Run this once without "+
				"-refresh=false.")
		return
	}
	if req.Plan.Raw.IsNull() {
		r.ledger.markLeaving(prior.identity())
		return
	}
	var config, plan model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if failed := r.planTenant(ctx, config, &plan, resp); failed != nil {
		resp.Diagnostics.Append(failed)
		return
	}
	planName(config, &plan)
	plan.Tables = types.MapUnknown(types.StringType)
	if categories, complete := namesIn(plan.LogCategories); complete {
		plan.Tables = tablesOf(categories)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
	resp.Diagnostics.Append(r.advise(ctx, config, prior, plan)...)
}

// planTenant uses the provider's tenant if the configuration names none, and checks that the provider may use the
// tenant.
func (r *connectorResource) planTenant(ctx context.Context, config model, plan *model,
	resp *resource.ModifyPlanResponse) diag.Diagnostic {
	if config.TenantID.IsNull() && (plan.TenantID.IsUnknown() || r.ConfiguredTenant() != "") {
		home, err := r.HomeTenant(ctx)
		if err != nil {
			return failure("plan", *plan, err)
		}
		if !strings.EqualFold(home, plan.TenantID.ValueString()) {
			if !plan.TenantID.IsUnknown() {
				resp.RequiresReplace.Append(path.Root("tenant_id"))
			}
			plan.TenantID = types.StringValue(home)
		}
	}
	if plan.TenantID.IsUnknown() {
		return nil
	}
	if err := r.CheckAllowed(ctx, plan.TenantID.ValueString()); err != nil {
		return diag.WithPath(path.Root("tenant_id"), failure("plan", *plan, err))
	}
	return nil
}

// planName computes the default name of a new connector, and the id.
func planName(config model, plan *model) {
	if config.Name.IsNull() && plan.Name.IsUnknown() && !plan.LogAnalyticsWorkspaceID.IsUnknown() {
		if name, err := defaultName(*plan); err == nil { // the validator reports it
			plan.Name = types.StringValue(name)
		}
	}
	plan.ID = types.StringUnknown()
	if !plan.Name.IsUnknown() {
		plan.ID = types.StringValue(aadiam.ID(plan.Name.ValueString()))
	}
}

// defaultName is the name of the setting that Sentinel's connector page of a workspace reads and writes.
func defaultName(plan model) (string, error) {
	workspace, err := azure.Workspace.ParseID(plan.LogAnalyticsWorkspaceID.ValueString())
	return namePrefix + workspace.Name, err
}

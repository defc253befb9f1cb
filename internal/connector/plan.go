package connector

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
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
		resp.Diagnostics.AddError(remedy.OfPlan("A moved connector has to be read first"))
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
	if prior != nil {
		plan.keep(config.attributes, prior.attributes)
	}
	if failed := r.planTenant(ctx, config, &plan); failed != nil {
		resp.Diagnostics.Append(failed)
		return
	}
	plan.compute(config.attributes)
	if prior != nil && !plan.Name.Equal(prior.Name) {
		resp.RequiresReplace.Append(path.Root("name"))
	}
	if prior != nil && !plan.TenantID.Equal(prior.TenantID) {
		resp.RequiresReplace.Append(path.Root("tenant_id"))
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
	resp.Diagnostics.Append(r.advise(ctx, config, prior, plan)...)
}

// keep plans the state's values for what the configuration omits or only spells in another way: to Azure, letter case
// and a slash at the end of an id mean nothing.
func (a *attributes) keep(config, prior attributes) {
	if config.Name.IsNull() {
		a.Name = prior.Name
	}
	if config.TenantID.IsNull() {
		a.TenantID = prior.TenantID
	}
	for i, text := range a.texts() {
		*text = keepSpelling(*prior.texts()[i], *text)
	}
	held, _ := namesIn(prior.LogCategories)
	planned, complete := namesIn(a.LogCategories)
	if complete && aadiam.SameCategories(held, planned) {
		a.LogCategories = prior.LogCategories
	}
}

// planTenant uses the provider's tenant if the configuration names none, and checks that the provider may use the
// tenant.
func (r *connectorResource) planTenant(ctx context.Context, config model, plan *model) diag.Diagnostic {
	if config.TenantID.IsNull() && (plan.TenantID.IsUnknown() || r.ConfiguredTenant() != "") {
		home, err := r.HomeTenant(ctx)
		if err != nil {
			return failure("plan", *plan, err)
		}
		plan.TenantID = keepSpelling(plan.TenantID, types.StringValue(home))
	}
	if plan.TenantID.IsUnknown() {
		return nil
	}
	if err := r.CheckAllowed(ctx, plan.TenantID.ValueString()); err != nil {
		return diag.WithPath(path.Root("tenant_id"), failure("plan", *plan, err))
	}
	return nil
}

// compute plans the default name of a new connector, the id and the tables, as far as they are known.
func (a *attributes) compute(config attributes) {
	if config.Name.IsNull() && a.Name.IsUnknown() && !a.LogAnalyticsWorkspaceID.IsUnknown() {
		if name, err := defaultName(*a); err == nil { // the validator reports it
			a.Name = types.StringValue(name)
		}
	}
	a.ID, a.Tables = types.StringUnknown(), types.MapUnknown(types.StringType)
	if !a.Name.IsUnknown() {
		a.ID = types.StringValue(aadiam.ID(a.Name.ValueString()))
	}
	if categories, complete := namesIn(a.LogCategories); complete {
		a.Tables = tablesOf(categories)
	}
}

// defaultName is the name of the setting that Sentinel's connector page of a workspace reads and writes.
func defaultName(a attributes) (string, error) {
	workspace, err := azure.Workspace.ParseID(a.LogAnalyticsWorkspaceID.ValueString())
	return namePrefix + workspace, err
}

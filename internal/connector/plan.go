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
	if req.Plan.Raw.IsNull() {
		r.ledger.markLeaving(*prior)
		return
	}
	var config, plan model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if prior != nil && prior.TenantID.IsNull() {
		resp.Diagnostics.AddError("A moved connector has to be read first",
			"It was moved here from another provider's resource, whose state does not name the tenant. Run this once without "+
				"-refresh=false.")
		return
	}
	resp.Diagnostics.Append(r.planTenant(ctx, config, &plan, resp)...)
	if resp.Diagnostics.HasError() {
		return
	}
	planName(config, &plan)
	resp.Diagnostics.Append(planTables(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
	resp.Diagnostics.Append(r.adviseOnName(config, prior, plan)...)
	if prior != nil && prior.identity() != plan.identity() {
		r.ledger.markLeaving(*prior)
		prior = nil // Terraform plans a replacement again, as a creation, but drops the warnings of that plan
	}
	resp.Diagnostics.Append(r.advise(ctx, prior, plan)...)
}

// planTenant uses the provider's tenant if the configuration names none, and checks that the provider may use the
// tenant.
func (r *connectorResource) planTenant(ctx context.Context, config model, plan *model,
	resp *resource.ModifyPlanResponse) diag.Diagnostics {
	if config.TenantID.IsNull() {
		wanted := r.ConfiguredTenant()
		if wanted == "" && plan.TenantID.IsUnknown() {
			home, err := r.HomeTenant(ctx)
			if err != nil {
				return diag.Diagnostics{failure("plan", *plan, err)}
			}
			wanted = home
		}
		if wanted != "" && !strings.EqualFold(wanted, plan.TenantID.ValueString()) {
			if !plan.TenantID.IsUnknown() {
				resp.RequiresReplace.Append(path.Root("tenant_id"))
			}
			plan.TenantID = types.StringValue(wanted)
		}
	}
	if plan.TenantID.IsUnknown() {
		return nil
	}
	if err := r.CheckAllowed(ctx, plan.TenantID.ValueString()); err != nil {
		return diag.Diagnostics{diag.WithPath(path.Root("tenant_id"), failure("plan", *plan, err))}
	}
	return nil
}

// planName computes the default name of a new connector, and the id.
func planName(config model, plan *model) {
	if config.Name.IsNull() && plan.Name.IsUnknown() && !plan.LogAnalyticsWorkspaceID.IsUnknown() {
		name, err := defaultName(*plan)
		if err != nil {
			return // the validator reports it
		}
		plan.Name = types.StringValue(name)
	}
	if plan.Name.IsUnknown() {
		plan.ID = types.StringUnknown()
		return
	}
	plan.ID = types.StringValue(aadiam.ID(plan.Name.ValueString()))
}

// defaultName is the name of the setting that Sentinel's connector page of a workspace reads and writes.
func defaultName(plan model) (string, error) {
	workspace, err := azure.Workspace.ParseID(plan.LogAnalyticsWorkspaceID.ValueString())
	return namePrefix + workspace.Name, err
}

func planTables(ctx context.Context, plan *model) diag.Diagnostics {
	plan.Tables = types.MapUnknown(types.StringType)
	if plan.LogCategories.IsUnknown() {
		return nil
	}
	for _, category := range plan.LogCategories.Elements() {
		if category.IsUnknown() {
			return nil
		}
	}
	var categories []string
	diags := plan.LogCategories.ElementsAs(ctx, &categories, false)
	if diags.HasError() {
		return diags
	}
	var more diag.Diagnostics
	plan.Tables, more = tables(ctx, categories)
	return append(diags, more...)
}

// Package connector is the Microsoft Entra ID connector: the Terraform resource for the diagnostic setting that
// streams a tenant's logs to a Sentinel workspace.
package connector

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
)

var (
	_ resource.ResourceWithConfigure   = (*connectorResource)(nil)
	_ resource.ResourceWithIdentity    = (*connectorResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*connectorResource)(nil)
	_ resource.ResourceWithImportState = (*connectorResource)(nil)
	_ resource.ResourceWithMoveState   = (*connectorResource)(nil)
)

// Default timeouts, the same as azurerm's.
const (
	createTimeout = 30 * time.Minute
	readTimeout   = 5 * time.Minute
	updateTimeout = 30 * time.Minute
	deleteTimeout = 30 * time.Minute
)

// typeName is what the resource and the list resource are called.
const typeName = "sentinel_aad_connector"

type connectorResource struct {
	resourceTenants
	ledger *Ledger
}

// NewResource makes the resource sentinel_aad_connector. All of a provider share its ledger.
func NewResource(ledger *Ledger) resource.Resource { return &connectorResource{ledger: ledger} }

func (r *connectorResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = typeName
}

func (r *connectorResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	timeout, diags := plan.Timeouts.Create(ctx, createTimeout)
	resp.Diagnostics.Append(diags...)
	wanted := plan.setting(ctx, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	client, unlock, err := r.openLocked(ctx, plan)
	if err != nil {
		resp.Diagnostics.Append(failure("create", plan, err))
		return
	}
	defer unlock()
	if err := client.Create(ctx, wanted); err != nil {
		resp.Diagnostics.Append(failedWrite(ctx, client, "create", plan, err))
		return
	}
	// The state is saved before the wait, so that a timeout leaves no orphan.
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	if err := client.AwaitContent(ctx, r.ledger.entry(plan.TenantID, plan.Name).deleted, wanted); err != nil {
		resp.Diagnostics.Append(failure("create", plan, err))
	}
}

// openLocked locks a connector's setting against the other operations of this provider, and opens its tenant.
func (r *connectorResource) openLocked(ctx context.Context, m model) (*aadiam.Client, func(), error) {
	unlock, err := r.ledger.lock(ctx, m)
	if err != nil {
		return nil, nil, err
	}
	_, client, err := r.open(ctx, m.TenantID)
	if err != nil {
		unlock()
		return nil, nil, err
	}
	return client, unlock, nil
}

func (r *connectorResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	timeout, diags := state.Timeouts.Read(ctx, readTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	moved := state.TenantID.IsNull()
	if moved {
		home, err := r.HomeTenant(ctx)
		if err != nil {
			resp.Diagnostics.Append(failure("read", state, err))
			return
		}
		state.TenantID = types.StringValue(home)
	}
	// The framework requires the identity even if the setting turns out to be gone.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
	_, client, err := r.open(ctx, state.TenantID)
	if err != nil {
		resp.Diagnostics.Append(failure("read", state, err))
		return
	}
	found, exists, err := client.Find(ctx, state.Name.ValueString())
	if err != nil {
		resp.Diagnostics.Append(failure("read", state, err))
		return
	}
	if !exists && moved {
		resp.Diagnostics.AddError(movedAway(state))
		return
	}
	if !exists {
		resp.State.RemoveResource(ctx)
		return
	}
	r.ledger.markManaged(state)
	resp.Diagnostics.Append(state.refreshFrom(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// Update keeps what Terraform does not manage, and sends nothing if the setting changed after the plan was made, so
// that nothing is removed that the plan didn't show.
func (r *connectorResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	timeout, diags := plan.Timeouts.Update(ctx, updateTimeout)
	resp.Diagnostics.Append(diags...)
	planned := state.setting(ctx, &resp.Diagnostics)
	wanted := plan.setting(ctx, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	if !planned.Same(wanted) {
		if failed := r.replace(ctx, plan, planned, wanted, resp); failed != nil {
			resp.Diagnostics.Append(failed)
			return
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
}

func (r *connectorResource) replace(ctx context.Context, plan model, planned, wanted aadiam.Setting,
	resp *resource.UpdateResponse) diag.Diagnostic {
	client, unlock, err := r.openLocked(ctx, plan)
	if err != nil {
		return failure("update", plan, err)
	}
	defer unlock()
	written, err := client.Replace(ctx, planned, wanted)
	if err != nil {
		return failedWrite(ctx, client, "update", plan, err)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	if err := client.AwaitContent(ctx, planned, written); err != nil {
		return failure("update", plan, err)
	}
	return nil
}

func (r *connectorResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	timeout, diags := state.Timeouts.Delete(ctx, deleteTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	client, unlock, err := r.openLocked(ctx, state)
	if err != nil {
		resp.Diagnostics.Append(failure("delete", state, err))
		return
	}
	defer unlock()
	name := state.Name.ValueString()
	r.ledger.markDeleted(state, state.setting(ctx, &resp.Diagnostics))
	if err := client.Delete(ctx, name); err != nil {
		resp.Diagnostics.Append(failure("delete", state, err))
		return
	}
	if err := client.AwaitGone(ctx, name); err != nil {
		resp.Diagnostics.Append(failure("delete", state, err))
	}
}

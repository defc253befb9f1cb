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
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

var (
	_ resource.ResourceWithIdentity    = (*connectorResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*connectorResource)(nil)
	_ resource.ResourceWithImportState = (*connectorResource)(nil)
	_ resource.ResourceWithMoveState   = (*connectorResource)(nil)
)

// Default timeouts, the same as azurerm's.
const (
	changeTimeout = 30 * time.Minute
	readTimeout   = 5 * time.Minute
)

// typeName is what the resource and the list resource are called.
const typeName = "sentinel_aad_connector"

type connectorResource struct {
	tenants
	ledger *Ledger
}

// NewResource makes the resource sentinel_aad_connector. All of a provider share its ledger.
func NewResource(of *azure.Tenants, ledger *Ledger) resource.Resource {
	return &connectorResource{tenants{of}, ledger}
}

func (r *connectorResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = typeName
}

func (r *connectorResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	timeout, diags := plan.Timeouts.Create(ctx, changeTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	resp.Diagnostics.Append(r.change(ctx, "create", plan, func(client *aadiam.Client) diag.Diagnostic {
		wanted := plan.setting()
		if err := client.Create(ctx, wanted); err != nil {
			return failedWrite(ctx, client, "create", plan, err)
		}
		// The state is saved before the wait, so that a timeout leaves no orphan.
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
		if err := client.AwaitContent(ctx, r.ledger.entry(plan.identity()).deleted, wanted); err != nil {
			return failure("create", plan, err)
		}
		return nil
	}))
}

// change runs an operation on a connector's setting while no other operation of this provider changes it.
func (r *connectorResource) change(ctx context.Context, verb string, m model,
	operation func(*aadiam.Client) diag.Diagnostic) diag.Diagnostic {
	unlock, err := r.ledger.lock(ctx, m.identity())
	if err != nil {
		return failure(verb, m, err)
	}
	defer unlock()
	_, client, err := r.open(ctx, m.TenantID)
	if err != nil {
		return failure(verb, m, err)
	}
	return operation(client)
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
	tenant, client, err := r.open(ctx, state.TenantID)
	if moved {
		state.TenantID = types.StringValue(tenant)
	}
	// The framework requires the identity even if the setting turns out to be gone.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
	var found aadiam.Setting
	var exists bool
	if err == nil {
		found, exists, err = client.Find(ctx, state.Name.ValueString())
	}
	switch {
	case err != nil:
		resp.Diagnostics.Append(failure("read", state, err))
	case !exists && moved:
		resp.Diagnostics.AddError(movedAway(state))
	case !exists:
		resp.State.RemoveResource(ctx)
	default:
		r.ledger.update(state.identity(), func(e *ledgerEntry) { e.managed = true })
		state.refreshFrom(found)
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	}
}

// Update keeps what Terraform does not manage, and sends nothing if the setting changed after the plan was made, so
// that nothing is removed that the plan didn't show.
func (r *connectorResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	timeout, diags := plan.Timeouts.Update(ctx, changeTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	planned, wanted := state.setting(), plan.setting()
	var written aadiam.Setting
	if !planned.Same(wanted) {
		failed := r.change(ctx, "update", plan, func(client *aadiam.Client) diag.Diagnostic {
			var err error
			if written, err = client.Replace(ctx, planned, wanted); err != nil {
				return failedWrite(ctx, client, "update", plan, err)
			}
			resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
			if err := client.AwaitContent(ctx, planned, written); err != nil {
				return failure("update", plan, err)
			}
			return nil
		})
		if failed != nil {
			resp.Diagnostics.Append(failed)
			return
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
}

func (r *connectorResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	timeout, diags := state.Timeouts.Delete(ctx, changeTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	resp.Diagnostics.Append(r.change(ctx, "delete", state, func(client *aadiam.Client) diag.Diagnostic {
		r.ledger.update(state.identity(), func(e *ledgerEntry) { e.deleted = state.setting() })
		err := client.Delete(ctx, state.Name.ValueString())
		if err == nil {
			err = client.AwaitGone(ctx, state.Name.ValueString())
		}
		if err != nil {
			return failure("delete", state, err)
		}
		return nil
	}))
}

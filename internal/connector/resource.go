// Package connector is the Microsoft Entra ID connector: the Terraform resource for the diagnostic setting that
// streams a tenant's logs to a Sentinel workspace.
package connector

import (
	"context"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
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

// timeoutOf finds the timeout of an operation that changes a setting.
var timeoutOf = map[string]func(timeouts.Value, context.Context, time.Duration) (time.Duration, diag.Diagnostics){
	"create": timeouts.Value.Create, "update": timeouts.Value.Update, "delete": timeouts.Value.Delete,
}

// typeName is what the resource and the list resource are called.
const typeName = "sentinel_aad_connector"

type connectorResource struct {
	tenants
	ledger *Ledger
}

// NewResource makes the resource sentinel_aad_connector. All of a plan or apply share its ledger.
func NewResource(of *azure.Tenants, ledger *Ledger) resource.Resource {
	return &connectorResource{tenants{of}, ledger}
}

func (r *connectorResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = typeName
}

func (r *connectorResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	if resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...); resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.change(ctx, "create", plan, func(ctx context.Context, client *aadiam.Client) error {
		wanted := plan.setting()
		if err := client.Create(ctx, wanted); err != nil {
			return err
		}
		// The state is saved before the wait, so that a timeout leaves no orphan.
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
		return client.AwaitContent(ctx, r.ledger.entry(plan.identity()).deleted, wanted)
	})...)
}

// change runs an operation on a connector's setting within its timeout, while no other operation of this provider
// changes the setting.
func (r *connectorResource) change(ctx context.Context, verb string, m model,
	operation func(context.Context, *aadiam.Client) error) diag.Diagnostics {
	timeout, diags := timeoutOf[verb](m.Timeouts, ctx, changeTimeout)
	if diags.HasError() {
		return diags
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	turn := r.ledger.entry(m.identity()).turn
	if turn.Acquire(ctx, 1) != nil {
		return diag.Diagnostics{failure(verb, m, context.Cause(ctx))}
	}
	defer turn.Release(1)
	_, client, err := r.open(ctx, m.TenantID)
	if err != nil {
		return diag.Diagnostics{failure(verb, m, err)}
	}
	if err := operation(ctx, client); err != nil {
		return diag.Diagnostics{failedChange(ctx, client, verb, m, err)}
	}
	return diags
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
		name := state.Name.ValueString()
		resp.Diagnostics.AddError(remedy.OfPlan("a moved connector that is not there", "<name>", name, "<tenant>", tenant,
			"<import id>", strconv.Quote("<tenant id>/"+name)))
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
	if resp.Diagnostics.HasError() {
		return
	}
	save := func() {
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	}
	planned, wanted := state.setting(), plan.setting()
	if planned.Same(wanted) {
		save()
		return
	}
	resp.Diagnostics.Append(r.change(ctx, "update", plan, func(ctx context.Context, client *aadiam.Client) error {
		if err := client.Replace(ctx, planned, wanted); err != nil {
			return err
		}
		save()
		return client.AwaitContent(ctx, planned, wanted)
	})...)
}

func (r *connectorResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	if resp.Diagnostics.Append(req.State.Get(ctx, &state)...); resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.change(ctx, "delete", state, func(ctx context.Context, client *aadiam.Client) error {
		r.ledger.update(state.identity(), func(e *ledgerEntry) { e.deleted = state.setting() })
		if err := client.Delete(ctx, state.Name.ValueString()); err != nil {
			return err
		}
		return client.AwaitGone(ctx, state.Name.ValueString())
	})...)
}

package connector

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
)

// ImportState takes an id in any form of parseImportID, or an identity.
func (r *connectorResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	var imported identity
	if req.ID != "" {
		tenant, name, err := parseImportID(req.ID)
		if err != nil {
			resp.Diagnostics.AddError("Not an import id", inputcheck.Sentence(err))
			return
		}
		imported = identity{Name: types.StringValue(name), TenantID: types.StringValue(tenant)}
	} else {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &imported)...)
		if resp.Diagnostics.HasError() {
			return
		}
	}
	if imported.TenantID.ValueString() == "" {
		own, err := r.tenants.HomeTenant(ctx)
		if err != nil {
			resp.Diagnostics.Append(failure("import", model{Name: imported.Name}, err))
			return
		}
		imported.TenantID = types.StringValue(own)
	}
	imported.TenantID = types.StringValue(strings.ToLower(imported.TenantID.ValueString()))
	if err := checkImport(imported); err != nil {
		resp.Diagnostics.AddError("Not an import id", inputcheck.Sentence(err))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), imported.Name)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("tenant_id"), imported.TenantID)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, imported)...)
}

func checkImport(imported identity) error {
	if !azure.IsGUID(imported.TenantID.ValueString()) {
		return fmt.Errorf("the tenant %q is not a GUID", imported.TenantID.ValueString())
	}
	return checkName(imported.Name.ValueString())
}

// armID is the Azure resource id of a setting in any letter case: with one leading slash, with none as in the API's own examples, or
// with two as azapi's documentation prints it.
var armID = regexp.MustCompile(`(?i)^/{0,2}providers/microsoft\.aadiam/diagnosticSettings/(.+)$`)

// parseImportID reads "<name>", "<tenant id>/<name>" or the Azure resource id. The tenant is "" where the id names none. A name holds no
// slash, so the forms cannot be mistaken for each other.
func parseImportID(id string) (tenant, name string, err error) {
	if m := armID.FindStringSubmatch(id); m != nil {
		return "", m[1], checkName(m[1])
	}
	before, after, tenantGiven := strings.Cut(id, "/")
	switch {
	case !tenantGiven && checkName(id) == nil:
		return "", id, nil
	case tenantGiven && azure.IsGUID(before) && checkName(after) == nil:
		return strings.ToLower(before), after, nil
	}
	return "", "", fmt.Errorf("%q is none of: the setting's name, <tenant id>/<name>, /providers/microsoft.aadiam/diagnosticSettings/<name>", id)
}

package connector

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
)

// ImportState accepts an id in any form of parseImportID, or an identity. The name is imported in the service's
// spelling.
func (r *connectorResource) ImportState(ctx context.Context, req resource.ImportStateRequest,
	resp *resource.ImportStateResponse) {
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
		if err := checkImport(imported); err != nil {
			resp.Diagnostics.AddError("Not an import id", inputcheck.Sentence(err))
			return
		}
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	if failed := r.findImported(ctx, &imported); failed != nil {
		resp.Diagnostics.Append(failed)
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), imported.Name)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("tenant_id"), imported.TenantID)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, imported)...)
}

// findImported sets the tenant and the service's spelling of the name.
func (r *connectorResource) findImported(ctx context.Context, imported *identity) diag.Diagnostic {
	tenant, client, err := r.open(ctx, imported.TenantID)
	imported.TenantID = types.StringValue(tenant)
	var settings []aadiam.Setting
	if err == nil {
		settings, err = client.List(ctx)
	}
	var found aadiam.Setting
	exists := false
	if err == nil {
		if found, exists = aadiam.ByName(settings, imported.Name.ValueString()); !exists { // the list may lag
			found, exists, err = client.Find(ctx, imported.Name.ValueString())
		}
	}
	switch {
	case err != nil:
		return failure("read", model{attributes: attributes{Name: imported.Name, TenantID: imported.TenantID}}, err)
	case !exists:
		return diag.NewErrorDiagnostic(notThere(*imported, settings))
	case found.Name != "":
		imported.Name = types.StringValue(found.Name)
	}
	return nil
}

func notThere(imported identity, settings []aadiam.Setting) (summary, detail string) {
	var names []string
	for _, setting := range settings {
		names = append(names, fmt.Sprintf("%q", setting.Name))
	}
	slices.Sort(names)
	there := "It has none."
	if len(names) > 0 {
		there = "It has " + strings.Join(names, ", ") + "."
	}
	return fmt.Sprintf("Cannot import the connector %q: not found", imported.Name.ValueString()),
		fmt.Sprintf("Tenant %s has no diagnostic setting of this name. %s To import from another tenant, write <tenant "+
			"id>/<name>.", imported.TenantID.ValueString(), there)
}

func checkImport(imported identity) error {
	if tenant := imported.TenantID.ValueString(); tenant != "" && !azure.IsGUID(tenant) {
		return fmt.Errorf("the tenant %q is not a GUID", tenant)
	}
	return checkName(imported.Name.ValueString())
}

// armID is the Azure resource id of a setting in any letter case: with one leading slash, with none as in the API's
// examples, or with two as in azapi's documentation.
var armID = regexp.MustCompile(`(?i)^/{0,2}providers/microsoft\.aadiam/diagnosticSettings/(.+)$`)

// parseImportID reads "<name>", "<tenant id>/<name>" or the Azure resource id. The tenant is "" if the id names none.
// A name contains no slash, so the forms are unambiguous.
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
	return "", "", fmt.Errorf("%q is not an import id. Use the setting's name, <tenant id>/<name> or "+
		"/providers/microsoft.aadiam/diagnosticSettings/<name>", id)
}

package connector

import (
	"context"
	"fmt"
	"regexp"
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
	imported, err := parseImportID(req.ID)
	if req.ID == "" {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &imported)...)
		if resp.Diagnostics.HasError() {
			return
		}
		err = checkIdentity(imported)
	}
	if err != nil {
		resp.Diagnostics.AddError("Not an import id", inputcheck.Sentence(err))
		return
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
	name := imported.Name.ValueString()
	tenant, client, err := r.open(ctx, imported.TenantID)
	imported.TenantID = types.StringValue(tenant)
	var settings []aadiam.Setting
	if err == nil {
		settings, err = client.List(ctx)
	}
	found, exists := aadiam.ByName(settings, name)
	if err == nil && !exists { // the list may lag
		found, exists, err = client.Find(ctx, name)
	}
	switch {
	case err != nil:
		return failure("read", model{attributes: attributes{Name: imported.Name, TenantID: imported.TenantID}}, err)
	case !exists:
		has := "none"
		if names := namesOf(settings); len(names) > 0 {
			has = `"` + strings.Join(names, `", "`) + `"`
		}
		return diag.NewErrorDiagnostic(fmt.Sprintf("Cannot import the connector %q: not found", name),
			fmt.Sprintf("Tenant %s has no diagnostic setting of this name. It has %s. To import from another tenant, write "+
				"<tenant id>/<name>.", tenant, has))
	case found.Name != "":
		imported.Name = types.StringValue(found.Name)
	}
	return nil
}

func checkIdentity(imported identity) error {
	if tenant := imported.TenantID.ValueString(); tenant != "" && !azure.IsGUID(tenant) {
		return fmt.Errorf("the tenant %q is not a GUID", tenant)
	}
	return checkName(imported.Name.ValueString())
}

// importID matches "<name>", "<tenant id>/<name>" and the Azure resource id of a setting in any letter case: with one
// leading slash, with none as in the API's examples, or with two as in azapi's documentation. A name contains no slash,
// so the forms are unambiguous.
var importID = regexp.MustCompile(`(?i)^(?:/{0,2}providers/microsoft\.aadiam/diagnosticSettings/|` +
	`([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/)?([^/]+)$`)

// parseImportID reads an import id. The tenant is "" if it names none.
func parseImportID(id string) (identity, error) {
	parts := importID.FindStringSubmatch(id)
	if parts == nil || checkName(parts[2]) != nil {
		return identity{}, fmt.Errorf("%q is not an import id. Use the setting's name, <tenant id>/<name> or "+
			"/providers/microsoft.aadiam/diagnosticSettings/<name>", id)
	}
	return identity{types.StringValue(parts[2]), types.StringValue(strings.ToLower(parts[1]))}, nil
}

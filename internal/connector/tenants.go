package connector

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

// listTimeout is the timeout for reading a tenant's list.
const listTimeout = 5 * time.Minute

// tenants opens tenants with the configured provider's sign-in.
type tenants struct{ *azure.Tenants }

// configure receives the provider's data, which is nil while Terraform validates.
func (t *tenants) configure(providerData any, diags *diag.Diagnostics) {
	if providerData == nil {
		return
	}
	configured, ok := providerData.(*azure.Tenants)
	if !ok {
		diags.AddError("A bug in the provider", fmt.Sprintf("The provider's data is a %T. Please report this.", providerData))
		return
	}
	t.Tenants = configured
}

// resourceTenants and dataSourceTenants differ in how the framework configures them.
type (
	resourceTenants   struct{ tenants }
	dataSourceTenants struct{ tenants }
)

func (t *resourceTenants) Configure(_ context.Context, req resource.ConfigureRequest,
	resp *resource.ConfigureResponse) {
	t.configure(req.ProviderData, &resp.Diagnostics)
}

func (t *dataSourceTenants) Configure(_ context.Context, req datasource.ConfigureRequest,
	resp *datasource.ConfigureResponse) {
	t.configure(req.ProviderData, &resp.Diagnostics)
}

// open returns a client of a tenant's settings and the tenant's id in lower case. The default is the home tenant.
func (t tenants) open(ctx context.Context, named types.String) (string, *aadiam.Client, error) {
	id := strings.ToLower(named.ValueString())
	if id == "" {
		home, err := t.HomeTenant(ctx)
		if err != nil {
			return "", nil, err
		}
		id = home
	}
	resourceManager, err := t.ResourceManager(ctx, id)
	if err != nil {
		return id, nil, err
	}
	return id, aadiam.NewClient(resourceManager), nil
}

// settings returns a tenant's settings, sorted by name: all of them, or those that send to one workspace.
func (t tenants) settings(ctx context.Context, named, workspaceID types.String) (tenant string,
	settings []aadiam.Setting, err error) {
	tenant, client, err := t.open(ctx, named)
	if err != nil {
		return tenant, nil, err
	}
	settings, err = client.List(ctx)
	settings = slices.DeleteFunc(settings, func(s aadiam.Setting) bool {
		return !workspaceID.IsNull() && !aadiam.SameID(s.WorkspaceID, workspaceID.ValueString())
	})
	slices.SortFunc(settings, func(a, b aadiam.Setting) int { return cmp.Compare(a.Name, b.Name) })
	return tenant, settings, err
}

// cannotList explains a failure to read a tenant's list.
func cannotList(what, tenant string, err error) diag.Diagnostic {
	problem, detail := remedy.Explain(err, tenant)
	return diag.NewErrorDiagnostic(fmt.Sprintf("Cannot list %s: %s", what, problem), detail)
}

package connector

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

// lookupTimeout is how long a look at a whole tenant may take.
const lookupTimeout = 5 * time.Minute

// lookup is a look at a whole tenant, for the list resource and the data sources.
type lookup struct {
	tenants *azure.Tenants
}

// configure takes what the provider was configured to, which is nil while Terraform validates.
func (l *lookup) configure(providerData any) (diags diag.Diagnostics) {
	if providerData == nil {
		return nil
	}
	tenants, ok := providerData.(*azure.Tenants)
	if !ok {
		diags.AddError("A bug in the provider", fmt.Sprintf("It handed over a %T. Please report this.", providerData))
	}
	l.tenants = tenants
	return diags
}

// tenant opens a tenant, the provider's own where none is named.
func (l *lookup) tenant(ctx context.Context, named types.String) (string, *aadiam.Client, error) {
	id := strings.ToLower(named.ValueString())
	if id == "" {
		own, err := l.tenants.HomeTenant(ctx)
		if err != nil {
			return "", nil, err
		}
		id = own
	}
	resourceManager, err := l.tenants.ResourceManager(ctx, id)
	if err != nil {
		return id, nil, err
	}
	return id, aadiam.NewClient(resourceManager), nil
}

// settings returns a tenant's settings by name, all of them or those that feed one workspace.
func (l *lookup) settings(ctx context.Context, named, workspaceID types.String) (tenant string, settings []aadiam.Setting, err error) {
	tenant, client, err := l.tenant(ctx, named)
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

// cannotLookUp says why a look at a tenant failed, as failure does for a connector.
func cannotLookUp(what, tenant string, err error) diag.Diagnostic {
	advice := remedy.For(err, tenant)
	return diag.NewErrorDiagnostic(fmt.Sprintf("Cannot list %s: %s", what, advice.Problem), remedy.Paragraphs(advice.Remedy, remedy.ServiceMessage(err)))
}

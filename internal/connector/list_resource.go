package connector

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
)

// listResource lists the connectors of a tenant, for terraform query.
type listResource struct{ tenants }

// NewListResource makes the list resource sentinel_aad_connector.
func NewListResource(of *azure.Tenants) list.ListResource { return &listResource{tenants{of}} }

func (l *listResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = typeName
}

func (l *listResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest,
	resp *list.ListResourceSchemaResponse) {
	resp.Schema = listschema.Schema{
		MarkdownDescription: "Lists the diagnostic settings of a tenant that send logs to a Log Analytics workspace, " +
			"whoever made them.",
		Attributes: map[string]listschema.Attribute{
			"tenant_id": listschema.StringAttribute{
				Optional:            true,
				MarkdownDescription: tenantDescription,
				Validators:          []validator.String{inputcheck.TenantID()},
			},
			"log_analytics_workspace_id": listschema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Only find settings that send to the workspace with this resource id, in any letter case.",
				Validators:          []validator.String{inputcheck.ResourceID(azure.Workspace)},
			},
		},
	}
}

// List skips settings without a workspace, for which no valid configuration can be generated.
func (l *listResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var selected selection
	if diags := req.Config.Get(ctx, &selected); diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	stream.Results = func(push func(list.ListResult) bool) {
		tenant, settings, failed := l.settings(ctx, selected)
		if failed != nil {
			push(list.ListResult{Diagnostics: diag.Diagnostics{failed}})
			return
		}
		found := int64(0)
		for _, setting := range settings {
			if setting.WorkspaceID == "" {
				continue
			}
			if found++; found > req.Limit && req.Limit > 0 || !push(listed(ctx, req, tenant, setting)) {
				return
			}
		}
	}
}

func listed(ctx context.Context, req list.ListRequest, tenant string, setting aadiam.Setting) list.ListResult {
	result := req.NewListResult(ctx)
	result.DisplayName = setting.Name
	found := modelOf(types.StringValue(tenant), setting)
	result.Diagnostics.Append(result.Identity.Set(ctx, found.identity())...)
	if req.IncludeResource {
		result.Diagnostics.Append(result.Resource.Set(ctx, found)...)
	}
	return result
}

package connector

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
)

// listResource finds the connectors that a tenant has, for terraform query.
type listResource struct{ lookup }

var _ list.ListResourceWithConfigure = (*listResource)(nil)

// NewListResource makes the list resource sentinel_aad_connector.
func NewListResource() list.ListResource { return &listResource{} }

func (l *listResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_aad_connector"
}

func (l *listResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	resp.Diagnostics.Append(l.configure(req.ProviderData)...)
}

func (l *listResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listschema.Schema{
		MarkdownDescription: "Finds the diagnostic settings of a tenant that send logs to a Log Analytics workspace, whoever made them.",
		Attributes: map[string]listschema.Attribute{
			"tenant_id": listschema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The tenant to look at. Default: the provider's. Any other must be among the provider's `allowed_tenant_ids`.",
				Validators:          []validator.String{inputcheck.TenantID()},
			},
			"log_analytics_workspace_id": listschema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Finds only those that send to the workspace of this resource id, in any letter case.",
				Validators:          []validator.String{inputcheck.ResourceID(azure.Workspace)},
			},
		},
	}
}

// List finds settings with a workspace: without one, there would be no valid configuration to generate.
func (l *listResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config struct {
		TenantID                types.String `tfsdk:"tenant_id"`
		LogAnalyticsWorkspaceID types.String `tfsdk:"log_analytics_workspace_id"`
	}
	if diags := req.Config.Get(ctx, &config); diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	stream.Results = func(push func(list.ListResult) bool) {
		ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
		defer cancel()
		tenant, settings, err := l.settings(ctx, config.TenantID, config.LogAnalyticsWorkspaceID)
		if err != nil {
			push(list.ListResult{Diagnostics: diag.Diagnostics{cannotLookUp("the tenant's connectors", tenant, err)}})
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
	found := model{Name: types.StringValue(setting.Name), TenantID: types.StringValue(tenant)}
	result.Diagnostics.Append(found.observe(ctx, setting)...)
	result.Diagnostics.Append(result.Identity.Set(ctx, found.identity())...)
	if req.IncludeResource {
		for attribute, value := range found.attributes() {
			result.Diagnostics.Append(result.Resource.SetAttribute(ctx, path.Root(attribute), value)...)
		}
	}
	return result
}

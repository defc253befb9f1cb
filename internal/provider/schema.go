package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// block is the provider block as Terraform hands it over.
type block struct {
	TenantID                 types.String `tfsdk:"tenant_id"`
	ClientID                 types.String `tfsdk:"client_id"`
	ClientSecret             types.String `tfsdk:"client_secret"`
	UseCLI                   types.Bool   `tfsdk:"use_cli"`
	Environment              types.String `tfsdk:"environment"`
	Endpoint                 types.Object `tfsdk:"endpoint"`
	DisableInstanceDiscovery types.Bool   `tfsdk:"disable_instance_discovery"`
	AllowedTenantIDs         types.Set    `tfsdk:"allowed_tenant_ids"`
}

// endpointBlock is the endpoint attribute.
type endpointBlock struct {
	AuthorityHost           types.String `tfsdk:"active_directory_authority_host"`
	ResourceManagerEndpoint types.String `tfsdk:"resource_manager_endpoint"`
	ResourceManagerAudience types.String `tfsdk:"resource_manager_audience"`
	LogAnalyticsEndpoint    types.String `tfsdk:"log_analytics_endpoint"`
	LogAnalyticsAudience    types.String `tfsdk:"log_analytics_audience"`
}

func (p *sentinelProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Connects Microsoft Entra ID (Azure AD) logs to Microsoft Sentinel.",
		Attributes: map[string]schema.Attribute{
			"tenant_id": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The tenant to sign in to, and the one whose logs are streamed where a resource names none. A GUID. " +
					"Also from `ARM_TENANT_ID`. Needed for all methods but the Azure CLI, which has a tenant of its own.",
			},
			"client_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The client id (application id) of the service principal. Also from `ARM_CLIENT_ID`.",
			},
			"client_secret": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "The client secret of the service principal. Also from `ARM_CLIENT_SECRET`, where it stays out of plan files.",
			},
			"use_cli": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether to sign in as the Azure CLI (`az login`) does, where no other method is configured. Set to true here, it also goes " +
					"before the methods that only the environment asks for. Also from `ARM_USE_CLI`. Default: true.",
			},
			"environment": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The cloud: `public`, `usgovernment`, `china`, or `custom`, whose endpoints `endpoint` or the environment names. " +
					"Also from `ARM_ENVIRONMENT`. Default: `public`.",
			},
			"endpoint": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "The endpoints of `environment = \"custom\"`.",
				Attributes: map[string]schema.Attribute{
					"active_directory_authority_host": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "Entra ID's token service, such as `https://login.microsoftonline.com`. Also from `ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST`.",
					},
					"resource_manager_endpoint": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "Azure Resource Manager, such as `https://management.azure.com`. Also from `ARM_RESOURCE_MANAGER_ENDPOINT`.",
					},
					"resource_manager_audience": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "The resource that tokens for Azure Resource Manager name, such as `https://management.core.windows.net/`. Also from `ARM_RESOURCE_MANAGER_AUDIENCE`.",
					},
					"log_analytics_endpoint": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "The Log Analytics query service with its version, such as `https://api.loganalytics.azure.com/v1`. Also from `ARM_LOG_ANALYTICS_ENDPOINT`.",
					},
					"log_analytics_audience": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "The resource that tokens for Log Analytics name, such as `https://api.loganalytics.io`. Also from `ARM_LOG_ANALYTICS_AUDIENCE`.",
					},
				},
			},
			"disable_instance_discovery": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether to trust the authority host without asking Microsoft's public cloud about it, as disconnected and private " +
					"clouds need. Also from `ARM_DISABLE_INSTANCE_DISCOVERY`. Default: false.",
			},
			"allowed_tenant_ids": schema.SetAttribute{
				ElementType: types.StringType,
				Optional:    true,
				MarkdownDescription: "The tenants that a resource's `tenant_id` may name besides the provider's own; `[\"*\"]` allows any. " +
					"Also from `ARM_ALLOWED_TENANT_IDS`, separated by semicolons. Default: none.",
			},
		},
	}
}

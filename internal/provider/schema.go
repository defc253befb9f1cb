package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// block is the provider block.
type block struct {
	TenantID                  types.String `tfsdk:"tenant_id"`
	AllowedTenantIDs          types.Set    `tfsdk:"allowed_tenant_ids"`
	AuxiliaryTenantIDs        types.List   `tfsdk:"auxiliary_tenant_ids"`
	ClientID                  types.String `tfsdk:"client_id"`
	ClientIDFilePath          types.String `tfsdk:"client_id_file_path"`
	ClientSecret              types.String `tfsdk:"client_secret"`
	ClientSecretFilePath      types.String `tfsdk:"client_secret_file_path"`
	ClientCertificate         types.String `tfsdk:"client_certificate"`
	ClientCertificatePath     types.String `tfsdk:"client_certificate_path"`
	ClientCertificatePassword types.String `tfsdk:"client_certificate_password"`
	UseOIDC                   types.Bool   `tfsdk:"use_oidc"`
	OIDCToken                 types.String `tfsdk:"oidc_token"`
	OIDCTokenFilePath         types.String `tfsdk:"oidc_token_file_path"`
	OIDCRequestURL            types.String `tfsdk:"oidc_request_url"`
	OIDCRequestToken          types.String `tfsdk:"oidc_request_token"`
	ADOConnectionID           types.String `tfsdk:"ado_pipeline_service_connection_id"`
	UseAKS                    types.Bool   `tfsdk:"use_aks_workload_identity"`
	UseMSI                    types.Bool   `tfsdk:"use_msi"`
	ManagedIdentityClientID   types.String `tfsdk:"managed_identity_client_id"`
	UseCLI                    types.Bool   `tfsdk:"use_cli"`
	UseDevCLI                 types.Bool   `tfsdk:"use_dev_cli"`
	Environment               types.String `tfsdk:"environment"`
	MetadataHost              types.String `tfsdk:"metadata_host"`
	Endpoint                  types.Object `tfsdk:"endpoint"`
	DisableInstanceDiscovery  types.Bool   `tfsdk:"disable_instance_discovery"`
	PartnerID                 types.String `tfsdk:"partner_id"`
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
				MarkdownDescription: "The tenant to sign in to, and the one whose logs are streamed if a resource " +
					"names none. A GUID. Also from `ARM_TENANT_ID`. Required for all sign-in methods but managed " +
					"identities and the CLIs, which have a tenant of their own.",
			},
			"allowed_tenant_ids": schema.SetAttribute{
				ElementType: types.StringType,
				Optional:    true,
				MarkdownDescription: "The tenants that a resource's `tenant_id` may name in addition to the " +
					"provider's own; `[\"*\"]` allows any. Also from `ARM_ALLOWED_TENANT_IDS`, separated by " +
					"semicolons. Default: none.",
			},
			"auxiliary_tenant_ids": schema.ListAttribute{
				ElementType: types.StringType,
				Optional:    true,
				MarkdownDescription: "Up to three tenants whose tokens accompany each request to Azure Resource " +
					"Manager, for a workspace in another tenant. Whether diagnostic settings use them is not " +
					"documented. Also from `ARM_AUXILIARY_TENANT_IDS`, separated by semicolons.",
			},
			"client_id": text("client_id", "The client id (application id) of the service principal, or of a "+
				"user-assigned managed identity."),
			"client_id_file_path":     text("client_id_file_path", "A file with the client id, as HCP Terraform writes "+"it."),
			"client_secret":           secret("client_secret", "The client secret of the service principal."),
			"client_secret_file_path": text("client_secret_file_path", "A file with the client secret."),
			"client_certificate": secret("client_certificate", "The client certificate of the service principal "+
				"with its private key: a PFX in base64."),
			"client_certificate_path": text("client_certificate_path", "A file with the client certificate and its "+
				"private key: PFX, or unencrypted PEM."),
			"client_certificate_password": secret("client_certificate_password", "The password of the PFX."),
			"use_oidc": toggle("use_oidc", "false", "Whether to sign in with an identity token: `oidc_token`, or "+
				"else `oidc_token_file_path`, or else one requested from Azure DevOps "+
				"(`ado_pipeline_service_connection_id`), or else one of a managed identity (with `use_msi`, as the "+
				"federated credential of the app that `client_id` names), or else one requested from GitHub Actions."),
			"oidc_token": secret("oidc_token", "The identity token. It expires within minutes: for long runs, "+
				"prefer a file or a request."),
			"oidc_token_file_path": text("oidc_token_file_path", "A file with the identity token, read again for "+
				"each sign-in."),
			"oidc_request_url":   text("oidc_request_url", "URL from which to request an identity token."),
			"oidc_request_token": secret("oidc_request_token", "Bearer token for the identity-token request."),
			"ado_pipeline_service_connection_id": text("ado_pipeline_service_connection_id", "The id of the Azure "+
				"DevOps service connection for which to request an identity token."),
			"use_aks_workload_identity": toggle("use_aks_workload_identity", "false", "Whether to sign in with the "+
				"workload identity of a pod in AKS, whose webhook sets `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and "+
				"`AZURE_FEDERATED_TOKEN_FILE`."),
			"use_msi": toggle("use_msi", "false", "Whether to sign in as this machine's managed identity, which "+
				"never leaves its own tenant. With `use_oidc`: as an app that trusts the managed identity, in any "+
				"tenant in which the app exists."),
			"managed_identity_client_id": text("managed_identity_client_id", "The client id of the user-assigned "+
				"managed identity that the app of `client_id` trusts. Default: the system-assigned one."),
			"use_cli": toggle("use_cli", "true", "Whether to sign in with the Azure CLI's account (`az login`) if "+
				"no other method is configured. Set to true here, it also overrides methods that only the environment "+
				"configures."),
			"use_dev_cli": toggle("use_dev_cli", "false", "Whether to sign in with the Azure Developer CLI's "+
				"account (`azd auth login`)."),
			"environment": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The cloud: `public`, `usgovernment`, `china`, or `custom`, whose endpoints " +
					"are in `endpoint` or the environment. Also from `ARM_ENVIRONMENT`. Default: `public`.",
			},
			"endpoint": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "The endpoints of `environment = \"custom\"`.",
				Attributes: map[string]schema.Attribute{
					"active_directory_authority_host": text("endpoint.active_directory_authority_host",
						"Entra ID's token service, such as `https://login.microsoftonline.com`."),
					"resource_manager_endpoint": text("endpoint.resource_manager_endpoint", "Azure Resource "+
						"Manager, such as `https://management.azure.com`."),
					"resource_manager_audience": text("endpoint.resource_manager_audience", "The audience of "+
						"tokens for Azure Resource Manager, such as `https://management.core.windows.net/`."),
					"log_analytics_endpoint": text("endpoint.log_analytics_endpoint", "The Log Analytics query "+
						"service with its version, such as `https://api.loganalytics.azure.com/v1`."),
					"log_analytics_audience": text("endpoint.log_analytics_audience", "The audience of tokens for "+
						"Log Analytics, such as `https://api.loganalytics.io`."),
				},
			},
			"metadata_host": text("metadata_host", "A host that serves the cloud's endpoint metadata, such as that "+
				"of an Azure Stack, in place of `environment` and `endpoint`. A host name alone, without `https://`."),
			"disable_instance_discovery": toggle("disable_instance_discovery", "false", "Whether to trust the "+
				"authority host without asking Microsoft's public cloud about it, as disconnected and private clouds "+
				"require."),
			"partner_id": text("partner_id", "A GUID by which Microsoft attributes usage to a partner."),
		},
	}
}

func text(name, description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description + alsoFrom(name)}
}

// secret is a string that Terraform does not show. Only in the environment it stays out of plan files as well.
func secret(name, description string) schema.StringAttribute {
	attribute := text(name, description)
	attribute.Sensitive = true
	return attribute
}

func toggle(name, byDefault, description string) schema.BoolAttribute {
	description += alsoFrom(name) + " Default: " + byDefault + "."
	return schema.BoolAttribute{Optional: true, MarkdownDescription: description}
}

func alsoFrom(name string) string {
	return " Also from `" + strings.Join(variables[name], "`, `") + "`."
}

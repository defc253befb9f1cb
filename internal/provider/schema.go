package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// attribute is one of the provider block's, or with the prefix "endpoint." one of its attribute endpoint's.
type attribute struct {
	schema.Attribute
	variables []string // of the environment, in order of precedence
	byDefault bool     // what a toggle is where neither the block nor the environment sets it
}

// attributes are named, like their variables, as in azurerm; those for custom clouds as in azapi. Some variables are
// the ones that pipelines set.
var attributes = map[string]attribute{
	"tenant_id": text("The tenant to sign in to, and the one whose logs are streamed if a resource names none. A GUID. "+
		"Required for all sign-in methods but managed identities and the CLIs, which have a tenant of their own.",
		"ARM_TENANT_ID"),
	"allowed_tenant_ids": {
		Attribute: schema.SetAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: "The tenants " +
			"that a resource's `tenant_id` may name in addition to the provider's own; `[\"*\"]` allows any. Also from " +
			"`ARM_ALLOWED_TENANT_IDS`, separated by semicolons. Default: none."},
		variables: []string{"ARM_ALLOWED_TENANT_IDS"},
	},
	"auxiliary_tenant_ids": {
		Attribute: schema.ListAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: "Up to three " +
			"tenants whose tokens accompany each request to Azure Resource Manager, for a workspace in another tenant. " +
			"Whether diagnostic settings use them is not documented. Also from `ARM_AUXILIARY_TENANT_IDS`, separated by " +
			"semicolons."},
		variables: []string{"ARM_AUXILIARY_TENANT_IDS"},
	},
	"client_id": text("The client id (application id) of the service principal, or of a user-assigned managed identity.",
		"ARM_CLIENT_ID"),
	"client_id_file_path":     text("A file with the client id, as HCP Terraform writes it.", "ARM_CLIENT_ID_FILE_PATH"),
	"client_secret":           secret("The client secret of the service principal.", "ARM_CLIENT_SECRET"),
	"client_secret_file_path": text("A file with the client secret.", "ARM_CLIENT_SECRET_FILE_PATH"),
	"client_certificate": secret("The client certificate of the service principal with its private key: a PFX in base64.",
		"ARM_CLIENT_CERTIFICATE"),
	"client_certificate_path": text("A file with the client certificate and its private key: PFX, or unencrypted PEM.",
		"ARM_CLIENT_CERTIFICATE_PATH"),
	"client_certificate_password": secret("The password of the PFX.", "ARM_CLIENT_CERTIFICATE_PASSWORD"),
	"use_oidc": toggle(false, "Whether to sign in with an identity token: `oidc_token`, or else `oidc_token_file_path`, "+
		"or else one requested from Azure DevOps (`ado_pipeline_service_connection_id`), or else one of a managed identity "+
		"(with `use_msi`, as the federated credential of the app that `client_id` names), or else one requested from "+
		"GitHub Actions.", "ARM_USE_OIDC"),
	"oidc_token": secret("The identity token. It expires within minutes: for long runs, prefer a file or a request.",
		"ARM_OIDC_TOKEN"),
	"oidc_token_file_path": text("A file with the identity token, read again for each sign-in.",
		"ARM_OIDC_TOKEN_FILE_PATH"),
	"oidc_request_url": text("URL from which to request an identity token.",
		"ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"),
	"oidc_request_token": secret("Bearer token for the identity-token request.",
		"ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN"),
	"ado_pipeline_service_connection_id": text("The id of the Azure DevOps service connection for which to request an "+
		"identity token.", "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
		"AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"),
	"use_aks_workload_identity": toggle(false, "Whether to sign in with the workload identity of a pod in AKS, whose "+
		"webhook sets `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_FEDERATED_TOKEN_FILE`.",
		"ARM_USE_AKS_WORKLOAD_IDENTITY"),
	"use_msi": toggle(false, "Whether to sign in as this machine's managed identity, which never leaves its own tenant. "+
		"With `use_oidc`: as an app that trusts the managed identity, in any tenant in which the app exists.",
		"ARM_USE_MSI"),
	"managed_identity_client_id": text("The client id of the user-assigned managed identity that the app of `client_id` "+
		"trusts. Default: the system-assigned one.", "ARM_MANAGED_IDENTITY_CLIENT_ID"),
	"use_cli": toggle(true, "Whether to sign in with the Azure CLI's account (`az login`) if no other method is "+
		"configured. Set to true here, it also overrides methods that only the environment configures.", "ARM_USE_CLI"),
	"use_dev_cli": toggle(false, "Whether to sign in with the Azure Developer CLI's account (`azd auth login`).",
		"ARM_USE_DEV_CLI"),
	"environment": text("The cloud: `public`, `usgovernment`, `china`, or `custom`, whose endpoints are in `endpoint` or "+
		"the environment. Default: `public`.", "ARM_ENVIRONMENT"),
	"endpoint.active_directory_authority_host": text("Entra ID's token service, such as "+
		"`https://login.microsoftonline.com`.", "ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST"),
	"endpoint.resource_manager_endpoint": text("Azure Resource Manager, such as `https://management.azure.com`.",
		"ARM_RESOURCE_MANAGER_ENDPOINT"),
	"endpoint.resource_manager_audience": text("The audience of tokens for Azure Resource Manager, such as "+
		"`https://management.core.windows.net/`.", "ARM_RESOURCE_MANAGER_AUDIENCE"),
	"endpoint.log_analytics_endpoint": text("The Log Analytics query service with its version, such as "+
		"`https://api.loganalytics.azure.com/v1`.", "ARM_LOG_ANALYTICS_ENDPOINT"),
	"endpoint.log_analytics_audience": text("The audience of tokens for Log Analytics, such as "+
		"`https://api.loganalytics.io`.", "ARM_LOG_ANALYTICS_AUDIENCE"),
	"metadata_host": text("A host that serves the cloud's endpoint metadata, such as that of an Azure Stack, in place of "+
		"`environment` and `endpoint`. A host name alone, without `https://`.", "ARM_METADATA_HOSTNAME"),
	"disable_instance_discovery": toggle(false, "Whether to trust the authority host without asking Microsoft's public "+
		"cloud about it, as disconnected and private clouds require.", "ARM_DISABLE_INSTANCE_DISCOVERY"),
	"partner_id": text("A GUID by which Microsoft attributes usage to a partner.", "ARM_PARTNER_ID"),
}

func text(description string, variables ...string) attribute {
	return textual(false, description, variables)
}

// secret is a text that Terraform does not show. Only in the environment it stays out of plan files as well.
func secret(description string, variables ...string) attribute {
	return textual(true, description, variables)
}

func textual(sensitive bool, description string, variables []string) attribute {
	description += " Also from `" + strings.Join(variables, "`, `") + "`."
	return attribute{
		Attribute: schema.StringAttribute{Optional: true, Sensitive: sensitive, MarkdownDescription: description},
		variables: variables,
	}
}

func toggle(byDefault bool, description, variable string) attribute {
	description += fmt.Sprintf(" Also from `%s`. Default: %t.", variable, byDefault)
	return attribute{
		Attribute: schema.BoolAttribute{Optional: true, MarkdownDescription: description},
		variables: []string{variable},
		byDefault: byDefault,
	}
}

func (p *sentinelProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	block, endpoint := map[string]schema.Attribute{}, map[string]schema.Attribute{}
	for name, attribute := range attributes {
		if child, nested := strings.CutPrefix(name, "endpoint."); nested {
			endpoint[child] = attribute.Attribute
		} else {
			block[name] = attribute.Attribute
		}
	}
	block["endpoint"] = schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "The endpoints of `environment = \"custom\"`.",
		Attributes:          endpoint,
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Connects Microsoft Entra ID (Azure AD) logs to Microsoft Sentinel.",
		Attributes:          block,
	}
}

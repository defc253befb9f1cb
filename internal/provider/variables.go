package provider

// variables are the environment variables of each attribute, in order of precedence: azurerm's, those that pipelines
// set, and azapi's for custom clouds.
var variables = map[string][]string{
	"tenant_id":                   {"ARM_TENANT_ID"},
	"allowed_tenant_ids":          {"ARM_ALLOWED_TENANT_IDS"},
	"auxiliary_tenant_ids":        {"ARM_AUXILIARY_TENANT_IDS"},
	"client_id":                   {"ARM_CLIENT_ID"},
	"client_id_file_path":         {"ARM_CLIENT_ID_FILE_PATH"},
	"client_secret":               {"ARM_CLIENT_SECRET"},
	"client_secret_file_path":     {"ARM_CLIENT_SECRET_FILE_PATH"},
	"client_certificate":          {"ARM_CLIENT_CERTIFICATE"},
	"client_certificate_path":     {"ARM_CLIENT_CERTIFICATE_PATH"},
	"client_certificate_password": {"ARM_CLIENT_CERTIFICATE_PASSWORD"},
	"use_oidc":                    {"ARM_USE_OIDC"},
	"oidc_token":                  {"ARM_OIDC_TOKEN"},
	"oidc_token_file_path":        {"ARM_OIDC_TOKEN_FILE_PATH"},
	"oidc_request_url":            {"ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"},
	"oidc_request_token":          {"ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN"},
	"ado_pipeline_service_connection_id": {"ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
		"ARM_OIDC_AZURE_SERVICE_CONNECTION_ID", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"},
	"use_aks_workload_identity":  {"ARM_USE_AKS_WORKLOAD_IDENTITY"},
	"use_msi":                    {"ARM_USE_MSI"},
	"managed_identity_client_id": {"ARM_MANAGED_IDENTITY_CLIENT_ID"},
	"use_cli":                    {"ARM_USE_CLI"},
	"use_dev_cli":                {"ARM_USE_DEV_CLI"},
	"environment":                {"ARM_ENVIRONMENT"},
	"metadata_host":              {"ARM_METADATA_HOSTNAME"},
	"disable_instance_discovery": {"ARM_DISABLE_INSTANCE_DISCOVERY"},
	"partner_id":                 {"ARM_PARTNER_ID"},

	"endpoint.active_directory_authority_host": {"ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST"},
	"endpoint.resource_manager_endpoint":       {"ARM_RESOURCE_MANAGER_ENDPOINT"},
	"endpoint.resource_manager_audience":       {"ARM_RESOURCE_MANAGER_AUDIENCE"},
	"endpoint.log_analytics_endpoint":          {"ARM_LOG_ANALYTICS_ENDPOINT"},
	"endpoint.log_analytics_audience":          {"ARM_LOG_ANALYTICS_AUDIENCE"},
}

// workloadIdentityVariables are set by the webhook of AKS, but also for other programs, so only that method reads them.
var workloadIdentityVariables = map[string]string{
	"tenant_id":            "AZURE_TENANT_ID",
	"client_id":            "AZURE_CLIENT_ID",
	"oidc_token_file_path": "AZURE_FEDERATED_TOKEN_FILE",
}

package remedy

import "github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"

// Configuration explains a provider configuration that cannot work.
func Configuration(fault *signin.ConfigError) string {
	text := usable[fault.Attribute]
	if fault.Missing {
		text = missing[fault.Attribute]
	}
	return fault.Problem + " " + fill(text)
}

// usable says what a value must be.
var usable = map[string]string{
	"oidc_request_url":        "It must be a whole https:// URL: tokens are never sent over anything else.",
	"client_certificate":      usableCertificate,
	"client_certificate_path": usableCertificate,
}

const usableCertificate = `It must be a PFX (in client_certificate, in base64) with the password in
	client_certificate_password, or in a file an unencrypted PEM of certificate and key.`

// missing says how to give a value, and without an attribute which values select a method.
var missing = map[string]string{
	"": `In a pipeline set use_oidc (ARM_USE_OIDC), on an Azure machine use_msi (ARM_USE_MSI); set client_secret
		(ARM_CLIENT_SECRET) or client_certificate_path (ARM_CLIENT_CERTIFICATE_PATH) with client_id and tenant_id to sign in
		as a service principal; or leave use_cli (ARM_USE_CLI) at true and run "az login".`,
	"tenant_id": "Set tenant_id in the provider block or ARM_TENANT_ID in the environment.",
	"client_id": "Set client_id in the provider block or ARM_CLIENT_ID in the environment.",
	"oidc_request_url": `Set oidc_request_url in the provider block or ARM_OIDC_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_URL
		or SYSTEM_OIDCREQUESTURI in the environment.` + inGitHub,
	"oidc_request_token": `Set oidc_request_token in the provider block or ARM_OIDC_REQUEST_TOKEN,
		ACTIONS_ID_TOKEN_REQUEST_TOKEN or SYSTEM_ACCESSTOKEN in the environment.` + inGitHub,
	"oidc_token_file_path": `Set oidc_token_file_path in the provider block or AZURE_FEDERATED_TOKEN_FILE in the
		environment.`,
	"ado_pipeline_service_connection_id": `Set ado_pipeline_service_connection_id in the provider block or
		ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID in the environment. It is the id of the service connection.`,
	"log_analytics_endpoint": `Set log_analytics_endpoint and log_analytics_audience in endpoint, or
		ARM_LOG_ANALYTICS_ENDPOINT and ARM_LOG_ANALYTICS_AUDIENCE in the environment.`,
}

const inGitHub = ` GitHub Actions sets it in a job with the permission "id-token: write". Or give the token itself in
	oidc_token (ARM_OIDC_TOKEN) or oidc_token_file_path (ARM_OIDC_TOKEN_FILE_PATH).`

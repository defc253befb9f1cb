package remedy

import (
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
)

// Configuration explains a provider configuration that cannot work.
func Configuration(fault *signin.ConfigError) string {
	if fault.Attribute == "" {
		return fault.Problem + " In a pipeline set use_oidc (ARM_USE_OIDC), on an Azure machine use_msi " +
			"(ARM_USE_MSI); set client_secret (ARM_CLIENT_SECRET) or client_certificate_path " +
			"(ARM_CLIENT_CERTIFICATE_PATH) with client_id and tenant_id to sign in as a service principal; or " +
			"leave use_cli (ARM_USE_CLI) at true and run \"az login\"."
	}
	if !fault.Missing {
		return fault.Problem + " " + usable[fault.Attribute]
	}
	return fault.Problem + " " + missing[fault.Attribute]
}

// usable says what a value must be.
var usable = map[string]string{
	"oidc_request_url":        "It must be a whole https:// URL: tokens are never sent over anything else.",
	"client_certificate":      usableCertificate,
	"client_certificate_path": usableCertificate,
}

const usableCertificate = "It must be a PFX (in client_certificate, in base64) with the password in " +
	"client_certificate_password, or in a file an unencrypted PEM of certificate and key."

// missing says how to give a value.
var missing = map[string]string{
	"tenant_id": set("tenant_id", "ARM_TENANT_ID"),
	"client_id": set("client_id", "ARM_CLIENT_ID"),
	"oidc_request_url": set("oidc_request_url", "ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL",
		"SYSTEM_OIDCREQUESTURI") + inGitHub,
	"oidc_request_token": set("oidc_request_token", "ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
		"SYSTEM_ACCESSTOKEN") + inGitHub,
	"oidc_token_file_path": set("oidc_token_file_path", "AZURE_FEDERATED_TOKEN_FILE"),
	"ado_pipeline_service_connection_id": set("ado_pipeline_service_connection_id",
		"ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID") +
		" It is the id of the service connection.",
	"log_analytics_endpoint": "Set log_analytics_endpoint and log_analytics_audience in endpoint, or " +
		"ARM_LOG_ANALYTICS_ENDPOINT and ARM_LOG_ANALYTICS_AUDIENCE in the environment.",
}

const inGitHub = " GitHub Actions sets it in a job with the permission \"id-token: write\". Or give the token " +
	"itself in oidc_token (ARM_OIDC_TOKEN) or oidc_token_file_path (ARM_OIDC_TOKEN_FILE_PATH)."

func set(attribute string, variables ...string) string {
	last := len(variables) - 1
	names := variables[last]
	if last > 0 {
		names = strings.Join(variables[:last], ", ") + " or " + names
	}
	return "Set " + attribute + " in the provider block or " + names + " in the environment."
}

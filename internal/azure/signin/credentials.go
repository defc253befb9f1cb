package signin

import (
	"context"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

func withCertificate(s Config) (opener, error) {
	certificates, key, err := readCertificate(s)
	return func(tenant string, options Options) (azcore.TokenCredential, error) {
		return azidentity.NewClientCertificateCredential(tenant, s["client_id"].Value, certificates, key,
			&azidentity.ClientCertificateCredentialOptions{
				ClientOptions:            options.ClientOptions,
				DisableInstanceDiscovery: s["disable_instance_discovery"].given(),
			})
	}, err
}

func withClientSecret(s Config) (opener, error) {
	return func(tenant string, options Options) (azcore.TokenCredential, error) {
		return azidentity.NewClientSecretCredential(tenant, s["client_id"].Value, s["client_secret"].Value,
			&azidentity.ClientSecretCredentialOptions{
				ClientOptions:            options.ClientOptions,
				DisableInstanceDiscovery: s["disable_instance_discovery"].given(),
			})
	}, nil
}

func withOIDCToken(s Config) (opener, error) {
	return withAssertion(s, func(context.Context, Config, Options) (string, error) { return s["oidc_token"].Value, nil })
}

// withOIDCTokenFile also signs in a pod, with azidentity's protocol for AKS, but says what the token claimed.
func withOIDCTokenFile(s Config) (opener, error) { return withAssertion(s, readTokenFile) }

// withAzureDevOps does without azidentity's credential for Azure Pipelines, which reads the URL from one variable only.
func withAzureDevOps(s Config) (opener, error) { return withRequest(s, azureDevOpsToken) }

func withOIDCRequest(s Config) (opener, error) {
	switch requestURL := strings.ToLower(s["oidc_request_url"].Value); {
	case !strings.Contains(requestURL, "/_apis/distributedtask/"): // not Azure DevOps
		return withRequest(s, gitHubToken)
	case s["ado_pipeline_service_connection_id"].given():
		return withAzureDevOps(s)
	default:
		return nil, &ConfigError{Attribute: "ado_pipeline_service_connection_id", Missing: true,
			Problem: "The URL from " + s["oidc_request_url"].Source + " is that of Azure DevOps, but " +
				"ado_pipeline_service_connection_id is missing."}
	}
}

// withFederatedManagedIdentity signs in as an app that trusts a managed identity. It reaches other tenants without a
// secret: a managed identity never leaves its own tenant, but a multi-tenant app has a service principal in each.
func withFederatedManagedIdentity(s Config) (opener, error) {
	return withAssertion(s, managedIdentityToken)
}

// withManagedIdentity signs in to the identity's home tenant, whatever the tenant: Credential checks the token.
func withManagedIdentity(s Config) (opener, error) {
	return func(_ string, options Options) (azcore.TokenCredential, error) {
		return newManagedIdentity(s.either("managed_identity_client_id", "client_id"), options)
	}, nil
}

// newManagedIdentity selects a user-assigned identity by its client id, or the system-assigned one.
func newManagedIdentity(clientID Input, options Options) (azcore.TokenCredential, error) {
	chosen := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: options.ClientOptions}
	chosen.Retry = policy.RetryOptions{} // azidentity's defaults, which also retry the 404 and 410 of IMDS
	if clientID.given() {
		chosen.ID = azidentity.ClientID(clientID.Value)
	}
	return azidentity.NewManagedIdentityCredential(chosen)
}

func withAzureDeveloperCLI(Config) (opener, error) {
	return func(tenant string, _ Options) (azcore.TokenCredential, error) {
		return azidentity.NewAzureDeveloperCLICredential(&azidentity.AzureDeveloperCLICredentialOptions{TenantID: tenant})
	}, nil
}

package signin

import (
	"context"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

func withCertificate(s Config) (opener, error) {
	certificates, key, err := readCertificate(s)
	if err != nil {
		return nil, err
	}
	return func(tenant string, options Options) (azcore.TokenCredential, error) {
		return azidentity.NewClientCertificateCredential(tenant, s.ClientID.Value, certificates, key,
			&azidentity.ClientCertificateCredentialOptions{
				ClientOptions:            options.ClientOptions,
				DisableInstanceDiscovery: s.DisableInstanceDiscovery,
			})
	}, nil
}

func withClientSecret(s Config) (opener, error) {
	return func(tenant string, options Options) (azcore.TokenCredential, error) {
		return azidentity.NewClientSecretCredential(tenant, s.ClientID.Value, s.ClientSecret.Value,
			&azidentity.ClientSecretCredentialOptions{
				ClientOptions:            options.ClientOptions,
				DisableInstanceDiscovery: s.DisableInstanceDiscovery,
			})
	}, nil
}

func withOIDCToken(s Config) (opener, error) {
	return withAssertion(s, func(context.Context, Options) (string, error) { return s.OIDCToken.Value, nil }), nil
}

func withOIDCTokenFile(s Config) (opener, error) {
	return withAssertion(s, func(context.Context, Options) (string, error) {
		return readTokenFile(s.OIDCTokenPath.Value)
	}), nil
}

// withAzureDevOps does without azidentity's credential for Azure Pipelines, which reads the URL from one variable only.
func withAzureDevOps(s Config) (opener, error) {
	return withAssertion(s, azureDevOpsToken(s)), checkRequestURL(s.OIDCRequestURL)
}

func withOIDCRequest(s Config) (opener, error) {
	if !isAzureDevOps(s.OIDCRequestURL.Value) {
		return withAssertion(s, gitHubToken(s)), checkRequestURL(s.OIDCRequestURL)
	}
	if s.ADOConnectionID.given() {
		return withAzureDevOps(s)
	}
	return nil, &ConfigError{Attribute: "ado_pipeline_service_connection_id", Missing: true,
		Problem: "The URL from " + s.OIDCRequestURL.Source + " is that of Azure DevOps, but " +
			"ado_pipeline_service_connection_id is missing."}
}

// withFederatedManagedIdentity signs in as an app that trusts a managed identity. It reaches other tenants without a
// secret: a managed identity never leaves its own tenant, but a multi-tenant app has a service principal in each.
func withFederatedManagedIdentity(s Config) (opener, error) {
	var once sync.Once
	var identity *azidentity.ManagedIdentityCredential
	var err error
	return withAssertion(s, func(ctx context.Context, options Options) (string, error) {
		once.Do(func() { // one for all tenants, since it caches the identity's token
			identity, err = azidentity.NewManagedIdentityCredential(managedIdentity(s.ManagedIdentityID, options))
		})
		if err != nil {
			return "", err
		}
		token, err := identity.GetToken(ctx,
			policy.TokenRequestOptions{Scopes: []string{options.TokenExchange + "/.default"}})
		return token.Token, err
	}), nil
}

func withAKS(s Config) (opener, error) {
	return func(tenant string, options Options) (azcore.TokenCredential, error) {
		return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
			ClientOptions:            options.ClientOptions,
			ClientID:                 s.ClientID.Value,
			TenantID:                 tenant,
			TokenFilePath:            s.OIDCTokenPath.Value,
			DisableInstanceDiscovery: s.DisableInstanceDiscovery,
		})
	}, nil
}

// withManagedIdentity signs in to the identity's home tenant, whatever the tenant: Credential checks the token.
func withManagedIdentity(s Config) (opener, error) {
	return func(_ string, options Options) (azcore.TokenCredential, error) {
		return azidentity.NewManagedIdentityCredential(managedIdentity(s.managedIdentityID(), options))
	}, nil
}

// managedIdentityID is the client id of the identity that signs in by itself.
func (s Config) managedIdentityID() Input { return either(s.ManagedIdentityID, s.ClientID) }

// managedIdentity selects a user-assigned identity by its client id, or the system-assigned one.
func managedIdentity(clientID Input, options Options) *azidentity.ManagedIdentityCredentialOptions {
	chosen := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: options.ClientOptions}
	chosen.Retry = policy.RetryOptions{} // azidentity's defaults, which also retry the 404 and 410 of IMDS
	if clientID.given() {
		chosen.ID = azidentity.ClientID(clientID.Value)
	}
	return chosen
}

func withAzureDeveloperCLI(Config) (opener, error) {
	return func(tenant string, _ Options) (azcore.TokenCredential, error) {
		return azidentity.NewAzureDeveloperCLICredential(&azidentity.AzureDeveloperCLICredentialOptions{TenantID: tenant})
	}, nil
}

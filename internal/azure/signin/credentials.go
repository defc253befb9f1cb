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
		return azidentity.NewClientCertificateCredential(tenant, s.ClientID.Value, certificates, key, &azidentity.ClientCertificateCredentialOptions{
			ClientOptions:            options.ClientOptions,
			DisableInstanceDiscovery: s.DisableInstanceDiscovery,
		})
	}, nil
}

func withClientSecret(s Config) (opener, error) {
	return func(tenant string, options Options) (azcore.TokenCredential, error) {
		return azidentity.NewClientSecretCredential(tenant, s.ClientID.Value, s.ClientSecret.Value, &azidentity.ClientSecretCredentialOptions{
			ClientOptions:            options.ClientOptions,
			DisableInstanceDiscovery: s.DisableInstanceDiscovery,
		})
	}, nil
}

func withOIDCToken(s Config) (opener, error) {
	return withAssertion(s, func(context.Context, Options) (string, error) { return s.OIDCToken.Value, nil }), nil
}

func withOIDCTokenFile(s Config) (opener, error) {
	return withAssertion(s, func(context.Context, Options) (string, error) { return readTokenFile(s.OIDCTokenPath.Value) }), nil
}

// withAzureDevOps does not use azidentity's credential for Azure Pipelines, which takes the URL from one variable and no other place.
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
		Problem: "The OIDC token is to be requested from Azure DevOps, by " + s.OIDCRequestURL.Source + ", but ado_pipeline_service_connection_id is missing."}
}

// withFederatedManagedIdentity signs in as an app that trusts a managed identity. That is the way without secrets into other tenants, for which a
// managed identity itself never leaves its own: a multi-tenant app has a service principal in each of them.
func withFederatedManagedIdentity(s Config) (opener, error) {
	var once sync.Once
	var identity *azidentity.ManagedIdentityCredential
	var err error
	return withAssertion(s, func(ctx context.Context, options Options) (string, error) {
		once.Do(func() { // one for all tenants, since it keeps the identity's token
			identity, err = azidentity.NewManagedIdentityCredential(managedIdentity(s.ManagedIdentityID, options))
		})
		if err != nil {
			return "", err
		}
		token, err := identity.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{options.TokenExchange + "/.default"}})
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

// withManagedIdentity signs in to the identity's home tenant, whatever tenant is meant: the pinned credential notices.
func withManagedIdentity(s Config) (opener, error) {
	return func(_ string, options Options) (azcore.TokenCredential, error) {
		return azidentity.NewManagedIdentityCredential(managedIdentity(s.managedIdentityID(), options))
	}, nil
}

// managedIdentityID is the identity itself where no app stands before it.
func (s Config) managedIdentityID() Input { return either(s.ManagedIdentityID, s.ClientID) }

// managedIdentity names a user-assigned identity by its client id, and the system-assigned one by none.
func managedIdentity(clientID Input, options Options) *azidentity.ManagedIdentityCredentialOptions {
	chosen := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: options.ClientOptions}
	chosen.Retry = policy.RetryOptions{} // azidentity's own for IMDS, whose 404 and 410 may pass as well
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

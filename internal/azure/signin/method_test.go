package signin

import (
	"errors"
	"strings"
	"testing"
)

func TestChooseMethod(t *testing.T) {
	block := func(name string) Input { return Input{"x", name + " in the provider block", true} }
	variable := func(name string) Input { return Input{"x", name, false} }
	byDefault := Input{"true", "the default of use_cli", false}
	for name, test := range map[string]struct {
		signIn  Config
		want    string
		missing string // the attribute that the error names
	}{
		"nothing but the default": {Config{UseCLI: byDefault}, "Azure CLI", ""},
		"all of a secret": {Config{
			TenantID: variable("ARM_TENANT_ID"), ClientID: variable("ARM_CLIENT_ID"),
			ClientSecret: variable("ARM_CLIENT_SECRET"), UseCLI: byDefault,
		}, "client secret", ""},
		"the block's CLI beats the environment's secret": {Config{
			TenantID: variable("ARM_TENANT_ID"), ClientID: variable("ARM_CLIENT_ID"),
			ClientSecret: variable("ARM_CLIENT_SECRET"), UseCLI: block("use_cli"),
		}, "Azure CLI", ""},
		"the block's secret beats the block's CLI": {Config{
			TenantID: block("tenant_id"), ClientID: block("client_id"), ClientSecret: block("client_secret"),
			UseCLI: block("use_cli"),
		}, "client secret", ""},
		"a secret without a client": {Config{
			TenantID: block("tenant_id"), ClientSecret: variable("ARM_CLIENT_SECRET"), UseCLI: byDefault,
		}, "", "client_id"},
		"a secret without a tenant": {Config{
			ClientID: block("client_id"), ClientSecret: variable("ARM_CLIENT_SECRET"), UseCLI: byDefault,
		}, "", "tenant_id"},
		"a certificate before a secret": {Config{
			TenantID: variable("ARM_TENANT_ID"), ClientID: variable("ARM_CLIENT_ID"),
			ClientSecret: variable("ARM_CLIENT_SECRET"), CertificatePath: variable("ARM_CLIENT_CERTIFICATE_PATH"),
		}, "client certificate", ""},
		"the block's OIDC with the environment's token, beside the environment's secret": {Config{
			TenantID: variable("ARM_TENANT_ID"), ClientID: variable("ARM_CLIENT_ID"),
			ClientSecret: variable("ARM_CLIENT_SECRET"),
			UseOIDC:      block("use_oidc"), OIDCToken: variable("ARM_OIDC_TOKEN"), UseCLI: byDefault,
		}, "OIDC token", ""},
		"an identity token without use_oidc is not asked for": {Config{OIDCToken: variable("ARM_OIDC_TOKEN"),
			UseCLI: byDefault}, "Azure CLI", ""},
		"the block's CLI beats a pipeline's OIDC": {Config{
			TenantID: variable("ARM_TENANT_ID"), ClientID: variable("ARM_CLIENT_ID"),
			UseOIDC: variable("ARM_USE_OIDC"), UseCLI: block("use_cli"),
		}, "Azure CLI", ""},
		"the block's managed identity beats a pipeline's OIDC": {Config{
			TenantID: variable("ARM_TENANT_ID"), ClientID: variable("ARM_CLIENT_ID"),
			UseOIDC: variable("ARM_USE_OIDC"), UseMSI: block("use_msi"),
		}, "managed identity", ""},
		"OIDC and a managed identity together": {Config{
			TenantID: block("tenant_id"), ClientID: block("client_id"), UseOIDC: block("use_oidc"),
			UseMSI: block("use_msi"),
		}, "managed identity as the federated credential of an app", ""},
		"Azure DevOps before GitHub": {Config{
			TenantID: block("tenant_id"), ClientID: block("client_id"), UseOIDC: variable("ARM_USE_OIDC"),
			ADOConnectionID: variable("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID"),
			OIDCRequestURL:  variable("SYSTEM_OIDCREQUESTURI"), OIDCRequestToken: variable("SYSTEM_ACCESSTOKEN"),
		}, "Azure DevOps service connection", ""},
		"AKS before a managed identity": {Config{
			TenantID: variable("AZURE_TENANT_ID"), ClientID: variable("AZURE_CLIENT_ID"),
			OIDCTokenPath: variable("AZURE_FEDERATED_TOKEN_FILE"),
			UseAKS:        variable("ARM_USE_AKS_WORKLOAD_IDENTITY"), UseMSI: variable("ARM_USE_MSI"),
			UseCLI: byDefault,
		}, "AKS workload identity", ""},
		"azd before the Azure CLI": {Config{UseDevCLI: variable("ARM_USE_DEV_CLI"), UseCLI: byDefault},
			"Azure Developer CLI", ""},
		"OIDC without a place to request a token": {Config{
			TenantID: block("tenant_id"), ClientID: block("client_id"), UseOIDC: variable("ARM_USE_OIDC"),
			UseCLI: byDefault,
		}, "", "oidc_request_url"},
		"a client id alone is the CLI's user's": {Config{ClientID: variable("ARM_CLIENT_ID"), UseCLI: byDefault},
			"Azure CLI", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := choose(test.signIn)
			if err == nil {
				err = got.check(test.signIn)
			}
			if test.missing == "" {
				if err != nil || got.name != test.want {
					t.Errorf("chose %q, error %v; want %q", got.name, err, test.want)
				}
				return
			}
			fault, ok := errors.AsType[*ConfigError](err)
			if !ok || fault.Attribute != test.missing {
				t.Fatalf("error = %v, want one about %s", err, test.missing)
			}
			asked := "ARM_CLIENT_SECRET"
			if test.signIn.UseOIDC.given() {
				asked = "ARM_USE_OIDC"
			}
			if !fault.Missing || !strings.Contains(fault.Problem, asked) ||
				!strings.Contains(fault.Problem, test.missing) {
				t.Errorf("error = %+v, want one that names %s", fault, asked)
			}
		})
	}
}

func TestChooseWithoutAnyMethod(t *testing.T) {
	_, err := Choose(Config{})
	if fault, ok := errors.AsType[*ConfigError](err); !ok || fault.Attribute != "" || !fault.Missing {
		t.Errorf("error = %v", err)
	}
}

func TestTheBlocksIdentityBeatsTheEnvironments(t *testing.T) {
	block, variable := Input{"block", "client_id in the provider block", true}, Input{"variable",
		"ARM_MANAGED_IDENTITY_CLIENT_ID", false}
	if got := (Config{ClientID: block, ManagedIdentityID: variable}).managedIdentityID(); got != block {
		t.Errorf("the identity is %+v", got)
	}
	if got := (Config{ManagedIdentityID: variable}).managedIdentityID(); got != variable {
		t.Errorf("the identity is %+v", got)
	}
}

package signin

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// given makes a Config of the names of its fields, which are also the sources of their values. UseCLI is on by default.
func given(block, environment string) Config {
	config := Config{UseCLI: Input{"true", "the default of use_cli", false}}
	for name := range strings.FieldsSeq(environment) {
		reflect.ValueOf(&config).Elem().FieldByName(name).Set(reflect.ValueOf(Input{"x", name, false}))
	}
	for name := range strings.FieldsSeq(block) {
		reflect.ValueOf(&config).Elem().FieldByName(name).Set(reflect.ValueOf(Input{"x", name, true}))
	}
	return config
}

func TestChooseMethod(t *testing.T) {
	const app, withSecret = "TenantID ClientID ", "TenantID ClientID ClientSecret "
	for name, test := range map[string]struct{ block, environment, want string }{
		"nothing but the default":            {"", "", "Azure CLI"},
		"all of a secret":                    {"", withSecret, "client secret"},
		"a certificate before a secret":      {"", withSecret + "CertificatePath", "client certificate"},
		"a secret before OIDC":               {withSecret + "UseOIDC OIDCToken", "", "client secret"},
		"an identity token without use_oidc": {"", "OIDCToken", "Azure CLI"},
		"OIDC and a managed identity together": {app + "UseOIDC UseMSI", "",
			"managed identity as the federated credential of an app"},
		"Azure DevOps before GitHub": {app, "UseOIDC ADOConnectionID OIDCRequestURL OIDCRequestToken",
			"Azure DevOps service connection"},
		"AKS before a managed identity": {"", app + "OIDCTokenPath UseAKS UseMSI", "AKS workload identity"},
		"azd before the Azure CLI":      {"", "UseDevCLI", "Azure Developer CLI"},
		"a client id alone":             {"", "ClientID", "Azure CLI"},

		"the block's CLI, the environment's secret":       {"UseCLI", withSecret, "Azure CLI"},
		"the block's CLI and secret":                      {withSecret + "UseCLI", "", "client secret"},
		"the block's OIDC, the environment's secret":      {"UseOIDC", withSecret + "OIDCToken", "OIDC token"},
		"the block's CLI, a pipeline's OIDC":              {"UseCLI", app + "UseOIDC", "Azure CLI"},
		"the block's managed identity, a pipeline's OIDC": {"UseMSI", app + "UseOIDC", "managed identity"},
		"the block's pod, a pipeline's OIDC":              {app + "UseAKS OIDCTokenPath", "UseOIDC", "AKS workload identity"},

		"a secret without a client": {"TenantID", "ClientSecret", "client secret|ClientSecret|client_id"},
		"a secret without a tenant": {"ClientID", "ClientSecret", "client secret|ClientSecret|tenant_id"},
		"OIDC without an endpoint":  {app, "UseOIDC", "OIDC token request|UseOIDC|oidc_request_url"},
		"a pod without a file":      {app, "UseAKS", "AKS workload identity|UseAKS|oidc_token_file_path"},
	} {
		config := given(test.block, test.environment)
		got, err := choose(config)
		if err == nil {
			err = got.check(config)
		}
		if fault, incomplete := errors.AsType[*ConfigError](err); incomplete {
			parts := strings.Split(test.want+"||", "|")
			if !fault.Missing || fault.Attribute != parts[2] || fault.Problem != "Signing in with the "+parts[0]+
				" was selected by "+parts[1]+", but "+parts[2]+" is missing." {
				t.Errorf("%s: %+v, want %s", name, fault, test.want)
			}
		} else if got.name != test.want {
			t.Errorf("%s: chose %q, want %q", name, got.name, test.want)
		}
	}
}

func TestChooseWithoutAnyMethod(t *testing.T) {
	_, err := Choose(Config{})
	if fault, ok := errors.AsType[*ConfigError](err); !ok || fault.Attribute != "" || !fault.Missing {
		t.Errorf("error = %v", err)
	}
}

func TestTheBlocksIdentityBeatsTheEnvironments(t *testing.T) {
	for block, want := range map[string]string{"ClientID": "ClientID", "": "ManagedIdentityID"} {
		if got := given(block, "ManagedIdentityID").managedIdentityID(); got.Source != want {
			t.Errorf("the identity is %+v, want %s", got, want)
		}
	}
}

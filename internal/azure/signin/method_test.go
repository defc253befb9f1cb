package signin

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"golang.org/x/sync/semaphore"
)

// given makes a Config of names, which are also the sources of their values. use_cli is on by default.
func given(block, environment string) Config {
	config := Config{"use_cli": {"true", "the default of use_cli", false}}
	for name := range strings.FieldsSeq(environment) {
		config[name] = Input{"x", name, false}
	}
	for name := range strings.FieldsSeq(block) {
		config[name] = Input{"x", name, true}
	}
	return config
}

func TestChooseMethod(t *testing.T) {
	const app, withSecret = "tenant_id client_id ", "tenant_id client_id client_secret "
	const pod = app + "use_aks_workload_identity oidc_token_file_path "
	for name, test := range map[string]struct{ block, environment, want string }{
		"nothing but the default":            {"", "", "Azure CLI"},
		"all of a secret":                    {"", withSecret, "client secret"},
		"a certificate before a secret":      {"", withSecret + "client_certificate_path", "client certificate"},
		"a secret before OIDC":               {withSecret + "use_oidc oidc_token", "", "client secret"},
		"an identity token without use_oidc": {"", "oidc_token", "Azure CLI"},
		"OIDC and a managed identity together": {app + "use_oidc use_msi", "",
			"managed identity as the federated credential of an app"},
		"Azure DevOps before GitHub": {app, "use_oidc ado_pipeline_service_connection_id oidc_request_url oidc_request_token",
			"Azure DevOps service connection"},
		"AKS before a managed identity": {"", pod + "use_msi", "AKS workload identity"},
		"azd before the Azure CLI":      {"", "use_dev_cli", "Azure Developer CLI"},
		"a client id alone":             {"", "client_id", "Azure CLI"},

		"the block's CLI, the environment's secret":  {"use_cli", withSecret, "Azure CLI"},
		"the block's CLI and secret":                 {withSecret + "use_cli", "", "client secret"},
		"the block's OIDC, the environment's secret": {"use_oidc", withSecret + "oidc_token", "OIDC token"},
		"the block's OIDC, the environment's managed identity": {app + "use_oidc",
			"use_msi oidc_request_url oidc_request_token", "OIDC token request"},
		"the block's CLI, a pipeline's OIDC":              {"use_cli", app + "use_oidc", "Azure CLI"},
		"the block's managed identity, a pipeline's OIDC": {"use_msi", app + "use_oidc", "managed identity"},
		"the block's pod, a pipeline's OIDC":              {pod, "use_oidc", "AKS workload identity"},

		"a secret without a client": {"tenant_id", "client_secret", "client secret|client_secret|client_id"},
		"a secret without a tenant": {"client_id", "client_secret", "client secret|client_secret|tenant_id"},
		"OIDC without an endpoint":  {app, "use_oidc", "OIDC token request|use_oidc|oidc_request_url"},
		"a pod without a file": {app, "use_aks_workload_identity",
			"AKS workload identity|use_aks_workload_identity|oidc_token_file_path"},
	} {
		got, err := choose(given(test.block, test.environment))
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

func TestWaitingForATurnEndsWithTheContext(t *testing.T) {
	stopped := errors.New("stopped")
	ctx, stop := context.WithCancelCause(t.Context())
	stop(stopped)
	taken := semaphore.NewWeighted(1)
	taken.TryAcquire(1)
	_, err := (&Credential{turn: taken}).GetToken(ctx, policy.TokenRequestOptions{})
	_, _, ofCLI := (&azureCLI{turn: taken}).accountToken(ctx, "", policy.TokenRequestOptions{})
	if !errors.Is(err, stopped) || !errors.Is(ofCLI, stopped) {
		t.Errorf("errors %v and %v", err, ofCLI)
	}
}

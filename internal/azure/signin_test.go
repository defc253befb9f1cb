package azure

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
		signIn  SignIn
		want    string
		missing string // the attribute that the error names
	}{
		"nothing but the default": {SignIn{UseCLI: byDefault}, "Azure CLI", ""},
		"all of a secret": {SignIn{
			TenantID: variable("ARM_TENANT_ID"), ClientID: variable("ARM_CLIENT_ID"), ClientSecret: variable("ARM_CLIENT_SECRET"), UseCLI: byDefault,
		}, "client secret", ""},
		"the block's CLI beats the environment's secret": {SignIn{
			TenantID: variable("ARM_TENANT_ID"), ClientID: variable("ARM_CLIENT_ID"), ClientSecret: variable("ARM_CLIENT_SECRET"), UseCLI: block("use_cli"),
		}, "Azure CLI", ""},
		"the block's secret beats the block's CLI": {SignIn{
			TenantID: block("tenant_id"), ClientID: block("client_id"), ClientSecret: block("client_secret"), UseCLI: block("use_cli"),
		}, "client secret", ""},
		"a secret without a client": {SignIn{
			TenantID: block("tenant_id"), ClientSecret: variable("ARM_CLIENT_SECRET"), UseCLI: byDefault,
		}, "", "client_id"},
		"a secret without a tenant": {SignIn{
			ClientID: block("client_id"), ClientSecret: variable("ARM_CLIENT_SECRET"), UseCLI: byDefault,
		}, "", "tenant_id"},
		"a client id alone is the CLI's user's": {SignIn{ClientID: variable("ARM_CLIENT_ID"), UseCLI: byDefault}, "Azure CLI", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := chooseMethod(test.signIn)
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
			for _, want := range []string{"ARM_CLIENT_SECRET", "ARM_" + strings.ToUpper(test.missing)} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not name %s: %v", want, err)
				}
			}
		})
	}
}

func TestChooseMethodWithoutAny(t *testing.T) {
	_, err := chooseMethod(SignIn{})
	if err == nil || !strings.Contains(err.Error(), "az login") || !strings.Contains(err.Error(), "ARM_CLIENT_SECRET") {
		t.Errorf("error = %v, want one that names both ways", err)
	}
}

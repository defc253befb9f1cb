package provider_test

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	fwprovider "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/provider"
)

// call runs a function of the provider with one text.
func call(t *testing.T, name, argument string) (string, string) {
	t.Helper()
	p, ok := provider.New("test")().(fwprovider.ProviderWithFunctions)
	if !ok {
		t.Fatal("the provider has no functions")
	}
	for _, of := range p.Functions(t.Context()) {
		var metadata function.MetadataResponse
		if of().Metadata(t.Context(), function.MetadataRequest{}, &metadata); metadata.Name != name {
			continue
		}
		resp := function.RunResponse{Result: function.NewResultData(types.StringUnknown())}
		of().Run(context.Background(), function.RunRequest{Arguments: function.NewArgumentsData([]attr.Value{types.StringValue(argument)})}, &resp)
		if resp.Error != nil {
			return "", resp.Error.Text
		}
		result, ok := resp.Result.Value().(types.String)
		if !ok {
			t.Fatalf("the result is %v", resp.Result)
		}
		return result.ValueString(), ""
	}
	t.Fatalf("the provider has no function %s", name)
	return "", ""
}

func TestFunctionsTranslate(t *testing.T) {
	for _, c := range []struct{ name, argument, want, problem string }{
		{name: "category_to_table", argument: "SignInLogs", want: "SigninLogs"},
		{name: "category_to_table", argument: "networkaccesstrafficlogs", want: "NetworkAccessTraffic"},
		{name: "category_to_table", argument: "BrandNewLogs", problem: `the table of the log category "BrandNewLogs" is not known`},
		{name: "category_to_table", argument: "SigninLog", problem: `the table of the log category "SigninLog" is not known (did you mean "SignInLogs"?)`},
		{name: "category_to_table", argument: "", problem: `the table of the log category "" is not known`},
		{name: "table_to_category", argument: "SigninLogs", want: "SignInLogs"},
		{name: "table_to_category", argument: "AADRISKYUSERS", want: "RiskyUsers"},
		{name: "table_to_category", argument: "Heartbeat", problem: `no log category of Entra ID is known to arrive in a table "Heartbeat"`},
		{
			name: "table_to_category", argument: "ProvisioningLogs",
			problem: `no log category of Entra ID is known to arrive in a table "ProvisioningLogs" (did you mean "AADProvisioningLogs"?)`,
		},
	} {
		if got, problem := call(t, c.name, c.argument); got != c.want || problem != c.problem {
			t.Errorf("%s(%q) = %q, error %q", c.name, c.argument, got, problem)
		}
	}
}

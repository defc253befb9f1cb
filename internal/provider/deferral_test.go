package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/provider"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/serve"
)

// withUnknown is a value of an object whose attributes are null but for one text.
func withUnknown(t *testing.T, kind tftypes.Type, name string, value any) *tfprotov6.DynamicValue {
	t.Helper()
	values := map[string]tftypes.Value{}
	for attribute, of := range kind.(tftypes.Object).AttributeTypes {
		values[attribute] = tftypes.NewValue(of, nil)
	}
	values[name] = tftypes.NewValue(tftypes.String, value)
	dynamic, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, values))
	if err != nil {
		t.Fatal(err)
	}
	return &dynamic
}

// A provider block whose values only an apply will tell is put off where Terraform can do that, and is a clear error
// elsewhere.
func TestUnknownProviderBlock(t *testing.T) {
	for name, allowed := range map[string]bool{"deferral allowed": true, "not allowed": false} {
		t.Run(name, func(t *testing.T) {
			server := serve.NewServer(provider.New("test")())
			schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
			if err != nil {
				t.Fatal(err)
			}
			configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
				Config:             withUnknown(t, schemas.Provider.ValueType(), "tenant_id", tftypes.UnknownValue),
				ClientCapabilities: &tfprotov6.ConfigureProviderClientCapabilities{DeferralAllowed: allowed},
			})
			if err != nil {
				t.Fatal(err)
			}
			if !allowed {
				if said := configured.Diagnostics; len(said) != 1 ||
					said[0].Summary != "The provider block holds an unknown value" || !strings.Contains(said[0].Detail,
					"tenant_id depends on") {
					t.Errorf("it says %v", said)
				}
				return
			}
			if len(configured.Diagnostics) > 0 {
				t.Fatal(configured.Diagnostics[0].Summary)
			}
			kind := schemas.ResourceSchemas["sentinel_aad_connector"].ValueType()
			config := withUnknown(t, kind, "log_analytics_workspace_id",
				"/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/g"+
					"/providers/Microsoft.OperationalInsights/workspaces/law")
			none, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, nil))
			if err != nil {
				t.Fatal(err)
			}
			planned, err := server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
				TypeName: "sentinel_aad_connector", Config: config, ProposedNewState: config, PriorState: &none,
				ClientCapabilities: &tfprotov6.PlanResourceChangeClientCapabilities{DeferralAllowed: true},
			})
			if err != nil || len(planned.Diagnostics) > 0 {
				t.Fatalf("planning: %v, %v", err, planned.Diagnostics)
			}
			if planned.Deferred == nil || planned.Deferred.Reason != tfprotov6.DeferredReasonProviderConfigUnknown {
				t.Errorf("the plan is deferred for %v", planned.Deferred)
			}
		})
	}
}

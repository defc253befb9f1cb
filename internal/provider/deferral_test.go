package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
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

// A provider block whose values only an apply will tell is put off where Terraform can do that.
func TestUnknownProviderBlockIsDeferred(t *testing.T) {
	server := serve.NewServer(provider.New("test")())
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		Config:             withUnknown(t, schemas.Provider.ValueType(), "tenant_id", tftypes.UnknownValue),
		ClientCapabilities: &tfprotov6.ConfigureProviderClientCapabilities{DeferralAllowed: true},
	})
	if err != nil || len(configured.Diagnostics) > 0 {
		t.Fatalf("configuring: %v, %v", err, configured.Diagnostics)
	}
	kind := schemas.ResourceSchemas["sentinel_aad_connector"].ValueType()
	config := withUnknown(t, kind, "log_analytics_workspace_id", acctest.WorkspaceID("law"))
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
}

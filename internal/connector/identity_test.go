package connector_test

import (
	"maps"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/provider"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/serve"
)

// The protocol itself is spoken here, since the Terraform at hand may be older than resource identities.
const typeName = "sentinel_aad_connector"

var identityType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{"name": tftypes.String, "tenant_id": tftypes.String}}

// configuredServer is a provider that reaches the simulator.
func configuredServer(t *testing.T, w *acctest.World) serve.Server {
	t.Helper()
	server := serve.NewServer(provider.New("test")())
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	text := func(value string) tftypes.Value { return tftypes.NewValue(tftypes.String, value) }
	block := schemas.Provider.ValueType().(tftypes.Object)
	endpoint := block.AttributeTypes["endpoint"].(tftypes.Object)
	config := object(t, block, map[string]tftypes.Value{
		"environment": text("custom"), "tenant_id": text(acctest.TenantID), "client_id": text(acctest.ClientID), "client_secret": text(acctest.Secret),
		"disable_instance_discovery": tftypes.NewValue(tftypes.Bool, true),
		"allowed_tenant_ids":         tftypes.NewValue(tftypes.Set{ElementType: tftypes.String}, []tftypes.Value{text("*")}),
		"endpoint": objectValue(endpoint, map[string]tftypes.Value{
			"active_directory_authority_host": text(w.Sim.URL), "resource_manager_endpoint": text(w.Sim.URL), "resource_manager_audience": text(azuresim.Audience),
		}),
	})
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: config, TerraformVersion: "1.12.0"})
	if err != nil || len(configured.Diagnostics) > 0 {
		t.Fatalf("configuring: %v, %v", err, configured.Diagnostics)
	}
	return server
}

// objectValue has the given attributes, and null for all others.
func objectValue(of tftypes.Object, given map[string]tftypes.Value) tftypes.Value {
	values := map[string]tftypes.Value{}
	for name, kind := range of.AttributeTypes {
		values[name] = tftypes.NewValue(kind, nil)
	}
	maps.Copy(values, given)
	return tftypes.NewValue(of, values)
}

func object(t *testing.T, of tftypes.Object, given map[string]tftypes.Value) *tfprotov6.DynamicValue {
	t.Helper()
	value, err := tfprotov6.NewDynamicValue(of, objectValue(of, given))
	if err != nil {
		t.Fatal(err)
	}
	return &value
}

// identityOf reads an identity's attributes.
func identityOf(t *testing.T, data *tfprotov6.ResourceIdentityData) map[string]string {
	t.Helper()
	if data == nil {
		t.Fatal("there is no identity")
	}
	value, err := data.IdentityData.Unmarshal(identityType)
	if err != nil {
		t.Fatal(err)
	}
	attributes := map[string]tftypes.Value{}
	if err := value.As(&attributes); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for name, attribute := range attributes {
		var text string
		if err := attribute.As(&text); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		texts[name] = text
	}
	return texts
}

func TestImportByIdentity(t *testing.T) {
	w := acctest.NewWorld(t)
	put(t, w.Tenant, soc, portal(acctest.WorkspaceID("law-soc"), nil, six...))
	put(t, w.Other, soc, portal(acctest.WorkspaceID("law-other"), nil, six...))
	server := configuredServer(t, w)
	for name, test := range map[string]struct {
		tenant any
		want   string
	}{
		"without a tenant":            {nil, acctest.TenantID},
		"with the provider's tenant":  {acctest.TenantID, acctest.TenantID},
		"with another tenant":         {acctest.OtherTenantID, acctest.OtherTenantID},
		"with a tenant in upper case": {"7B2D9C40-83F1-4E56-B0AA-91C2D3E4F506", acctest.OtherTenantID},
	} {
		t.Run(name, func(t *testing.T) {
			imported, err := server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
				TypeName: typeName,
				Identity: &tfprotov6.ResourceIdentityData{IdentityData: object(t, identityType, map[string]tftypes.Value{
					"name": tftypes.NewValue(tftypes.String, soc), "tenant_id": tftypes.NewValue(tftypes.String, test.tenant),
				})},
			})
			if err != nil || len(imported.Diagnostics) > 0 {
				t.Fatalf("importing: %v, %v", err, imported.Diagnostics)
			}
			want := map[string]string{"name": soc, "tenant_id": test.want}
			if got := identityOf(t, imported.ImportedResources[0].Identity); !maps.Equal(got, want) {
				t.Errorf("the imported identity is %v, want %v", got, want)
			}
			read, err := server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
				TypeName: typeName, CurrentState: imported.ImportedResources[0].State, CurrentIdentity: imported.ImportedResources[0].Identity,
			})
			if err != nil || len(read.Diagnostics) > 0 {
				t.Fatalf("reading: %v, %v", err, read.Diagnostics)
			}
			if got := identityOf(t, read.NewIdentity); !maps.Equal(got, want) {
				t.Errorf("the identity after reading is %v, want %v", got, want)
			}
		})
	}
	for name, identity := range map[string]map[string]tftypes.Value{
		"a tenant's domain": {"name": tftypes.NewValue(tftypes.String, soc), "tenant_id": tftypes.NewValue(tftypes.String, "contoso.com")},
		"an illegal name":   {"name": tftypes.NewValue(tftypes.String, "a/b")},
	} {
		refused, err := server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
			TypeName: typeName, Identity: &tfprotov6.ResourceIdentityData{IdentityData: object(t, identityType, identity)},
		})
		if err != nil || len(refused.Diagnostics) == 0 || refused.Diagnostics[0].Summary != "Not an import id" {
			t.Errorf("%s: %v, %v", name, err, refused.Diagnostics)
		}
	}
}

package provider_test

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/provider"
)

// The schemas are well-formed by the framework's own rules, and secrets are marked.
func TestSchemas(t *testing.T) {
	server := providerserver.NewProtocol6(provider.New("test")())()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, diagnostic := range schemas.Diagnostics {
		t.Errorf("%s: %s", diagnostic.Summary, diagnostic.Detail)
	}
	secrets := []string{"client_secret", "client_certificate", "client_certificate_password", "oidc_token",
		"oidc_request_token"}
	for _, attribute := range schemas.Provider.Block.Attributes {
		if secret := slices.Contains(secrets, attribute.Name); attribute.Sensitive != secret {
			t.Errorf("%s: sensitive is %v", attribute.Name, attribute.Sensitive)
		}
		if attribute.Description == "" {
			t.Errorf("%s has no description", attribute.Name)
		}
	}
}

// The identity can never change after the first release.
func TestIdentity(t *testing.T) {
	server := providerserver.NewProtocol6(provider.New("test")())()
	identities, err := server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][2]bool{}
	for _, attribute := range identities.IdentitySchemas["sentinel_aad_connector"].IdentityAttributes {
		got[attribute.Name] = [2]bool{attribute.RequiredForImport, attribute.OptionalForImport}
	}
	if len(got) != 2 || got["name"] != [2]bool{true, false} || got["tenant_id"] != [2]bool{false, true} {
		t.Errorf("identity = %v", got)
	}
}

// Command schemas prints the provider's schemas as "terraform providers schema -json" does, for the documentation. The provider is asked itself, since an
// older Terraform leaves out what it does not know, such as list resources.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/provider"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/serve"
)

// name is the address under which the documentation's generator looks.
const name = "registry.terraform.io/hashicorp/sentinel"

func main() {
	schemas, err := read(context.Background(), serve.NewServer(provider.New("docs")()))
	if err != nil {
		log.Fatal(err)
	}
	document := map[string]any{"format_version": "1.0", "provider_schemas": map[string]any{name: schemas}}
	if err := json.NewEncoder(os.Stdout).Encode(document); err != nil {
		log.Fatal(err)
	}
}

func read(ctx context.Context, server serve.Server) (providerSchemas, error) {
	answer, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return providerSchemas{}, err
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return providerSchemas{}, err
	}
	return providerSchemas{
		Provider:      schemaOf(answer.Provider),
		Resources:     each(answer.ResourceSchemas, schemaOf),
		DataSources:   each(answer.DataSourceSchemas, schemaOf),
		ListResources: each(answer.ListResourceSchemas, schemaOf),
		Functions:     each(answer.Functions, functionOf),
		Identities:    each(identities.IdentitySchemas, identityOf),
	}, nil
}

// Command schemas prints the provider's schemas as "terraform providers schema -json" does, for the documentation. The
// provider is asked itself, since an older Terraform leaves out what it does not know, such as list resources.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"

	tfjson "github.com/hashicorp/terraform-json"
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
	document := tfjson.ProviderSchemas{FormatVersion: "1.0", Schemas: map[string]*tfjson.ProviderSchema{name: schemas}}
	if err := json.NewEncoder(os.Stdout).Encode(document); err != nil {
		log.Fatal(err)
	}
}

func read(ctx context.Context, server serve.Server) (*tfjson.ProviderSchema, error) {
	answer, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, err
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return nil, err
	}
	return &tfjson.ProviderSchema{
		ConfigSchema:            schemaOf(answer.Provider),
		ResourceSchemas:         each(answer.ResourceSchemas, schemaOf),
		DataSourceSchemas:       each(answer.DataSourceSchemas, schemaOf),
		ListResourceSchemas:     each(answer.ListResourceSchemas, schemaOf),
		Functions:               each(answer.Functions, functionOf),
		ResourceIdentitySchemas: each(identities.IdentitySchemas, identityOf),
	}, nil
}

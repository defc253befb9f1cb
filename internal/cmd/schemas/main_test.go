package main

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/provider"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/serve"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

func TestMain(m *testing.M) { acctest.Run(m) }

// The documentation's schemas are those that Terraform itself prints, as far as the Terraform at hand knows them.
func TestSchemasAreTerraforms(t *testing.T) {
	folder := acctest.NewFolder(t, "terraform {\n  required_providers {\n    sentinel = { source = \""+terraformcli.Source+"\" }\n  }\n}\n")
	var printed struct {
		Providers map[string]map[string]any `json:"provider_schemas"`
	}
	if err := json.Unmarshal([]byte(folder.Run("providers", "schema", "-json")), &printed); err != nil {
		t.Fatal(err)
	}
	schemas, err := read(t.Context(), serve.NewServer(provider.New("test")()))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(schemas)
	if err != nil {
		t.Fatal(err)
	}
	var ours map[string]any
	if err := json.Unmarshal(text, &ours); err != nil {
		t.Fatal(err)
	}
	theirs := printed.Providers[terraformcli.Source]
	for _, part := range []string{"provider", "resource_schemas", "data_source_schemas", "functions"} {
		if theirs[part] == nil || !reflect.DeepEqual(ours[part], theirs[part]) {
			t.Errorf("%s differs:\n%v\nTerraform prints\n%v", part, ours[part], theirs[part])
		}
	}
	for _, part := range []string{"list_resource_schemas", "resource_identity_schemas"} {
		if theirs[part] != nil && !reflect.DeepEqual(ours[part], theirs[part]) {
			t.Errorf("%s differs:\n%v\nTerraform prints\n%v", part, ours[part], theirs[part])
		}
	}
}

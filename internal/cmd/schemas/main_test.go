package main

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/provider"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/serve"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

// The documentation's schemas are those that Terraform prints, as far as the Terraform at hand knows them.
func TestAccSchemasAreTerraforms(t *testing.T) {
	folder := acctest.NewWorld(t).NewFolder(t, "")
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
	since := map[string]string{"resource_identity_schemas": "1.12", "list_resource_schemas": "1.14"}
	for _, part := range slices.Sorted(maps.Keys(ours)) {
		t.Run(part, func(t *testing.T) {
			if version := since[part]; version != "" && theirs[part] == nil {
				t.Skipf("skipped: comparing %s needs Terraform %s", part, version)
			}
			if !reflect.DeepEqual(ours[part], theirs[part]) {
				t.Errorf("the schemas are\n%v\nTerraform prints\n%v", ours[part], theirs[part])
			}
		})
	}
}

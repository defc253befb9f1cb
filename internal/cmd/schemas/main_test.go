package main

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

// The documentation's schemas are those that Terraform prints, as far as the Terraform at hand knows them.
func TestAccSchemasAreTerraforms(t *testing.T) {
	var printed struct {
		Providers map[string]map[string]any `json:"provider_schemas"`
	}
	folder := acctest.NewWorld(t).NewFolder(t, "")
	invalid := json.Unmarshal([]byte(folder.Run("providers", "schema", "-json")), &printed)
	schemas, err := read(t.Context())
	text, _ := json.Marshal(schemas)
	var ours map[string]any
	if err := errors.Join(invalid, err, json.Unmarshal(text, &ours)); err != nil {
		t.Fatal(err)
	}
	theirs := printed.Providers[terraformcli.Source]
	since := map[string]string{"resource_identity_schemas": "1.12", "list_resource_schemas": "1.14"}
	for part := range ours {
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

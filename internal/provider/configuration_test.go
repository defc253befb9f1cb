package provider

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/oasdiff/yaml"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

// load reads a document from testdata.
func load(t *testing.T, name string, document any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	known := func(d *json.Decoder) *json.Decoder { d.DisallowUnknownFields(); return d }
	if _, err := yaml.Unmarshal(text, document, yaml.DecodeOpts{}, known); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// read reads a block in an environment that holds the given variables and no other of the provider's.
func read(t *testing.T, b block, environment map[string]string) (azure.Config, diag.Diagnostics) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); terraformcli.IsSignIn(entry) {
			t.Setenv(name, "")
		}
	}
	for name, value := range environment {
		t.Setenv(name, value)
	}
	var diags diag.Diagnostics
	config := reader{b, &diags}.config()
	return config, diags
}

func TestConfiguration(t *testing.T) {
	var tests map[string]struct {
		Block       block
		Environment map[string]string
		SignIn      map[string]string // "value from source", by attribute; nil for any
		Rest        *azure.Config     // nil for any
		Error       string            // "" for none
	}
	load(t, "configuration.yaml", &tests)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			config, diags := read(t, test.Block, test.Environment)
			if test.Error != "" {
				if len(diags) != 1 || !strings.Contains(diags[0].Detail(), test.Error) {
					t.Errorf("diagnostics = %v, want one with %q", diags, test.Error)
				}
				return
			}
			signIn := map[string]string{}
			for attribute, input := range config.SignIn {
				signIn[attribute] = input.Value + " from " + input.Source
				if input.InBlock != strings.HasSuffix(input.Source, " in the provider block") {
					t.Errorf("%s from %s counts as in the block: %v", attribute, input.Source, input.InBlock)
				}
			}
			config.SignIn = nil
			if diff := cmp.Diff(test.SignIn, signIn); test.SignIn != nil && diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.Rest, &config, cmpopts.EquateEmpty()); test.Rest != nil && diff != "" {
				t.Error(diff)
			}
			if len(diags) > 0 {
				t.Errorf("diagnostics = %v", diags)
			}
		})
	}
}

// Values that are unknown until the apply are refused (see TestWrongBlock), unless Terraform can defer everything.
func TestUnknownValuesAreDeferred(t *testing.T) {
	kind := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"tenant_id": tftypes.String}}
	unknown := tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
	request := provider.ConfigureRequest{
		Config:             tfsdk.Config{Raw: tftypes.NewValue(kind, map[string]tftypes.Value{"tenant_id": unknown})},
		ClientCapabilities: provider.ConfigureProviderClientCapabilities{DeferralAllowed: true},
	}
	var response provider.ConfigureResponse
	New("test")().Configure(t.Context(), request, &response)
	want := provider.ConfigureResponse{Deferred: &provider.Deferred{Reason: provider.DeferredReasonProviderConfigUnknown}}
	if diff := cmp.Diff(want, response); diff != "" {
		t.Error(diff)
	}
}

package connector

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

const (
	fuzzTenant = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
	armPrefix  = "/providers/microsoft.aadiam/diagnosticSettings/"
)

// What an import id names is named by each of its forms, and is a name that a setting may have.
func FuzzParseImportID(f *testing.F) {
	for _, id := range []string{
		"AzureSentinel_law-soc", "Log to log analytics", fuzzTenant + "/Entra logs", strings.ToUpper(fuzzTenant) + "/x",
		armPrefix + "x", "/" + armPrefix + "x",
		strings.ToUpper(armPrefix) + "X", armPrefix[1:] + "x", armPrefix, armPrefix + "a/b", fuzzTenant, fuzzTenant + "/",
		"/x", "contoso.com/x", "a:b", "..", "x\n", "\xff", "",
	} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		imported, err := parseImportID(id)
		if err != nil {
			return
		}
		tenant, name := imported.TenantID.ValueString(), imported.Name.ValueString()
		if checkName(name) != nil || !strings.HasSuffix(id, name) || strings.Contains(name, "/") {
			t.Errorf("%q was read as the name %q", id, name)
		}
		if tenant != "" && (!azure.IsGUID(tenant) || tenant != strings.ToLower(tenant) ||
			!strings.EqualFold(id, tenant+"/"+name)) {
			t.Errorf("%q was read as of the tenant %q", id, tenant)
		}
		for form, of := range map[string]string{name: "", armPrefix + name: "", "/" + armPrefix + name: "",
			fuzzTenant + "/" + name: fuzzTenant} {
			again, err := parseImportID(form)
			if err != nil || again.Name.ValueString() != name || again.TenantID.ValueString() != of {
				t.Errorf("%q is the setting %q, and %q is %v, error %v", id, name, form, again, err)
			}
		}
	})
}

// A name that passes is a single segment of the request's path, whole and unchanged.
func FuzzCheckName(f *testing.F) {
	for _, name := range []string{
		"AzureSentinel_law-soc", "Log to log analytics", "a;b", "a#b", "a,b=c", "x%20y", "ä", "日本", "a\u00a0b",
		"a\u200bb", ".a", "...", ".", "..", " a", "a\t", "\xff", "", "a|b", "{x}", "~", "'\"`$()",
		strings.Repeat("x", longestName), strings.Repeat("ä", longestName), strings.Repeat("x", longestName+1),
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if checkName(name) != nil {
			return
		}
		var sent *http.Request
		network := transport(func(r *http.Request) (*http.Response, error) {
			sent = r
			return &http.Response{StatusCode: http.StatusNoContent, Request: r, Body: http.NoBody}, nil
		})
		service := azure.NewService("https://arm.example", policy.ClientOptions{Transport: network})
		if err := aadiam.NewClient(service).Delete(context.Background(), name); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if got := sent.URL.Path; got != armPrefix+name {
			t.Errorf("%q was sent as the path %q", name, got)
		}
		segments := strings.Count(sent.URL.EscapedPath(), "/") == strings.Count(armPrefix, "/")
		if !segments || sent.URL.RawQuery != "api-version=2017-04-01" || sent.URL.Fragment != "" {
			t.Errorf("%q was sent as %s", name, sent.URL)
		}
	})
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) Do(r *http.Request) (*http.Response, error) { return t(r) }

// Whatever a state holds, a move takes over a diagnostic setting of Entra ID and nothing else, under its own name.
func FuzzMovedState(f *testing.F) {
	states, _ := filepath.Glob(filepath.Join("testdata", "move", "*.tfstate"))
	for _, path := range states {
		text, _ := os.ReadFile(path)
		var state struct {
			Resources []struct {
				Instances []struct{ Attributes json.RawMessage }
			}
		}
		if err := json.Unmarshal(text, &state); err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(state.Resources[0].Instances[0].Attributes))
	}
	f.Add([]byte(`{"type":"microsoft.aadiam/DIAGNOSTICSETTINGS@2017-04-01","name":"x",` +
		`"body":"{\"value\":null,\"type\":\"string\"}"}`))
	f.Add([]byte(`{"type":"Microsoft.AADIAM/diagnosticSettings","body":{"properties":{"serviceBusRuleId":1}}}`))
	f.Fuzz(func(t *testing.T, state []byte) {
		var said struct{ Name, Type string }
		_ = json.Unmarshal(state, &said)
		if name, err := nameToMove("azurerm_monitor_aad_diagnostic_setting", state); err == nil && name != said.Name {
			t.Errorf("the setting %q became %q", said.Name, name)
		}
		name, err := nameToMove(azapiResource, state)
		if err == nil && (name != said.Name || !strings.HasPrefix(strings.ToLower(said.Type),
			"microsoft.aadiam/diagnosticsettings")) {
			t.Errorf("the %s %q became the setting %q", said.Type, said.Name, name)
		}
	})
}

package connector_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/apispec"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

const stableDocument = "stable/2017-04-01/azureactivedirectory.json"

// All that the provider sends and the simulator answers in a connector's life agrees with Microsoft's own description of the API.
func TestAccConnector_agreesWithTheSpecification(t *testing.T) {
	stable := specification(t, stableDocument)
	w := acctest.NewWorld(t)
	config := w.Provider() + connector(acctest.WorkspaceID("law-soc"))
	w.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config},
		{Config: w.Provider() + connector(acctest.WorkspaceID("law-soc"), categories("AuditLogs"))},
		{
			PreConfig: func() { put(t, w.Tenant, soc, portal(acctest.WorkspaceID("law-two"), nil, six...)) },
			Config:    config,
		},
		{
			PreConfig: func() {
				w.Tenant.AddPrincipal(azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Secret: acctest.Secret, Role: azuresim.NoRole})
			},
			Config:      config,
			ExpectError: acctest.Says("no permission to read"),
		},
		{
			PreConfig: func() {
				w.Tenant.AddPrincipal(azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Secret: acctest.Secret, Role: azuresim.Contributor})
			},
			Config: config,
		},
	}})
	seen := map[string]int{}
	for _, exchange := range w.Sim.Requests() {
		if !isResourceManager(exchange) {
			continue
		}
		seen[exchange.Method+" "+http.StatusText(exchange.Status)]++
		if err := stable.Disagreement(t.Context(), specified(exchange)); err != nil {
			t.Error(err)
		}
	}
	for _, kind := range []string{"GET OK", "GET Not Found", "GET Forbidden", "PUT OK", "DELETE OK"} {
		if seen[kind] == 0 {
			t.Errorf("there was no %s to compare; there were %v", kind, seen)
		}
	}
}

func isResourceManager(exchange azuresim.Exchange) bool {
	return strings.HasPrefix(exchange.Path, "/providers/")
}

func specification(t *testing.T, name string) apispec.Document {
	t.Helper()
	return apispec.Load(t, "openapi-aadiam/"+name, func(schemas openapi3.Schemas) {
		// The document's enum of categories has two of the many there are and says so: "modelAsString".
		schemas["LogSettings"].Value.Properties["category"].Value.Enum = nil
	})
}

func specified(e azuresim.Exchange) apispec.Exchange {
	return apispec.Exchange{
		Method: e.Method, Path: e.Path, Query: e.Query, RequestHeaders: e.Headers, RequestBody: e.RequestBody,
		Status: e.Status, ResponseHeaders: e.ResponseHeaders, ResponseBody: e.ResponseBody,
	}
}

// The comparison notices what it is there to notice.
func TestDisagreementIsNoticed(t *testing.T) {
	document := specification(t, stableDocument)
	good := azuresim.Exchange{
		Method: http.MethodPut, Path: "/providers/microsoft.aadiam/diagnosticSettings/x", Query: "api-version=2017-04-01",
		Headers:     http.Header{"Content-Type": {"application/json"}},
		RequestBody: `{"properties":{"logs":[{"category":"AuditLogs","enabled":true}]}}`,
		Status:      http.StatusOK, ResponseHeaders: http.Header{"Content-Type": {"application/json"}}, ResponseBody: `{"name":"x","properties":{"workspaceId":"w"}}`,
	}
	if err := document.Disagreement(t.Context(), specified(good)); err != nil {
		t.Fatalf("a good exchange: %v", err)
	}
	for name, spoil := range map[string]func(*azuresim.Exchange){
		"a log without enabled":  func(e *azuresim.Exchange) { e.RequestBody = `{"properties":{"logs":[{"category":"AuditLogs"}]}}` },
		"a readOnly member sent": func(e *azuresim.Exchange) { e.RequestBody = `{"id":"i","properties":{}}` },
		"no api-version":         func(e *azuresim.Exchange) { e.Query = "" },
		"an unknown path":        func(e *azuresim.Exchange) { e.Path = "/providers/microsoft.aadiam/other" },
		"a number for an id":     func(e *azuresim.Exchange) { e.ResponseBody = `{"properties":{"workspaceId":1}}` },
	} {
		bad := good
		spoil(&bad)
		if document.Disagreement(t.Context(), specified(bad)) == nil {
			t.Errorf("%s went unnoticed", name)
		}
	}
}

// The client and the simulator agree on the categories, which only the preview version of the API has.
func TestCategoriesAgreeWithTheSpecification(t *testing.T) {
	preview := specification(t, "preview/2017-04-01-preview/azureactivedirectory.json")
	w := acctest.NewWorld(t)
	tenants, err := azure.NewTenants(w.AzureConfig())
	if err != nil {
		t.Fatal(err)
	}
	resourceManager, err := tenants.ResourceManager(t.Context(), acctest.TenantID)
	if err != nil {
		t.Fatal(err)
	}
	categories, err := aadiam.NewClient(resourceManager).Categories(t.Context())
	if err != nil || len(categories) != 26 {
		t.Fatalf("%d categories, error %v", len(categories), err)
	}
	for _, exchange := range w.Sim.Requests() {
		if !isResourceManager(exchange) {
			continue
		}
		if err := preview.Disagreement(t.Context(), specified(exchange)); err != nil {
			t.Error(err)
		}
	}
}

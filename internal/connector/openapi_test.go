package connector_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// specifications is the folder of Microsoft's OpenAPI documents, which are not part of this project. It is looked for beside the checkout.
const (
	specifications = "../../../shared/reference/openapi-aadiam"
	stableDocument = "stable/2017-04-01/azureactivedirectory.json"
)

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
		if err := disagreement(t.Context(), stable, exchange); err != nil {
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

// specification reads an OpenAPI 2 document as OpenAPI 3, in which the library validates.
func specification(t *testing.T, name string) routers.Router {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(specifications, name))
	if os.IsNotExist(err) {
		t.Skipf("Microsoft's OpenAPI documents are not beside the checkout (%s)", specifications)
	}
	if err != nil {
		t.Fatal(err)
	}
	var old openapi2.T
	if err := json.Unmarshal(raw, &old); err != nil {
		t.Fatal(err)
	}
	document, err := openapi2conv.ToV3(&old)
	if err != nil {
		t.Fatal(err)
	}
	// Requests reach the simulator under another host than the document names.
	document.Servers = nil
	document.Security = nil
	// The document's enum of categories has two of the many there are and says so: "modelAsString".
	document.Components.Schemas["LogSettings"].Value.Properties["category"].Value.Enum = nil
	if err := document.Validate(openapi3.NewLoader().Context, openapi3.DisableExamplesValidation()); err != nil {
		t.Fatal(err)
	}
	router, err := gorillamux.NewRouter(document)
	if err != nil {
		t.Fatal(err)
	}
	return router
}

// disagreement checks one request and its answer. A readOnly member in a request is refused by the library.
func disagreement(ctx context.Context, router routers.Router, exchange azuresim.Exchange) error {
	request := &http.Request{
		Method: exchange.Method,
		URL:    &url.URL{Path: exchange.Path, RawQuery: exchange.Query},
		Header: exchange.Headers,
		Body:   io.NopCloser(strings.NewReader(exchange.RequestBody)),
	}
	route, parameters, err := router.FindRoute(request)
	if err != nil {
		return fmt.Errorf("%s %s is not in the document: %w", exchange.Method, exchange.Path, err)
	}
	input := &openapi3filter.RequestValidationInput{Request: request, PathParams: parameters, Route: route}
	if err := openapi3filter.ValidateRequest(ctx, input); err != nil {
		return fmt.Errorf("the provider's %s %s: %w\n%s", exchange.Method, exchange.Path, err, exchange.RequestBody)
	}
	err = openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: exchange.Status, Header: exchange.ResponseHeaders,
		Body:    io.NopCloser(strings.NewReader(exchange.ResponseBody)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		return fmt.Errorf("the simulator's answer %d to %s %s: %w\n%s", exchange.Status, exchange.Method, exchange.Path, err, exchange.ResponseBody)
	}
	return nil
}

// The comparison notices what it is there to notice.
func TestDisagreementIsNoticed(t *testing.T) {
	router := specification(t, stableDocument)
	good := azuresim.Exchange{
		Method: http.MethodPut, Path: "/providers/microsoft.aadiam/diagnosticSettings/x", Query: "api-version=2017-04-01",
		Headers:     http.Header{"Content-Type": {"application/json"}},
		RequestBody: `{"properties":{"logs":[{"category":"AuditLogs","enabled":true}]}}`,
		Status:      http.StatusOK, ResponseHeaders: http.Header{"Content-Type": {"application/json"}}, ResponseBody: `{"name":"x","properties":{"workspaceId":"w"}}`,
	}
	if err := disagreement(t.Context(), router, good); err != nil {
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
		if disagreement(t.Context(), router, bad) == nil {
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
		if err := disagreement(t.Context(), preview, exchange); err != nil {
			t.Error(err)
		}
	}
}

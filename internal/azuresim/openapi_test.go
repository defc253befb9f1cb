package azuresim

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// specifications is the folder of Microsoft's OpenAPI documents, which are not part of this project. It is looked for beside the checkout.
const specifications = "../../../shared/reference/openapi-loganalytics"

// What the simulator answers for workspaces, tables and queries agrees with Microsoft's own description of the API.
func TestAnswersAgreeWithTheSpecification(t *testing.T) {
	workspaces, tables, service := specification(t, "resource-manager/2023-09-01/Workspaces.json"),
		specification(t, "resource-manager/2022-10-01/Tables.json"), specification(t, "data-plane/2022-10-27/OperationalInsights.json")
	// The document writes "resourcegroups" in one place and "resourceGroups" in the other.
	const id = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-soc"
	lowerID := strings.Replace(id, "resourceGroups", "resourcegroups", 1)
	w := newQueryWorld(t, Workspace{Tables: map[string]Table{
		"SigninLogs": {Records: []Record{Aged(2, day, day)}}, "AuditLogs": {}, "Hidden": {Denied: true}, "Failing": {Failing: true}, "Basic": {Plan: "Basic"},
	}})
	for _, query := range []string{
		arrivals("SigninLogs", "AuditLogs", "Hidden", "Missing"), "union SigninLogs, Failing", "SigninLogs | extend T = 1.5d, R = 1.5, B = true",
		"Missing", "SigninLogs | take 1", "union AuditLogs, Basic",
	} {
		w.ask(query)
	}
	w.post("/v1/workspaces/law-soc/query", `{"query":"AuditLogs"}`, http.Header{"Content-Type": {"application/json"}})
	agree(t, service, w.sim.Requests(), "POST OK", "POST Bad Request", "POST Not Found")

	w = newWorld(t)
	put(t, w.tenant, Workspace{ID: id, IngestionStatus: "OverQuota", QueryAccess: "Disabled"})
	w.call(http.MethodGet, lowerID+version2023, "")
	w.call(http.MethodGet, strings.Replace(lowerID, "law-soc", "law-two", 1)+version2023, "")
	put(t, w.tenant, Workspace{ID: id, ReadDenied: true})
	w.call(http.MethodGet, lowerID+version2023, "")
	agree(t, workspaces, w.sim.Requests(), "GET OK", "GET Not Found", "GET Forbidden")

	w = newWorld(t)
	// The document has no plan Auxiliary yet.
	put(t, w.tenant, Workspace{ID: id, Tables: map[string]Table{"SigninLogs": {}, "AuditLogs": {Plan: "Basic"}}})
	for _, name := range []string{"SigninLogs", "AuditLogs", "Missing"} {
		w.call(http.MethodGet, id+"/tables/"+name+version2022, "")
	}
	agree(t, tables, w.sim.Requests(), "GET OK", "GET Not Found")
}

// agree compares all exchanges but sign-ins with a document. There must be some of each kind named.
func agree(t *testing.T, router routers.Router, exchanges []Exchange, kinds ...string) {
	t.Helper()
	seen := map[string]bool{}
	for _, exchange := range exchanges {
		if strings.HasSuffix(exchange.Path, "/oauth2/v2.0/token") {
			continue
		}
		seen[exchange.Method+" "+http.StatusText(exchange.Status)] = true
		if err := disagreement(t.Context(), router, exchange); err != nil {
			t.Error(err)
		}
	}
	for _, kind := range kinds {
		if !seen[kind] {
			t.Errorf("there was no %s to compare; there were %v", kind, seen)
		}
	}
}

var foreignRef = regexp.MustCompile(`"\$ref": *"[^"#]+\.json#`)

// specification reads an OpenAPI 2 document as OpenAPI 3, in which the library validates. The definitions that it has from
// the documents common to all services become its own: where it says that those are is not where they lie here.
func specification(t *testing.T, name string) routers.Router {
	t.Helper()
	old := readDocument(t, name)
	for _, common := range []string{"common-types/resource-management/v2/types.json", "resource-manager/common/v1/types.json"} {
		shared := readDocument(t, common)
		maps.Copy(shared.Definitions, old.Definitions)
		maps.Copy(shared.Parameters, old.Parameters)
		old.Definitions, old.Parameters = shared.Definitions, shared.Parameters
	}
	document, err := openapi2conv.ToV3(old)
	if err != nil {
		t.Fatal(err)
	}
	document.Security = nil
	document.Servers = nil // requests reach the simulator under another host than the document names
	if old.BasePath != "" {
		document.Servers = openapi3.Servers{{URL: old.BasePath}}
	}
	if table := document.Components.Schemas["table"]; table != nil {
		// The document has each value be an object, and its own examples strings.
		table.Value.Properties["rows"].Value.Items.Value.Items = &openapi3.SchemaRef{Value: &openapi3.Schema{Nullable: true}}
	}
	if err := document.Validate(openapi3.NewLoader().Context, openapi3.DisableExamplesValidation()); err != nil {
		t.Fatal(err)
	}
	router, err := gorillamux.NewRouter(document)
	if err != nil {
		t.Fatal(err)
	}
	return router
}

func readDocument(t *testing.T, name string) *openapi2.T {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(specifications, name))
	if os.IsNotExist(err) {
		t.Skipf("Microsoft's OpenAPI documents are not beside the checkout (%s)", specifications)
	}
	if err != nil {
		t.Fatal(err)
	}
	document := openapi2.T{Definitions: map[string]*openapi2.SchemaRef{}, Parameters: map[string]*openapi2.Parameter{}}
	if err := json.Unmarshal(foreignRef.ReplaceAll(raw, []byte(`"$$ref": "#`)), &document); err != nil {
		t.Fatal(err)
	}
	return &document
}

// disagreement checks one request and its answer.
func disagreement(ctx context.Context, router routers.Router, exchange Exchange) error {
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
		return fmt.Errorf("%s %s: %w\n%s", exchange.Method, exchange.Path, err, exchange.RequestBody)
	}
	err = openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: exchange.Status, Header: exchange.ResponseHeaders,
		Body:    io.NopCloser(strings.NewReader(exchange.ResponseBody)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		return fmt.Errorf("the answer %d to %s %s: %w\n%s", exchange.Status, exchange.Method, exchange.Path, err, exchange.ResponseBody)
	}
	return nil
}

// The comparison notices what it is there to notice.
func TestDisagreementIsNoticed(t *testing.T) {
	jsonType := http.Header{"Content-Type": {"application/json"}}
	good := map[string]Exchange{
		"resource-manager/2023-09-01/Workspaces.json": {
			Method: http.MethodGet, Path: "/subscriptions/s/resourcegroups/rg/providers/Microsoft.OperationalInsights/workspaces/law-soc", Query: "api-version=2023-09-01",
			Headers: http.Header{}, Status: 200, ResponseHeaders: jsonType, ResponseBody: `{"location":"x","properties":{"customerId":"c"}}`,
		},
		"data-plane/2022-10-27/OperationalInsights.json": {
			Method: http.MethodPost, Path: "/v1/workspaces/w/query", Headers: jsonType, RequestBody: `{"query":"T"}`, Status: 200, ResponseHeaders: jsonType,
			ResponseBody: `{"tables":[{"name":"PrimaryResult","columns":[{"name":"A","type":"long"}],"rows":[[1],[null]]}]}`,
		},
		"resource-manager/2022-10-01/Tables.json": {
			Method: http.MethodGet, Path: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law-soc/tables/T", Query: "api-version=2022-10-01",
			Headers: http.Header{}, Status: 200, ResponseHeaders: jsonType, ResponseBody: `{"properties":{"plan":"Basic","retentionInDays":30}}`,
		},
	}
	bad := map[string][]string{
		"resource-manager/2023-09-01/Workspaces.json":    {`{"properties":{}}`, `{"location":"x","properties":{"customerId":1}}`, `{"location":"x","properties":{"workspaceCapping":{"dataIngestionStatus":"Over"}}}`},
		"data-plane/2022-10-27/OperationalInsights.json": {`{}`, `{"tables":[{"name":"PrimaryResult","rows":[]}]}`, `{"tables":[{"name":"P","columns":[{"name":"A","type":"Long"}],"rows":[]}]}`, `{"tables":[],"error":{"message":"m"}}`},
		"resource-manager/2022-10-01/Tables.json":        {`{"properties":{"plan":"basic"}}`, `{"properties":{"retentionInDays":1}}`},
	}
	for name, exchange := range good {
		router := specification(t, name)
		if err := disagreement(t.Context(), router, exchange); err != nil {
			t.Errorf("a good exchange: %v", err)
		}
		for _, body := range bad[name] {
			exchange.ResponseBody = body
			if disagreement(t.Context(), router, exchange) == nil {
				t.Errorf("%s: %s went unnoticed", name, body)
			}
		}
	}
}

package azuresim

import (
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/apispec"
)

// What the simulator answers for workspaces, tables and queries agrees with Microsoft's own description of the API.
func TestAnswersAgreeWithTheSpecification(t *testing.T) {
	workspaces := specification(t, "resource-manager/2023-09-01/Workspaces.json")
	tables := specification(t, "resource-manager/2022-10-01/Tables.json")
	service := specification(t, "data-plane/2022-10-27/OperationalInsights.json")
	// The document writes "resourcegroups" in one place and "resourceGroups" in the other.
	id := strings.Replace(workspace, "Law", "law-soc", 1)
	lowerID := strings.Replace(id, "resourceGroups", "resourcegroups", 1)
	w := newQueryWorld(t, Workspace{Tables: map[string]Table{
		"SigninLogs": {Records: []Record{Aged(2, day, day)}}, "AuditLogs": {}, "Hidden": {Denied: true},
		"Failing": {Failing: true}, "Basic": {Plan: "Basic"},
	}})
	for _, query := range []string{
		"union isfuzzy=true (SigninLogs), (AuditLogs), (Hidden), (Missing)", "union isfuzzy=true (SigninLogs), (Failing)",
		`SigninLogs | extend T = 36h, R = 1h / 1d, B = 1 == 1, S = "text"`,
		"Missing", "SigninLogs | take 1", "union isfuzzy=true (AuditLogs), (Basic)",
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
func agree(t *testing.T, document apispec.Document, exchanges []Exchange, kinds ...string) {
	t.Helper()
	seen := map[string]bool{}
	for _, exchange := range exchanges {
		if strings.HasSuffix(exchange.Path, "/oauth2/v2.0/token") {
			continue
		}
		seen[exchange.Method+" "+http.StatusText(exchange.Status)] = true
		if err := document.Disagreement(t.Context(), specified(exchange)); err != nil {
			t.Error(err)
		}
	}
	for _, kind := range kinds {
		if !seen[kind] {
			t.Errorf("there was no %s to compare; there were %v", kind, seen)
		}
	}
}

func specification(t *testing.T, name string) apispec.Document {
	t.Helper()
	const folder = "openapi-loganalytics/"
	return apispec.Load(t, folder+name, func(schemas openapi3.Schemas) {
		if table := schemas["table"]; table != nil {
			// The document has each value be an object, and its own examples strings.
			table.Value.Properties["rows"].Value.Items.Value.Items = &openapi3.SchemaRef{Value: &openapi3.Schema{Nullable: true}}
		}
	}, folder+"common-types/resource-management/v2/types.json", folder+"resource-manager/common/v1/types.json")
}

func specified(e Exchange) apispec.Exchange {
	return apispec.Exchange{
		Method: e.Method, Path: e.Path, Query: e.Query, RequestHeaders: e.Headers, RequestBody: e.RequestBody,
		Status: e.Status, ResponseHeaders: e.ResponseHeaders, ResponseBody: e.ResponseBody,
	}
}

// The comparison notices what it is there to notice.
func TestDisagreementIsNoticed(t *testing.T) {
	jsonType := http.Header{"Content-Type": {"application/json"}}
	good := map[string]Exchange{
		"resource-manager/2023-09-01/Workspaces.json": {
			Method: http.MethodGet,
			Path:   strings.NewReplacer("resourceGroups", "resourcegroups", "Law", "law-soc").Replace(workspace),
			Query:  "api-version=2023-09-01", Headers: http.Header{}, Status: 200, ResponseHeaders: jsonType,
			ResponseBody: `{"location":"x","properties":{"customerId":"c"}}`,
		},
		"data-plane/2022-10-27/OperationalInsights.json": {
			Method: http.MethodPost, Path: "/v1/workspaces/w/query", Headers: jsonType, RequestBody: `{"query":"T"}`,
			Status: 200, ResponseHeaders: jsonType,
			ResponseBody: `{"tables":[{"name":"PrimaryResult","columns":[{"name":"A","type":"long"}],"rows":[[1],[null]]}]}`,
		},
		"resource-manager/2022-10-01/Tables.json": {
			Method: http.MethodGet, Path: strings.Replace(workspace, "Law", "law-soc", 1) + "/tables/T",
			Query:   "api-version=2022-10-01",
			Headers: http.Header{}, Status: 200, ResponseHeaders: jsonType,
			ResponseBody: `{"properties":{"plan":"Basic","retentionInDays":30}}`,
		},
	}
	bad := map[string][]string{
		"resource-manager/2023-09-01/Workspaces.json": {
			`{"properties":{}}`,
			`{"location":"x","properties":{"customerId":1}}`,
			`{"location":"x","properties":{"workspaceCapping":{"dataIngestionStatus":"Over"}}}`,
		},
		"data-plane/2022-10-27/OperationalInsights.json": {
			`{}`,
			`{"tables":[{"name":"PrimaryResult","rows":[]}]}`,
			`{"tables":[{"name":"P","columns":[{"name":"A","type":"Long"}],"rows":[]}]}`,
			`{"tables":[],"error":{"message":"m"}}`,
		},
		"resource-manager/2022-10-01/Tables.json": {
			`{"properties":{"plan":"basic"}}`,
			`{"properties":{"retentionInDays":1}}`,
		},
	}
	for name, exchange := range good {
		document := specification(t, name)
		if err := document.Disagreement(t.Context(), specified(exchange)); err != nil {
			t.Errorf("a good exchange: %v", err)
		}
		for _, body := range bad[name] {
			exchange.ResponseBody = body
			if document.Disagreement(t.Context(), specified(exchange)) == nil {
				t.Errorf("%s: %s went unnoticed", name, body)
			}
		}
	}
}

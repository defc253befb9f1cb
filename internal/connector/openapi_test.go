package connector_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/apispec"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// All that the provider sends and the simulator answers in a connector's life agrees with Microsoft's own description
// of the API. Only the preview version of it has the categories.
func TestTheSpecification(t *testing.T) {
	stable := specification(t, "stable/2017-04-01/azureactivedirectory.json")
	preview := specification(t, "preview/2017-04-01-preview/azureactivedirectory.json")
	inVirtualTime(t, func(r *run) {
		config := r.connector(lawSOC)
		r.apply(config)
		r.apply(r.connector(lawSOC, categories("AuditLogs")))
		r.put(soc, portal(lawTwo, nil, six...))
		r.apply(config)
		r.role(azuresim.NoRole)
		r.fails(r.tf.Plan(config).Diagnostics, "no permission to read")
		r.role(azuresim.Contributor)
		r.succeeded(r.tf.Destroy(config).Diagnostics)

		seen := map[string]int{}
		for _, exchange := range r.Sim.Requests() {
			if !strings.HasPrefix(exchange.Path, "/providers/") {
				continue
			}
			document, kind := stable, exchange.Method+" "+http.StatusText(exchange.Status)
			if strings.HasSuffix(exchange.Path, "/diagnosticSettingsCategories") {
				document, kind = preview, "categories"
			}
			seen[kind]++
			if err := document.Disagreement(t.Context(), specified(exchange)); err != nil {
				t.Error(err)
			}
		}
		for _, kind := range []string{"GET OK", "GET Not Found", "GET Forbidden", "PUT OK", "DELETE OK", "categories"} {
			if seen[kind] == 0 {
				t.Errorf("there was no %s to compare; there were %v", kind, seen)
			}
		}
	})
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
	document := specification(t, "stable/2017-04-01/azureactivedirectory.json")
	good := azuresim.Exchange{
		Method: http.MethodPut, Path: "/providers/microsoft.aadiam/diagnosticSettings/x", Query: "api-version=2017-04-01",
		Headers:     http.Header{"Content-Type": {"application/json"}},
		RequestBody: `{"properties":{"logs":[{"category":"AuditLogs","enabled":true}]}}`,
		Status:      http.StatusOK, ResponseHeaders: http.Header{"Content-Type": {"application/json"}},
		ResponseBody: `{"name":"x","properties":{"workspaceId":"w"}}`,
	}
	if err := document.Disagreement(t.Context(), specified(good)); err != nil {
		t.Fatalf("a good exchange: %v", err)
	}
	for name, spoil := range map[string]func(*azuresim.Exchange){
		"a log without enabled": func(e *azuresim.Exchange) {
			e.RequestBody = `{"properties":{"logs":[{"category":"AuditLogs"}]}}`
		},
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

// Package apispec compares requests and answers with Microsoft's OpenAPI documents, for tests. The documents are not
// part of this project; they are looked for beside the checkout, and a test that needs them is skipped where they
// aren't.
package apispec

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

// folder is where the documents lie, as seen from a package's folder.
const folder = "../../../shared/reference"

// Document describes an API.
type Document struct{ router routers.Router }

// Exchange is a request and its answer.
type Exchange struct {
	Method, Path, Query string
	RequestHeaders      http.Header
	RequestBody         string
	Status              int
	ResponseHeaders     http.Header
	ResponseBody        string
}

// Load reads an OpenAPI 2 document as OpenAPI 3, in which the library validates. relax changes what is known to be
// wrong in it. Definitions that it has from the common documents become its own: where it says that those are is not
// where they lie here.
func Load(t *testing.T, name string, relax func(openapi3.Schemas), common ...string) Document {
	t.Helper()
	old := read(t, name)
	for _, other := range common {
		shared := read(t, other)
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
	relax(document.Components.Schemas)
	if err := document.Validate(openapi3.NewLoader().Context, openapi3.DisableExamplesValidation()); err != nil {
		t.Fatal(err)
	}
	router, err := gorillamux.NewRouter(document)
	if err != nil {
		t.Fatal(err)
	}
	return Document{router}
}

var foreignRef = regexp.MustCompile(`"\$ref": *"[^"#]+\.json#`)

func read(t *testing.T, name string) *openapi2.T {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(folder, name))
	if os.IsNotExist(err) {
		t.Skipf("Microsoft's OpenAPI documents are not beside the checkout (%s)", folder)
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

// Disagreement says where a request or its answer is not as the document has it. A readOnly member in a request counts.
func (d Document) Disagreement(ctx context.Context, exchange Exchange) error {
	request := &http.Request{
		Method: exchange.Method,
		URL:    &url.URL{Path: exchange.Path, RawQuery: exchange.Query},
		Header: exchange.RequestHeaders,
		Body:   io.NopCloser(strings.NewReader(exchange.RequestBody)),
	}
	route, parameters, err := d.router.FindRoute(request)
	if err != nil {
		return fmt.Errorf("%s %s is not in the document: %w", exchange.Method, exchange.Path, err)
	}
	input := &openapi3filter.RequestValidationInput{Request: request, PathParams: parameters, Route: route}
	if err := openapi3filter.ValidateRequest(ctx, input); err != nil {
		return fmt.Errorf("the request %s %s: %w\n%s", exchange.Method, exchange.Path, err, exchange.RequestBody)
	}
	err = openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: exchange.Status, Header: exchange.ResponseHeaders,
		Body:    io.NopCloser(strings.NewReader(exchange.ResponseBody)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		return fmt.Errorf("the answer %d to %s %s: %w\n%s",
			exchange.Status, exchange.Method, exchange.Path, err, exchange.ResponseBody)
	}
	return nil
}

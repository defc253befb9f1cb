package azure_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// A cloud's metadata is used only if its endpoints can carry a token.
func TestMetadataWithoutUsableEndpointsIsRefused(t *testing.T) {
	document := func(login, audience, manager, logAnalytics string) string {
		return `{"authentication":{"loginEndpoint":"` + login + `","audiences":["` + audience +
			`"]},"resourceManager":"` + manager +
			`","logAnalyticsResourceId":"` + logAnalytics + `"}`
	}
	const login, manager = "https://login.example/", "https://arm.example/"
	for name, test := range map[string]struct {
		body string
		want string // "" accepts it
	}{
		"usable":                      {document(login, "a", manager, "https://la.example"), ""},
		"without Log Analytics":       {document(login, "a", manager, ""), ""},
		"a plain login endpoint":      {document("http://login.example", "a", manager, ""), "the login endpoint"},
		"a login endpoint's path":     {document(login+"adfs", "a", manager, ""), "the login endpoint"},
		"a plain Resource Manager":    {document(login, "a", "http://arm.example", ""), "the Resource Manager " + "endpoint"},
		"a plain Log Analytics":       {document(login, "a", manager, "http://la.example"), "the Log Analytics " + "endpoint"},
		"an empty audience":           {document(login, "", manager, ""), "no audience"},
		"no audience":                 {`{"authentication":{"audiences":[]}}`, "no audience"},
		"a page in place of metadata": {`<html>`, "can't be read"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{answer: func(r *http.Request) *http.Response {
					return &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{},
						Body: io.NopCloser(strings.NewReader(test.body))}
				}}
				config := testConfig(w)
				config.MetadataHost = "metadata.example"
				tenants, err := azure.NewTenants(config)
				if err != nil {
					t.Fatal(err)
				}
				_, err = tenants.ResourceManager(t.Context(), tenantA)
				if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
					t.Errorf("error = %v, want %q", err, test.want)
				}
				if attempts := len(w.calls); errors.As(err, new(*azure.UnreadableError)) != (attempts == 3) {
					t.Errorf("%d attempts: %v", attempts, err)
				}
			})
		})
	}
}

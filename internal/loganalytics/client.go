// Package loganalytics is a client of Log Analytics: what a workspace is, which plan its tables are on, and
// which of them receive data. It knows nothing of Terraform. The services' behaviour is public evidence
// gathered as Log Analytics facts, to whose sections the comments refer.
package loganalytics

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// Client reads workspaces as one tenant sees them. Which tenant that is, the services' pipelines decide. It
// is safe for concurrent use.
type Client struct {
	resourceManager, queryService azure.Service

	mu         sync.Mutex
	workspaces map[string]*workspaceEntry // by id in lower case
}

// NewClient makes a client on Azure Resource Manager and on the query service, whose URL includes its
// version ("/v1"). A workspace's tables are queried there and never through Resource Manager, whose own
// query endpoint is retired (Log Analytics facts, section 1).
func NewClient(resourceManager, query azure.Service) *Client {
	return &Client{
		resourceManager: resourceManager,
		queryService:    query,
		workspaces:      map[string]*workspaceEntry{},
	}
}

// get reads a resource by its id.
func (c *Client) get(ctx context.Context, id, version string, answer any) error {
	endpoint := c.resourceManager.URL + (&url.URL{Path: id}).EscapedPath()
	request, err := runtime.NewRequest(ctx, http.MethodGet, endpoint)
	if err != nil {
		return fmt.Errorf("making a request: %w", err)
	}
	request.Raw().URL.RawQuery = url.Values{"api-version": {version}}.Encode()
	request.Raw().Header.Set("Accept", "application/json")
	response, err := c.resourceManager.Do(request)
	if err != nil {
		return err
	}
	if !runtime.HasStatusCode(response, http.StatusOK) {
		return azure.NewServiceError(response)
	}
	body, err := runtime.Payload(response)
	if err != nil {
		return fmt.Errorf("receiving the answer: %w", err)
	}
	if err := json.Unmarshal(body, answer); err != nil {
		return fmt.Errorf("the answer can't be read: %w", err)
	}
	return nil
}

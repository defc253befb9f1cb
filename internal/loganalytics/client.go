// Package loganalytics is a client of Log Analytics: what a workspace is, which plan its tables are on, and
// which of them receive data. It knows nothing of Terraform. The services' behaviour is public evidence
// gathered as Log Analytics facts, to whose sections the comments refer.
package loganalytics

import (
	"context"
	"net/url"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// Client reads workspaces as one tenant sees them. Which tenant that is, the services' pipelines decide. It
// is safe for concurrent use.
type Client struct {
	resourceManager, queryService azure.Service
}

// NewClient makes a client on Azure Resource Manager and on the query service, whose URL includes its
// version ("/v1"). A workspace's tables are queried there and never through Resource Manager, whose own
// query endpoint is retired (Log Analytics facts, section 1).
func NewClient(resourceManager, query azure.Service) *Client {
	return &Client{resourceManager: resourceManager, queryService: query.WithPolicy(retryQuery)}
}

// get reads a resource by its id.
func (c *Client) get(ctx context.Context, id, version string, answer any) error {
	return c.resourceManager.Get(ctx, (&url.URL{Path: id}).EscapedPath(), version, answer)
}

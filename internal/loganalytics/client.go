// Package loganalytics is a client of Log Analytics: it reads workspaces, the plans of their tables, and which tables
// receive data. It knows nothing of Terraform. Where the services behave in a way that is not obvious, comments name
// the heading of internal/azuresim/README.md that has the evidence.
package loganalytics

import (
	"context"
	"net/url"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// Client reads workspaces with the identity of one tenant, which the services' pipelines determine. It is safe for
// concurrent use.
type Client struct {
	resourceManager, queryService azure.Service
}

// NewClient makes a client from Azure Resource Manager and the query service, whose URL includes its version ("/v1").
// Resource Manager's own query endpoint is retired.
func NewClient(resourceManager, query azure.Service) *Client {
	return &Client{resourceManager: resourceManager, queryService: query.WithPolicy(retryQuery)}
}

// get reads a resource by its id.
func (c *Client) get(ctx context.Context, id, version string, answer any) error {
	return c.resourceManager.Get(ctx, (&url.URL{Path: id}).EscapedPath(), version, answer)
}

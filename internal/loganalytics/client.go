// Package loganalytics is a client of Log Analytics: it reads workspaces, the plans of their tables, and which tables
// receive data. It knows nothing of Terraform. Where the services behave in a way that is not obvious, comments name
// the heading of internal/azuresim/README.md that has the evidence.
package loganalytics

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

// Client reads workspaces with the identity of one tenant, which the services' pipelines determine. It is not safe for
// concurrent use, since it remembers plans.
type Client struct {
	resourceManager, queryService azure.Service

	// plans has what earlier reads found out about tables, by the id of the table: an Arrival with the plan, and with the
	// state NotQueried for a table that can't be queried.
	plans map[string]Arrival
}

// NewClient makes a client from Azure Resource Manager and the query service, whose URL includes its version ("/v1").
// Resource Manager's own query endpoint is retired.
func NewClient(resourceManager, query azure.Service) *Client {
	return &Client{resourceManager, query.WithPolicy(retryQuery), map[string]Arrival{}}
}

// get reads a resource by its id.
func (c *Client) get(ctx context.Context, id, version string, answer any) error {
	return c.resourceManager.Get(ctx, (&url.URL{Path: id}).EscapedPath(), version, answer)
}

// QueryWait is how long the service may work on a query before it answers 504.
const QueryWait = 60 * time.Second

// query queries a workspace. A query that the service refused or answered only in part is a *QueryError.
func (c *Client) query(ctx context.Context, customerID, query string) (answer, error) {
	request, err := runtime.NewRequest(ctx, http.MethodPost, c.queryService.URL+"/workspaces/"+customerID+"/query")
	if err == nil {
		// The timespan applies in addition to the query's own filters, so it must not be shorter than Horizon.
		err = runtime.MarshalAsJSON(request, map[string]string{"query": query, "timespan": "P90D"})
	}
	if err != nil {
		return answer{}, fmt.Errorf("making a query: %w", err)
	}
	header := request.Raw().Header
	header.Set("Accept", "application/json")
	// By default the service caches answers for two minutes, which is longer than the first pauses between two polls.
	header.Set("Cache-Control", "no-cache")
	header.Set("Prefer", fmt.Sprintf("wait=%d,include-permissions=true,include-dataSources=true",
		int(QueryWait.Seconds())))

	var read answer
	err = c.queryService.Do(request, func(response *http.Response) (err error) {
		read = answer{}
		if !runtime.HasStatusCode(response, http.StatusOK, http.StatusNoContent) {
			return readRefusal(response)
		}
		read, err = readAnswer(response)
		return err
	})
	if err != nil && !read.empty { // an empty body that stays empty is an answer
		return read, fmt.Errorf("querying the workspace: %w", err)
	}
	return read, nil
}

// retryQuery does not retry a 504: the query takes too long, and would again.
func retryQuery(err error) retry.Decision {
	if azure.IsStatus(err, http.StatusGatewayTimeout) {
		return retry.Decision{}
	}
	return azure.RetryPolicy(err)
}

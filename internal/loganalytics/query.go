package loganalytics

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

// QueryWait is how long the service may take for a query before it gives up with 504.
const QueryWait = 60 * time.Second

// query queries a workspace, known by its customer id. Its errors are *QueryError where the
// service refused or could not read all that was asked.
func (c *Client) query(ctx context.Context, customerID, query string) (answer, error) {
	request, err := runtime.NewRequest(ctx, http.MethodPost, c.queryService.URL+"/workspaces/"+customerID+"/query")
	if err != nil {
		return answer{}, fmt.Errorf("making a query: %w", err)
	}
	// The timespan is applied in addition to the filters of the query, so it must not be shorter than they are.
	body := map[string]string{"query": query, "timespan": "P90D"}
	if err := runtime.MarshalAsJSON(request, body); err != nil {
		return answer{}, fmt.Errorf("encoding a query: %w", err)
	}
	header := request.Raw().Header
	header.Set("Accept", "application/json")
	// Without it an answer may be two minutes old, and somebody who waits for data polls faster than that.
	header.Set("Cache-Control", "no-cache")
	header.Set("Prefer", fmt.Sprintf("wait=%d,include-permissions=true,include-dataSources=true", int(QueryWait.Seconds())))

	var read answer
	err = c.queryService.Do(request, func(response *http.Response) (err error) {
		read = answer{}
		if !runtime.HasStatusCode(response, http.StatusOK, http.StatusNoContent) {
			return newQueryError(response)
		}
		read, err = readAnswer(response)
		return err
	})
	if err != nil && !read.empty { // which it is after several tries, too
		return read, fmt.Errorf("querying the workspace: %w", err)
	}
	return read, nil
}

// retryQuery does not retry a 504, by which the service says that the query is too slow: each further try may run for minutes, to the same
// end (Log Analytics facts, sections 1 and 2).
func retryQuery(err error) retry.Decision {
	if azure.IsStatus(err, http.StatusGatewayTimeout) {
		return retry.Decision{}
	}
	return azure.RetryPolicy(err)
}

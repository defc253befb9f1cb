package loganalytics

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// State says in a word whether a table receives data.
type State string

// The states of a table.
const (
	// Receiving means that there are records within the lookback.
	Receiving State = "receiving"
	// Silent means that the table exists and has no record within the lookback.
	Silent State = "silent"
	// Missing means that the workspace has no such table.
	Missing State = "missing"
	// NotQueried means that the table could not be queried, and that Usage does not tell either.
	NotQueried State = "not_queried"
	// Denied means that the identity may not read the table.
	Denied State = "denied"
)

// Arrival is what arrived in one table. Whatever is not known is nil.
type Arrival struct {
	State State
	// RecordCount counts the records whose time lies within the lookback.
	RecordCount *int64
	// LastRecord is the time of the newest record. One older than the table was scanned is known by Usage, to the hour and for 90 days.
	LastRecord *time.Time
	// LastIngested is when a record last arrived.
	LastIngested *time.Time
	// IngestionDelay is how long 95 % of the records within the lookback took to arrive, at most.
	IngestionDelay *time.Duration
	// DailyMegabytes is the volume within the lookback by Usage, a day.
	DailyMegabytes *float64
	// Plan is the table's plan, "" where it was not read.
	Plan string
	// Failure says why a table is Denied or NotQueried, where there is more to it than its state and plan.
	Failure error
}

// Arrivals is what arrived in a workspace.
type Arrivals struct {
	// IngestionStatus is the workspace's: see Workspace.
	IngestionStatus string
	Tables          map[string]Arrival
	// Refusal is a *WorkspaceError where the identity may not read the workspace at all, and so each table is Denied.
	Refusal error
}

// Arrivals tells which tables of a workspace, given by its Azure resource id, received records within their lookbacks, which are whole
// seconds. It reads the workspace and makes one query. Only if the query fails on account of a table are more needed. A failure that
// is the workspace's own is a *WorkspaceError; a name, an id or a lookback that can't be one sends nothing.
func (c *Client) Arrivals(ctx context.Context, workspaceID string, lookbacks map[string]time.Duration) (Arrivals, error) {
	if err := check(lookbacks); err != nil {
		return Arrivals{}, err
	}
	workspace, err := c.Workspace(ctx, workspaceID)
	r := reading{client: c, workspaceID: workspaceID, customerID: workspace.CustomerID, lookbacks: lookbacks, arrivals: map[string]Arrival{}}
	if err == nil {
		if failed := r.read(ctx); failed != nil {
			err = &WorkspaceError{WorkspaceID: workspaceID, Err: failed}
		}
	}
	if err != nil && !isRefusedReader(err) {
		return Arrivals{}, err
	}
	if err != nil {
		for table := range lookbacks {
			r.arrivals[table] = Arrival{State: Denied}
		}
	}
	return Arrivals{IngestionStatus: workspace.IngestionStatus, Tables: r.arrivals, Refusal: err}, nil
}

func check(lookbacks map[string]time.Duration) error {
	if len(lookbacks) == 0 {
		return errors.New("no table was named")
	}
	for table, lookback := range lookbacks {
		if err := CheckTableName(table); err != nil {
			return err
		}
		if err := checkLookback(lookback); err != nil {
			return err
		}
	}
	return nil
}

// isRefusedReader says whether Resource Manager or the query service answers that the identity may not read the workspace, or not from
// this network.
func isRefusedReader(err error) bool {
	refusal, ok := errors.AsType[*azure.ServiceError](err)
	return ok && refusal.Status == http.StatusForbidden && slices.Contains([]string{"AuthorizationFailed", CodeInsufficientAccess}, refusal.Code)
}

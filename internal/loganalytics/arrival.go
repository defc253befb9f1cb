package loganalytics

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// State reports whether a table receives data.
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

// Arrival is what arrived in one table. Values that are not known are nil.
type Arrival struct {
	State State
	// RecordCount counts the records whose time lies within the lookback.
	RecordCount *int64
	// LastRecord is the time of the newest record. If the record is older than the scan, it comes from Usage, which has
	// 90 days and only full hours.
	LastRecord *time.Time
	// LastIngested is when a record last arrived.
	LastIngested *time.Time
	// IngestionDelay is the 95th percentile of the time from a record to its arrival, within the lookback.
	IngestionDelay *time.Duration
	// DailyMegabytes is the average volume a day within the lookback, from Usage.
	DailyMegabytes *float64
	// Plan is the table's plan, "" if it was not read.
	Plan string
	// Failure is why the table's query failed, a *WorkspaceError. It is nil if the state and the plan say it all.
	Failure error
}

// Arrivals is what arrived in a workspace.
type Arrivals struct {
	// IngestionStatus is that of the Workspace.
	IngestionStatus string
	Tables          map[string]Arrival
	// Refusal is a *WorkspaceError if the identity may not read the workspace, which makes every table Denied.
	Refusal error
}

// Arrivals tells which tables of a workspace received records within their lookbacks. It reads the workspace and makes
// one query. More requests follow only if the query fails or its answer lacks a table; once a table's plan is known, it
// is not read again. A failure to read the workspace, or all of its tables, is a *WorkspaceError. For an invalid id,
// name or lookback, nothing is sent.
func (c *Client) Arrivals(
	ctx context.Context, workspaceID string, lookbacks map[string]time.Duration,
) (Arrivals, error) {
	if err := check(lookbacks); err != nil {
		return Arrivals{}, err
	}
	workspace, err := c.Workspace(ctx, workspaceID)
	r := reading{c, workspaceID, workspace.CustomerID, lookbacks, map[string]Arrival{}, nil}
	if err == nil {
		err = inWorkspace(workspaceID, r.read(ctx))
	}
	if err != nil {
		if !mayNotRead(err) {
			return Arrivals{}, err
		}
		for table := range lookbacks {
			r.arrivals[table] = Arrival{State: Denied}
		}
	}
	return Arrivals{IngestionStatus: workspace.IngestionStatus, Tables: r.arrivals, Refusal: err}, nil
}

// check returns an error if there is no table, or if a name or a lookback can't be written in a query.
func check(lookbacks map[string]time.Duration) error {
	if len(lookbacks) == 0 {
		return errors.New("there must be at least one table")
	}
	for table, lookback := range lookbacks {
		if err := CheckTableName(table); err != nil {
			return err
		}
		if lookback < time.Second || lookback > Horizon || lookback%time.Second != 0 {
			return fmt.Errorf("the lookback %s is not a number of whole seconds from one to 90 days", lookback)
		}
	}
	return nil
}

// mayNotRead reports whether the identity may not read the workspace, or not from this network.
func mayNotRead(err error) bool {
	refusal, ok := errors.AsType[*azure.ServiceError](err)
	return ok && refusal.Status == http.StatusForbidden &&
		slices.Contains([]string{"AuthorizationFailed", CodeInsufficientAccess}, refusal.Code)
}

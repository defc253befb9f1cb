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
	// NotQueried means that the table could not be asked, usually for its plan (Basic, Auxiliary).
	NotQueried State = "not_queried"
	// Denied means that the identity may not read the table.
	Denied State = "denied"
)

// Arrival is what arrived in one table.
type Arrival struct {
	State State
	// RecordCount counts the records whose time lies within the lookback.
	RecordCount int64
	// LastRecord is the time of the newest record, also of one older than the lookback. It is nil where there is none
	// within the Horizon.
	LastRecord *time.Time
	// LastIngested is when a record last arrived, nil as LastRecord.
	LastIngested *time.Time
	// Plan is the table's plan, "" where it was not looked at or the identity may not.
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

// Arrivals tells which tables of a workspace, given by its Azure resource id, received records within the
// lookback, in whole seconds. It costs one query, and the first time also one look at the workspace. When the query fails on
// account of a table, the others are asked without it, at worst each for itself. A failure that is the
// workspace's own is a *WorkspaceError; a name, an id or a lookback that can't be one sends nothing.
func (c *Client) Arrivals(ctx context.Context, workspaceID string, tables []string, lookback time.Duration) (Arrivals, error) {
	for _, table := range tables {
		if err := CheckTableName(table); err != nil {
			return Arrivals{}, err
		}
	}
	if len(tables) == 0 {
		return Arrivals{}, errors.New("no table was named")
	}
	if err := checkLookback(lookback); err != nil {
		return Arrivals{}, err
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(tables)))
	workspace, err := c.Workspace(ctx, workspaceID)
	r := reading{c, workspaceID, workspace.CustomerID, lookback, map[string]Arrival{}}
	if err == nil {
		if failed := r.read(ctx, distinct); failed != nil {
			err = &WorkspaceError{WorkspaceID: workspaceID, Err: failed}
		}
	}
	if err != nil && !isRefusedReader(err) {
		return Arrivals{}, err
	}
	if err != nil {
		for _, table := range distinct {
			r.arrivals[table] = Arrival{State: Denied}
		}
	}
	return Arrivals{IngestionStatus: workspace.IngestionStatus, Tables: r.arrivals, Refusal: err}, nil
}

// isRefusedReader says whether Resource Manager or the query service answers that the identity may not read the workspace, or not from
// this network.
func isRefusedReader(err error) bool {
	refusal, ok := errors.AsType[*azure.ServiceError](err)
	return ok && refusal.Status == http.StatusForbidden && slices.Contains([]string{"AuthorizationFailed", CodeInsufficientAccess}, refusal.Code)
}

// reading is one look at a workspace's tables.
type reading struct {
	client                  *Client
	workspaceID, customerID string
	lookback                time.Duration
	arrivals                map[string]Arrival
}

// read finds out about all tables.
func (r *reading) read(ctx context.Context, tables []string) error {
	failed, err := r.ask(ctx, tables)
	if failed == nil {
		return err
	}
	if failed.Refusal.Status == http.StatusForbidden { // which no plan explains
		return r.askEach(ctx, tables, failed)
	}
	left, err := r.setAside(ctx, tables)
	if err != nil || len(left) == 0 {
		return err
	}
	if len(left) < len(tables) {
		if failed, err = r.ask(ctx, left); failed == nil {
			return err
		}
	}
	return r.askEach(ctx, left, failed)
}

// ask queries tables together and notes how each one is. It returns apart the failure that may be one
// table's alone.
func (r *reading) ask(ctx context.Context, tables []string) (*QueryError, error) {
	answer, err := r.client.query(ctx, r.customerID, tables, r.lookback)
	if failed, ok := errors.AsType[*QueryError](err); ok && failed.mayBeTables() {
		return failed, nil
	}
	if err != nil {
		return nil, err
	}
	for _, table := range tables {
		arrival, err := r.judge(ctx, table, answer)
		if err != nil {
			return nil, err
		}
		r.note(table, arrival)
	}
	return nil, nil
}

// note keeps what is known of a table's plan.
func (r *reading) note(table string, arrival Arrival) {
	if arrival.Plan == "" {
		arrival.Plan = r.arrivals[table].Plan
	}
	r.arrivals[table] = arrival
}

// judge says how a table is by the answer to a query. A denied table looks like one that is empty or missing, so
// that it is denied counts before either (Log Analytics facts, section 1).
func (r *reading) judge(ctx context.Context, table string, answer answer) (Arrival, error) {
	row, answered := answer.rows[table]
	switch {
	case row.recordCount > 0:
		return row.arrival(Receiving), nil
	case containsFold(answer.denied, table):
		return Arrival{State: Denied}, nil
	case answered:
		return row.arrival(Silent), nil
	case slices.Contains(answer.missing, table):
		return Arrival{State: Missing}, nil
	}
	arrival, err := r.look(ctx, table)
	if err != nil || arrival.State != "" {
		return arrival, err
	}
	if answer.empty {
		arrival.State = Silent
		return arrival, nil
	}
	arrival.State = NotQueried
	arrival.Failure = errors.New("the answer to the query neither has a row for the table nor says why")
	return arrival, nil
}

// arrival takes over a row. A record's time may lie up to a day in the future, for that much a source's clock
// may be ahead (Log Analytics facts, section 3); no record happened after the last one arrived.
func (row row) arrival(state State) Arrival {
	if row.lastRecord != nil && row.lastIngested != nil && row.lastRecord.After(*row.lastIngested) {
		row.lastRecord = row.lastIngested
	}
	return Arrival{State: state, RecordCount: row.recordCount, LastRecord: row.lastRecord, LastIngested: row.lastIngested}
}

// look reads a table's plan. The state is "" where neither the plan nor its absence settles it.
func (r *reading) look(ctx context.Context, table string) (Arrival, error) {
	plan, exists, err := r.client.TablePlan(ctx, r.workspaceID, table)
	switch {
	case azure.IsStatus(err, http.StatusForbidden):
		return Arrival{}, nil // an identity may query a table and yet not read its plan
	case err != nil:
		return Arrival{}, err
	case !exists:
		return Arrival{State: Missing}, nil
	case !queryable(plan):
		return Arrival{State: NotQueried, Plan: plan}, nil
	default:
		return Arrival{Plan: plan}, nil
	}
}

// setAside notes the plans of the tables and returns those that can be asked.
func (r *reading) setAside(ctx context.Context, tables []string) ([]string, error) {
	var left []string
	for _, table := range tables {
		arrival, err := r.look(ctx, table)
		if err != nil {
			return nil, err
		}
		r.note(table, arrival)
		if arrival.State == "" {
			left = append(left, table)
		}
	}
	return left, nil
}

// askEach queries one table after the other; failed is how all of them together did. When none can be read,
// that is the workspace's failure and no table's.
func (r *reading) askEach(ctx context.Context, tables []string, failed *QueryError) error {
	unread := 0
	for _, table := range tables {
		if len(tables) > 1 {
			var err error
			failed, err = r.ask(ctx, []string{table})
			if slow, ok := errors.AsType[*QueryError](err); ok && slow.Refusal.Status == http.StatusGatewayTimeout {
				failed, err = slow, nil
			}
			if err != nil {
				return err
			}
		}
		if failed == nil {
			continue
		}
		arrival := refused(table, failed)
		r.note(table, arrival)
		if arrival.Failure != nil {
			unread++
		}
	}
	if unread == len(r.arrivals) {
		return fmt.Errorf("querying each table for itself: %w", failed)
	}
	return nil
}

// refused says how a table is whose own query failed.
func refused(table string, failed *QueryError) Arrival {
	switch {
	case failed.isPlan():
		return Arrival{State: NotQueried}
	case failed.names(table):
		return Arrival{State: Missing}
	case containsFold(failed.denied, table):
		return Arrival{State: Denied}
	case failed.has(CodeInsufficientAccess):
		return Arrival{State: Denied, Failure: failed}
	default:
		return Arrival{State: NotQueried, Failure: failed}
	}
}

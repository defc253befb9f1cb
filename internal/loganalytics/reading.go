package loganalytics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// usageTable lists the volume of every table by the hour, whatever its plan. That it covers Basic and Auxiliary tables is inferred.
const usageTable = "Usage"

// reading is one read of a workspace's tables.
type reading struct {
	client                  *Client
	workspaceID, customerID string
	lookbacks               map[string]time.Duration

	arrivals map[string]Arrival
	// usage has the rows of Usage by table, nil as long as it could not be read.
	usage map[string]row
	// withoutUsage leaves Usage out of the next queries, which it makes fail.
	withoutUsage bool
}

// read finds out about all tables.
func (r *reading) read(ctx context.Context) error {
	err := r.readTables(ctx)
	if err == nil {
		r.addUsage()
	}
	return err
}

func (r *reading) readTables(ctx context.Context) error {
	tables := slices.Sorted(maps.Keys(r.lookbacks))
	failed, err := r.ask(ctx, tables)
	if failed == nil {
		return err
	}
	if status := failed.Refusal.Status; status == http.StatusForbidden || status == http.StatusGatewayTimeout { // which no plan explains
		return r.askEach(ctx, tables, failed)
	}
	left, err := r.setAside(ctx, tables)
	if err != nil {
		return err
	}
	if len(left) < len(tables) {
		if failed, err = r.ask(ctx, left); failed == nil {
			return err
		}
	}
	return r.askEach(ctx, left, failed)
}

// ask queries tables together, and Usage about all tables of the reading. It returns apart the failure that may be one table's alone.
func (r *reading) ask(ctx context.Context, tables []string) (*QueryError, error) {
	answer, err := r.client.query(ctx, r.customerID, arrivalQuery(tables, r.lookbacks, !r.withoutUsage))
	if failed, ok := errors.AsType[*QueryError](err); ok && failed.mayBeTables() {
		return failed, nil
	}
	if err != nil {
		return nil, err
	}
	if r.usage == nil && !r.withoutUsage && !slices.Contains(answer.missing, usageTable) && !containsFold(answer.denied, usageTable) {
		r.usage = answer.usage
	}
	for _, table := range tables {
		arrival, err := r.judge(ctx, table, answer)
		if err != nil {
			return nil, err
		}
		r.record(table, arrival)
	}
	return nil, nil
}

// record keeps what is known of a table's plan.
func (r *reading) record(table string, arrival Arrival) {
	if arrival.Plan == "" {
		arrival.Plan = r.arrivals[table].Plan
	}
	r.arrivals[table] = arrival
}

// judge says how a table is by the answer to a query. A denied table looks like one that is empty or missing, so that it is denied
// counts before either.
func (r *reading) judge(ctx context.Context, table string, answer answer) (Arrival, error) {
	row, answered := answer.rows[table]
	switch {
	case answered && *row.recordCount > 0:
		return row.arrival(Receiving), nil
	case containsFold(answer.denied, table):
		return Arrival{State: Denied}, nil
	case answered:
		return row.arrival(Silent), nil
	case slices.Contains(answer.missing, table):
		return Arrival{State: Missing}, nil
	}
	arrival, err := r.readPlan(ctx, table)
	if err != nil || arrival.State != "" {
		return arrival, err
	}
	if answer.empty {
		arrival.State, arrival.RecordCount = Silent, new(int64)
		return arrival, nil
	}
	arrival.State = NotQueried
	arrival.Failure = errors.New("the answer to the query neither has a row for the table nor says why")
	return arrival, nil
}

// arrival takes over a row. A record's time may lie up to a day in the future, if its source's clock is ahead; no record happened after
// the last one arrived.
func (row row) arrival(state State) Arrival {
	if row.lastRecord != nil && row.lastIngested != nil && row.lastRecord.After(*row.lastIngested) {
		row.lastRecord = row.lastIngested
	}
	arrival := Arrival{State: state, RecordCount: row.recordCount, LastRecord: row.lastRecord, LastIngested: row.lastIngested}
	if seconds := row.delay.value; seconds != nil {
		delay := time.Duration(max(0, *seconds) * float64(time.Second))
		arrival.IngestionDelay = &delay
	}
	return arrival
}

// readPlan reads a table's plan. The state is "" where neither the plan nor its absence settles it.
func (r *reading) readPlan(ctx context.Context, table string) (Arrival, error) {
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

// setAside records the plans of the tables and returns those that can be queried together.
func (r *reading) setAside(ctx context.Context, tables []string) ([]string, error) {
	var left []string
	for _, table := range tables {
		arrival, err := r.readPlan(ctx, table)
		if err != nil {
			return nil, err
		}
		r.record(table, arrival)
		if arrival.State == "" {
			left = append(left, table)
		}
	}
	return left, nil
}

// askEach queries Usage alone and then one table after the other, the smallest first; failed is how all of them together did. When none
// can be read, that is the workspace's failure and no table's. When the time is up, what was read stands.
func (r *reading) askEach(ctx context.Context, tables []string, failed *QueryError) error {
	usageFailed, err := r.ask(ctx, nil)
	if err != nil {
		return err
	}
	// Otherwise each query keeps it, and so a table whose plan is not known fails rather than being charged for as a Basic one.
	r.withoutUsage = usageFailed != nil
	slices.SortStableFunc(tables, func(a, b string) int { return cmp.Compare(r.usage[a].megabytes(), r.usage[b].megabytes()) })
	var last error
	unread := 0
	for _, table := range tables {
		if len(tables) > 1 || r.withoutUsage {
			failed, err = r.ask(ctx, []string{table})
		}
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			r.record(table, Arrival{State: NotQueried, Failure: err})
			last = err
			unread++
		case err != nil:
			return err
		case failed != nil:
			arrival := refused(table, failed)
			r.record(table, arrival)
			if arrival.Failure != nil {
				last = failed
				unread++
			}
		}
	}
	if unread > 0 && unread == len(r.arrivals) {
		return fmt.Errorf("querying each table for itself: %w", last)
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

// addUsage adds what Usage tells: whether a table receives that can't be queried for its plan, when data older than the scan last
// arrived, and the volume.
func (r *reading) addUsage() {
	if r.usage == nil {
		return
	}
	for table, arrival := range r.arrivals {
		usage := r.usage[table]
		if arrival.State == NotQueried && arrival.Failure == nil {
			arrival.State = Silent
			if usage.megabytes() > 0 {
				arrival.State = Receiving
			}
		}
		if arrival.LastRecord == nil {
			arrival.LastRecord = usage.lastHour
		}
		if usage.volume.value != nil {
			daily := usage.megabytes() * float64(day) / float64(r.lookbacks[table])
			daily = math.Round(daily*1e6) / 1e6 // to the byte
			arrival.DailyMegabytes = &daily
		}
		r.arrivals[table] = arrival
	}
}

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
	"strings"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

// usageTable has the hourly volume of every table. That it covers the Basic and Auxiliary plans is inferred ("Usage").
const usageTable = "Usage"

// reading is one read of a workspace's tables.
type reading struct {
	client                  *Client
	workspaceID, customerID string
	lookbacks               map[string]time.Duration

	arrivals map[string]Arrival
	// usage has the rows of Usage by table. It is nil if Usage could not be read.
	usage map[string]row
}

// read reads all tables: together if possible, then without those whose plan does not allow it, then each on its own.
func (r *reading) read(ctx context.Context) error {
	tables := r.recall()
	failed, err := r.ask(ctx, tables, true)
	if failed != nil && failed.mayBePlans() {
		all := len(tables)
		if tables, err = r.setAside(ctx, tables); err != nil {
			return err
		}
		if len(tables) < all {
			failed, err = r.ask(ctx, tables, true)
		}
	}
	if failed != nil {
		err = r.askEach(ctx, tables, failed)
	}
	if err == nil {
		r.addUsage()
	}
	return err
}

// recall starts from what the client knows of the tables, and returns those that may be queried together.
func (r *reading) recall() (together []string) {
	for _, table := range slices.Sorted(maps.Keys(r.lookbacks)) {
		if known := r.client.plans[r.tableID(table)]; known.State == NotQueried {
			r.arrivals[table] = known
		} else {
			together = append(together, table)
		}
	}
	return together
}

func (r *reading) tableID(table string) string { return r.workspaceID + "/tables/" + table }

// ask queries tables together, and Usage for all tables of the reading if wanted. A failure that one of several tables
// may have caused is returned as a *QueryError.
func (r *reading) ask(ctx context.Context, tables []string, withUsage bool) (*QueryError, error) {
	query, err := arrivalQuery(tables, r.lookbacks, withUsage)
	if err != nil {
		return nil, err
	}
	answer, err := r.client.query(ctx, r.customerID, query)
	if failed, ok := errors.AsType[*QueryError](err); ok && failed.mayBeTables() {
		return failed, nil
	}
	if err != nil {
		return nil, err
	}
	if withUsage && !slices.Contains(answer.missing, usageTable) && !azure.ContainsFold(answer.denied, usageTable) {
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

// record sets a table's arrival. It adds a plan that is known, and the workspace to a failure.
func (r *reading) record(table string, arrival Arrival) {
	arrival.Plan = r.client.plans[r.tableID(table)].Plan
	if arrival.Failure != nil {
		arrival.Failure = inWorkspace(r.workspaceID, arrival.Failure)
	} else if arrival.State == NotQueried {
		r.client.plans[r.tableID(table)] = arrival
	}
	r.arrivals[table] = arrival
}

// judge determines a table's state from an answer. A denied table looks like an empty or a missing one, so the list of
// denied tables comes first.
func (r *reading) judge(ctx context.Context, table string, answer answer) (Arrival, error) {
	row, answered := answer.rows[table]
	switch {
	case answered && *row.RecordCount > 0:
		row.State = Receiving
		return row.Arrival, nil
	case azure.ContainsFold(answer.denied, table):
		return Arrival{State: Denied}, nil
	case answered:
		row.State = Silent
		return row.Arrival, nil
	case slices.Contains(answer.missing, table):
		return Arrival{State: Missing}, nil
	}
	arrival, err := r.plan(ctx, table)
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

// plan reads a table's plan, "Analytics", "Basic" or "Auxiliary", unless it is known. It leaves the state empty unless
// the table is missing or can't be queried with others. Queries may still fail to resolve a table that exists here.
func (r *reading) plan(ctx context.Context, table string) (Arrival, error) {
	if known := r.client.plans[r.tableID(table)]; known.Plan != "" {
		return known, nil
	}
	var answer struct{ Properties struct{ Plan string } }
	err := r.client.get(ctx, r.tableID(table), "2022-10-01", &answer)
	switch {
	case azure.IsStatus(err, http.StatusForbidden):
		return Arrival{}, nil // an identity that may query a table may still not read its plan
	case azure.IsStatus(err, http.StatusNotFound):
		return Arrival{State: Missing}, nil
	case err != nil:
		return Arrival{}, fmt.Errorf("reading the plan of table %s: %w", table, err)
	}
	arrival := Arrival{Plan: answer.Properties.Plan}
	// A table on another plan makes a query fail, and a query that does not fail may cost money ("Table plans").
	if arrival.Plan != "" && !strings.EqualFold(arrival.Plan, "Analytics") {
		arrival.State = NotQueried
	}
	r.client.plans[r.tableID(table)] = arrival
	return arrival, nil
}

// setAside reads the tables' plans and returns the tables that can be queried together.
func (r *reading) setAside(ctx context.Context, tables []string) (together []string, err error) {
	for _, table := range tables {
		arrival, err := r.plan(ctx, table)
		if err != nil {
			return nil, err
		}
		r.record(table, arrival)
		if arrival.State == "" {
			together = append(together, table)
		}
	}
	return together, nil
}

// askEach queries Usage and then one table at a time, the smallest first, after they failed together. It fails if no
// table can be read. At the deadline, it keeps what was read so far.
func (r *reading) askEach(ctx context.Context, tables []string, failed *QueryError) error {
	usageFailed, err := r.ask(ctx, nil, true)
	if err != nil {
		return err
	}
	slices.SortStableFunc(tables, func(a, b string) int {
		return cmp.Compare(r.usage[a].megabytes, r.usage[b].megabytes)
	})
	var last error
	unread := 0
	for _, table := range tables {
		if len(tables) > 1 || usageFailed != nil {
			failed, err = r.ask(ctx, []string{table}, false)
		}
		arrival := Arrival{State: NotQueried, Failure: err}
		switch {
		case failed != nil:
			arrival = failed.arrival(table)
		case err == nil:
			continue
		case !errors.Is(err, context.DeadlineExceeded):
			return err
		}
		r.record(table, arrival)
		if arrival.Failure != nil {
			last = arrival.Failure
			unread++
		}
	}
	if unread > 0 && unread == len(r.lookbacks) {
		return fmt.Errorf("querying each table on its own: %w", last)
	}
	return nil
}

// addUsage adds the volume, the last arrival before the scan, and the state of tables that can't be queried for their
// plan.
func (r *reading) addUsage() {
	if r.usage == nil {
		return
	}
	for table, arrival := range r.arrivals {
		usage, listed := r.usage[table]
		if arrival.State == NotQueried && arrival.Failure == nil {
			arrival.State = Silent
			if usage.megabytes > 0 {
				arrival.State = Receiving
			}
		}
		arrival.LastRecord = cmp.Or(arrival.LastRecord, usage.lastHour)
		if listed {
			daily := usage.megabytes * float64(day) / float64(r.lookbacks[table])
			arrival.DailyMegabytes = new(math.Round(daily*1e6) / 1e6) // to the byte
		}
		r.arrivals[table] = arrival
	}
}

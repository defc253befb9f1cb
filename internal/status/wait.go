package status

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

// The first records take from minutes to days to arrive.
var polling = retry.Polling{First: 5 * time.Second, Longest: 2 * time.Minute}

// awaitData polls until every table receives data. It returns a *remedy.NoDataError at the deadline, and at once
// if no record can arrive or be seen. A failed read is repeated, even the first one, because the query service may not
// know a workspace yet that was created in the same apply.
func awaitData(
	ctx context.Context, read func(context.Context) (loganalytics.Arrivals, error),
) (loganalytics.Arrivals, error) {
	var seen loganalytics.Arrivals
	var failed error
	err := polling.Until(ctx, func(ctx context.Context) (bool, error) {
		arrivals, err := read(ctx)
		if err != nil && !azure.RetryPolicy(err).Retry && !isNotYetKnown(err) {
			return false, err
		}
		if failed = err; err == nil {
			seen = arrivals
		}
		waiting := named(seen, isWaiting)
		tflog.Info(ctx, "Waiting for data", map[string]any{"tables": waiting})
		return seen.Tables != nil && len(waiting) == 0, cannotReceive(seen)
	})
	if err != nil && ctx.Err() != nil {
		err = cmp.Or(noData(seen, isWaiting, err), failed, err)
	}
	return seen, err
}

// isNotYetKnown reports whether the query service, unlike Resource Manager, does not know the workspace.
func isNotYetKnown(err error) bool {
	query, ok := errors.AsType[*loganalytics.QueryError](err)
	return ok && query.Refusal.Status == http.StatusNotFound
}

// cannotReceive returns an error if waiting longer is pointless.
func cannotReceive(seen loganalytics.Arrivals) error {
	if slices.Contains(stopped, seen.IngestionStatus) {
		return noData(seen, isWaiting, remedy.ErrStopped)
	}
	return cmp.Or(noData(seen, isDenied, remedy.ErrDenied), noData(seen, isUnreadable, remedy.ErrOtherPlan))
}

// stopped are the ingestion statuses in which a workspace takes no data.
var stopped = []string{"OverQuota", "ForceOff", "SubscriptionSuspended"}

func isWaiting(a loganalytics.Arrival) bool { return a.State != loganalytics.Receiving }
func isDenied(a loganalytics.Arrival) bool  { return a.State == loganalytics.Denied }

// isUnreadable reports whether a table is not queried because of its plan.
func isUnreadable(a loganalytics.Arrival) bool {
	return a.State == loganalytics.NotQueried && a.Failure == nil
}

// noData says why some tables receive nothing. It is nil where there are none.
func noData(seen loganalytics.Arrivals, which func(loganalytics.Arrival) bool, why error) error {
	tables := named(seen, which)
	if len(tables) == 0 {
		return nil
	}
	return &remedy.NoDataError{Tables: tables, IngestionStatus: seen.IngestionStatus, Err: why}
}

// named names tables, with their states.
func named(seen loganalytics.Arrivals, which func(loganalytics.Arrival) bool) []string {
	var names []string
	for _, table := range slices.Sorted(maps.Keys(seen.Tables)) {
		if arrival := seen.Tables[table]; which(arrival) {
			names = append(names, fmt.Sprintf("%s (%s)", table, arrival.State))
		}
	}
	return names
}

package status

import (
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
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

// The first records take from minutes to days to arrive.
var polling = retry.Polling{First: 5 * time.Second, Longest: 2 * time.Minute}

// awaitData polls until every table receives data. It returns a *loganalytics.NoDataError at the deadline, and at once
// if no record can arrive or be seen. A failed read is repeated, even the first one, because the query service may not
// know a workspace yet that was created in the same apply.
func awaitData(
	ctx context.Context,
	read func(context.Context) (loganalytics.Arrivals, error),
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
		waiting := waitingFor(seen)
		tflog.Info(ctx, "Waiting for data", map[string]any{"tables": waiting})
		return seen.Tables != nil && len(waiting) == 0, cannotReceive(seen)
	})
	switch waiting := waitingFor(seen); {
	case err == nil || ctx.Err() == nil:
		return seen, err
	case failed != nil && len(waiting) == 0:
		return seen, failed
	default:
		return seen, noData(seen, waiting, err)
	}
}

// isNotYetKnown reports whether the query service, unlike Resource Manager, does not know the workspace.
func isNotYetKnown(err error) bool {
	query, ok := errors.AsType[*loganalytics.QueryError](err)
	return ok && query.Refusal.Status == http.StatusNotFound
}

// cannotReceive returns an error if waiting longer is pointless.
func cannotReceive(seen loganalytics.Arrivals) error {
	waiting := waitingFor(seen)
	switch {
	case len(waiting) == 0:
		return nil
	case slices.Contains(stopped, seen.IngestionStatus):
		return noData(seen, waiting, loganalytics.ErrStopped)
	}
	if tables := denied(seen); len(tables) > 0 {
		return noData(seen, tables, loganalytics.ErrDenied)
	}
	if tables := onOtherPlans(seen); len(tables) > 0 {
		return noData(seen, tables, loganalytics.ErrOtherPlan)
	}
	return nil
}

func noData(seen loganalytics.Arrivals, tables []string, err error) error {
	return &loganalytics.NoDataError{Tables: tables, IngestionStatus: seen.IngestionStatus, Err: err}
}

// stopped are the ingestion statuses in which a workspace takes no data.
var stopped = []string{"OverQuota", "ForceOff", "SubscriptionSuspended"}

// waitingFor names the tables that don't receive data, with their states.
func waitingFor(seen loganalytics.Arrivals) []string {
	return named(seen, func(a loganalytics.Arrival) bool { return a.State != loganalytics.Receiving })
}

// onOtherPlans names the tables that are not queried because of their plan.
func onOtherPlans(seen loganalytics.Arrivals) []string {
	return named(seen, func(a loganalytics.Arrival) bool { return a.State == loganalytics.NotQueried && a.Failure == nil })
}

// denied names the tables that the identity may not read.
func denied(seen loganalytics.Arrivals) []string {
	return named(seen, func(a loganalytics.Arrival) bool { return a.State == loganalytics.Denied })
}

func named(seen loganalytics.Arrivals, which func(loganalytics.Arrival) bool) []string {
	var names []string
	for _, table := range slices.Sorted(maps.Keys(seen.Tables)) {
		if arrival := seen.Tables[table]; which(arrival) {
			names = append(names, fmt.Sprintf("%s (%s)", table, arrival.State))
		}
	}
	return names
}

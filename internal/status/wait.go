package status

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
)

// Records take from minutes to days to arrive first, so the pauses between two looks grow.
const (
	firstPause   = 5 * time.Second
	longestPause = 2 * time.Minute
)

// awaitData looks again and again until every table receives. It ends with a *noDataError when the time is up, or when a table can never
// be seen to receive.
func awaitData(ctx context.Context, look func(context.Context) (loganalytics.Arrivals, error)) (loganalytics.Arrivals, error) {
	var seen loganalytics.Arrivals
	for pause := firstPause; ; pause = min(pause*3/2, longestPause) {
		arrivals, err := look(ctx)
		switch {
		case err != nil && seen.Tables == nil:
			return arrivals, err
		case err != nil && ctx.Err() == nil && !azure.MayPass(err):
			return seen, err
		case err == nil:
			seen = arrivals
		}
		waiting := waitingFor(seen)
		if len(waiting) == 0 {
			return seen, nil
		}
		if hopeless := onOtherPlans(seen); len(hopeless) > 0 {
			return seen, &noDataError{hopeless, errOtherPlan}
		}
		if hopeless := denied(seen); len(hopeless) > 0 {
			return seen, &noDataError{hopeless, errDenied}
		}
		tflog.Info(ctx, "Waiting for data", map[string]any{"tables": waiting, "next_look_in": pause.String()})
		if err := azure.Sleep(ctx, pause); err != nil {
			return seen, &noDataError{waiting, err}
		}
	}
}

// waitingFor names the tables that do not receive, with their states.
func waitingFor(seen loganalytics.Arrivals) []string {
	return named(seen, func(a loganalytics.Arrival) bool { return a.State != loganalytics.Receiving })
}

// onOtherPlans names the tables that are not queried on account of their plan.
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

var (
	errOtherPlan = errors.New("a table on the Basic or Auxiliary plan is not queried")
	errDenied    = errors.New("the identity may not read a table")
)

// noDataError is a wait that ended before every table received.
type noDataError struct {
	tables []string
	err    error
}

func (e *noDataError) Error() string {
	return fmt.Sprintf("waiting for data in %s: %v", strings.Join(e.tables, ", "), e.err)
}

func (e *noDataError) Unwrap() error { return e.err }

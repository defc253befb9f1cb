package status

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
)

func TestParseLookback(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"P7D": 7 * day, "P1W": 7 * day, "PT12H": 12 * time.Hour, "P1DT6H30M": 30*time.Hour + 30*time.Minute,
		"PT90S": 90 * time.Second, "P90D": 90 * day,
	} {
		if got, err := parseLookback(text); err != nil || got != want {
			t.Errorf("parseLookback(%q) = %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "7d", "P", "PT", "P1M", "P1Y", "P1.5D", "-P7D", "P0D", "P91D", "P7D ", "P7DT",
		"PT0S", "PT99999999999S", "P7D\n"} {
		if got, err := parseLookback(text); err == nil {
			t.Errorf("parseLookback(%q) = %s, want an error", text, got)
		}
	}
}

func TestALookbackInAnotherNotationIsTold(t *testing.T) {
	for text, meant := range map[string]string{"7d": "P7D", "P7d": "P7D", "7D": "P7D", "12h": "PT12H", "P12H": "PT12H",
		"30m": "PT30M", "90s": "PT90S", "2w": "P2W", "PT1D": "P1D"} {
		if _, err := parseLookback(text); err == nil ||
			!strings.HasSuffix(err.Error(), fmt.Sprintf("(did you mean %q?)", meant)) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"P1M", "7", "a week", ""} {
		if _, err := parseLookback(text); err == nil || strings.Contains(err.Error(), "did you mean") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestCheckTable(t *testing.T) {
	for _, name := range []string{"SigninLogs", "AuditLogs", "AADProvisioningLogs", "MyTable_CL"} {
		if err := checkTable(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, want := range map[string]string{
		"signinlogs":                    `is spelled "SigninLogs"`,
		"ProvisioningLogs":              `it arrives in the table "AADProvisioningLogs"`,
		"SigninLogs | take 1":           "is not the name of a table",
		"Signin'Logs":                   "is not the name of a table",
		"SigninLogs\n":                  "is not the name of a table",
		"":                              "is not the name of a table",
		strings.Repeat("long", 20) + "": "is not the name of a table",
	} {
		if err := checkTable(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error = %v, want one with %q", name, err, want)
		}
	}
}

// looks answers with one table's states, one look after the other, the last one staying.
func looks(states ...loganalytics.State) (func(context.Context) (loganalytics.Arrivals, error), *int) {
	asked := 0
	return func(ctx context.Context) (loganalytics.Arrivals, error) {
		if ctx.Err() != nil {
			return loganalytics.Arrivals{}, ctx.Err()
		}
		state := states[min(asked, len(states)-1)]
		asked++
		return loganalytics.Arrivals{Tables: map[string]loganalytics.Arrival{
			"AuditLogs": {State: loganalytics.Receiving}, "SigninLogs": {State: state},
		}}, nil
	}, &asked
}

func TestAwaitData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		look, asked := looks(loganalytics.Missing, loganalytics.Silent, loganalytics.Receiving)
		started := time.Now()
		seen, err := awaitData(t.Context(), look)
		if err != nil || seen.Tables["SigninLogs"].State != loganalytics.Receiving || *asked != 3 {
			t.Errorf("after %d looks: %+v, %v", *asked, seen, err)
		}
		if waited := time.Since(started); waited != 12500*time.Millisecond {
			t.Errorf("waited %s, want 5s and then 7.5s", waited)
		}
	})
}

func TestAwaitDataTellsTheLogWhatItWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		look, _ := looks(loganalytics.Missing, loganalytics.Receiving)
		if _, err := awaitData(tflogtest.RootLogger(t.Context(), &log), look); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Waiting for data", "SigninLogs (missing)"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log lacks %q:\n%s", want, log.String())
			}
		}
	})
}

func TestAwaitDataNamesWhatStayedSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		look, asked := looks(loganalytics.Silent)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := awaitData(ctx, look)
		waited, ok := errors.AsType[*noDataError](err)
		if !ok || strings.Join(waited.tables, ",") != "SigninLogs (silent)" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v", err)
		}
		if *asked < 30 || *asked > 45 {
			t.Errorf("%d looks in an hour, want one every two minutes at last", *asked)
		}
	})
}

func TestAwaitDataDoesNotWaitInVain(t *testing.T) {
	look, asked := looks(loganalytics.NotQueried)
	_, err := awaitData(t.Context(), look)
	if !errors.Is(err, errOtherPlan) || *asked != 1 || !strings.Contains(err.Error(), "SigninLogs") {
		t.Errorf("after %d looks: %v", *asked, err)
	}
}

func TestAwaitDataEndsWithAFailureThatStays(t *testing.T) {
	refusal := &azure.ServiceError{Status: http.StatusUnauthorized}
	_, err := awaitData(
		t.Context(),
		func(context.Context) (loganalytics.Arrivals, error) { return loganalytics.Arrivals{}, refusal },
	)
	if !errors.Is(err, refusal) {
		t.Errorf("error = %v", err)
	}
}

// A workspace that was made in the same apply.
func TestAwaitDataOutlastsFirstFailures(t *testing.T) {
	for name, failure := range map[string]error{
		"the query service does not know the workspace": &loganalytics.QueryError{
			Refusal: &azure.ServiceError{Status: http.StatusNotFound},
		},
		"a service is out of order": &azure.ServiceError{Status: http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				read, asked := looks(loganalytics.Receiving)
				failures := 0
				seen, err := awaitData(t.Context(), func(ctx context.Context) (loganalytics.Arrivals, error) {
					if failures++; failures < 4 {
						return loganalytics.Arrivals{}, failure
					}
					return read(ctx)
				})
				if err != nil || len(seen.Tables) != 2 || *asked != 1 {
					t.Errorf("%+v, %v", seen, err)
				}
			})
		})
	}
}

func TestAwaitDataReturnsTheFailureThatLastedToTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unknown := &loganalytics.QueryError{Refusal: &azure.ServiceError{Status: http.StatusNotFound}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := awaitData(
			ctx,
			func(context.Context) (loganalytics.Arrivals, error) { return loganalytics.Arrivals{}, unknown },
		)
		if !errors.Is(err, unknown) || ctx.Err() == nil {
			t.Errorf("error = %v", err)
		}
	})
}

// The daily cap may be reached while the data source waits.
func TestAwaitDataStopsWhenTheWorkspaceTakesNoData(t *testing.T) {
	for _, status := range []string{"OverQuota", "ForceOff", "SubscriptionSuspended"} {
		synctest.Test(t, func(t *testing.T) {
			read, asked := looks(loganalytics.Silent, loganalytics.Silent)
			_, err := awaitData(t.Context(), func(ctx context.Context) (loganalytics.Arrivals, error) {
				arrivals, err := read(ctx)
				if *asked == 2 {
					arrivals.IngestionStatus = status
				}
				return arrivals, err
			})
			if !errors.Is(err, errStopped) || *asked != 2 {
				t.Errorf("%s: after %d reads: %v", status, *asked, err)
			}
		})
	}
	read, _ := looks(loganalytics.Receiving)
	if _, err := awaitData(t.Context(), func(ctx context.Context) (loganalytics.Arrivals, error) {
		arrivals, err := read(ctx)
		arrivals.IngestionStatus = "OverQuota"
		return arrivals, err
	}); err != nil {
		t.Errorf("every table receives, and yet: %v", err)
	}
}

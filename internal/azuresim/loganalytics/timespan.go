package loganalytics

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// period is a period of time. A zero time leaves that side open.
type period struct{ from, to time.Time }

func (p period) contains(t time.Time) bool {
	return !t.Before(p.from) && (p.to.IsZero() || !t.After(p.to))
}

// timespanError is a timespan that can't be read. How the service refuses it is inferred.
type timespanError struct{ text string }

func (e *timespanError) Error() string {
	return fmt.Sprintf("%q is neither a duration in weeks, days, hours, minutes and seconds such as P7D or PT12H, "+
		"nor two times such as 2026-01-31T00:00:00Z/2026-02-01T00:00:00Z", e.text)
}

// parseTimespan reads the timespan of a request: an ISO 8601 duration, or a start and an end. Without one all records
// count (README, "Requests").
func parseTimespan(text string, now time.Time) (period, error) {
	if text == "" {
		return period{}, nil
	}
	start, end, both := strings.Cut(text, "/")
	if !both {
		length, valid := parseDuration(text)
		if !valid {
			return period{}, &timespanError{text}
		}
		return period{from: now.Add(-length)}, nil
	}
	from, startErr := time.Parse(time.RFC3339, start)
	to, endErr := time.Parse(time.RFC3339, end)
	if startErr != nil || endErr != nil {
		return period{}, &timespanError{text}
	}
	return period{from, to}, nil
}

var isoDuration = regexp.MustCompile(`^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$`)

// parseDuration reads weeks to seconds. How long the service takes months and years to be is unknown.
func parseDuration(text string) (length time.Duration, valid bool) {
	parts := isoDuration.FindStringSubmatch(text)
	if parts == nil || strings.HasSuffix(text, "P") || strings.HasSuffix(text, "T") {
		return 0, false
	}
	var total float64
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second} {
		n, _ := strconv.ParseFloat("0"+parts[i+1], 64) // an absent part is 0
		total += n * float64(unit)
	}
	const hundredYears = 100 * 365 * 24 * time.Hour
	return time.Duration(total), total <= float64(hundredYears)
}

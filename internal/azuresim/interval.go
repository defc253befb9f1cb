package azuresim

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// interval is a time period; a zero time leaves that side open.
type interval struct{ from, to time.Time }

func (i interval) contains(t time.Time) bool {
	return !t.Before(i.from) && (i.to.IsZero() || !t.After(i.to))
}

// parseTimespan reads the timespan of a request: an ISO 8601 duration, or a start and an end (Log Analytics facts,
// section 1). Without one all records count. That a duration leaves the future open, where records may lie, is
// inferred.
func parseTimespan(text string, now time.Time) (interval, error) {
	if text == "" {
		return interval{}, nil
	}
	start, end, both := strings.Cut(text, "/")
	if !both {
		length, err := parseDuration(text)
		return interval{from: now.Add(-length)}, err
	}
	from, err := time.Parse(time.RFC3339, start)
	if err != nil {
		return interval{}, fmt.Errorf("the start %q is not a time such as 2026-01-31T00:00:00Z", start)
	}
	to, err := time.Parse(time.RFC3339, end)
	if err != nil {
		return interval{}, fmt.Errorf("the end %q is not a time such as 2026-01-31T00:00:00Z", end)
	}
	return interval{from, to}, nil
}

var isoDuration = regexp.MustCompile(`^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$`)

// parseDuration reads weeks to seconds. How long the service takes months and years to be is not known.
func parseDuration(text string) (time.Duration, error) {
	parts := isoDuration.FindStringSubmatch(text)
	if parts == nil || strings.HasSuffix(text, "P") || strings.HasSuffix(text, "T") {
		return 0, fmt.Errorf("%q is not a duration in weeks, days, hours, minutes and seconds such as P7D or PT12H", text)
	}
	var length float64
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second} {
		n, _ := strconv.ParseFloat("0"+parts[i+1], 64) // what is absent counts 0
		length += n * float64(unit)
	}
	if length > float64(100*365*24*time.Hour) {
		return 0, fmt.Errorf("%q is longer than a hundred years", text)
	}
	return time.Duration(length), nil
}

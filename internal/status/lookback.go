package status

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
)

const day = 24 * time.Hour

// iso8601 matches a duration in ISO 8601 without fractions, and without years and months, whose length varies.
var iso8601 = regexp.MustCompile(`^P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?$`)

// shorthand matches a duration of one unit in other notations, such as Go's and KQL's, or with a wrong letter case or
// T.
var shorthand = regexp.MustCompile(`(?i)^p?t?(\d{1,4})([wdhms])$`)

// parseLookback reads a lookback such as "P7D", "PT12H" or "P1DT6H".
func parseLookback(text string) (time.Duration, error) {
	parts := iso8601.FindStringSubmatch(text)
	if parts == nil || strings.HasSuffix(text, "T") {
		problem := fmt.Sprintf("%q is not an ISO 8601 duration in weeks, days, hours, minutes and seconds, such as P7D, "+
			"PT12H or P1DT6H", text)
		if meant := shorthand.FindStringSubmatch(text); meant != nil && !strings.EqualFold(text, "P"+meant[1]+"M") { // months
			designator := "PT"
			if strings.ContainsAny(meant[2], "wWdD") {
				designator = "P"
			}
			problem += fmt.Sprintf(" (did you mean %q?)", designator+strings.ToUpper(meant[1]+meant[2]))
		}
		return 0, errors.New(problem)
	}
	var lookback time.Duration
	for i, unit := range []time.Duration{7 * day, day, time.Hour, time.Minute, time.Second} {
		count, _ := strconv.Atoi(parts[i+1]) // a few digits, or none
		lookback += time.Duration(count) * unit
	}
	switch {
	case lookback == 0:
		return 0, fmt.Errorf("%q must be longer than zero", text)
	case lookback > loganalytics.Horizon:
		return 0, fmt.Errorf("%q is longer than 90 days, which Azure Monitor calls an abusive query", text)
	}
	return lookback, nil
}

var isLookback = inputcheck.Text{
	Must: "must be an ISO 8601 duration such as P7D", Headline: "Invalid lookback",
	Check: func(text string) error { _, err := parseLookback(text); return err },
}

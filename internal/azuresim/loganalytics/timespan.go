package loganalytics

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// timespanError is a timespan that can't be read. How the service refuses it is inferred.
type timespanError struct{ text string }

func (e *timespanError) Error() string {
	return fmt.Sprintf("%q is not a number of days such as P7D, and the simulator reads nothing else", e.text)
}

var days = regexp.MustCompile(`^P(\d{1,5})D$`)

// beginOf reads the timespan of a request and returns when it begins. Without one all records count (README,
// "Requests").
func beginOf(timespan string, now time.Time) (time.Time, error) {
	if timespan == "" {
		return time.Time{}, nil
	}
	number := days.FindStringSubmatch(timespan)
	if number == nil {
		return time.Time{}, &timespanError{timespan}
	}
	n, err := strconv.Atoi(number[1])
	return now.AddDate(0, 0, -n), err
}

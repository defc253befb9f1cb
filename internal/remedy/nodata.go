package remedy

import (
	"context"
	"errors"
	"strings"
)

// NoDataError is a wait for data that ended before every table received some. Its text says what to do.
type NoDataError struct {
	// Tables are those without data, with their states.
	Tables []string
	// IngestionStatus is that of the workspace.
	IngestionStatus string
	// Err is one of the errors below, or that of the context.
	Err error
}

func (e *NoDataError) Unwrap() error { return e.Err }

// pointless is why no wait will help, as a heading.
type pointless string

func (p pointless) Error() string { return string(p) }

// The reasons for which waiting for data is pointless.
const (
	ErrStopped   = pointless("A workspace that takes no data")
	ErrOtherPlan = pointless("Tables on another plan")
	ErrDenied    = pointless("Denied tables")
)

func (e *NoDataError) Error() string {
	until := "At the timeout"
	if errors.Is(e.Err, context.Canceled) {
		until = "When the wait was interrupted"
	}
	heading := "No data in time"
	if reason, ok := errors.AsType[pointless](e.Err); ok {
		heading = string(reason)
	}
	return advise(heading, "<until>", until, "<tables>", strings.Join(e.Tables, ", "),
		"<status>", e.IngestionStatus).Remedy
}

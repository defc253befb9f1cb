package loganalytics

import (
	"errors"
	"fmt"
	"strings"
)

// The reasons for which waiting for data is pointless.
var (
	ErrOtherPlan = errors.New("the table is on the Basic or Auxiliary plan, and Usage can't be read")
	ErrDenied    = errors.New("the identity may not read a table")
	ErrStopped   = errors.New("the workspace takes no data")
)

// NoDataError is a wait for data that ended before every table received some.
type NoDataError struct {
	// Tables are those without data, with their states.
	Tables []string
	// IngestionStatus is that of the Workspace.
	IngestionStatus string
	// Err is one of the errors above, or that of the context.
	Err error
}

func (e *NoDataError) Error() string {
	return fmt.Sprintf("waiting for data in %s: %v", strings.Join(e.Tables, ", "), e.Err)
}

func (e *NoDataError) Unwrap() error { return e.Err }

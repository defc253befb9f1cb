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

// pointless is why no wait will help, as a text to fill.
type pointless string

func (p pointless) Error() string { return string(p) }

// The reasons for which waiting for data is pointless.
const (
	ErrStopped = pointless(`The workspace takes no data, so waiting is pointless: its ingestion status is <status>. These
		tables have no record within their lookback: <tables>.

		OverQuota: the daily cap is reached; raise it, or wait until it resets. ForceOff: ingestion was turned off.
		SubscriptionSuspended: the subscription is suspended. To go on without data, set wait_for_data to false.`)

	ErrOtherPlan = pointless(never + ` they are on the Basic or Auxiliary plan, where queries cost money, and the table
		Usage, which would tell, can't be read: <tables>.

		Leave them out of tables, or set wait_for_data to false.`)

	ErrDenied = pointless(never + ` the identity may not read them: <tables>.

		Give it the role Log Analytics Reader on the workspace, or leave them out of tables.`)

	never = `wait_for_data waits until every table receives data. These tables can never report it, since`
)

func (e *NoDataError) Error() string {
	until := "At the timeout"
	if errors.Is(e.Err, context.Canceled) {
		until = "When the wait was interrupted"
	}
	text, isPointless := errors.AsType[pointless](e.Err)
	if !isPointless {
		text = `<until>, these tables still had no record within their lookback: <tables>.

			After connecting, the first records can take up to three days. Sign-in and provisioning logs need Microsoft Entra
			ID P1 or P2. The tables of managed identities and of provisioning stay empty where nothing of that kind happens.

			To wait longer, set read in the timeouts block. To go on without these tables, leave them out of tables.`
	}
	return fill(string(text), "<until>", until, "<tables>", strings.Join(e.Tables, ", "), "<status>", e.IngestionStatus)
}

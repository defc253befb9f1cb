package remedy

import (
	"context"
	"errors"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
)

// NoData explains a wait for data that ended before every table received some.
func NoData(waited *loganalytics.NoDataError) string {
	const never = "wait_for_data waits until every table receives data. These tables can never report it, since "
	tables := strings.Join(waited.Tables, ", ")
	switch {
	case errors.Is(waited, loganalytics.ErrStopped):
		return Paragraphs(
			"The workspace takes no data, so waiting is pointless: its ingestion status is "+waited.IngestionStatus+
				". These tables have no record within their lookback: "+tables+".",
			"OverQuota: the daily cap is reached; raise it, or wait until it resets. ForceOff: ingestion was "+
				"turned off. SubscriptionSuspended: the subscription is suspended. To go on without data, set "+
				"wait_for_data to false.",
		)
	case errors.Is(waited, loganalytics.ErrOtherPlan):
		return Paragraphs(
			never+"they are on the Basic or Auxiliary plan, where queries cost money, and the table Usage, which "+
				"would tell, can't be read: "+tables+".",
			"Leave them out of tables, or set wait_for_data to false.",
		)
	case errors.Is(waited, loganalytics.ErrDenied):
		return Paragraphs(
			never+"the identity may not read them: "+tables+".",
			"Give it the role Log Analytics Reader on the workspace, or leave them out of tables.",
		)
	}
	until := "At the timeout"
	if errors.Is(waited, context.Canceled) {
		until = "When the wait was interrupted"
	}
	return Paragraphs(
		until+", these tables still had no record within their lookback: "+tables+".",
		"After connecting, the first records can take up to three days. Sign-in and provisioning logs need "+
			"Microsoft Entra ID P1 or P2. The tables of managed identities and of provisioning stay empty where "+
			"nothing of that kind happens.",
		"To wait longer, set read in the timeouts block. To go on without these tables, leave them out of tables.",
	)
}

package loganalytics

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/resourcemanager"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

func TestTablePlans(t *testing.T) {
	w := workspace{resourcemanager.Workspace{Tables: map[string]resourcemanager.Table{
		"Busy": {Plan: "Analytics"}, "Basic": {Plan: "Basic"}, "Archive": {Plan: "Auxiliary"},
		"KnownBasic": {Plan: "Basic", Unresolved: true},
	}}}
	for _, union := range []string{"union %s, %s", "union isfuzzy=true (%s | where true), %s"} {
		for names, refused := range map[[2]string]bool{
			{"Basic", "Basic"}: false, {"Archive", "Archive"}: false, {"Busy", "KnownBasic"}: false,
			{"Busy", "Basic"}: true, {"Archive", "Busy"}: true, {"Basic", "Archive"}: true, {"Basic", "Missing"}: true,
		} {
			text := fmt.Sprintf(union, names[0], names[1])
			_, _, err := w.run(request{Query: text}, now)
			if _, isPlan := errors.AsType[planError](err); isPlan != refused {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
}

func TestTimespans(t *testing.T) {
	for _, text := range []string{
		"P", "PT", "P1DT", "7d", "P1M", "P1Y", "P-1D", "PT2.5H", "P99999999D",
		"today/tomorrow", "2026-11-23T00:00:00Z/P1D", "/",
	} {
		if within, err := parseTimespan(text, now); err == nil {
			t.Errorf("%q was read as %v", text, within)
		}
	}
	for text, length := range map[string]time.Duration{
		"P7D": 7 * day, "PT12H": 12 * time.Hour, "P1DT1M": day + time.Minute, "PT604800S": 7 * day, "PT0.5S": time.Second / 2,
	} {
		if within, err := parseTimespan(text, now); err != nil || !within.from.Equal(now.Add(-length)) ||
			!within.to.IsZero() {
			t.Errorf("%q was read as %v, %v", text, within, err)
		}
	}
}

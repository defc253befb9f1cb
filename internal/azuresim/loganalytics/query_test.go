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
	for _, union := range []string{"union isfuzzy=true (%s), (%s)", "union isfuzzy=true (%s | where A), (%s)"} {
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
	for _, text := range []string{"P", "PD", "7d", "P1M", "P-1D", "PT2H", "P1W", "P99999999D", "2026-11-23/P1D"} {
		if begin, err := beginOf(text, now); err == nil {
			t.Errorf("%q was read as %v", text, begin)
		}
	}
	for text, want := range map[string]time.Time{"": {}, "P7D": now.Add(-7 * day), "P90D": now.Add(-90 * day)} {
		if begin, err := beginOf(text, now); err != nil || !begin.Equal(want) {
			t.Errorf("%q was read as %v, %v", text, begin, err)
		}
	}
}

package status

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
)

func TestParseLookback(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"P7D": 7 * day, "P1W": 7 * day, "PT12H": 12 * time.Hour, "P1DT6H30M": 30*time.Hour + 30*time.Minute,
		"PT90S": 90 * time.Second, "P90D": 90 * day,
	} {
		if got, err := parseLookback(text); err != nil || got != want {
			t.Errorf("parseLookback(%q) = %s, %v, want %s", text, got, err, want)
		}
	}
	// A lookback in another notation is told in ISO 8601; "" means that nothing can be told.
	for text, meant := range map[string]string{
		"7d": "P7D", "P7d": "P7D", "7D": "P7D", "12h": "PT12H", "P12H": "PT12H", "30m": "PT30M", "90s": "PT90S", "2w": "P2W",
		"PT1D": "P1D", "": "", "7": "", "a week": "", "P": "", "PT": "", "P1M": "", "P1Y": "", "P1.5D": "", "-P7D": "",
		"P0D": "", "P91D": "", "P7D ": "", "P7DT": "", "PT0S": "", "PT99999999999S": "", "P7D\n": "",
	} {
		_, err := parseLookback(text)
		_, told, _ := strings.Cut(fmt.Sprint(err), "did you mean ")
		if err == nil || told != "" && told != fmt.Sprintf("%q?)", meant) || (told == "") != (meant == "") {
			t.Errorf("parseLookback(%q): %v, want one with %q", text, err, meant)
		}
	}
}

// A lookback that passes is a number of whole seconds that a query can say, and writing it in another way changes
// nothing.
func FuzzParseLookback(f *testing.F) {
	for _, text := range []string{"P1W2DT3H4M5S", "P1DT6H", "P90D", "PT7776000S", "PT7776001S", "P1DT", "PT1.5H", "P-1D",
		"p7d", "P٧D", "P9999W9999DT99999H999999M99999999S", "P00D", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lookback, err := parseLookback(text)
		if err != nil {
			return
		}
		if lookback < time.Second || lookback > loganalytics.Horizon || lookback%time.Second != 0 {
			t.Errorf("%q was read as %v", text, lookback)
		}
		seconds := int64(lookback / time.Second)
		for _, again := range []string{
			fmt.Sprintf("PT%dS", seconds),
			fmt.Sprintf("P%dDT%dH%dM%dS", seconds/86400, seconds/3600%24, seconds/60%60, seconds%60),
		} {
			if same, err := parseLookback(again); err != nil || same != lookback {
				t.Errorf("%q is %v, and %q is %v, error %v", text, lookback, again, same, err)
			}
		}
	})
}

func TestTheLogTellsWhatIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		ctx, cancel := context.WithTimeout(tflogtest.RootLogger(t.Context(), &log), time.Second)
		defer cancel()
		_, err := awaitData(ctx, func(context.Context) (loganalytics.Arrivals, error) {
			missing := map[string]loganalytics.Arrival{"SigninLogs": {State: loganalytics.Missing}}
			return loganalytics.Arrivals{Tables: missing}, nil
		})
		if err == nil || !strings.Contains(log.String(), "Waiting for data") || !strings.Contains(log.String(),
			"SigninLogs (missing)") {
			t.Errorf("error %v, and the log is\n%s", err, log.String())
		}
	})
}

package status

import (
	"fmt"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
)

// A lookback that passes is a number of whole seconds that a query can say, and writing it in another way changes
// nothing.
func FuzzParseLookback(f *testing.F) {
	for _, text := range []string{
		"P7D", "PT12H", "P1DT6H", "P1W", "P1W2DT3H4M5S", "P90D", "P91D", "PT7776000S", "PT7776001S", "P", "PT", "P1DT",
		"PT0S", "P1Y", "P1M", "PT1.5H", "P-1D", "p7d", "P7D\n", " P7D", "P٧D",
		"P9999W9999DT99999H999999M99999999S", "P00D", "",
	} {
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

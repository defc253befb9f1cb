package inputcheck

import (
	"strings"

	"github.com/agext/levenshtein"
)

// Closest returns the one of the names that a misspelled name is closest to: in another letter case, or a few letters
// off. It returns "" if there is none.
func Closest(name string, names []string) (closest string) {
	lower := strings.ToLower(name)
	least := len(lower)/3 + 1 // beyond a third of its letters, a suggestion would be a guess
	for _, candidate := range names {
		if distance := levenshtein.Distance(lower, strings.ToLower(candidate), nil); distance < least {
			closest, least = candidate, distance
		}
	}
	return closest
}

package azure

import (
	"slices"
	"strings"
)

// ContainsFold reports whether a list has a name in any letter case, which Azure ignores in names.
func ContainsFold(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

package entra

import (
	"strings"
	"sync"
)

// named holds values by names in any letter case. It is safe for concurrent use, and its zero value is empty.
type named[V any] struct{ values sync.Map }

func (n *named[V]) put(name string, value V) { n.values.Store(strings.ToLower(name), value) }

func (n *named[V]) get(name string) (value V, found bool) {
	stored, found := n.values.Load(strings.ToLower(name))
	value, _ = stored.(V)
	return value, found
}

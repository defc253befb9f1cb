package faultmatrix_test

import (
	"fmt"
	"strings"
	"sync"
)

// table is how each cell went.
type table struct {
	mu    sync.Mutex
	cells map[[2]string]string // by fault and operation
}

func (t *table) note(fault, operation, verdict string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cells == nil {
		t.cells = map[[2]string]string{}
	}
	t.cells[[2]string{fault, operation}] = verdict
}

func (t *table) count(verdict string) int {
	n := 0
	for _, given := range t.cells {
		if given == verdict {
			n++
		}
	}
	return n
}

func (t *table) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var text strings.Builder
	line := func(first string, cell func(operation) string) {
		fmt.Fprintf(&text, "%-46s", first)
		for _, o := range operations {
			fmt.Fprintf(&text, " %-7s", cell(o))
		}
		text.WriteString("\n")
	}
	line("", func(o operation) string { return o.name })
	for _, f := range rows {
		line(f.name, func(o operation) string { return t.cells[[2]string{f.name, o.name}] })
	}
	passed, failed := t.count("ok"), t.count("FAILED")
	fmt.Fprintf(&text, "\n%d cells tried, %d passed", passed+failed, passed)
	if failed == 0 {
		text.WriteString("; no setting lost, duplicated, overwritten or left behind in any")
	}
	text.WriteString(".\n- not tried: the two can't meet.\n")
	return text.String()
}

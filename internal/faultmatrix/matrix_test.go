// Package faultmatrix tries what the provider does against what can go wrong between it and Azure: through
// Terraform's protocol, in virtual time, against a simulator that misbehaves. Each cell is one operation under one
// fault.
package faultmatrix_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
)

func TestFaultMatrix(t *testing.T) {
	verdicts := make([][]string, len(rows))
	t.Run("cells", func(t *testing.T) {
		for i, fault := range rows {
			verdicts[i] = make([]string, len(operations))
			for j, operation := range operations {
				want, tried := fault.on(operation)
				if !tried {
					verdicts[i][j] = "-"
					continue
				}
				t.Run(fault.name+"/"+operation.name, func(t *testing.T) {
					t.Cleanup(func() {
						verdicts[i][j] = "ok"
						if t.Failed() {
							verdicts[i][j] = "FAILED"
						}
					})
					acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
						try(t, w, standIn{w.Terraform(t)}, operation, want)
					})
				})
			}
		}
	})
	printed := table(verdicts)
	t.Log("\n" + printed)
	if file := os.Getenv("FAULT_MATRIX_FILE"); file != "" {
		if err := os.WriteFile(file, []byte(printed), 0o644); err != nil {
			t.Error(err)
		}
	}
}

func table(verdicts [][]string) string {
	var text strings.Builder
	line := func(first string, cells []string) {
		fmt.Fprintf(&text, "%-46s", first)
		for _, cell := range cells {
			fmt.Fprintf(&text, " %-7s", cell)
		}
		text.WriteString("\n")
	}
	var names []string
	for _, o := range operations {
		names = append(names, o.name)
	}
	line("", names)
	counts := map[string]int{}
	for i, f := range rows {
		line(f.name, verdicts[i])
		for _, verdict := range verdicts[i] {
			counts[verdict]++
		}
	}
	fmt.Fprintf(&text, "\n%d cells tried, %d passed", counts["ok"]+counts["FAILED"], counts["ok"])
	if counts["FAILED"] == 0 {
		text.WriteString("; no setting lost, duplicated, overwritten or left behind in any")
	}
	text.WriteString(".\n- not tried: the two can't meet.\n")
	return text.String()
}

// Package faultmatrix tries what the provider does against what can go wrong between it and Azure: through
// Terraform's protocol, in virtual time, against a simulator that misbehaves. Each cell is one operation under one
// fault.
package faultmatrix_test

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
)

func TestFaultMatrix(t *testing.T) {
	var verdicts sync.Map // by the name of the cell
	t.Run("cells", func(t *testing.T) {
		for _, fault := range rows {
			for _, operation := range operations {
				if !fault.isTried(operation) {
					continue
				}
				name := fault.name + "/" + operation.name
				t.Run(name, func(t *testing.T) {
					t.Cleanup(func() { verdicts.Store(name, map[bool]string{false: "ok", true: "FAILED"}[t.Failed()]) })
					acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
						try(t, w, standIn{w.Terraform(t)}, operation, fault)
					})
				})
			}
		}
	})
	printed := table(&verdicts)
	t.Log("\n" + printed)
	if file := os.Getenv("FAULT_MATRIX_FILE"); file != "" {
		if err := os.WriteFile(file, []byte(printed), 0o644); err != nil {
			t.Error(err)
		}
	}
}

func table(verdicts *sync.Map) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, o := range operations {
		fmt.Fprint(w, "\t", o.name)
	}
	above := ""
	for _, f := range rows {
		if f.name == above {
			continue
		}
		above = f.name
		fmt.Fprint(w, "\n", f.name)
		for _, o := range operations {
			verdict, _ := verdicts.Load(f.name + "/" + o.name)
			fmt.Fprint(w, "\t", cmp.Or(verdict, any("-")))
		}
	}
	fmt.Fprint(w, "\n\n- not tried: the two can't meet.\n")
	w.Flush()
	return text.String()
}

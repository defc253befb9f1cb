// Package faultmatrix tries what the provider does against what can go wrong between it and Azure: through
// Terraform's protocol, in virtual time, against a simulator that misbehaves. Each cell is one operation under one
// fault.
package faultmatrix_test

import (
	"os"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
)

// tableFile is a variable that says where the table goes besides the test's output.
const tableFile = "FAULT_MATRIX_FILE"

func TestFaultMatrix(t *testing.T) {
	results := &table{}
	t.Run("cells", func(t *testing.T) {
		for _, fault := range rows {
			for _, operation := range operations {
				want, tried := fault.on(operation)
				if !tried {
					results.note(fault.name, operation.name, "-")
					continue
				}
				t.Run(fault.name+"/"+operation.name, func(t *testing.T) {
					t.Cleanup(func() { results.note(fault.name, operation.name, verdict(t)) })
					acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
						newCell(t, w, standIn{w.Terraform(t)}, operation).try(want)
					})
				})
			}
		}
	})
	printed := results.String()
	t.Log("\n" + printed)
	if file := os.Getenv(tableFile); file != "" {
		if err := os.WriteFile(file, []byte(printed), 0o644); err != nil {
			t.Error(err)
		}
	}
}

func verdict(t *testing.T) string {
	if t.Failed() {
		return "FAILED"
	}
	return "ok"
}

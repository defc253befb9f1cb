// Package faultmatrix tries what the provider does against what can go wrong between it and Azure: a real Terraform runs the shipped provider, with
// its pauses made quicker, against a simulator that misbehaves. Each cell is one operation under one fault.
package faultmatrix_test

import (
	"os"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
)

func TestMain(m *testing.M) { acctest.RunHurried(m) }

// tableFile is a variable that says where the table goes besides the test's output.
const tableFile = "FAULT_MATRIX_FILE"

func TestFaultMatrix(t *testing.T) {
	base := newBase(t)
	results := &table{}
	t.Run("cells", func(t *testing.T) {
		for _, fault := range faults {
			for _, operation := range operations {
				want, tried := fault.on(operation)
				if !tried {
					results.note(fault.name, operation.name, "-")
					continue
				}
				t.Run(fault.name+"/"+operation.name, func(t *testing.T) {
					t.Cleanup(func() { results.note(fault.name, operation.name, verdict(t)) })
					base.newCell(t, operation, want).try(want)
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

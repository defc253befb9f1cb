package faultmatrix_test

import (
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

func TestMain(m *testing.M) { acctest.Run(m) }

// Each kind of fault is also met by the shipped binary, over TLS, under a real Terraform. These are the cells that
// don't wait long.
var shippedCells = map[string]operation{
	"429 without Retry-After":               read,
	"connection reset before it is applied": read,
	"connection reset after it is applied":  create,
	"slow answers":                          read,
	"half an answer":                        read,
	"HTML with 200, request lost":           read,
	"empty body with 200":                   read,
	"one stray 404":                         update,
	"stale content for the plan":            update,
	"token that expires in the middle":      update,
	"401 with a claims challenge":           destroy,
	"401 for good":                          adoption,
	"403 in the middle":                     status,
	"403 after the change":                  create,
}

func TestAccFaultMatrix_shipped(t *testing.T) {
	w := acctest.NewShippedWorld(t)
	installed := w.NewFolder(t, w.Provider())
	tried := 0
	for _, fault := range rows {
		operation, chosen := shippedCells[fault.name]
		if !chosen {
			continue
		}
		tried++
		t.Run(fault.name+"/"+operation.name, func(t *testing.T) {
			want, _ := fault.on(operation)
			w := acctest.NewShippedWorld(t)
			try(t, w, realTerraform{t, w.CopyFolder(t, installed.Path)}, operation, want)
		})
	}
	if tried != len(shippedCells) {
		t.Errorf("%d of %d faults are in the matrix", tried, len(shippedCells))
	}
}

// realTerraform is a Terraform of its own folder.
type realTerraform struct {
	*testing.T
	folder *acctest.Folder
}

func (r realTerraform) Apply(config string) string {
	r.Helper()
	r.folder.Write("main.tf", config)
	output, err := r.folder.Command("apply", "-auto-approve").CombinedOutput()
	if failed := err != nil; failed != failure.Match(output) {
		r.Fatalf("%v: %s", err, output)
	}
	return string(output)
}

func (r realTerraform) Plan(config string) string {
	r.Helper()
	r.folder.Write("main.tf", config)
	return r.folder.Run("plan")
}

func (r realTerraform) Instance(address string) *protocol.Instance {
	r.Helper()
	return r.folder.State()[address]
}

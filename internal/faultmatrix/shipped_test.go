package faultmatrix_test

import (
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

func TestMain(m *testing.M) { acctest.Run(m) }

func TestAccFaultMatrix_shipped(t *testing.T) {
	w := acctest.NewShippedWorld(t)
	installed := w.NewFolder(t, w.Provider())
	for _, fault := range rows {
		for _, operation := range operations {
			if operation.name != fault.shipped {
				continue
			}
			t.Run(fault.name+"/"+operation.name, func(t *testing.T) {
				w := acctest.NewShippedWorld(t)
				try(t, w, realTerraform{t, w.CopyFolder(t, installed.Path)}, operation, fault)
			})
		}
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

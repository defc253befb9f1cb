package faultmatrix_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"regexp"
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
			newCell(t, w, realTerraform{t, installed.Share(t)}, operation).try(want)
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

// Stop is for the stand-in only: package connector interrupts real runs.
func (r realTerraform) Stop() { r.Fatal("a real run is not stopped") }

func (r realTerraform) Apply(config string) protocol.Diagnostics {
	r.Helper()
	r.folder.Write("main.tf", config)
	return r.run("apply", "-auto-approve", "-json")
}

var summary = regexp.MustCompile(`No changes\.|Plan: .*`)

func (r realTerraform) Plan(config string) (string, protocol.Diagnostics) {
	r.Helper()
	r.folder.Write("main.tf", config)
	return summary.FindString(r.folder.Run("plan")), nil
}

// run runs a command that prints JSON and returns its diagnostics.
func (r realTerraform) run(arguments ...string) protocol.Diagnostics {
	r.Helper()
	output, err := r.folder.Command(arguments...).Output()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		r.Fatal(err)
	}
	var said protocol.Diagnostics
	for line := range bytes.Lines(output) {
		var message struct {
			Diagnostic *struct{ Severity, Summary, Detail, Address string }
		}
		if err := json.Unmarshal(line, &message); err != nil {
			r.Fatalf("%v: %s", err, line)
		}
		if d := message.Diagnostic; d != nil {
			said = append(said, protocol.Diagnostic{
				Address: d.Address, Warning: d.Severity == "warning", Summary: d.Summary, Detail: d.Detail,
			})
		}
	}
	if failed := err != nil; failed != (len(said.Errors()) > 0) {
		r.Fatalf("%v, with the errors %v", err, said.Errors())
	}
	return said
}

func (r realTerraform) Instance(address string) *protocol.Instance {
	r.Helper()
	return r.folder.State()[address]
}

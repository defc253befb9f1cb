// Package histories tries random histories of two operators, the portal and Azure's faults, and random workspaces, in
// virtual time. After each step it checks what users rely on: see invariants_test.go. A history that breaks it is
// shrunk to the shortest.
package histories_test

import (
	"flag"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/serve"
)

// TestMain sets how many histories there are, of how many steps on average, and which ones, where the command line does
// not: the same ones each time, so that a change that did not cause a failure does not meet it.
func TestMain(m *testing.M) {
	serve.SilenceLogs()
	for name, value := range map[string]string{"rapid.checks": "200", "rapid.steps": "8", "rapid.seed": "1"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func TestHistories(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { rapid.SyncTest(t, tell) })
}

// history is the world of one history. There are two operators, who don't know of each other.
type history struct {
	w         *acctest.World
	operators []*operator
}

// tell makes one history.
func tell(t *rapid.T) {
	h := &history{w: acctest.NewSequentialWorld()}
	h.operators = []*operator{newOperator(t, h.w, "one"), newOperator(t, h.w, "other")}
	h.configure(t)
	steps := map[string]func(*rapid.T){
		"configure": h.configure, "reconfigure": h.configure, "import": h.importSetting, "rename": h.rename,
		"adopted": h.applyAdoption, "edit": h.edit, "plan": h.plan, "refresh": h.refresh,
		"apply": func(t *rapid.T) { h.apply(t, h.operator(t), "") },
	}
	for _, event := range []string{
		"as planned", "struck", "lagging", "overtaken", "edited", "killed", "interrupted", "destroy",
	} {
		steps[event] = func(t *rapid.T) { h.apply(t, h.operator(t), event) }
	}
	t.Repeat(steps)
}

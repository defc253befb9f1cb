package connector_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
)

// sentNothing checks that no request has changed anything.
func sentNothing(t *testing.T, w *acctest.World) {
	t.Helper()
	for _, call := range w.Calls() {
		if !strings.HasPrefix(call, "GET ") {
			t.Errorf("the request %s was sent", call)
		}
	}
}

// act does something between plan and apply.
func act(do func()) plancheck.PlanCheck {
	return acctest.PlanCheck(func(plancheck.CheckPlanRequest) error { do(); return nil })
}

func sendsNothing(t *testing.T, w *acctest.World) plancheck.PlanCheck {
	return act(func() { t.Helper(); sentNothing(t, w) })
}

// before checks what the plan shows as the value so far.
func before(attribute string, want any) plancheck.PlanCheck {
	return acctest.PlanCheck(func(req plancheck.CheckPlanRequest) error {
		for _, change := range req.Plan.ResourceChanges {
			if values, ok := change.Change.Before.(map[string]any); ok && change.Address == address && values[attribute] == want {
				return nil
			}
		}
		return fmt.Errorf("the plan does not show %s = %v as it is now", attribute, want)
	})
}

func at(attribute string) tfjsonpath.Path { return tfjsonpath.New(attribute) }

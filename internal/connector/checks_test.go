package connector_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
)

// says matches an error that holds all the texts in this order, wherever Terraform breaks its lines.
func says(texts ...string) *regexp.Regexp {
	var patterns []string
	for _, text := range texts {
		var words []string
		for word := range strings.FieldsSeq(text) {
			words = append(words, regexp.QuoteMeta(word))
		}
		patterns = append(patterns, strings.Join(words, `\s+`))
	}
	return regexp.MustCompile(`(?s)` + strings.Join(patterns, `.*`))
}

// sentNothing checks that no request has changed anything.
func sentNothing(t *testing.T, w *acctest.World) {
	t.Helper()
	for _, call := range w.Calls() {
		if !strings.HasPrefix(call, "GET ") {
			t.Errorf("the request %s was sent", call)
		}
	}
}

// planCheck is a check from a function.
type planCheck func(plancheck.CheckPlanRequest) error

func (f planCheck) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	resp.Error = f(req)
}

// act does something between plan and apply.
func act(do func()) plancheck.PlanCheck {
	return planCheck(func(plancheck.CheckPlanRequest) error { do(); return nil })
}

func sendsNothing(t *testing.T, w *acctest.World) plancheck.PlanCheck {
	return act(func() { t.Helper(); sentNothing(t, w) })
}

// before checks what the plan shows as the value so far.
func before(attribute string, want any) plancheck.PlanCheck {
	return planCheck(func(req plancheck.CheckPlanRequest) error {
		for _, change := range req.Plan.ResourceChanges {
			if values, ok := change.Change.Before.(map[string]any); ok && change.Address == address && values[attribute] == want {
				return nil
			}
		}
		return fmt.Errorf("the plan does not show %s = %v as it is now", attribute, want)
	})
}

func at(attribute string) tfjsonpath.Path { return tfjsonpath.New(attribute) }

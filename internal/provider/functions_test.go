package provider_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
)

func TestAccFunctions(t *testing.T) {
	for name, test := range map[string]struct {
		call    string
		want    string
		refusal []string
	}{
		"a category":                   {call: `category_to_table("SignInLogs")`, want: "SigninLogs"},
		"a category in another case":   {call: `category_to_table("networkaccesstrafficlogs")`, want: "NetworkAccessTraffic"},
		"a category that is not known": {call: `category_to_table("BrandNewLogs")`, refusal: []string{`The table of the log category "BrandNewLogs" is not known.`}},
		"no category":                  {call: `category_to_table("")`, refusal: []string{`The table of the log category "" is not known.`}},
		"a table":                      {call: `table_to_category("SigninLogs")`, want: "SignInLogs"},
		"a table in another case":      {call: `table_to_category("AADRISKYUSERS")`, want: "RiskyUsers"},
		"a table of something else":    {call: `table_to_category("Heartbeat")`, refusal: []string{`No log category of Entra ID is known to arrive in a table "Heartbeat".`}},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.NewWorld(t)
			step := resource.TestStep{Config: fmt.Sprintf("output \"answer\" {\n  value = provider::sentinel::%s\n}\n", test.call)}
			if test.refusal != nil {
				step.ExpectError = acctest.Says(test.refusal...)
			} else {
				step.ConfigStateChecks = []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("answer", knownvalue.StringExact(test.want))}
			}
			w.Test(t, resource.TestCase{Steps: []resource.TestStep{step}})
			if requests := w.Sim.Requests(); len(requests) > 0 {
				t.Errorf("%d requests were sent", len(requests))
			}
		})
	}
}

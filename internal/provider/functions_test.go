package provider_test

import (
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
)

func TestFunctionsTranslate(t *testing.T) {
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		tf := w.Terraform(t)
		for _, c := range []struct{ function, argument, want string }{
			{"category_to_table", "SignInLogs", "SigninLogs"},
			{"category_to_table", "networkaccesstrafficlogs", "NetworkAccessTraffic"},
			{"table_to_category", "SigninLogs", "SignInLogs"},
			{"table_to_category", "AADRISKYUSERS", "RiskyUsers"},
		} {
			if got, err := tf.Call(c.function, c.argument); got != c.want || err != nil {
				t.Errorf("%s(%q) = %q, error %v", c.function, c.argument, got, err)
			}
		}
		// Terraform adds a full stop.
		for _, c := range []struct{ function, argument, problem string }{
			{"category_to_table", "BrandNewLogs", `the table of the log category "BrandNewLogs" is not known`},
			{"category_to_table", "", `the table of the log category "" is not known`},
			{
				"category_to_table", "SigninLog",
				`the table of the log category "SigninLog" is not known (did you mean "SignInLogs"?)`,
			},
			{"table_to_category", "Heartbeat", `no log category of Entra ID is known for the table "Heartbeat"`},
			{
				"table_to_category", "ProvisioningLogs",
				`no log category of Entra ID is known for the table "ProvisioningLogs" (did you mean "AADProvisioningLogs"?)`,
			},
		} {
			if got, err := tf.Call(c.function, c.argument); err == nil || err.Error() != c.problem {
				t.Errorf("%s(%q) = %v, error %v, want %s", c.function, c.argument, got, err, c.problem)
			}
		}
		if requests := w.Sim.Requests(); len(requests) > 0 {
			t.Errorf("%d requests were sent", len(requests))
		}
	})
}

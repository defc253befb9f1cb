package provider_test

import (
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
)

func TestFunctionsTranslate(t *testing.T) {
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		tf := w.Terraform(t)
		for _, c := range []struct{ function, argument, want, problem string }{ // Terraform ends a problem with a full stop
			{"category_to_table", "SignInLogs", "SigninLogs", ""},
			{"category_to_table", "networkaccesstrafficlogs", "NetworkAccessTraffic", ""},
			{"table_to_category", "SigninLogs", "SignInLogs", ""},
			{"table_to_category", "AADRISKYUSERS", "RiskyUsers", ""},
			{"category_to_table", "BrandNewLogs", "", `the table of the log category "BrandNewLogs" is not known`},
			{"category_to_table", "", "", `the table of the log category "" is not known`},
			{"category_to_table", "SigninLog", "",
				`the table of the log category "SigninLog" is not known (did you mean "SignInLogs"?)`},
			{"table_to_category", "Heartbeat", "", `no log category of Entra ID is known for the table "Heartbeat"`},
			{"table_to_category", "ProvisioningLogs", "",
				`no log category of Entra ID is known for the table "ProvisioningLogs" (did you mean "AADProvisioningLogs"?)`},
		} {
			got, err := tf.Call(c.function, c.argument)
			if c.problem == "" && got != c.want || (err == nil) != (c.problem == "") || err != nil && err.Error() != c.problem {
				t.Errorf("%s(%q) = %v, error %v, want %s%s", c.function, c.argument, got, err, c.want, c.problem)
			}
		}
		if requests := w.Sim.Requests(); len(requests) > 0 {
			t.Errorf("%d requests were sent", len(requests))
		}
	})
}

package provider_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

func withTimeouts(w *acctest.World, timeouts string) string {
	return fmt.Sprintf(`%s
resource "sentinel_aad_connector" "entra" {
  log_analytics_workspace_id = %q
  timeouts {
    %s
  }
}`, w.Provider(), acctest.WorkspaceID("law-soc"), timeouts)
}

func TestTimeoutsMustBeLongerThanZero(t *testing.T) {
	w := acctest.NewWorld(t)
	for timeout, refused := range map[string]bool{"-5m": true, "0s": true, "1ns": false} {
		timeouts := fmt.Sprintf("create = %[1]q\n read = %[1]q\n update = %[1]q\n delete = %[1]q", timeout)
		found := w.Terraform(t).Validate(withTimeouts(w, timeouts))
		if refused != (len(found) == 4) || refused != found.Say("Not a timeout", "longer than zero") {
			t.Errorf("%s: %v", timeout, found)
		}
	}
}

// A refresh takes its timeout from the state, as the error says: a longer one in the configuration has to be applied
// first.
func TestARetryAfterBeyondTheTimeoutOfTheState(t *testing.T) {
	acctest.InVirtualTime(t, func(t *testing.T, w *acctest.World) {
		tf := w.Terraform(t)
		if applied := tf.Apply(withTimeouts(w, `read = "10m"`)); len(applied.Errors()) > 0 {
			t.Fatal(applied.Diagnostics)
		}
		w.Sim.AddFault(azuresim.Fault{Method: "GET", Path: "/diagnosticSettings/", Status: 429, RetryAfter: 3600,
			Times: 1000})
		started := time.Now()
		found := tf.Refresh(withTimeouts(w, `read = "2h"`))
		if took := time.Since(started); took != 0 ||
			!found.Say("the service asks to wait longer than the timeout allows", "1h0m0s", "10m0s left", "from the state") {
			t.Errorf("after %s: %v", took, found)
		}
	})
}

package connector_test

import (
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

func TestATimeoutMustBeLongerThanZero(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		for _, operation := range []string{"create", "read", "update", "delete"} {
			r.fails(r.refused(r.connector(lawSOC, timeout(operation, "0s"))), "Not a timeout", "longer than zero")
		}
	})
}

// A refresh takes its timeout from the state, as the error says: a longer one in the configuration has to be applied
// first.
func TestARetryAfterBeyondTheTimeoutOfTheState(t *testing.T) {
	inVirtualTime(t, func(r *run) {
		r.apply(r.connector(lawSOC, timeout("read", "10m")))
		r.Sim.AddFault(azuresim.Fault{Method: "GET", PathEnd: soc, Status: 429, RetryAfter: 3600, Times: 1000})
		began := time.Now()
		r.fails(r.tf.Refresh(r.connector(lawSOC, timeout("read", "2h"))),
			"the service asks to wait longer than the timeout allows", "1h0m0s", "10m0s left", "from the state")
		if took := time.Since(began); took != 0 {
			r.Errorf("it failed after %s", took)
		}
	})
}

package azuresim

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		const latency = 50 * time.Millisecond
		w.sim.SetLatency(latency)
		for path, want := range map[string]time.Duration{
			settings + stable: latency, "/metadata/endpoints?api-version=2022-09-01": latency, "/v1/other": latency,
			"/" + tenantID + "/v2.0/.well-known/openid-configuration": latency, "/simulator/environment": 0,
		} {
			began := time.Now()
			w.call(http.MethodGet, path, "")
			if took := time.Since(began); took != want {
				t.Errorf("%s took %v, want %v", path, took, want)
			}
		}
	})
}

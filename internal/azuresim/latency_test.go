package azuresim

import (
	"net/http"
	"testing"
	"time"
)

func TestLatency(t *testing.T) {
	w := newWorld(t)
	const latency = 50 * time.Millisecond
	w.sim.SetLatency(latency)
	for path, held := range map[string]bool{
		settings + stable: true, "/metadata/endpoints?api-version=2022-09-01": true, "/v1/other": true,
		"/" + tenantID + "/v2.0/.well-known/openid-configuration": true, "/simulator/environment": false,
	} {
		began := time.Now()
		w.call(http.MethodGet, path, "")
		if took := time.Since(began); (took >= latency) != held {
			t.Errorf("%s took %v", path, took)
		}
	}
}

package azuresim

import (
	"net/http"
	"time"
)

// SetLatency holds back every answer of every service. The control endpoint answers at once.
func (s *Simulator) SetLatency(latency time.Duration) { s.latency.Store(int64(latency)) }

// delayed makes a handler answer after the latency.
func (s *Simulator) delayed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if latency := time.Duration(s.latency.Load()); latency > 0 {
			hold(r, time.After(latency))
		}
		next.ServeHTTP(w, r)
	})
}

// hold waits until a moment has come, or a channel is closed, or the client is gone.
func hold[T any](r *http.Request, until <-chan T) {
	select {
	case <-until:
	case <-r.Context().Done():
	}
}

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
		hold(r, time.Duration(s.latency.Load()))
		next.ServeHTTP(w, r)
	})
}

// holdUntil waits until a channel is closed, if there is one, or the client is gone.
func holdUntil(r *http.Request, closed <-chan struct{}) {
	if closed == nil {
		return
	}
	select {
	case <-closed:
	case <-r.Context().Done():
	}
}

// hold waits until a time has passed or the client is gone.
func hold(r *http.Request, wait time.Duration) {
	if wait <= 0 {
		return
	}
	select {
	case <-time.After(wait):
	case <-r.Context().Done():
	}
}

package resourcemanager

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/entra"
)

// limit is how many requests a bucket holds, and how many it regains in a second (README, "Throttling").
type limit struct{ size, perSecond float64 }

var limits = map[string]limit{"reads": {250, 25}, "writes": {200, 10}, "deletes": {200, 10}}

// buckets count the requests of each principal, by scope and operation.
type buckets struct {
	mu       sync.Mutex
	enforced bool
	levels   map[string]level
}

type level struct {
	left float64
	at   time.Time
}

// Throttle switches Resource Manager's request limits on or off. At first they are off: requests are counted, and
// none is refused.
func (s *Service) Throttle(on bool) {
	s.buckets.mu.Lock()
	defer s.buckets.mu.Unlock()
	s.buckets.enforced = on
}

// take takes a request from a bucket. It returns what is left, and how long to wait if that is less than nothing.
func (b *buckets) take(key string, of limit, now time.Time) (left int, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.levels == nil {
		b.levels = map[string]level{}
	}
	current, known := b.levels[key]
	if !known {
		current = level{of.size, now}
	}
	current.left = min(of.size, current.left+now.Sub(current.at).Seconds()*of.perSecond)
	current.at = now
	if current.left < 1 && b.enforced {
		wait = time.Duration((1 - current.left) / of.perSecond * float64(time.Second))
	} else {
		current.left = max(current.left-1, 0)
	}
	b.levels[key] = current
	return int(current.left), wait
}

// throttled counts a request, and refuses it if there were too many. The code at a tenant's scope is inferred.
func (s *Service) throttled(w http.ResponseWriter, r *http.Request, token entra.Token) bool {
	operation := map[string]string{http.MethodGet: "reads", http.MethodDelete: "deletes"}[r.Method]
	if operation == "" {
		operation = "writes"
	}
	scope, id, code := "tenant", token.Tenant, "TenantRequestsThrottled"
	if of, found := strings.CutPrefix(strings.ToLower(r.URL.Path), "/subscriptions/"); found {
		scope, code = "subscription", "SubscriptionRequestsThrottled"
		id, _, _ = strings.Cut(of, "/")
	}
	left, wait := s.buckets.take(strings.Join([]string{id, token.ClientID, operation}, " "), limits[operation], s.now())
	w.Header().Set("x-ms-ratelimit-remaining-"+scope+"-"+operation, strconv.Itoa(left))
	if wait == 0 {
		return false
	}
	seconds := strconv.Itoa(int(math.Ceil(wait.Seconds())))
	w.Header().Set("Retry-After", seconds)
	refuseAtGateway(w, http.StatusTooManyRequests, code, fmt.Sprintf(
		"Number of '%s' for %s '%s' exceeded the limit. Please try again after '%s' seconds.", operation, scope, id, seconds))
	return true
}

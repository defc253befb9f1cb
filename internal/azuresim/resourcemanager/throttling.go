package resourcemanager

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/entra"
)

// limit is how many requests a bucket holds, and how many it regains in a second (README, "Throttling").
type limit struct{ size, perSecond float64 }

var limits = map[string]limit{"reads": {250, 25}, "writes": {200, 10}, "deletes": {200, 10}}

// bucket is what is left at a moment of the requests that a principal may make.
type bucket struct {
	left float64
	at   time.Time
}

// Throttle switches Resource Manager's request limits on or off. At first they are off: requests are counted, and
// none is refused.
func (s *Service) Throttle(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.throttles = on
}

// throttle counts a request, and refuses it if there were too many. The code at a tenant's scope is inferred.
func (s *Service) throttle(w http.ResponseWriter, r *http.Request, token entra.Token) error {
	operation := cmp.Or(map[string]string{http.MethodGet: "reads", http.MethodDelete: "deletes"}[r.Method], "writes")
	scope, id, code := "tenant", token.Tenant, "TenantRequestsThrottled"
	if of, found := strings.CutPrefix(strings.ToLower(r.URL.Path), "/subscriptions/"); found {
		scope, code = "subscription", "SubscriptionRequestsThrottled"
		id, _, _ = strings.Cut(of, "/")
	}
	key, limit, now := strings.Join([]string{id, token.ClientID, operation}, " "), limits[operation], s.now()
	left := limit.size
	if b, counted := s.buckets[key]; counted {
		left = min(limit.size, b.left+now.Sub(b.at).Seconds()*limit.perSecond)
	}
	wait := 0.0 // in seconds
	if left < 1 && s.throttles {
		wait = math.Ceil((1 - left) / limit.perSecond)
	} else {
		left = max(left-1, 0)
	}
	s.buckets[key] = bucket{left, now}
	w.Header().Set("x-ms-ratelimit-remaining-"+scope+"-"+operation, strconv.Itoa(int(left)))
	if wait == 0 {
		return nil
	}
	w.Header().Set("Retry-After", fmt.Sprint(wait))
	return gatewayError(http.StatusTooManyRequests, code, "Number of '%s' for %s '%s' exceeded the limit. "+
		"Please try again after '%v' seconds.", operation, scope, id, wait)
}

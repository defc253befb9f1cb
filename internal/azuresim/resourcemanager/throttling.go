package resourcemanager

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// limit is how many requests a bucket holds, and how many it regains in a second (README, "Throttling").
type limit struct{ size, perSecond float64 }

var limits = map[string]limit{"read": {250, 25}, "write": {200, 10}, "delete": {200, 10}}

// Throttle switches Resource Manager's request limits on or off. At first they are off: requests are counted, and
// none is refused.
func (s *Service) Throttle(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.throttles = on
}

// throttle counts a request, and refuses it if there were too many. The code at a tenant's scope is inferred.
func (c call) throttle(w http.ResponseWriter) error {
	scope, id, code := "tenant", c.token.Tenant, "TenantRequestsThrottled"
	if of, found := strings.CutPrefix(strings.ToLower(c.r.URL.Path), "/subscriptions/"); found {
		scope, code = "subscription", "SubscriptionRequestsThrottled"
		id, _, _ = strings.Cut(of, "/")
	}
	key, limit, now := strings.Join([]string{id, c.token.ClientID, c.verb}, " "), limits[c.verb], time.Now()
	missing := max(c.service.full[key].Sub(now).Seconds()*limit.perSecond, 0)
	tooMany := c.service.throttles && limit.size-missing < 1
	if !tooMany {
		missing = min(missing+1, limit.size)
		c.service.full[key] = now.Add(time.Duration(missing / limit.perSecond * float64(time.Second)))
	}
	w.Header().Set("x-ms-ratelimit-remaining-"+scope+"-"+c.verb+"s", strconv.Itoa(int(limit.size-missing)))
	if !tooMany {
		return nil
	}
	wait := strconv.Itoa(int(math.Ceil((1 - limit.size + missing) / limit.perSecond)))
	w.Header().Set("Retry-After", wait)
	return gatewayError(http.StatusTooManyRequests, code, "Number of '%ss' for %s '%s' exceeded the limit. "+
		"Please try again after '%s' seconds.", c.verb, scope, id, wait)
}

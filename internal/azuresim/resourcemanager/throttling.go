package resourcemanager

import (
	"cmp"
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
	key, limit, now := strings.Join([]string{id, token.ClientID, operation}, " "), limits[operation], time.Now()
	missing := max(s.full[key].Sub(now).Seconds()*limit.perSecond, 0)
	tooMany := s.throttles && limit.size-missing < 1
	if !tooMany {
		missing = min(missing+1, limit.size)
		s.full[key] = now.Add(time.Duration(missing / limit.perSecond * float64(time.Second)))
	}
	w.Header().Set("x-ms-ratelimit-remaining-"+scope+"-"+operation, strconv.Itoa(int(limit.size-missing)))
	if !tooMany {
		return nil
	}
	wait := strconv.Itoa(int(math.Ceil((1 - limit.size + missing) / limit.perSecond)))
	w.Header().Set("Retry-After", wait)
	return gatewayError(http.StatusTooManyRequests, code, "Number of '%s' for %s '%s' exceeded the limit. "+
		"Please try again after '%s' seconds.", operation, scope, id, wait)
}

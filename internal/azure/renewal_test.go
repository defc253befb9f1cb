package azure_test

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest/azuretest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

const invalid = `Bearer error="invalid_token"`

// challenging is the header by which a service demands claims: internal/azuresim/README.md, "Access tokens".
func challenging(claims string) string {
	return `Bearer realm="", authorization_uri="https://login.example/common/oauth2/authorize", ` +
		`error="insufficient_claims", claims="` + claims + `"`
}

// demand demands these claims.
var demand = challenging(base64.StdEncoding.EncodeToString(
	[]byte(`{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}`)))

func hasClaims(r *http.Request) bool {
	return strings.Contains(fmt.Sprint(claimsOf(r)["requestedClaims"]), `"nbf":`)
}

// rejected rejects a request's token, with a code in the body.
func rejected(r *http.Request, challenge, code string) (*http.Response, error) {
	body := fmt.Sprintf(`{"error":{"code":%q,"message":"The access token is invalid."}}`, code)
	return respond(r, http.StatusUnauthorized, challenge, body)
}

func TestARejectedTokenIsRenewedOnce(t *testing.T) {
	const code = "InvalidAuthenticationToken"
	for name, test := range map[string]struct {
		challenge, code string
		all             bool // tokens are rejected, not only the first
		sent            int
		identity        bool // of the machine signs in, not the app
	}{
		"once":                  {invalid, code, false, 2, false},
		"for good":              {invalid, code, true, 2, false},
		"with demanded claims":  {demand, code, false, 2, false},
		"claims demanded again": {demand, code, true, 2, false},
		"unreadable claims":     {challenging("no base64!"), code, true, 2, false},
		// Another token of the same tenant does not help if another tenant's is wanted.
		"of the wrong tenant": {invalid, "InvalidAuthenticationTokenTenant", true, 1, false},
		// MSAL caches a managed identity's tokens for the whole process, so each run has one of its own. The first token
		// also says which tenant is the home tenant.
		"of a managed identity": {invalid, code, false, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			w, tenant := azuretest.WithSecret(t), tenantA
			if test.identity {
				w.WithIdentity()
				delete(w.Config.SignIn, "tenant_id")
				tenant = ""
			}
			first := ""
			w.Answer = on(settings, func(r *http.Request) (*http.Response, error) {
				if first = cmp.Or(first, bearerOf(r)); test.all || first == bearerOf(r) {
					return rejected(r, test.challenge, test.code)
				}
				return nil, nil
			})
			if err := w.List(t.Context(), tenant); (err != nil) != test.all {
				t.Fatal(err)
			} else if test.all {
				w.Tells(err, "Azure said: 401 "+test.code)
			}
			sent, tokens := w.Sent(settings), len(w.Sent("/token"))
			last := sent[len(sent)-1]
			if len(sent) != test.sent || tokens != test.sent || (bearerOf(last) == first) != (test.sent == 1) {
				t.Errorf("%d requests and %d tokens, want %d", len(sent), tokens, test.sent)
			}
			if hasClaims(last) != (test.challenge == demand) {
				t.Errorf("the token was requested with the claims %v", claimsOf(last)["requestedClaims"])
			}
			if !test.all {
				if mustList(w, tenant); len(w.Sent("/token")) != 2 {
					t.Errorf("the next request took another token: %d", len(w.Sent("/token")))
				}
			}
		})
	}
}

func TestOneNewTokenServesAllWhoseTokenWasRejected(t *testing.T) {
	const many = 40
	w := azuretest.WithSecret(t)
	mustList(w, tenantA)
	first := bearerOf(w.Sent(settings)[0])
	var together, group sync.WaitGroup // so that none has its answer before all are sent
	together.Add(many)
	w.Answer = on(settings, func(r *http.Request) (*http.Response, error) {
		if bearerOf(r) != first {
			return nil, nil
		}
		together.Done()
		together.Wait()
		return rejected(r, invalid, "InvalidAuthenticationToken")
	})
	for range many {
		group.Go(func() { mustList(w, tenantA) })
	}
	group.Wait()
	if tokens, sent := len(w.Sent(tokenPath)), len(w.Sent(settings)); tokens != 2 || sent != 1+2*many {
		t.Errorf("%d tokens and %d requests, want 2 and %d", tokens, sent, 1+2*many)
	}
}

// azcore gives a request that needs a token with claims another's new token, which was requested without them.
func TestClaimsAreDemandedOfAnothersNewToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := azuretest.WithSecret(t)
		mustList(w, tenantA)
		first := bearerOf(w.Sent(settings)[0])
		renewing, renewed := make(chan struct{}), make(chan struct{})
		both := make(chan struct{}) // have sent the second token
		closeBoth := sync.OnceFunc(func() { close(both) })
		var together, group sync.WaitGroup
		together.Add(2)
		var renewal, rejectedOne, second atomic.Bool
		w.Answer = func(r *http.Request) (*http.Response, error) {
			switch {
			case strings.HasSuffix(r.URL.Path, tokenPath):
				if !renewal.Swap(true) {
					close(renewing)
					<-renewed
				}
				return nil, nil
			case !strings.HasSuffix(r.URL.Path, settings), hasClaims(r):
				return nil, nil
			case bearerOf(r) == first:
				together.Done()
				together.Wait()
				if !rejectedOne.Swap(true) {
					return rejected(r, invalid, "InvalidAuthenticationToken")
				}
				<-renewing
			case !second.Swap(true):
				<-both
			default:
				closeBoth()
			}
			return rejected(r, demand, "InvalidAuthenticationToken")
		}
		for range 2 {
			group.Go(func() { mustList(w, tenantA) })
		}
		synctest.Wait()
		close(renewed)
		group.Wait()
	})
}

// While a token is valid for a few minutes more, nothing waits for a token service that is out of order.
func TestAnEarlyRenewalThatFailsDelaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := azuretest.WithSecret(t)
		w.Sim.Tenant(tenantA).ChangeTokens(azuresim.TokenBehaviour{Life: 240})
		mustList(w, tenantA)
		time.Sleep(time.Minute) // azcore tries at most once in half a minute
		started := time.Now()
		w.Sim.AddFault(azuresim.Fault{Path: tokenPath, Status: http.StatusServiceUnavailable, Times: 100})
		mustList(w, tenantA)
		if waited, tokens := time.Since(started), len(w.Sent(tokenPath)); waited != 0 || tokens != 2 {
			t.Errorf("it waited %s for %d attempts to get a token", waited, tokens-1)
		}
	})
}

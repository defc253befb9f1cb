package bench

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// requests are those of one plan, by kind.
type requests struct{ tokens, discoveries, settings float64 }

// check counts a plan's requests. However fast the machine is, a plan reads each setting once (a throttled one twice)
// with a token of the setting's own tenant, gets one token for each tenant, and asks for nothing else.
func (w *world) check(b *testing.B, exchanges []azuresim.Exchange, throttled string) (count requests) {
	b.Helper()
	reads, tokens := map[string]int{}, map[string]int{}
	for _, e := range exchanges {
		name := settingOf(e)
		switch {
		case e.Method == http.MethodPost && strings.HasSuffix(e.Path, "/oauth2/v2.0/token"):
			count.tokens++
			tokens[strings.Split(e.Path, "/")[1]]++
		case strings.HasSuffix(e.Path, "/.well-known/openid-configuration"):
			count.discoveries++
		case name != "":
			count.settings++
			reads[name]++
			if owner := w.connectors[name].TenantID; e.TokenTenant != owner {
				b.Errorf("%s is of tenant %s and was asked for with a token of tenant %q", name, owner, e.TokenTenant)
			}
		default:
			b.Errorf("%s %s was not expected", e.Method, e.Path)
		}
	}
	for name, c := range w.connectors {
		want := 1
		if name == throttled {
			want = 2
		}
		if reads[name] != want || tokens[c.TenantID] != 1 {
			b.Errorf("%s was read %d times instead of %d, with %d tokens instead of 1",
				name, reads[name], want, tokens[c.TenantID])
		}
	}
	return count
}

// settingOf is the name of the setting that a request reads, and "" for any other request.
func settingOf(e azuresim.Exchange) string {
	const settings = "/providers/microsoft.aadiam/diagnosticsettings/"
	if e.Method != http.MethodGet || !strings.HasPrefix(strings.ToLower(e.Path), settings) {
		return ""
	}
	return e.Path[len(settings):]
}

// readingTime is from the first request until the last setting was asked for, but for one.
func readingTime(exchanges []azuresim.Exchange, except string) time.Duration {
	var first, last time.Time
	for _, e := range exchanges {
		if first.IsZero() || e.At.Before(first) {
			first = e.At
		}
		if name := settingOf(e); name != "" && name != except && e.At.After(last) {
			last = e.At
		}
	}
	return last.Sub(first)
}

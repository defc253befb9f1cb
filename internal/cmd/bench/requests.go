package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// requests are those of one plan, by kind.
type requests struct {
	Token     int `json:"token"`
	Discovery int `json:"discovery"` // where a tenant's token service is
	Settings  int `json:"settings"`
	Other     int `json:"other"`
}

func count(exchanges []azuresim.Exchange) requests {
	var r requests
	for _, e := range exchanges {
		switch {
		case isToken(e):
			r.Token++
		case strings.HasSuffix(e.Path, "/.well-known/openid-configuration"):
			r.Discovery++
		case settingOf(e) != "":
			r.Settings++
		default:
			r.Other++
		}
	}
	return r
}

func isToken(e azuresim.Exchange) bool {
	return e.Method == http.MethodPost && strings.HasSuffix(e.Path, "/oauth2/v2.0/token")
}

// settingOf is the name of the setting that a request reads, and "" for any other request.
func settingOf(e azuresim.Exchange) string {
	const settings = "/providers/microsoft.aadiam/diagnosticsettings/"
	if e.Method != http.MethodGet || !strings.HasPrefix(strings.ToLower(e.Path), settings) {
		return ""
	}
	return e.Path[len(settings):]
}

// complaints are what a plan did that does not depend on the machine's speed and must not be: it reads each setting once (a throttled one
// twice) with a token of the setting's own tenant, buys one token for each tenant, and asks for nothing else.
func (w *world) complaints(exchanges []azuresim.Exchange, throttled string) []string {
	var all []string
	reads, tokens := map[string]int{}, map[string]int{}
	for _, e := range exchanges {
		if isToken(e) {
			tenant, _, _ := strings.Cut(strings.TrimPrefix(e.Path, "/"), "/")
			tokens[tenant]++
		}
		if name := settingOf(e); name != "" {
			reads[name]++
			if owner := w.connectors[name].TenantID; e.TokenTenant != owner {
				all = append(all, fmt.Sprintf("%s is of tenant %s and was asked for with a token of tenant %q", name, owner, e.TokenTenant))
			}
		}
	}
	for name, c := range w.connectors {
		want := 1
		if name == throttled {
			want = 2
		}
		if reads[name] != want {
			all = append(all, fmt.Sprintf("%s was read %d times instead of %d", name, reads[name], want))
		}
		if tokens[c.TenantID] != 1 {
			all = append(all, fmt.Sprintf("tenant %s was asked for %d tokens instead of 1", c.TenantID, tokens[c.TenantID]))
		}
	}
	if other := count(exchanges).Other; other > 0 {
		all = append(all, fmt.Sprintf("%d requests were for something else", other))
	}
	return all
}

// untilRead is how long it took from the first request until the last setting was asked for, one setting left out.
func untilRead(exchanges []azuresim.Exchange, except string) time.Duration {
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

// Package faults lists what goes wrong between the provider and Azure, for tests that try operations against all of
// it. Which requests a fault strikes, and how often, such a test decides.
package faults

import (
	"fmt"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// All are the faults of single requests that the service or the way to it is known for.
var All = []azuresim.Fault{
	Throttled(2), Throttled(90), Throttled(0), {Status: 408}, {Status: 500}, {Status: 502}, {Status: 503}, {Status: 504},
	{Status: 503, Applied: true}, {Status: 200, Applied: true},
	{Break: "refused"}, {Break: "before"}, {Break: "after"}, {Break: "within"},
	Page(200), Applied(Page(200)), Page(502),
	{Token: "expired"}, {Token: "invalid"}, {Token: "insufficient"},
	Forbidden("microsoft.aadiam/diagnosticSettings/read", "/providers/microsoft.aadiam"),
}

// Throttled is a 429 that asks to wait for so many seconds, 0 for one that does not say how long.
func Throttled(retryAfter int) azuresim.Fault {
	return azuresim.Fault{
		Status: 429, RetryAfter: retryAfter, Body: `{"error":{"code":"TooManyRequests","message":"Too many requests."}}`,
	}
}

// Page is a page of a proxy's in place of the service's answer.
func Page(status int) azuresim.Fault {
	return azuresim.Fault{
		Status: status, ContentType: "text/html", Body: "<html><body>Please sign in to the network</body></html>",
	}
}

// Applied lets the request have its effect all the same.
func Applied(f azuresim.Fault) azuresim.Fault {
	f.Applied = true
	return f
}

// Forbidden is a 403 of Azure Resource Manager.
func Forbidden(action, scope string) azuresim.Fault {
	return azuresim.Fault{Status: 403, Body: fmt.Sprintf(`{"error":{"code":"AuthorizationFailed","message":"The client `+
		`'the-client' with object id 'the-object' does not have authorization to perform action '%s' over scope '%s' or `+
		`the scope is invalid."}}`, action, scope)}
}

// Behaviours are those of a service whose replicas are behind or lose sight of a setting. Each ends by itself.
var Behaviours = map[string]azuresim.Behaviour{
	"404 flapping":  {AfterCreate: flaps, AfterUpdate: flaps, AfterDelete: flaps, StrayNotFound: 2},
	"one stray 404": {StrayNotFound: 1},
	"stale content": {AfterUpdate: azuresim.Lag{Gets: 4}, AfterDelete: azuresim.Lag{Gets: 4, Lists: 2}},
	"replicas":      {Replicas: []azuresim.Duration{0, seconds(3), seconds(9)}},
}

func seconds(n int) azuresim.Duration { return azuresim.Duration(time.Duration(n) * time.Second) }

var flaps = azuresim.Lag{Gets: 2, Flaps: 6, Lists: 1}

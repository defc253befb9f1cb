package azuresim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

const homeTenantID = "0c7b9a52-6f0e-4b6e-8f3a-1d2c3b4a5e6f"

func flat(answer map[string]any) string {
	text, _ := json.Marshal(answer)
	return string(text)
}

// newIdentityWorld is a world with a system-assigned identity and another one, whose home is a second tenant.
func newIdentityWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.sim.AddManagedIdentity(ManagedIdentity{
		ClientID: "machine", ObjectID: "machine-object", Tenant: strings.ToUpper(homeTenantID), SystemAssigned: true,
	})
	w.sim.AddManagedIdentity(ManagedIdentity{ClientID: "user", ObjectID: "user-object", Tenant: homeTenantID})
	return w
}

func (w *world) askIdentity(method, query, header string) (int, map[string]any) {
	w.t.Helper()
	endpoint, _ := w.sim.IdentityEndpoint()
	return w.askFor(method, endpoint+"?"+query, "", http.Header{"X-Identity-Header": {header}})
}

func TestManagedIdentity(t *testing.T) {
	w := newIdentityWorld(t)
	_, header := w.sim.IdentityEndpoint()
	const version, resource = "api-version=2019-08-01", "&resource=https%3A%2F%2Fmanagement.simulator.invalid%2F"
	for name, test := range map[string]struct {
		method, query, header string
		status                int
		words                 string
	}{
		"the machine's own": {"GET", version + resource, header, 200, `"client_id":"machine"`},
		"another one":       {"GET", version + resource + "&client_id=USER", header, 200, `"client_id":"user"`},
		"by its object id":  {"GET", version + resource + "&object_id=user-object", header, 200, `"client_id":"user"`},
		"an unknown one": {
			"GET", version + resource + "&client_id=other", header, 400, "No User Assigned or Delegated Managed Identity found",
		},
		"one by its resource id": {
			"GET", version + resource + "&mi_res_id=other", header, 400, "No User Assigned or Delegated Managed Identity found",
		},
		"a wrong header":          {"GET", version + resource, "other", 401, "X-IDENTITY-HEADER"},
		"another version":         {"GET", "api-version=2017-09-01" + resource, header, 400, "api-version"},
		"no resource":             {"GET", version, header, 400, "resource"},
		"a method of another one": {"POST", version + resource, header, 405, "POST"},
	} {
		status, answer := w.askIdentity(test.method, test.query, test.header)
		if status != test.status || !strings.Contains(flat(answer), test.words) {
			t.Errorf("%s: %d %v", name, status, answer)
		}
		if status != http.StatusOK {
			continue
		}
		carrier := &http.Request{Header: http.Header{"Authorization": {"Bearer " + answer["access_token"].(string)}}}
		token, err := w.sim.BearerToken(carrier)
		if err != nil || token.Tenant != homeTenantID || !token.IsFor(Audience) {
			t.Errorf("%s: the token says %+v: %v", name, token, err)
		}
		if expires, err := strconv.ParseInt(answer["expires_on"].(string), 10, 64); err != nil ||
			time.Until(time.Unix(expires, 0)) < 50*time.Minute {
			t.Errorf("%s: it expires %v", name, answer["expires_on"])
		}
	}
}

// TestManagedIdentityHasRoles gives an identity a role in its home tenant.
func TestManagedIdentityHasRoles(t *testing.T) {
	w := newIdentityWorld(t)
	_, header := w.sim.IdentityEndpoint()
	_, answer := w.askIdentity("GET", "api-version=2019-08-01&resource="+Audience, header)
	w.token = answer["access_token"].(string)
	if status, answer := w.call(http.MethodGet, settings+stable, ""); status != http.StatusForbidden {
		t.Errorf("without a role: %d %v", status, answer)
	}
	w.sim.Tenant(homeTenantID).AddPrincipal(Principal{ClientID: "machine", ObjectID: "machine-object", Role: Reader})
	if status, answer := w.call(http.MethodGet, settings+stable, ""); status != http.StatusOK {
		t.Errorf("with a role: %d %v", status, answer)
	}
}

// TestManagedIdentityAsFederatedCredential signs an application of one tenant in with an identity of another.
func TestManagedIdentityAsFederatedCredential(t *testing.T) {
	w := newIdentityWorld(t)
	_, header := w.sim.IdentityEndpoint()
	trusted := trust(w.sim.URL+"/"+homeTenantID+"/v2.0", "machine-object", exchangeAudience)
	w.tenant.AddPrincipal(Principal{ClientID: "fic-app", ObjectID: "o", Federated: []FederatedCredential{trusted}})
	_, own := w.askIdentity("GET", "api-version=2019-08-01&resource="+exchangeAudience, header)
	w.expectSignIn("the identity that is trusted", own["access_token"].(string), "")
	_, other := w.askIdentity("GET", "api-version=2019-08-01&client_id=user&resource="+exchangeAudience, header)
	w.expectSignIn("another identity", other["access_token"].(string), "AADSTS700213")
	_, usual := w.askIdentity("GET", "api-version=2019-08-01&resource="+Audience, header)
	w.expectSignIn("a token that is not to be exchanged", usual["access_token"].(string), "AADSTS700211")
	forged := own["access_token"].(string)
	w.expectSignIn("a forged one", forged[:strings.LastIndexByte(forged, '.')+1]+"AAAA", "AADSTS50013")
}

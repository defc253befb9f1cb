package azuresim

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

// controlPrefix is where a test or a person controls the simulator. No Azure service has such a path.
const controlPrefix = "/simulator/"

// operation is something that the control endpoint does.
type operation struct {
	pattern string // a method, and a path below the prefix
	summary string
	example string // of a body
	do      func(control) (answer any, err error)
}

// control is a request to the control endpoint.
type control struct {
	*Simulator
	tenant *Tenant // that the path names
	name   string  // of the setting that the path names
	body   io.Reader
}

// errNoSetting is answered with 404.
var errNoSetting = errors.New("there is no setting of that name")

const seedExample = `{
        "tenants":[{"id":"{tenant}","workspaces":[{"id":"/subscriptions/...","ingestionStatus":"OverQuota"}]}],
        "managedIdentities":[{"clientId":"1d...","objectId":"2e...","tenant":"{tenant}","systemAssigned":true}],
        "githubJobs":[{"requestToken":"token","subject":"repo:contoso/logs:ref:refs/heads/main"}],
        "serviceConnections":[{"id":"3f...","systemAccessToken":"token","subject":"sc://contoso/platform/logs"}]}`

// operations are all that the control endpoint does. GET /simulator/ lists them.
var operations = []operation{
	{"POST seed", "add what a seed can have", seedExample, with(func(c control, seed Seed) error { return c.Seed(seed) })},
	{"POST faults", "let a request go wrong",
		`{"method":"PUT","pathEnd":"/AzureSentinel_law-soc","status":429,"retryAfter":5}`,
		with(func(c control, fault Fault) error { return c.Seed(Seed{Faults: []Fault{fault}}) })},
	{"DELETE faults", "drop the faults that haven't struck yet", "", do(control.ForgetFaults)},
	{"PUT latency", "hold back every answer", `{"latency":"50ms"}`,
		set(func(c control, to struct{ Latency Duration }) { c.SetLatency(time.Duration(to.Latency)) })},
	{"PUT throttling", "switch Resource Manager's request limits on or off", `{"on":true}`,
		set(func(c control, to struct{ On bool }) { c.resourceManager.Throttle(to.On) })},
	{"GET requests", "the request log, without secrets", "",
		func(c control) (any, error) { return c.Requests(), nil }},
	{"DELETE requests", "empty the request log", "", do(control.ForgetRequests)},
	{"GET environment", "where managed identities and pipelines ask, as variables", "",
		func(c control) (any, error) {
			endpoint, header := c.IdentityEndpoint()
			return map[string]string{
				"IDENTITY_ENDPOINT":            endpoint,
				"IDENTITY_HEADER":              header,
				"ACTIONS_ID_TOKEN_REQUEST_URL": c.GitHubRequestURL(),
				"SYSTEM_OIDCREQUESTURI":        c.AzureDevOpsRequestURL(),
			}, nil
		}},
	{"POST identity-tokens", "issue an ID token",
		`{"issuer":"github","subject":"repo:contoso/logs:ref:refs/heads/main"}`,
		func(c control) (any, error) {
			var token IdentityToken
			err := jsonhttp.Decode(c.body, &token)
			return map[string]string{"token": c.IssueIdentityToken(token)}, err
		}},

	{"PUT tenants/{tenant}/principals", "add or replace a service principal",
		`{"clientId":"app","objectId":"4a...","secret":"secret","role":"Reader"}`,
		set(func(c control, principal Principal) { c.tenant.AddPrincipal(principal) })},
	{"PUT tenants/{tenant}/behaviour", "set how the diagnostic settings behave", `{"replicas":["0s","3s","9s"]}`,
		set(func(c control, behaviour Behaviour) { c.tenant.Behave(behaviour) })},
	{"GET tenants/{tenant}/settings/{name}", "read a diagnostic setting as it is, without any lag", "",
		func(c control) (any, error) {
			setting, found := c.tenant.Setting(c.name)
			return setting, missingUnless(found)
		}},
	{"PUT tenants/{tenant}/settings/{name}", "write a diagnostic setting as somebody else would",
		`{"properties":{"workspaceId":"/subscriptions/...","logs":[{"category":"AuditLogs","enabled":true}]}}`,
		with(func(c control, document map[string]any) error { return c.tenant.PutSetting(c.name, document) })},
	{"DELETE tenants/{tenant}/settings/{name}", "delete a diagnostic setting as somebody else would", "",
		func(c control) (any, error) { return nil, missingUnless(c.tenant.DeleteSetting(c.name)) }},
	{"PUT tenants/{tenant}/workspaces/tables", "add or replace a table",
		`{"workspaceId":"/subscriptions/...","name":"AuditLogs","records":[{"age":"2h","count":3}]}`,
		with(func(c control, to struct {
			WorkspaceID, Name string
			Table
		}) error {
			return c.tenant.PutTable(to.WorkspaceID, to.Name, to.Table)
		})},
}

func missingUnless(found bool) error {
	if found {
		return nil
	}
	return errNoSetting
}

// with makes an operation that reads a body.
func with[T any](apply func(control, T) error) func(control) (any, error) {
	return func(c control) (any, error) {
		var value T
		if err := jsonhttp.Decode(c.body, &value); err != nil {
			return nil, err
		}
		return nil, apply(c, value)
	}
}

// set makes an operation that reads a body and can't fail then.
func set[T any](apply func(control, T)) func(control) (any, error) {
	return with(func(c control, value T) error {
		apply(c, value)
		return nil
	})
}

// do makes an operation that needs no body.
func do(apply func(control)) func(control) (any, error) {
	return func(c control) (any, error) {
		apply(c)
		return nil, nil
	}
}

func (s *Simulator) newControl() http.Handler {
	mux := http.NewServeMux()
	var index strings.Builder
	for _, one := range operations {
		method, path, _ := strings.Cut(one.pattern, " ")
		mux.HandleFunc(method+" "+controlPrefix+path, func(w http.ResponseWriter, r *http.Request) { s.operate(one, w, r) })
		fmt.Fprintf(&index, "%-6s %s%s\n       %s\n", method, controlPrefix, path, one.summary)
		if one.example != "" {
			fmt.Fprintf(&index, "       %s\n", one.example)
		}
	}
	mux.HandleFunc("GET "+controlPrefix+"{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `This is an Azure simulator. These requests tell it what to do, and need no token:

curl --cacert "$SSL_CERT_FILE" -X PUT %s%slatency -d '{"latency":"50ms"}'

Tenants: %s

%s`, s.URL, controlPrefix, strings.Join(s.TenantIDs(), ", "), index.String())
	})
	mux.HandleFunc(controlPrefix, func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, fmt.Sprintf("%s %s does nothing. GET %s lists what the simulator can be told.",
			r.Method, r.URL.Path, controlPrefix), http.StatusNotFound)
	})
	return mux
}

// operate does an operation in a tenant that exists, so that a misspelt one is noticed.
func (s *Simulator) operate(one operation, w http.ResponseWriter, r *http.Request) {
	c := control{Simulator: s, name: r.PathValue("name"), body: r.Body}
	if id := r.PathValue("tenant"); id != "" {
		if !slices.Contains(s.TenantIDs(), strings.ToLower(id)) {
			http.Error(w, fmt.Sprintf("There is no tenant %q. The tenants are: %s. POST %sseed makes one.",
				id, strings.Join(s.TenantIDs(), ", "), controlPrefix), http.StatusNotFound)
			return
		}
		c.tenant = s.Tenant(id)
	}
	switch answer, err := one.do(c); {
	case errors.Is(err, errNoSetting):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case answer == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		jsonhttp.Respond(w, answer, nil)
	}
}

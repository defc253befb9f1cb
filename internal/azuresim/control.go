package azuresim

import (
	"errors"
	"fmt"
	"net/http"
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
	do      func(s *Simulator, r *http.Request) (answer any, err error)
}

// operations are all that the control endpoint does. GET /simulator/ lists them.
var operations = []operation{
	{"GET requests", "the request log, without secrets", "", func(s *Simulator, _ *http.Request) (any, error) {
		return s.Requests(), nil
	}},
	{"DELETE requests", "empty the request log", "", do((*Simulator).ForgetRequests)},
	{"PUT journal", "stop or resume the request log", `{"keep":false}`,
		set(always(func(s *Simulator, to struct{ Keep bool }) { s.SetJournal(to.Keep) }))},
	{"POST faults", "let a request go wrong",
		`{"method":"PUT","pathEnd":"/AzureSentinel_law-soc","status":429,"retryAfter":5}`,
		set(always((*Simulator).AddFault))},
	{"DELETE faults", "drop the faults that haven't struck yet", "", do((*Simulator).ForgetFaults)},
	{"PUT latency", "hold back every answer", `{"latency":"50ms"}`,
		set(always(func(s *Simulator, to struct{ Latency Duration }) { s.SetLatency(time.Duration(to.Latency)) }))},
	{"PUT throttling", "switch Resource Manager's request limits on or off", `{"on":true}`,
		set(always(func(s *Simulator, to struct{ On bool }) { s.Throttle(to.On) }))},

	{"GET environment", "where managed identities and pipelines ask, as variables", "", identityEnvironment},
	{"PUT managed-identities", "add or replace a managed identity of the machine",
		`{"clientId":"1d...","objectId":"2e...","tenant":"{tenant}","systemAssigned":true}`,
		set(always((*Simulator).AddManagedIdentity))},
	{"PUT github-jobs", "add or replace a job of GitHub Actions",
		`{"requestToken":"token","subject":"repo:contoso/logs:ref:refs/heads/main"}`, set(always((*Simulator).AddGitHubJob))},
	{"PUT service-connections", "add or replace a service connection of Azure DevOps",
		`{"id":"3f...","systemAccessToken":"token","subject":"sc://contoso/platform/logs"}`,
		set(always((*Simulator).AddServiceConnection))},
	{"POST identity-tokens", "issue an ID token",
		`{"issuer":"github","subject":"repo:contoso/logs:ref:refs/heads/main"}`, issueIdentityToken},

	{"PUT tenants/{tenant}", "make a tenant, with what a seed can say of one",
		`{"workspaces":[{"id":"/subscriptions/..."}]}`, putTenant},
	{"PUT tenants/{tenant}/principals", "add or replace a service principal",
		`{"clientId":"app","objectId":"4a...","secret":"secret","role":"Reader"}`,
		inTenant(always((*Tenant).AddPrincipal))},
	{"PUT tenants/{tenant}/tokens", "change the tokens that the token endpoint hands out",
		`{"of":"another tenant"}`, inTenant(always((*Tenant).ChangeTokens))},
	{"PUT tenants/{tenant}/behaviour", "set how the diagnostic settings behave",
		`{"replicas":["0s","3s","9s"]}`, inTenant(always((*Tenant).Behave))},
	{"GET tenants/{tenant}/settings/{name}", "read a diagnostic setting as it is, without any lag", "", getSetting},
	{"PUT tenants/{tenant}/settings/{name}", "write a diagnostic setting as somebody else would",
		`{"properties":{"workspaceId":"/subscriptions/...","logs":[{"category":"AuditLogs","enabled":true}]}}`, putSetting},
	{"DELETE tenants/{tenant}/settings/{name}", "delete a diagnostic setting as somebody else would", "", deleteSetting},
	{"PUT tenants/{tenant}/workspaces", "add or replace a workspace",
		`{"id":"/subscriptions/...","ingestionStatus":"OverQuota","tables":{"AuditLogs":{}}}`,
		inTenant((*Tenant).PutWorkspace)},
	{"PUT tenants/{tenant}/workspaces/tables", "add or replace a table",
		`{"workspaceId":"/subscriptions/...","name":"AuditLogs","records":[{"age":"2h","count":3}]}`,
		inTenant(func(t *Tenant, to struct {
			WorkspaceID, Name string
			Table
		}) error {
			return t.PutTable(to.WorkspaceID, to.Name, to.Table)
		})},
}

func (s *Simulator) newControl() http.Handler {
	mux := http.NewServeMux()
	var index strings.Builder
	for _, one := range operations {
		method, path, _ := strings.Cut(one.pattern, " ")
		mux.HandleFunc(method+" "+controlPrefix+path, func(w http.ResponseWriter, r *http.Request) {
			answer, err := one.do(s, r)
			switch _, isUnknown := errors.AsType[unknown](err); {
			case isUnknown:
				http.Error(w, err.Error(), http.StatusNotFound)
			case err != nil:
				http.Error(w, err.Error(), http.StatusBadRequest)
			case answer == nil:
				w.WriteHeader(http.StatusNoContent)
			default:
				jsonhttp.Write(w, http.StatusOK, answer)
			}
		})
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

// unknown is the error of a path to something that isn't there.
type unknown string

func (u unknown) Error() string { return string(u) }

// do makes an operation that needs no body.
func do(apply func(*Simulator)) func(*Simulator, *http.Request) (any, error) {
	return func(s *Simulator, _ *http.Request) (any, error) {
		apply(s)
		return nil, nil
	}
}

// always is for a change that can't fail.
func always[To, T any](apply func(To, T)) func(To, T) error {
	return func(to To, value T) error {
		apply(to, value)
		return nil
	}
}

// set makes an operation that applies a body.
func set[T any](apply func(*Simulator, T) error) func(*Simulator, *http.Request) (any, error) {
	return func(s *Simulator, r *http.Request) (any, error) {
		var value T
		if err := jsonhttp.Decode(r.Body, &value); err != nil {
			return nil, err
		}
		return nil, apply(s, value)
	}
}

// inTenant makes an operation that applies a body to a tenant.
func inTenant[T any](apply func(*Tenant, T) error) func(*Simulator, *http.Request) (any, error) {
	return func(s *Simulator, r *http.Request) (any, error) {
		tenant, err := s.tenantOf(r)
		if err != nil {
			return nil, err
		}
		return set(func(_ *Simulator, value T) error { return apply(tenant, value) })(s, r)
	}
}

// tenantOf finds a tenant that exists, so that a misspelt one is noticed.
func (s *Simulator) tenantOf(r *http.Request) (*Tenant, error) {
	id := r.PathValue("tenant")
	if !s.HasDirectory(id) {
		return nil, unknown(fmt.Sprintf("There is no tenant %q. The tenants are: %s. PUT %stenants/%s makes it.",
			id, strings.Join(s.TenantIDs(), ", "), controlPrefix, id))
	}
	return s.Tenant(id), nil
}

func identityEnvironment(s *Simulator, _ *http.Request) (any, error) {
	endpoint, header := s.IdentityEndpoint()
	return map[string]string{
		"IDENTITY_ENDPOINT":            endpoint,
		"IDENTITY_HEADER":              header,
		"ACTIONS_ID_TOKEN_REQUEST_URL": s.GitHubRequestURL(),
		"SYSTEM_OIDCREQUESTURI":        s.AzureDevOpsRequestURL(),
	}, nil
}

func issueIdentityToken(s *Simulator, r *http.Request) (any, error) {
	var wanted IdentityToken
	if err := jsonhttp.Decode(r.Body, &wanted); err != nil {
		return nil, err
	}
	return map[string]string{"token": s.IssueIdentityToken(wanted)}, nil
}

func putTenant(s *Simulator, r *http.Request) (any, error) {
	return set(func(s *Simulator, seed SeedTenant) error {
		seed.ID = r.PathValue("tenant")
		return s.seedTenant(seed)
	})(s, r)
}

func putSetting(s *Simulator, r *http.Request) (any, error) {
	return inTenant(func(t *Tenant, document map[string]any) error {
		return t.PutSetting(r.PathValue("name"), document)
	})(s, r)
}

func getSetting(s *Simulator, r *http.Request) (any, error) {
	tenant, err := s.tenantOf(r)
	if err != nil {
		return nil, err
	}
	setting, found := tenant.Setting(r.PathValue("name"))
	if !found {
		return nil, unknown(fmt.Sprintf("There is no setting %q.", r.PathValue("name")))
	}
	return setting, nil
}

func deleteSetting(s *Simulator, r *http.Request) (any, error) {
	tenant, err := s.tenantOf(r)
	if err == nil && !tenant.DeleteSetting(r.PathValue("name")) {
		err = unknown(fmt.Sprintf("There is no setting %q.", r.PathValue("name")))
	}
	return nil, err
}

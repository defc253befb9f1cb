package azuresim

import (
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
	do      func(s *Simulator, w http.ResponseWriter, r *http.Request)
}

// operations are all that the control endpoint does. GET /simulator/ lists them.
var operations = []operation{
	{"GET requests", "the request log, without secrets", "", listRequests},
	{"DELETE requests", "empty the request log", "", do((*Simulator).ForgetRequests)},
	{"PUT journal", "stop or resume the request log", `{"keep":false}`, set(setJournal)},
	{"POST faults", "let a request go wrong",
		`{"method":"PUT","pathEnd":"/AzureSentinel_law-soc","status":429,"retryAfter":5}`,
		set(always((*Simulator).AddFault))},
	{"DELETE faults", "drop the faults that haven't struck yet", "", do((*Simulator).ForgetFaults)},
	{"PUT latency", "hold back every answer", `{"latency":"50ms"}`, set(setLatency)},
	{"PUT throttling", "switch Resource Manager's request limits on or off", `{"on":true}`, set(setThrottling)},

	{"GET environment", "where managed identities and pipelines ask, as variables", "", listEnvironment},
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
		`{"workspaceId":"/subscriptions/...","name":"AuditLogs","records":[{"age":"2h","count":3}]}`, inTenant(putTable)},
}

// tableOfWorkspace is a table and where it belongs.
type tableOfWorkspace struct {
	WorkspaceID string `json:"workspaceId"`
	Name        string `json:"name"`
	Table
}

func (s *Simulator) control() http.Handler {
	mux := http.NewServeMux()
	var index strings.Builder
	for _, one := range operations {
		method, path, _ := strings.Cut(one.pattern, " ")
		mux.HandleFunc(method+" "+controlPrefix+path, func(w http.ResponseWriter, r *http.Request) { one.do(s, w, r) })
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

// do makes an operation that needs no body.
func do(apply func(*Simulator)) func(*Simulator, http.ResponseWriter, *http.Request) {
	return func(s *Simulator, w http.ResponseWriter, _ *http.Request) {
		apply(s)
		w.WriteHeader(http.StatusNoContent)
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
func set[T any](apply func(*Simulator, T) error) func(*Simulator, http.ResponseWriter, *http.Request) {
	return func(s *Simulator, w http.ResponseWriter, r *http.Request) {
		accept(w, r, func(value T) error { return apply(s, value) })
	}
}

// inTenant makes an operation that applies a body to a tenant.
func inTenant[T any](apply func(*Tenant, T) error) func(*Simulator, http.ResponseWriter, *http.Request) {
	return func(s *Simulator, w http.ResponseWriter, r *http.Request) {
		if tenant, found := s.tenantOfPath(w, r); found {
			accept(w, r, func(value T) error { return apply(tenant, value) })
		}
	}
}

// tenantOfPath finds a tenant that exists, so that a misspelt one is noticed.
func (s *Simulator) tenantOfPath(w http.ResponseWriter, r *http.Request) (*Tenant, bool) {
	id := r.PathValue("tenant")
	if !s.HasDirectory(id) {
		http.Error(w, fmt.Sprintf("There is no tenant %q. The tenants are: %s. PUT %stenants/%s makes it.",
			id, strings.Join(s.TenantIDs(), ", "), controlPrefix, id), http.StatusNotFound)
		return nil, false
	}
	return s.Tenant(id), true
}

// accept decodes a request's body and applies it.
func accept[T any](w http.ResponseWriter, r *http.Request, apply func(T) error) {
	var value T
	err := jsonhttp.Decode(r.Body, &value)
	if err == nil {
		err = apply(value)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func listRequests(s *Simulator, w http.ResponseWriter, _ *http.Request) {
	jsonhttp.Write(w, http.StatusOK, s.Requests())
}

func putTable(t *Tenant, of tableOfWorkspace) error {
	return t.PutTable(of.WorkspaceID, of.Name, of.Table)
}

func setJournal(s *Simulator, journal struct {
	Keep bool `json:"keep"`
}) error {
	s.SetJournal(journal.Keep)
	return nil
}

func setLatency(s *Simulator, said struct {
	Latency string `json:"latency"`
}) error {
	latency, err := time.ParseDuration(said.Latency)
	if err == nil {
		s.SetLatency(latency)
	}
	return err
}

func setThrottling(s *Simulator, throttling struct {
	On bool `json:"on"`
}) error {
	s.Throttle(throttling.On)
	return nil
}

func listEnvironment(s *Simulator, w http.ResponseWriter, _ *http.Request) {
	endpoint, header := s.IdentityEndpoint()
	jsonhttp.Write(w, http.StatusOK, map[string]string{
		"IDENTITY_ENDPOINT":            endpoint,
		"IDENTITY_HEADER":              header,
		"ACTIONS_ID_TOKEN_REQUEST_URL": s.GitHubRequestURL(),
		"SYSTEM_OIDCREQUESTURI":        s.AzureDevOpsRequestURL(),
	})
}

func issueIdentityToken(s *Simulator, w http.ResponseWriter, r *http.Request) {
	var wanted IdentityToken
	if err := jsonhttp.Decode(r.Body, &wanted); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	jsonhttp.Write(w, http.StatusOK, map[string]string{"token": s.IssueIdentityToken(wanted)})
}

func putTenant(s *Simulator, w http.ResponseWriter, r *http.Request) {
	accept(w, r, func(seed SeedTenant) error {
		seed.ID = r.PathValue("tenant")
		return s.seedTenant(seed)
	})
}

func getSetting(s *Simulator, w http.ResponseWriter, r *http.Request) {
	tenant, found := s.tenantOfPath(w, r)
	if !found {
		return
	}
	setting, found := tenant.Setting(r.PathValue("name"))
	if !found {
		http.NotFound(w, r)
		return
	}
	jsonhttp.Write(w, http.StatusOK, setting)
}

func putSetting(s *Simulator, w http.ResponseWriter, r *http.Request) {
	if tenant, found := s.tenantOfPath(w, r); found {
		accept(w, r, func(document map[string]any) error { return tenant.PutSetting(r.PathValue("name"), document) })
	}
}

func deleteSetting(s *Simulator, w http.ResponseWriter, r *http.Request) {
	tenant, found := s.tenantOfPath(w, r)
	switch {
	case !found:
	case !tenant.DeleteSetting(r.PathValue("name")):
		http.NotFound(w, r)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

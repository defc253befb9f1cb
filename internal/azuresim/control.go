package azuresim

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// controlPrefix is where a test or a person tells the simulator what to do. No Azure service has such a path.
const controlPrefix = "/simulator/"

// control answers the control endpoint:
//
//	GET    /simulator/requests                              the request log
//	DELETE /simulator/requests                              forget it
//	PUT    /simulator/journal                               {"keep":false} keeps none from now on
//	POST   /simulator/faults                                add a Fault
//	DELETE /simulator/faults                                drop those that are still waiting
//	PUT    /simulator/latency                               {"latency":"50ms"} holds every answer back
//	GET    /simulator/environment                           where managed identities and pipelines ask, as the variables that tell them
//	PUT    /simulator/managed-identities                    add or replace a ManagedIdentity
//	PUT    /simulator/github-jobs                           add or replace a GitHubJob
//	PUT    /simulator/service-connections                   add or replace a ServiceConnection
//	POST   /simulator/identity-tokens                       make an IdentityToken, answered as {"token":"..."}
//	PUT    /simulator/tenants/{tenant}/principals           add or replace a Principal
//	PUT    /simulator/tenants/{tenant}/behaviour            set the Behaviour
//	GET    /simulator/tenants/{tenant}/settings/{name}      a setting as it is
//	PUT    /simulator/tenants/{tenant}/settings/{name}      write one behind the clients' back
//	DELETE /simulator/tenants/{tenant}/settings/{name}      delete one behind the clients' back
//	PUT    /simulator/tenants/{tenant}/workspaces           add or replace a Workspace
//	PUT    /simulator/tenants/{tenant}/workspaces/tables    add or replace a Table: the members workspaceId and name beside its own
//
// So a table that received three records two hours ago is
//
//	{"workspaceId":"/subscriptions/...","name":"AuditLogs","records":[{"age":"2h","ingestedAge":"1h58m","count":3}]}
func (s *Simulator) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /simulator/requests", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, s.Requests())
	})
	mux.HandleFunc("DELETE /simulator/requests", func(w http.ResponseWriter, _ *http.Request) {
		s.ForgetRequests()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /simulator/faults", func(w http.ResponseWriter, r *http.Request) {
		accept(w, r, func(f Fault) error { s.AddFault(f); return nil })
	})
	mux.HandleFunc("DELETE /simulator/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ForgetFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	s.controlRun(mux)
	s.controlIdentities(mux)
	mux.HandleFunc("PUT /simulator/tenants/{tenant}/principals", func(w http.ResponseWriter, r *http.Request) {
		accept(w, r, func(p Principal) error { s.Tenant(r.PathValue("tenant")).AddPrincipal(p); return nil })
	})
	mux.HandleFunc("PUT /simulator/tenants/{tenant}/behaviour", func(w http.ResponseWriter, r *http.Request) {
		accept(w, r, func(b Behaviour) error { s.Tenant(r.PathValue("tenant")).Behave(b); return nil })
	})
	mux.HandleFunc("GET /simulator/tenants/{tenant}/settings/{name}", func(w http.ResponseWriter, r *http.Request) {
		setting, found := s.Tenant(r.PathValue("tenant")).Setting(r.PathValue("name"))
		if !found {
			http.NotFound(w, r)
			return
		}
		writeJSON(w, http.StatusOK, setting)
	})
	mux.HandleFunc("PUT /simulator/tenants/{tenant}/settings/{name}", func(w http.ResponseWriter, r *http.Request) {
		accept(w, r, func(document map[string]any) error {
			return s.Tenant(r.PathValue("tenant")).PutSetting(r.PathValue("name"), document)
		})
	})
	mux.HandleFunc("DELETE /simulator/tenants/{tenant}/settings/{name}", func(w http.ResponseWriter, r *http.Request) {
		if !s.Tenant(r.PathValue("tenant")).DeleteSetting(r.PathValue("name")) {
			http.NotFound(w, r)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("PUT /simulator/tenants/{tenant}/workspaces", func(w http.ResponseWriter, r *http.Request) {
		accept(w, r, s.Tenant(r.PathValue("tenant")).PutWorkspace)
	})
	mux.HandleFunc("PUT /simulator/tenants/{tenant}/workspaces/tables", func(w http.ResponseWriter, r *http.Request) {
		accept(w, r, func(t tableOfWorkspace) error {
			return s.Tenant(r.PathValue("tenant")).PutTable(t.WorkspaceID, t.Name, t.Table)
		})
	})
	return mux
}

func (s *Simulator) controlRun(mux *http.ServeMux) {
	mux.HandleFunc("PUT /simulator/journal", func(w http.ResponseWriter, r *http.Request) {
		accept(w, r, func(journal struct {
			Keep bool `json:"keep"`
		}) error {
			s.SetJournal(journal.Keep)
			return nil
		})
	})
	mux.HandleFunc("PUT /simulator/latency", func(w http.ResponseWriter, r *http.Request) {
		accept(w, r, func(said struct {
			Latency string `json:"latency"`
		}) error {
			latency, err := time.ParseDuration(said.Latency)
			if err == nil {
				s.SetLatency(latency)
			}
			return err
		})
	})
}

func (s *Simulator) controlIdentities(mux *http.ServeMux) {
	mux.HandleFunc("GET /simulator/environment", func(w http.ResponseWriter, _ *http.Request) {
		endpoint, header := s.IdentityEndpoint()
		writeJSON(w, http.StatusOK, map[string]string{
			"IDENTITY_ENDPOINT":            endpoint,
			"IDENTITY_HEADER":              header,
			"ACTIONS_ID_TOKEN_REQUEST_URL": s.GitHubRequestURL(),
			"SYSTEM_OIDCREQUESTURI":        s.AzureDevOpsRequestURL(),
		})
	})
	mux.HandleFunc("PUT /simulator/managed-identities", func(w http.ResponseWriter, r *http.Request) {
		accept(w, r, func(m ManagedIdentity) error { s.AddManagedIdentity(m); return nil })
	})
	mux.HandleFunc("PUT /simulator/github-jobs", func(w http.ResponseWriter, r *http.Request) {
		accept(w, r, func(j GitHubJob) error { s.AddGitHubJob(j); return nil })
	})
	mux.HandleFunc("PUT /simulator/service-connections", func(w http.ResponseWriter, r *http.Request) {
		accept(w, r, func(c ServiceConnection) error { s.AddServiceConnection(c); return nil })
	})
	mux.HandleFunc("POST /simulator/identity-tokens", func(w http.ResponseWriter, r *http.Request) {
		var wanted IdentityToken
		if err := decodeStrictly(r.Body, &wanted); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		token, err := s.IssueIdentityToken(wanted)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		writeJSON(w, http.StatusOK, map[string]string{"token": token})
	})
}

// tableOfWorkspace is a table and where it belongs.
type tableOfWorkspace struct {
	WorkspaceID string `json:"workspaceId"`
	Name        string `json:"name"`
	Table
}

// accept decodes a request's body strictly and applies it.
func accept[T any](w http.ResponseWriter, r *http.Request, apply func(T) error) {
	var value T
	if err := decodeStrictly(r.Body, &value); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := apply(value); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func decodeStrictly(from io.Reader, value any) error {
	decoder := json.NewDecoder(from)
	decoder.DisallowUnknownFields()
	return decoder.Decode(value)
}

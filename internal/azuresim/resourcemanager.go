package azuresim

import (
	"fmt"
	"net/http"
	"strings"
)

// resourceManager answers as Azure Resource Manager's gateway: it checks the token, finds the resource provider and
// the role, and only then lets the service answer.
func (s *Simulator) resourceManager(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if id := r.Header.Get("x-ms-correlation-request-id"); id != "" {
		w.Header().Set("x-ms-correlation-request-id", id) // wire contract 2.1
	}
	token, refused := s.admit(r)
	if refused == nil && !token.isFor(Audience) && !token.isFor(s.URL) {
		refused = s.invalidToken()
	}
	if refused != nil {
		w.Header().Set("WWW-Authenticate", refused.challenge)
		refuseAtGateway(w, http.StatusUnauthorized, refused.code, refused.message)
		return
	}
	if _, err := s.readAuxiliary(r); err != nil {
		refuseAtGateway(w, http.StatusUnauthorized, "InvalidAuthenticationToken", "Authentication failed: "+err.Error()+".")
		return
	}
	tenant, found := s.existingTenant(token.Tenant)
	if !found {
		refuseAtGateway(w, http.StatusUnauthorized, "InvalidAuthenticationTokenTenant", "The access token is from the wrong issuer '"+token.Tenant+"'.")
		return
	}

	path := strings.TrimSuffix(r.URL.Path, "/") // a trailing slash is accepted (wire contract 2.8)
	lower := strings.ToLower(path)
	const settings, categories = "/providers/microsoft.aadiam/diagnosticsettings", "/providers/microsoft.aadiam/diagnosticsettingscategories"
	call := aadiamCall{w: w, r: r, tenant: tenant, token: token, version: r.URL.Query().Get("api-version")}
	ofWorkspace := workspacePath.FindStringSubmatch(path)
	switch {
	case call.version == "":
		refuseAtGateway(w, http.StatusBadRequest, "MissingApiVersionParameter",
			"The api-version query parameter (?api-version=) is required for all requests.")
	case lower == categories:
		call.listCategories()
	case lower == settings:
		call.list()
	case strings.HasPrefix(lower, settings+"/") && !strings.Contains(lower[len(settings)+1:], "/"):
		call.name = path[len(settings)+1:]
		call.item()
	case ofWorkspace != nil:
		s.answerWorkspace(workspaceCall{w: w, r: r, tenant: tenant, token: token, version: call.version}, ofWorkspace)
	default:
		refuseAtGateway(w, http.StatusNotFound, "InvalidResourceType", fmt.Sprintf("The resource type could not be found for the path '%s'.", path))
	}
}

// refusal is an error answer.
type refusal struct {
	status        int
	code, message string
	// gateway says that the gateway refuses, which wraps its errors (wire contract 2.3, 3.1). The diagnostic-settings service
	// answers flat ones (2.2, inferred by exact length).
	gateway bool
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.status, r.code, r.message) }

func (r *refusal) answer(w http.ResponseWriter) {
	body := map[string]any{"code": r.code, "message": r.message}
	if r.gateway {
		w.Header().Set("x-ms-failure-cause", "gateway")
		body = map[string]any{"error": body}
	}
	writeJSON(w, r.status, body)
}

func refuseAtGateway(w http.ResponseWriter, status int, code, message string) {
	(&refusal{status, code, message, true}).answer(w)
}

// refuseAuthorization is the gateway's refusal of an identity without a role (wire contract 3.2).
func refuseAuthorization(w http.ResponseWriter, token accessToken, action, scope string) {
	refuseAtGateway(w, http.StatusForbidden, "AuthorizationFailed", fmt.Sprintf(
		"The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' "+
			"or the scope is invalid. If access was recently granted, please refresh your credentials.",
		token.ClientID, token.ObjectID, action, scope))
}

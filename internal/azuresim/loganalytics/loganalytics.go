// Package loganalytics simulates the query service of Log Analytics. README.md in the directory above says how it
// behaves and how that is known.
package loganalytics

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/entra"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/resourcemanager"
)

// Audience is the audience of tokens for the simulated query service. It also accepts its own URL, and the audience
// of the public cloud.
const (
	Audience       = "https://loganalytics.simulator.invalid"
	publicAudience = "https://api.loganalytics.io"
)

// Service is the query service for all tenants.
type Service struct {
	entra           *entra.Service
	resourceManager *resourcemanager.Service
	url             string
	now             func() time.Time
}

// New makes a service with a URL of its own that checks tokens with Entra ID and queries the workspaces of Resource
// Manager.
func New(e *entra.Service, r *resourcemanager.Service, url string, now func() time.Time) *Service {
	return &Service{entra: e, resourceManager: r, url: url, now: now}
}

// queryPath is the path of a workspace's queries. That its letter case doesn't matter is inferred.
var queryPath = regexp.MustCompile(`(?i)^/v1/workspaces/([^/]+)/query$`)

// ServeHTTP checks the token, finds the workspace, checks whether the caller may query it, and evaluates the query
// (README, "Refused queries").
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, refused := s.entra.Admit(r)
	if refused != nil {
		w.Header().Set("WWW-Authenticate", refused.Challenge)
		refuse(w, http.StatusUnauthorized, queryError{
			Code: "AuthenticationFailed", Message: "Authentication failed. The 'Authorization' header is missing.",
		})
		return
	}
	if !token.IsFor(Audience, publicAudience, s.url) {
		refuse(w, http.StatusForbidden, queryError{Code: "InvalidAuthenticationTokenAudience", Message: fmt.Sprintf(
			"The access token has been obtained from wrong audience or resource '%s'. It should exactly match (including "+
				"forward slash) with one of the allowed audiences '%s'.", strings.Join(token.Audience, ","), Audience)})
		return
	}
	queried, found := s.workspace(token, r.URL.Path)
	switch {
	case !found:
		refuse(w, http.StatusNotFound, queryError{Code: "PathNotFoundError", Message: "The requested path does not exist"})
	case r.Method != http.MethodPost:
		refuse(w, http.StatusNotImplemented, notImplemented("The simulator answers queries by POST only."))
	case queried.QueryDenied:
		refuse(w, http.StatusForbidden, insufficientAccess(nil))
	case queried.QueryAccess == "Disabled":
		refuse(w, http.StatusForbidden, insufficientAccess(privateOnly(queried, r)))
	default:
		queried.serve(w, r, s.now().UTC())
	}
}

// workspace finds the workspace of a path among those that the token's tenant can read.
func (s *Service) workspace(token entra.Token, path string) (workspace, bool) {
	parts := queryPath.FindStringSubmatch(path)
	if parts == nil {
		return workspace{}, false
	}
	found, ok := s.resourceManager.ReadableCustomer(token.Tenant, parts[1])
	return workspace{found}, ok
}

// workspace is a workspace that is queried.
type workspace struct{ resourcemanager.Workspace }

// request is the body of a query.
type request struct {
	Query      string   `json:"query"`
	Timespan   string   `json:"timespan"`
	Workspaces []string `json:"workspaces"`
}

// serve answers a query. A request without a body or a content type gets an empty success (README, "Answers").
func (w workspace) serve(answer http.ResponseWriter, r *http.Request, now time.Time) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	if len(body) == 0 || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		answer.WriteHeader(http.StatusOK)
		return
	}
	var asked request
	if err := json.Unmarshal(body, &asked); err != nil {
		refuse(answer, http.StatusBadRequest, badArgument(&queryError{Code: "InvalidJson", Message: err.Error()})) // inferred
		return
	}
	if len(asked.Workspaces) > 0 {
		refuse(answer, http.StatusNotImplemented, notImplemented("The simulator queries one workspace only."))
		return
	}
	if w.NoContent && !w.hasRecords() {
		answer.WriteHeader(http.StatusNoContent)
		return
	}
	result, failures, err := w.run(asked, now)
	if err != nil {
		refuse(answer, http.StatusBadRequest, badArgument(causeOf(err)))
		return
	}
	document := map[string]any{"tables": []any{wireTable(result.Table)}}
	if partial := partialError(result.Warnings, failures); partial != nil {
		document["error"] = partial
	}
	if prefers(r, "include-permissions=true") {
		document["permissions"] = w.permissions()
	}
	jsonhttp.Write(answer, http.StatusOK, document)
}

// prefers reports whether a request has a preference in its Prefer header.
func prefers(r *http.Request, preference string) bool {
	preferences := strings.Split(strings.Join(r.Header.Values("Prefer"), ","), ",")
	return slices.ContainsFunc(preferences, func(one string) bool { return strings.TrimSpace(one) == preference })
}

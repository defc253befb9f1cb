// Package loganalytics simulates the query service of Log Analytics. README.md in the directory above says how it
// behaves and how that is known.
package loganalytics

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
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
}

// New makes a service with a URL of its own that checks tokens with Entra ID and queries the workspaces of Resource
// Manager.
func New(e *entra.Service, r *resourcemanager.Service, url string) *Service {
	return &Service{entra: e, resourceManager: r, url: url}
}

// queryPath is the method and the path of a workspace's queries. That its letter case doesn't matter is inferred.
var queryPath = regexp.MustCompile(`(?i)^POST /v1/workspaces/([^/]+)/query$`)

// ServeHTTP answers a query.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	document, err := s.answer(r)
	jsonhttp.Respond(w, document, err)
}

// answer checks the token, finds the workspace among those that the token's tenant can read, checks whether the caller
// may query it, and evaluates the query (README, "Refused queries").
func (s *Service) answer(r *http.Request) (any, error) {
	token, unknown := s.entra.Admit(r)
	if unknown != nil {
		refused := refuse(http.StatusUnauthorized, queryError{
			Code: "AuthenticationFailed", Message: "Authentication failed. The 'Authorization' header is missing.",
		})
		refused.Headers = map[string]string{"WWW-Authenticate": unknown.Challenge}
		return nil, refused
	}
	var queried workspace
	found := false
	if parts := queryPath.FindStringSubmatch(r.Method + " " + r.URL.Path); parts != nil {
		queried.Workspace, found = s.resourceManager.ReadableCustomer(token.Tenant, parts[1])
	}
	denied := queryError{
		Code:    "InsufficientAccessError",
		Message: "The provided credentials have insufficient access to perform the requested operation",
	}
	switch {
	case !token.IsFor(Audience, publicAudience, s.url):
		return nil, refuse(http.StatusForbidden, queryError{Code: "InvalidAuthenticationTokenAudience", Message: fmt.Sprintf(
			"The access token has been obtained from wrong audience or resource '%s'. It should exactly match (including "+
				"forward slash) with one of the allowed audiences '%s'.", strings.Join(token.Audience, ","), Audience)})
	case !found:
		return nil, refuse(http.StatusNotFound, queryError{
			Code: "PathNotFoundError", Message: "The requested path does not exist",
		})
	case queried.QueryDenied:
		return nil, refuse(http.StatusForbidden, denied)
	case queried.QueryAccess == "Disabled":
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		denied.Inner = &queryError{Code: "NspValidationFailedError", Message: fmt.Sprintf(
			"Access to workspace '%s' from '%s' is denied. To allow access from public networks, change the workspace "+
				"Networking settings or add it to a Network Security Perimeter. (workspace resource ID: %s)",
			queried.Name(), host, strings.ToLower(queried.ID))}
		return nil, refuse(http.StatusForbidden, denied)
	}
	return queried.answer(r, time.Now().UTC())
}

// workspace is a workspace that is queried.
type workspace struct{ resourcemanager.Workspace }

// request is the body of a query.
type request struct{ Query, Timespan string }

// answer answers a query. A request without a body or a content type gets an empty success (README, "Answers").
func (w workspace) answer(r *http.Request, now time.Time) (any, error) {
	body, _ := io.ReadAll(r.Body) // the simulator has read it before
	if len(body) == 0 || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return nil, nil
	}
	var asked request
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, badArgument(&queryError{Code: "InvalidJson", Message: err.Error()}) // inferred
	}
	if w.NoContent && !w.hasRecords() {
		return nil, &jsonhttp.Answer{Status: http.StatusNoContent}
	}
	document, err := w.query(asked, now)
	if err != nil {
		return nil, badArgument(err)
	}
	if strings.Contains(strings.Join(r.Header.Values("Prefer"), ","), "include-permissions=true") {
		document["permissions"] = w.permissions()
	}
	return document, nil
}

// Package resourcemanager simulates Azure Resource Manager with the diagnostic settings of Entra ID, and with Log
// Analytics workspaces and their tables. README.md in the directory above says how each behaves and how that is
// known.
package resourcemanager

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/entra"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

// Audience is the audience of tokens for the simulated Azure Resource Manager. It also accepts its own URL, and the
// audiences of the public cloud.
const Audience = "https://management.simulator.invalid/"

var publicAudiences = []string{
	"https://management.core.windows.net/", "https://management.azure.com/", "https://management.azure.com",
}

// Service is Azure Resource Manager for all tenants. Its methods are safe for concurrent use.
type Service struct {
	entra    *entra.Service
	url      string
	queryURL string // of Log Analytics' query service
	now      func() time.Time
	buckets  buckets

	mu      sync.Mutex
	tenants map[string]*Tenant
}

// New makes a service that checks tokens with Entra ID, with its own URL and that of the query service.
func New(entraID *entra.Service, url, queryURL string, now func() time.Time) *Service {
	return &Service{entra: entraID, url: url, queryURL: queryURL, now: now, tenants: map[string]*Tenant{}}
}

// Tenant returns a tenant, and makes it if there is none of that id yet.
func (s *Service) Tenant(id string) *Tenant {
	s.mu.Lock()
	defer s.mu.Unlock()
	id = strings.ToLower(id)
	if s.tenants[id] == nil {
		s.tenants[id] = &Tenant{id: id, now: s.now, workspaces: map[string]Workspace{}}
	}
	return s.tenants[id]
}

// call is one request, once its token is accepted.
type call struct {
	w       http.ResponseWriter
	r       *http.Request
	service *Service
	tenant  *Tenant
	token   entra.Token
	version string
}

const (
	settingsPath   = "/providers/microsoft.aadiam/diagnosticsettings"
	categoriesPath = "/providers/microsoft.aadiam/diagnosticsettingscategories"
)

// workspacePath is the path of a workspace, or of one of its tables.
var workspacePath = regexp.MustCompile(`(?i)^((/subscriptions/[^/]+)/resourceGroups/([^/]+)/providers/` +
	`Microsoft\.OperationalInsights/workspaces/([^/]+))(?:/tables/([^/]+))?$`)

// ServeHTTP answers as Resource Manager's gateway: it checks the token, finds the resource provider and checks the
// role before it lets the provider answer.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(strings.ToLower(r.URL.Path), metadataPath) {
		s.serveMetadata(w, r)
		return
	}
	s.writeHeaders(w, r)
	token, refused := s.entra.Admit(r, append(publicAudiences, Audience, s.url)...)
	if refused != nil {
		w.Header().Set("WWW-Authenticate", refused.Challenge)
		refuseAtGateway(w, http.StatusUnauthorized, refused.Code, refused.Message)
		return
	}
	if _, err := s.entra.AuxiliaryTenants(r, append(publicAudiences, Audience, s.url)...); err != nil {
		refuseAtGateway(w, http.StatusUnauthorized, "InvalidAuthenticationToken", "Authentication failed: "+err.Error()+".")
		return
	}
	if s.throttled(w, r, token) {
		return
	}
	c := call{
		w: w, r: r, service: s, tenant: s.Tenant(token.Tenant), token: token, version: r.URL.Query().Get("api-version"),
	}
	if c.version == "" {
		refuseAtGateway(w, http.StatusBadRequest, "MissingApiVersionParameter",
			"The api-version query parameter (?api-version=) is required for all requests.")
		return
	}
	c.route(strings.TrimSuffix(r.URL.Path, "/"))
}

// route finds the resource provider of a path, whose letter case doesn't matter (README, "Paths and versions").
func (c call) route(path string) {
	lower := strings.ToLower(path)
	name, isSetting := strings.CutPrefix(lower, settingsPath+"/")
	workspace := workspacePath.FindStringSubmatch(path)
	switch {
	case lower == categoriesPath:
		c.listCategories()
	case lower == settingsPath:
		c.listSettings()
	case isSetting && !strings.Contains(name, "/"):
		settingCall{c, path[len(settingsPath)+1:]}.answer()
	case workspace != nil:
		workspaceCall{c, workspace[1], workspace[2], workspace[3], workspace[4], workspace[5]}.answer()
	default:
		refuseAtGateway(c.w, http.StatusNotFound, "InvalidResourceType", fmt.Sprintf(
			"The resource type could not be found in the namespace '%s' for api version '%s'.", namespaceOf(path), c.version))
	}
}

func namespaceOf(path string) string {
	_, after, _ := strings.Cut(strings.ToLower(path), "/providers/")
	namespace, _, _ := strings.Cut(after, "/")
	return namespace
}

// writeHeaders writes the headers that every answer has (README, "Headers").
func (s *Service) writeHeaders(w http.ResponseWriter, r *http.Request) {
	requestID := rand.Text()
	correlationID := r.Header.Get("x-ms-correlation-request-id")
	if correlationID == "" {
		correlationID = requestID
	}
	for name, value := range map[string]string{
		"Cache-Control":               "no-cache",
		"X-Content-Type-Options":      "nosniff",
		"x-ms-request-id":             requestID,
		"x-ms-correlation-request-id": correlationID,
		"x-ms-routing-request-id":     "SIMULATOR:" + s.now().UTC().Format("20060102T150405Z") + ":" + requestID,
	} {
		w.Header().Set(name, value)
	}
}

// refusal is an error answer.
type refusal struct {
	status        int
	code, message string
	gateway       bool // the gateway wraps its errors, and the diagnostic settings don't (README, "Error bodies")
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.status, r.code, r.message) }

func (r *refusal) answer(w http.ResponseWriter) {
	body := map[string]any{"code": r.code, "message": r.message}
	if r.gateway {
		w.Header().Set("x-ms-failure-cause", "gateway")
		body = map[string]any{"error": body}
	}
	jsonhttp.Write(w, r.status, body)
}

func refuseAtGateway(w http.ResponseWriter, status int, code, message string) {
	(&refusal{status, code, message, true}).answer(w)
}

// refuseAuthorization is the gateway's refusal of an identity without a role (README, "Permissions").
func (c call) refuseAuthorization(action, scope string) {
	refuseAtGateway(c.w, http.StatusForbidden, "AuthorizationFailed", fmt.Sprintf(
		"The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' "+
			"or the scope is invalid. If access was recently granted, please refresh your credentials.",
		c.token.ClientID, c.token.ObjectID, action, scope))
}

// refuseVersion and refuseMethod are described in README, "Paths and versions".
func (c call) refuseVersion(kind, supported string) {
	refuseAtGateway(c.w, http.StatusBadRequest, "NoRegisteredProviderFound", fmt.Sprintf(
		"No registered resource provider found for location '' and API version '%s' for type '%s'. "+
			"The supported api-versions are '%s'.", c.version, kind, supported))
}

func (c call) refuseMethod() {
	jsonhttp.Write(c.w, http.StatusMethodNotAllowed, map[string]any{
		"Message": fmt.Sprintf("The requested resource does not support http method '%s'.", c.r.Method),
	})
}

// Package resourcemanager simulates Azure Resource Manager with the diagnostic settings of Entra ID, and with Log
// Analytics workspaces and their tables. README.md in the directory above says how each behaves and how that is
// known.
package resourcemanager

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/entra"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

// Audience is the audience of tokens for the simulated Azure Resource Manager. It also accepts its own URL, and the
// audiences of the public cloud.
const Audience = "https://management.simulator.invalid/"

// Service is Azure Resource Manager for all tenants. Its methods are safe for concurrent use.
type Service struct {
	entra     *entra.Service
	url       string
	queryURL  string // of Log Analytics' query service
	audiences []string

	mu        sync.Mutex         // for all tenants, too
	tenants   map[string]*Tenant // by their ids in lower case
	throttles bool
	full      map[string]time.Time // when a bucket of requests is full again, by scope, principal and operation
}

// New makes a service that checks tokens with Entra ID, with its own URL and that of the query service.
func New(entraID *entra.Service, url, queryURL string) *Service {
	return &Service{
		entra: entraID, url: url, queryURL: queryURL,
		audiences: []string{Audience, url, "https://management.core.windows.net/",
			"https://management.azure.com/", "https://management.azure.com"},
		tenants: map[string]*Tenant{}, full: map[string]time.Time{},
	}
}

// Tenant returns a tenant, and makes it if there is none of that id yet.
func (s *Service) Tenant(id string) *Tenant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tenant(id)
}

func (s *Service) tenant(id string) *Tenant {
	id = strings.ToLower(id)
	if s.tenants[id] == nil {
		s.tenants[id] = &Tenant{Directory: s.entra.Directory(id), id: id, service: s, workspaces: map[string]Workspace{}}
	}
	return s.tenants[id]
}

// operation answers a request with a document, or without a body if it is nil.
type operation func(call) (document any, err error)

// resourceType is a type of resource.
type resourceType struct {
	namespace  string
	name       string
	path       *regexp.Regexp // in any letter case (README, "Paths and versions")
	versions   []string
	operations operations
}

type operations map[string]operation // by their methods

// The namespaces of the resource providers.
const (
	aadiam              = "microsoft.aadiam"
	operationalInsights = "Microsoft.OperationalInsights"
)

const settingsPattern = `/providers/microsoft\.aadiam/diagnosticSettings`

var resourceTypes = []resourceType{
	{aadiam, "diagnosticSettings", anyCase(settingsPattern), versions, operations{"GET": call.listSettings}},
	{aadiam, "diagnosticSettings", anyCase(settingsPattern + `/([^/]+)`), versions, operations{
		"GET": call.getSetting, "PUT": call.putSetting, "DELETE": call.deleteSetting,
	}},
	{aadiam, "diagnosticSettingsCategories", anyCase(settingsPattern + "Categories"), versions[1:], operations{
		"GET": call.listCategories,
	}},
	{operationalInsights, "workspaces", workspacePath, []string{"2023-09-01"}, operations{"GET": call.getWorkspace}},
	{operationalInsights, "workspaces/tables", tablePath, []string{"2022-10-01"}, operations{"GET": call.getTable}},
}

func anyCase(path string) *regexp.Regexp { return regexp.MustCompile(`(?i)^` + path + `$`) }

// call is one request, once its token is accepted. Its operation holds the service's lock.
type call struct {
	r       *http.Request
	service *Service
	tenant  *Tenant
	token   entra.Token
	verb    string // what it does: read, write or delete
	kind    resourceType
	path    []string // the path, and the parts that the resource type's pattern names
}

// ServeHTTP answers as Resource Manager's gateway: it checks the token, finds the resource type, and lets the
// resource provider answer.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	document, err := s.serve(w, r)
	jsonhttp.Respond(w, document, err)
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request) (document any, err error) {
	if strings.EqualFold(r.URL.Path, metadataPath) {
		return s.metadata(r)
	}
	s.writeHeaders(w, r)
	token, refused := s.entra.Admit(r, s.audiences...)
	if refused != nil {
		w.Header().Set("WWW-Authenticate", refused.Challenge)
		return nil, gatewayError(http.StatusUnauthorized, refused.Code, "%s", refused.Message)
	}
	if _, err := s.entra.AuxiliaryTenants(r, s.audiences...); err != nil {
		return nil, gatewayError(http.StatusUnauthorized, "InvalidAuthenticationToken", "Authentication failed: %v.", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	verb := cmp.Or(map[string]string{http.MethodGet: "read", http.MethodDelete: "delete"}[r.Method], "write")
	c := call{r: r, service: s, tenant: s.tenant(token.Tenant), token: token, verb: verb}
	if err := c.throttle(w); err != nil {
		return nil, err
	}
	return c.answer()
}

// answer finds the resource type and the operation (README, "Paths and versions").
func (c call) answer() (any, error) {
	version := c.r.URL.Query().Get("api-version")
	if version == "" {
		return nil, gatewayError(http.StatusBadRequest, "MissingApiVersionParameter",
			"The api-version query parameter (?api-version=) is required for all requests.")
	}
	path := strings.TrimSuffix(c.r.URL.Path, "/")
	for _, kind := range resourceTypes {
		c.kind, c.path = kind, kind.path.FindStringSubmatch(path)
		if c.path == nil {
			continue
		}
		operation, supported := kind.operations[c.r.Method]
		switch role := c.tenant.RoleOf(c.token.ClientID); {
		case !supported:
			return nil, &jsonhttp.Answer{Status: http.StatusMethodNotAllowed, Body: map[string]any{
				"Message": "The requested resource does not support http method '" + c.r.Method + "'.",
			}}
		case !slices.Contains(kind.versions, version):
			return nil, gatewayError(http.StatusBadRequest, "NoRegisteredProviderFound",
				"No registered resource provider found for location '' and API version '%s' for type '%s'. "+
					"The supported api-versions are '%s'.", version, kind.name, strings.Join(kind.versions, ", "))
		case kind.namespace == aadiam && role != entra.Contributor && (role != entra.Reader || c.verb != "read"):
			resource := "/providers/" + aadiam + "/" + kind.name
			return nil, c.unauthorized(strings.Join(append([]string{resource}, c.path[1:]...), "/"))
		}
		return operation(c)
	}
	_, namespace, _ := strings.Cut(strings.ToLower(path), "/providers/")
	namespace, _, _ = strings.Cut(namespace, "/")
	return nil, gatewayError(http.StatusNotFound, "InvalidResourceType",
		"The resource type could not be found in the namespace '%s' for api version '%s'.", namespace, version)
}

// writeHeaders writes the headers that every answer has (README, "Headers").
func (s *Service) writeHeaders(w http.ResponseWriter, r *http.Request) {
	requestID := rand.Text()
	for name, value := range map[string]string{
		"Cache-Control":               "no-cache",
		"X-Content-Type-Options":      "nosniff",
		"x-ms-request-id":             requestID,
		"x-ms-correlation-request-id": cmp.Or(r.Header.Get("x-ms-correlation-request-id"), requestID),
		"x-ms-routing-request-id":     "SIMULATOR:" + time.Now().UTC().Format("20060102T150405Z") + ":" + requestID,
	} {
		w.Header().Set(name, value)
	}
}

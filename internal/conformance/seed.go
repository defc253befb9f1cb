package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

var (
	tokenPath     = regexp.MustCompile(`^/([^/]+)/oauth2/v2\.0/token$`)
	settingPath   = regexp.MustCompile(`(?i)^/providers/microsoft\.aadiam/diagnosticSettings(?:/([^/]+))?$`)
	categoryPath  = regexp.MustCompile(`(?i)^/providers/microsoft\.aadiam/diagnosticSettingsCategories$`)
	workspacePath = regexp.MustCompile(`(?i)/Microsoft\.OperationalInsights/workspaces/[^/]+$`)
	queryPath     = regexp.MustCompile(`^/v1/workspaces/([^/]+)/query$`)
)

// body has the members that tell what there was before the first request: of a sign-in, a query and their answers, of a
// workspace, and of a list of settings or categories.
type body struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Query        string
	Tables       []struct{ Rows [][]any }
	ID           string
	Properties   struct {
		CustomerID, PublicNetworkAccessForQuery string
		WorkspaceCapping                        struct{ DataIngestionStatus string }
	}
	Value []map[string]any
}

// read finds the members. One of another type than usual counts as missing.
func read(document any) (b body) {
	text, _ := json.Marshal(document)
	_ = json.Unmarshal(text, &b)
	return b
}

// seed gives the simulator what there was before the first request, as far as an answer shows it: applications,
// workspaces with their tables, and the categories that a tenant offers.
func (p *player) seed(exchange Exchange) error {
	path, tenant := pathOf(exchange), p.sim.Tenant(exchange.Tenant)
	sent, answer := read(exchange.RequestBody), read(exchange.Body)
	tenant.AddPrincipal(application)
	if client := tokenPath.FindStringSubmatch(path); client != nil {
		signingIn := application
		signingIn.ClientID, signingIn.Secret = sent.ClientID, sent.ClientSecret
		p.sim.Tenant(client[1]).AddPrincipal(signingIn)
	}
	if queried := queryPath.FindStringSubmatch(path); queried != nil && p.workspaces[queried[1]] != "" {
		return putTables(tenant, p.workspaces[queried[1]], sent.Query, answer)
	}
	if !isFound(exchange) || p.meets(exchange.Tenant+path) {
		return nil
	}
	switch {
	case categoryPath.MatchString(path):
		simulated, err := p.send(exchange)
		known := read(simulated.Body)
		tenant.Behave(azuresim.Behaviour{NewCategories: answer.without(known), WithoutCategories: known.without(answer)})
		return err
	case workspacePath.MatchString(path):
		p.workspaces[answer.Properties.CustomerID] = answer.ID
		return tenant.PutWorkspace(azuresim.Workspace{
			ID: answer.ID, CustomerID: answer.Properties.CustomerID,
			IngestionStatus: answer.Properties.WorkspaceCapping.DataIngestionStatus,
			QueryAccess:     answer.Properties.PublicNetworkAccessForQuery,
		})
	}
	return nil
}

// meets says whether something was met before.
func (p *player) meets(key string) (before bool) {
	before, p.met[key] = p.met[key], true
	return before
}

func isFound(exchange Exchange) bool {
	return exchange.Method == http.MethodGet && exchange.Status == http.StatusOK
}

// without are the names of the elements of a list that another list doesn't have.
func (b body) without(left body) (names []string) {
	for _, element := range b.Value {
		if !slices.ContainsFunc(left.Value, func(other map[string]any) bool { return keyOf(other) == keyOf(element) }) {
			names = append(names, keyOf(element))
		}
	}
	return names
}

// putTables makes the tables that a query names and that have a row in its answer.
func putTables(tenant *azuresim.Tenant, workspaceID, query string, answer body) error {
	for _, table := range answer.Tables {
		for _, cell := range slices.Concat(table.Rows...) {
			if name, isText := cell.(string); isText && strings.Contains(query, "("+name+" |") {
				if err := tenant.PutTable(workspaceID, name, azuresim.Table{}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// seedSettings makes the settings that are in an answer before a request makes them.
func (p *player) seedSettings(exchange Exchange) error {
	asked := settingPath.FindStringSubmatch(pathOf(exchange))
	if asked != nil && exchange.Method == http.MethodPut {
		p.meets(strings.ToLower(exchange.Tenant + asked[1]))
	}
	if asked == nil || !isFound(exchange) {
		return nil
	}
	single, _ := exchange.Body.(map[string]any) // or a list, which has no name
	for _, setting := range append(read(exchange.Body).Value, single) {
		name := keyOf(setting)
		if name == "" || p.meets(strings.ToLower(exchange.Tenant+name)) {
			continue
		}
		if err := p.sim.Tenant(exchange.Tenant).PutSetting(name, setting); err != nil {
			return fmt.Errorf("the simulator can't have the setting %s: %w", name, err)
		}
	}
	return nil
}

// pathOf is the path of the URL, "" if the URL is invalid, which send reports.
func pathOf(exchange Exchange) string {
	parsed, err := url.Parse(exchange.URL)
	if err != nil {
		return ""
	}
	return parsed.Path
}

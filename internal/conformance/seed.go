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
// workspace, and of a setting or a list of settings or categories.
type body struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Query        string
	Tables       []struct{ Rows [][]any }
	ID, Name     string
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

// seed gives the simulator what there was before the first request, as far as the answers show it: applications,
// workspaces with their tables, the categories that each tenant offers, and the settings that no request made.
func (p *player) seed(transcript []Exchange) error {
	tables, seen := tablesOf(transcript), map[string]bool{}
	for i, exchange := range transcript {
		path, tenant := pathOf(exchange), p.sim.Tenant(exchange.Tenant)
		if exchange.Tenant != "" {
			tenant.AddPrincipal(application)
		}
		if match := tokenPath.FindStringSubmatch(path); match != nil {
			client, form := application, read(exchange.RequestBody)
			client.ClientID, client.Secret = form.ClientID, form.ClientSecret
			p.sim.Tenant(match[1]).AddPrincipal(client)
		}
		if exchange.Method != http.MethodGet || exchange.Status != http.StatusOK || seen[exchange.Tenant+path] {
			continue
		}
		seen[exchange.Tenant+path] = true
		answer, err := read(exchange.Body), error(nil)
		switch {
		case categoryPath.MatchString(path):
			var simulated Exchange
			simulated, err = p.send(exchange)
			known := read(simulated.Body)
			tenant.Behave(azuresim.Behaviour{
				NewCategories: answer.without(known), WithoutCategories: known.without(answer),
			})
		case workspacePath.MatchString(path):
			err = tenant.PutWorkspace(azuresim.Workspace{
				ID: answer.ID, CustomerID: answer.Properties.CustomerID, Tables: tables[answer.Properties.CustomerID],
				IngestionStatus: answer.Properties.WorkspaceCapping.DataIngestionStatus,
				QueryAccess:     answer.Properties.PublicNetworkAccessForQuery,
			})
		}
		if err != nil {
			return fmt.Errorf("seeding the simulator by request %d: %w", i+1, err)
		}
	}
	p.seedSettings(transcript)
	return nil
}

// without are the names of the elements of a list that another list doesn't have.
func (b body) without(left body) (names []string) {
	for _, element := range b.Value {
		name, _ := element["name"].(string)
		if !slices.ContainsFunc(left.Value, func(other map[string]any) bool { return other["name"] == name }) {
			names = append(names, name)
		}
	}
	return names
}

// seedSettings makes the settings that are in an answer before a request makes them. Their categories must be known.
func (p *player) seedSettings(transcript []Exchange) {
	made := map[string]bool{}
	for i, exchange := range transcript {
		match := settingPath.FindStringSubmatch(pathOf(exchange))
		if match != nil && exchange.Method == http.MethodPut {
			made[strings.ToLower(exchange.Tenant+match[1])] = true
		}
		if match == nil || exchange.Method != http.MethodGet || exchange.Status != http.StatusOK {
			continue
		}
		settings := read(exchange.Body).Value
		if single, isDocument := exchange.Body.(map[string]any); isDocument {
			settings = append(settings, single)
		}
		for _, setting := range settings {
			name, _ := setting["name"].(string)
			key := strings.ToLower(exchange.Tenant + name)
			if name == "" || made[key] {
				continue
			}
			made[key] = true
			if err := p.sim.Tenant(exchange.Tenant).PutSetting(name, setting); err != nil {
				p.differs(fmt.Sprintf("the simulator can't have the setting %s: %v", name, err), nameOf(i, exchange))
			}
		}
	}
}

// tablesOf are the tables with a row in a query's answer, by the workspace's GUID.
func tablesOf(transcript []Exchange) map[string]map[string]azuresim.Table {
	found := map[string]map[string]azuresim.Table{}
	for _, exchange := range transcript {
		match := queryPath.FindStringSubmatch(pathOf(exchange))
		if match == nil {
			continue
		}
		query, tables := read(exchange.RequestBody).Query, map[string]azuresim.Table{}
		for _, table := range read(exchange.Body).Tables {
			for _, cell := range slices.Concat(table.Rows...) {
				if name, isText := cell.(string); isText && strings.Contains(query, "("+name+" |") {
					tables[name] = azuresim.Table{}
				}
			}
		}
		found[match[1]] = tables
	}
	return found
}

// pathOf is the path of the URL, "" if the URL is invalid, which send reports.
func pathOf(exchange Exchange) string {
	parsed, err := url.Parse(exchange.URL)
	if err != nil {
		return ""
	}
	return parsed.Path
}

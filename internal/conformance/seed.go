package conformance

import (
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
)

// seed gives the simulator what there was before the first request, as far as the answers show it: applications,
// workspaces with their tables, the categories that each tenant offers, and the settings that no request made.
func (p *player) seed(transcript []Exchange) error {
	tables, seen := tablesOf(transcript), map[string]bool{}
	for _, exchange := range transcript {
		if exchange.Tenant != "" {
			p.sim.Tenant(exchange.Tenant).AddPrincipal(application)
		}
		if match := tokenPath.FindStringSubmatch(pathOf(exchange)); match != nil {
			client := application
			client.ClientID = text(exchange.RequestBody, "client_id")
			client.Secret = text(exchange.RequestBody, "client_secret")
			p.sim.Tenant(match[1]).AddPrincipal(client)
		}
	}
	for i, exchange := range transcript { // before the settings, which need the categories
		key := exchange.Tenant + pathOf(exchange)
		if exchange.Method != http.MethodGet || exchange.Status != http.StatusOK || seen[key] {
			continue
		}
		seen[key] = true
		var err error
		switch path := pathOf(exchange); {
		case categoryPath.MatchString(path):
			err = p.seedCategories(exchange)
		case workspacePath.MatchString(path):
			properties := member(exchange.Body, "properties")
			err = p.sim.Tenant(exchange.Tenant).PutWorkspace(azuresim.Workspace{
				ID: text(exchange.Body, "id"), CustomerID: text(properties, "customerId"),
				Tables:          tables[text(properties, "customerId")],
				IngestionStatus: text(member(properties, "workspaceCapping"), "dataIngestionStatus"),
				QueryAccess:     text(properties, "publicNetworkAccessForQuery"),
			})
		}
		if err != nil {
			return fmt.Errorf("seeding the simulator by request %d: %w", i+1, err)
		}
	}
	p.seedSettings(transcript)
	return nil
}

// seedCategories lets the tenant offer what the transcript's did.
func (p *player) seedCategories(exchange Exchange) error {
	simulated, err := p.send(exchange)
	if err != nil {
		return err
	}
	offered, known := namesOf(exchange.Body), namesOf(simulated.Body)
	p.sim.Tenant(exchange.Tenant).Behave(azuresim.Behaviour{
		NewCategories: without(offered, known), WithoutCategories: without(known, offered),
	})
	return nil
}

func without(names, left []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(left, name) })
}

// seedSettings makes the settings that are in an answer before a request makes them.
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
		for _, document := range append(list(exchange.Body, "value"), exchange.Body) {
			setting, _ := document.(map[string]any)
			name := text(setting, "name")
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
		parts := strings.Split(pathOf(exchange), "/") // "", "v1", "workspaces", a GUID, "query"
		if len(parts) != 5 || parts[4] != "query" {
			continue
		}
		query := fmt.Sprint(member(exchange.RequestBody, "query"))
		tables := map[string]azuresim.Table{}
		for _, table := range list(exchange.Body, "tables") {
			for _, row := range list(table, "rows") {
				cells, _ := row.([]any)
				for _, cell := range cells {
					if name, isText := cell.(string); isText && strings.Contains(query, "("+name+" |") {
						tables[name] = azuresim.Table{}
					}
				}
			}
		}
		found[parts[3]] = tables
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

func member(of any, name string) any {
	members, _ := of.(map[string]any)
	return members[name]
}

func list(of any, name string) []any {
	elements, _ := member(of, name).([]any)
	return elements
}

func text(of any, name string) string {
	value, _ := member(of, name).(string)
	return value
}

func namesOf(body any) []string {
	var names []string
	for _, one := range list(body, "value") {
		names = append(names, text(one, "name"))
	}
	return names
}

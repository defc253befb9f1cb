package azuresim

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// categories are those that a tenant offered in 2026 (wire contract 5), in an order that is neither alphabetical
// nor any client's, as the service's is (2.5).
var categories = []string{
	"ProvisioningLogs", "AuditLogs", "SignInLogs", "NonInteractiveUserSignInLogs", "ServicePrincipalSignInLogs",
	"ManagedIdentitySignInLogs", "ADFSSignInLogs", "RiskyUsers", "UserRiskEvents", "NetworkAccessTrafficLogs",
	"RiskyServicePrincipals", "ServicePrincipalRiskEvents", "EnrichedOffice365AuditLogs", "MicrosoftGraphActivityLogs",
	"RemoteNetworkHealthLogs", "NetworkAccessAlerts", "NetworkAccessConnectionEvents", "NetworkAccessGenerativeAIInsights",
	"MicrosoftServicePrincipalSignInLogs", "AzureADGraphActivityLogs", "GraphNotificationsActivityLogs",
	"B2CRequestLogs", "MicrosoftGraphPolicyLogs", "PreAuthenticationDiscoveryLogs", "RiskyAgents", "AgentRiskEvents",
}

// sinks are the properties that name a destination.
var sinks = []string{"storageAccountId", "serviceBusRuleId", "workspaceId", "eventHubAuthorizationRuleId"}

// content is what was PUT: a setting's whole content.
type content struct {
	name       string
	document   map[string]any            // the members beside id, name, type and properties
	properties map[string]any            // the members beside logs
	logs       map[string]map[string]any // by category, the enabled ones
}

// setting is a setting and what may still show of it.
type setting struct {
	name     string
	versions []version // the newest is the last
	gets     []bool    // the GETs to come, true for those that show what was before
	oldList  int       // how many LISTs to come show what was before
}

// version is what a setting was from a moment on; its content is nil where it was deleted.
type version struct {
	from    time.Time
	content *content
}

func (s *setting) now() *content { return s.versions[len(s.versions)-1].content }

func (s *setting) before() *content {
	if len(s.versions) < 2 {
		return nil
	}
	return s.versions[len(s.versions)-2].content
}

// at is what the setting was at a moment, nil where it did not exist.
func (s *setting) at(moment time.Time) *content {
	for _, v := range slices.Backward(s.versions) {
		if !v.from.After(moment) {
			return v.content
		}
	}
	return nil
}

func (t *Tenant) categories() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.offered()
}

func (t *Tenant) offered() []string {
	offered := append(slices.Clone(t.behaviour.NewCategories), categories...)
	return slices.DeleteFunc(offered, func(c string) bool { return slices.Contains(t.behaviour.WithoutCategories, c) })
}

// parse checks a document as the service would. The texts are those of Microsoft.Insights (wire contract 3.5); for a
// setting without a destination none is known.
func (t *Tenant) parse(name string, document map[string]any) (content, *refusal) {
	c := content{name: name, document: maps.Clone(document), logs: map[string]map[string]any{}}
	sent, _ := document["properties"].(map[string]any)
	if sent == nil {
		return content{}, badRequest("The request has no properties.")
	}
	for _, ours := range []string{"id", "name", "type", "properties"} { // the URL's name wins (2.6)
		delete(c.document, ours)
	}
	c.properties = maps.Clone(sent)
	delete(c.properties, "logs")
	logs, _ := sent["logs"].([]any)
	for _, entry := range logs {
		log, _ := entry.(map[string]any)
		category, _ := log["category"].(string)
		if !slices.Contains(t.categories(), category) {
			return content{}, badRequest("Category '%s' is not supported.", category)
		}
		if retention, _ := log["retentionPolicy"].(map[string]any); retention["enabled"] == true {
			return content{}, badRequest("Diagnostic settings does not support retention for new diagnostic settings.")
		}
		if log["enabled"] == true {
			c.logs[category] = log
		}
	}
	used := 0
	for _, sink := range sinks {
		id, _ := c.properties[sink].(string)
		if id != "" && !isFullID(id) {
			return content{}, badID(sink, id)
		}
		if id != "" {
			used++
		}
	}
	if used == 0 {
		return content{}, badRequest("At least one data sink needs to be specified.")
	}
	return c, nil
}

// write replaces a setting. lagging lets the change show only after a while.
func (t *Tenant) write(c content, lagging bool) *refusal {
	if len(c.logs) == 0 {
		t.remove(c.name, lagging) // no enabled log is a deletion (wire contract 4.2)
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if sink, other, category, found := t.reused(c); found {
		return conflict(sink, other, category)
	}
	held, found := t.find(c.name)
	created := !found || held.now() == nil
	if created && t.count() >= mostSettings {
		// The limit is documented, the refusal's text is not (wire contract 3.6).
		return badRequest("The maximum number of diagnostic settings, %d, has been reached.", mostSettings)
	}
	if !found {
		held = &setting{name: c.name}
		t.settings = append(t.settings, held)
	}
	lag := t.behaviour.AfterUpdate
	if created {
		lag = t.behaviour.AfterCreate
	}
	if dropped := t.behaviour.DroppedCategories; len(dropped) > 0 {
		c.logs = maps.Clone(c.logs) // PUT's answer still has them all
		maps.DeleteFunc(c.logs, func(category string, _ map[string]any) bool { return slices.Contains(dropped, category) })
	}
	t.change(held, &c, lag, lagging)
	return nil
}

// remove deletes a setting and says whether there was one.
func (t *Tenant) remove(name string, lagging bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	held, found := t.find(name)
	if !found || held.now() == nil {
		return false
	}
	t.change(held, nil, t.behaviour.AfterDelete, lagging)
	return true
}

func (t *Tenant) change(held *setting, to *content, lag Lag, lagging bool) {
	held.gets, held.oldList = nil, 0
	if !lagging {
		held.versions = []version{{content: to}} // as if it had always been so
		return
	}
	if len(t.behaviour.Replicas) == 0 && len(held.versions) > 1 {
		held.versions = held.versions[len(held.versions)-1:] // nobody asks for what was before
	}
	held.versions = append(held.versions, version{t.now(), to})
	held.gets = slices.Repeat([]bool{true}, lag.Gets)
	for i := range lag.Flaps {
		held.gets = append(held.gets, i%2 == 1)
	}
	held.oldList = lag.Lists
}

// answeredAsOf is the moment whose state the next read shows: replicas answer in turn, each with its own delay.
func (t *Tenant) answeredAsOf() time.Time {
	now := t.now()
	if len(t.behaviour.Replicas) == 0 {
		return now
	}
	delay := t.behaviour.Replicas[t.reads%len(t.behaviour.Replicas)]
	t.reads++
	return now.Add(-delay)
}

// reused finds a category that another setting already sends to the same place.
func (t *Tenant) reused(c content) (sink, other, category string, found bool) {
	for _, held := range t.settings {
		if held.now() == nil || strings.EqualFold(held.name, c.name) {
			continue
		}
		for _, sink := range sinks {
			id, _ := c.properties[sink].(string)
			theirs, _ := held.now().properties[sink].(string)
			if id == "" || !strings.EqualFold(id, theirs) {
				continue
			}
			for category := range c.logs {
				if held.now().logs[category] != nil {
					return id, held.name, category, true
				}
			}
		}
	}
	return "", "", "", false
}

// find compares names without letter case, as Azure does; that this service does is inferred (wire contract 4.4).
func (t *Tenant) find(name string) (*setting, bool) {
	i := slices.IndexFunc(t.settings, func(s *setting) bool { return strings.EqualFold(s.name, name) })
	if i < 0 {
		return nil, false
	}
	return t.settings[i], true
}

func (t *Tenant) count() int {
	n := 0
	for _, held := range t.settings {
		if held.now() != nil {
			n++
		}
	}
	return n
}

// read answers a GET, misbehaviour included.
func (t *Tenant) read(name string) (map[string]any, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	moment := t.answeredAsOf()
	held, found := t.find(name)
	if !found {
		return nil, false
	}
	shown := held.at(moment)
	if len(held.gets) > 0 {
		if held.gets[0] {
			shown = held.before()
		}
		held.gets = held.gets[1:]
	} else if shown != nil && t.behaviour.StrayNotFound > 0 {
		t.behaviour.StrayNotFound--
		shown = nil
	}
	if shown == nil {
		return nil, false
	}
	return t.show(shown), true
}

func (t *Tenant) list() []map[string]any {
	t.mu.Lock()
	defer t.mu.Unlock()
	moment := t.answeredAsOf()
	documents := []map[string]any{}
	for _, held := range t.settings {
		shown := held.at(moment)
		if held.oldList > 0 {
			held.oldList--
			shown = held.before()
		}
		if shown != nil {
			documents = append(documents, t.show(shown))
		}
	}
	return documents
}

// show is a setting as GET and LIST answer it: the whole list of logs, disabled ones included (wire contract 2.5), a
// retention policy that nobody sent (4.1, 2.7), and members that nobody needs (2.7).
func (t *Tenant) show(c *content) map[string]any {
	properties := maps.Clone(c.properties)
	for _, sink := range append(slices.Clone(sinks), "eventHubName") {
		id, _ := properties[sink].(string)
		switch {
		case id != "" && t.behaviour.LowerCaseIDs:
			properties[sink] = lowerCaseID(id)
		case id == "" && t.behaviour.Unused == "null":
			properties[sink] = nil
		case id == "" && t.behaviour.Unused == "absent":
			delete(properties, sink)
		case id == "":
			properties[sink] = ""
		}
	}
	logs := []map[string]any{}
	for _, category := range t.offered() {
		log := map[string]any{}
		maps.Copy(log, c.logs[category])
		log["category"] = category
		log["enabled"] = c.logs[category] != nil
		log["retentionPolicy"] = map[string]any{"enabled": false, "days": 0}
		logs = append(logs, log)
	}
	properties["logs"] = logs
	if properties["metrics"] == nil {
		properties["metrics"] = []any{}
	}
	return c.envelope(properties)
}

// echo is a setting as PUT answers it (wire contract 2.1).
func (c content) echo() map[string]any {
	properties := maps.Clone(c.properties)
	logs := []map[string]any{}
	for _, category := range slices.Sorted(maps.Keys(c.logs)) {
		logs = append(logs, c.logs[category])
	}
	properties["logs"] = logs
	return c.envelope(properties)
}

func (c content) envelope(properties map[string]any) map[string]any {
	document := map[string]any{"location": "global", "kind": nil, "tags": nil, "identity": nil}
	maps.Copy(document, c.document)
	document["id"] = "/providers/microsoft.aadiam/diagnosticSettings/" + c.name
	document["type"] = ""
	document["name"] = c.name
	document["properties"] = properties
	return document
}

var lastSegment = regexp.MustCompile(`[^/]+$`)

func lowerCaseID(id string) string {
	name := lastSegment.FindString(id)
	return strings.ToLower(strings.TrimSuffix(id, name)) + name
}

// Setting returns a setting as a consistent and well-behaved service would answer it.
func (t *Tenant) Setting(name string) (map[string]any, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	held, found := t.find(name)
	if !found || held.now() == nil {
		return nil, false
	}
	return t.show(held.now()), true
}

// PutSetting writes a setting behind the clients' back. It shows at once, and is checked as any other.
func (t *Tenant) PutSetting(name string, document map[string]any) error {
	c, refused := t.parse(name, document)
	if refused == nil {
		refused = t.write(c, false)
	}
	if refused != nil {
		return refused
	}
	return nil
}

// DeleteSetting deletes a setting behind the clients' back and says whether there was one. It is gone at once.
func (t *Tenant) DeleteSetting(name string) bool { return t.remove(name, false) }

// Settle ends what is left of every lag: from now on each setting shows as it is.
func (t *Tenant) Settle() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, held := range t.settings {
		t.change(held, held.now(), Lag{}, false)
	}
}

// SettingNames are the names of the settings that exist, in the order in which they were made.
func (t *Tenant) SettingNames() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var names []string
	for _, held := range t.settings {
		if held.now() != nil {
			names = append(names, held.name)
		}
	}
	return names
}

// Categories are the enabled categories of a setting, sorted, and nil for a setting that does not exist.
func (t *Tenant) Categories(name string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	held, found := t.find(name)
	if !found || held.now() == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(held.now().logs))
}

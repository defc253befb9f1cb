package connector_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/testcert"
)

// at is a provider block's with another Resource Manager.
func at(url string) func(block string) string {
	return func(block string) string {
		return regexp.MustCompile(`(resource_manager_endpoint += )".*"`).ReplaceAllString(block, `$1"`+url+`"`)
	}
}

var inUSGovernment = at("https://management.usgovcloudapi.net")

// refusing is for a reason that is not known.
func refusing(method string, skip int) func(*run) {
	return strike(azuresim.Fault{Method: method, PathEnd: soc, Skip: skip, Status: 400,
		Body: `{"code":"BadRequest","message":"The request is not valid."}`})
}

func put(name, workspace string, names ...string) func(*run) {
	return func(r *run) { r.put(name, portal(workspace, nil, names...)) }
}

// shows lets the service show other categories for good, after so many reads of the setting.
func shows(after int, names ...string) func(*run) {
	document, _ := json.Marshal(azuresim.SettingOf(lawSOC, names...))
	return forGood(azuresim.Fault{Method: http.MethodGet, PathEnd: soc, Skip: after, Status: 200, Body: string(document)})
}

func onToken(status int) func(*run) {
	return forGood(azuresim.Fault{Path: "/oauth2/v2.0/token", Status: status})
}

// page answers with a page for people.
func page(path string, status int) func(*run) {
	return forGood(azuresim.Fault{Path: path, Status: status, ContentType: "text/html",
		Body: "<html><body>The gateway of Contoso</body></html>"})
}

// unknownCertificate is one that the app does not have.
func unknownCertificate(r *run) string {
	file := filepath.Join(r.TempDir(), "app.pem")
	r.must(os.WriteFile(file, []byte(testcert.New(r).PEMWithKey(r)), 0o600))
	return line("client_certificate_path", file)
}

const gitHubSubject = "repo:contoso/logs:ref:refs/heads/main"

// presents signs in with an identity token, GitHub's where it says nothing else, to an app that trusts GitHub's for a
// subject, or no issuer where that is "".
func presents(token azuresim.IdentityToken, trusted string) func(*run) string {
	return func(r *run) string {
		principal := azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Role: azuresim.Contributor}
		if trusted != "" {
			principal.Federated = []azuresim.FederatedCredential{{Issuer: r.Sim.IssuerURL(azuresim.IssuerGitHub),
				Subject: trusted, Audience: "api://AzureADTokenExchange"}}
		}
		r.Tenant.AddPrincipal(principal)
		token.Issuer, token.Subject = cmp.Or(token.Issuer, azuresim.IssuerGitHub), gitHubSubject
		return fmt.Sprintf("use_oidc = true\n  oidc_token = %q", r.Sim.IssueIdentityToken(token))
	}
}

var (
	forever       = azuresim.Lag{Gets: 10_000}
	ofAzureDevOps = azuresim.IdentityToken{Issuer: azuresim.IssuerAzureDevOps}
)

// entra is the resource at its simplest.
var entra = connector(lawSOC)

var lessons = map[string]lesson{
	// Input
	"a customer id for a workspace": {during: "input", config: connector("5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10")},
	"another kind of resource":      {during: "input", connector: line("storage_account_id", lawSOC)},
	"a rule of a single hub": {during: "input", connector: line("eventhub_authorization_rule_id",
		group+"Microsoft.EventHub/namespaces/n/eventhubs/h/authorizationRules/r")},
	"a hub without a rule":           {during: "input", connector: line("eventhub_name", "entra")},
	"an empty set of categories":     {during: "input", connector: "log_categories = []"},
	"a category in another case":     {during: "input", connector: categories("AuditLogs", "signinlogs")},
	"a table for its category":       {during: "input", connector: categories("SigninLogs")},
	"a table in another case":        {during: "input", connector: categories("aadprovisioninglogs")},
	"a category of another provider": {during: "input", connector: categories("CustomSecurityAttributeAuditLogs")},
	"a table of another provider":    {during: "input", connector: categories("AADCustomSecurityAttributeAuditLogs")},
	"a category twice":               {during: "input", connector: categories("BrandNewLogs", "brandnewlogs")},
	"an empty category":              {during: "input", connector: categories("")},
	"an illegal name":                {during: "input", connector: line("name", "logs/entra")},
	"an empty name":                  {during: "input", connector: line("name", "")},
	"a dotted name":                  {during: "input", connector: line("name", "..")},
	"a name with a newline":          {during: "input", connector: line("name", "entra\nlogs")},
	"too long a name":                {during: "input", connector: line("name", strings.Repeat("x", 261))},
	"a domain for a tenant":          {during: "input", connector: line("tenant_id", "contoso.onmicrosoft.com")},
	"a timeout of nothing":           {during: "input", connector: timeout("update", "0s")},

	// Imports, moves and lists
	"an import from a domain":      {during: "input", config: entra + importing("contoso.onmicrosoft.com/"+soc)},
	"an import of an illegal name": {during: "input", config: entra + importing("a:b")},
	"an identity with a domain": {during: "input",
		config: entra + importingIdentity(line("name", soc), line("tenant_id", "contoso.com"))},
	"an identity with an illegal name": {during: "input", config: entra + importingIdentity(line("name", "a/b"))},
	"an import of what is not there":   {during: "plan", config: entra + importing("Entra"), azure: some(1, 0)},
	"an import where there is nothing": {during: "plan", config: entra + importing("Entra")},
	"a move of another type of azapi_resource": {during: "plan", config: movedConnector + moved("azapi_resource"),
		azure: moving("azapi-2", "Microsoft.AADIAM/diagnosticSettings@2017-04-01",
			"Microsoft.Insights/diagnosticSettings@2021-05-01-preview")},
	"a move that would lose a destination": {during: "plan", config: movedConnector + moved("azapi_resource"),
		azure: moving("azapi-2", `"eventHubName": "entra"`, `"serviceBusRuleId": "/subscriptions/1"`)},
	"a move that would lose another destination": {during: "plan", config: movedConnector + moved("azapi_resource"),
		azure: moving("azapi-1", `\"eventHubName\":\"entra\"`, `\"marketplacePartnerId\":\"/subscriptions/1\"`)},
	"a move of a body that is no document": {during: "plan", config: movedConnector + moved("azapi_resource"),
		azure: moving("azapi-1", `"{\"properties\"`, `"<xml/>{`)},
	"a move of a setting that is not there": {during: "plan", config: movedConnector + moved(azurermResource),
		azure: moving("azurerm-4", "entra-logs", "deleted")},
	"no role to list connectors": {during: "plan", config: data(connectors), azure: role(azuresim.NoRole)},
	"no role to list categories": {during: "plan", config: data(offered), azure: role(azuresim.NoRole)},
	"no list of categories": {during: "plan", config: data(offered), azure: strike(azuresim.Fault{
		Path: "/diagnosticSettingsCategories", Status: 400, Body: `{"code":"BadRequest","message":"Not at this version."}`})},
	"a list of a domain": {during: "input", config: data(connectors, line("tenant_id", "contoso.com"))},

	// Permissions
	"no role at all":     {azure: role(azuresim.NoRole)},
	"a role to read":     {azure: role(azuresim.Reader)},
	"no role to refresh": {during: "refresh", azure: role(azuresim.NoRole)},
	"no role to delete":  {during: "destroy", azure: role(azuresim.Reader)},
	"a tenant that is not allowed": {during: "input",
		connector: line("tenant_id", "1c0ffee0-0000-4000-8000-000000000001")},
	"a token of another tenant": {azure: func(r *run) {
		r.Tenant.ChangeTokens(azuresim.TokenBehaviour{Of: acctest.OtherTenantID})
	}},

	// Signing in
	"a wrong secret":         {signIn: func(*run) string { return line("client_secret", "wrong-secret") }},
	"an unknown certificate": {signIn: unknownCertificate},
	"a pipeline that refuses": {signIn: func(r *run) string {
		return fmt.Sprintf("use_oidc = true\n  oidc_request_url = %q\n  oidc_request_token = \"wrong-secret\"",
			r.Sim.GitHubRequestURL())
	}},
	"an app without federation": {signIn: presents(azuresim.IdentityToken{}, "")},
	"another issuer":            {signIn: presents(ofAzureDevOps, gitHubSubject)},
	"another audience":          {signIn: presents(azuresim.IdentityToken{Audience: "api://other"}, gitHubSubject)},
	"another subject":           {signIn: presents(azuresim.IdentityToken{}, "repo:contoso/logs:environment:production")},
	"a subject in another letter case": {signIn: presents(azuresim.IdentityToken{},
		"repo:Contoso/Logs:ref:refs/heads/main")},
	"an identity token out of date": {signIn: presents(azuresim.IdentityToken{Lifetime: -time.Hour}, gitHubSubject)},

	// Outages and delays
	"throttled for too long": {azure: strike(azuresim.Fault{Method: http.MethodGet, Path: soc, Status: 429,
		RetryAfter: 7200})},
	"throttled for too long in a refresh": {during: "refresh", connector: timeout("read", "10m"),
		azure: strike(azuresim.Fault{Method: http.MethodGet, Path: soc, Status: 429, RetryAfter: 3600})},
	"an outage in a refresh":        {during: "refresh", azure: page(soc, 502)},
	"an outage of Entra ID":         {azure: onToken(503)},
	"an Entra ID that throttles":    {azure: onToken(429)},
	"a creation that does not show": {accepted: true, azure: behaving(azuresim.Behaviour{AfterCreate: forever})},
	"an update that does not show": {during: "update", accepted: true,
		azure: behaving(azuresim.Behaviour{AfterUpdate: forever})},
	"a deletion that does not show": {during: "destroy", accepted: true,
		azure: behaving(azuresim.Behaviour{AfterDelete: forever})},
	"another writer at the same moment": {accepted: true, azure: shows(1, "ProvisioningLogs", "RiskyUsers")},
	"content from before a deletion":    {during: "replace", accepted: true, azure: shows(5, six...)},
	"a category that stays off": {accepted: true,
		azure: behaving(azuresim.Behaviour{DroppedCategories: []string{"ProvisioningLogs"}})},

	// Contents
	"a setting that exists":         {azure: put(soc, lawSOC, "AuditLogs")},
	"five settings":                 {azure: fiveSettings},
	"a setting that sends the same": {azure: put("Logs to the SOC", lawSOC, "AuditLogs")},
	"a category that the cloud may refuse": {block: inUSGovernment, connector: categories("NetworkAccessTrafficLogs"),
		azure: refusing(http.MethodPut, 0)},
	"a refusal for no known reason": {connector: categories("NetworkAccessTrafficLogs"),
		azure: refusing(http.MethodPut, 0)},
	"a refused read in that cloud": {block: inUSGovernment, connector: categories("NetworkAccessTrafficLogs"),
		azure: refusing(http.MethodGet, 1), accepted: true},
	"a refused deletion in that cloud": {during: "destroy", block: inUSGovernment,
		connector: categories("NetworkAccessTrafficLogs"), azure: refusing(http.MethodDelete, 0)},
	"a category that is not supported": {connector: categories("AuditLogs", "SignInLog")},
	"changed since the plan": {during: "update",
		azure: put(soc, lawSOC, append([]string{"RiskyUsers"}, six...)...)},
	"deleted since the plan": {during: "update", azure: func(r *run) { r.Tenant.DeleteSetting(soc) }},

	// The network
	"a proxy that refuses":    {azure: page(soc, 403)},
	"a page instead of JSON":  {azure: page(soc, 200)},
	"a proxy before Entra ID": {azure: page("/oauth2/v2.0/token", 403)},
	"a host that does not answer": {azure: forGood(azuresim.Fault{Path: "/providers/", Break: "refused"}),
		block: at("https://127.0.0.1:99")},
	"a metadata host that does not answer": {azure: forGood(azuresim.Fault{Path: "/", Break: "refused"}),
		block: func(block string) string {
			block = strings.Replace(block, `"custom"`, `"public"`, 1)
			return regexp.MustCompile(`(?s)endpoint = \{.*?\}`).ReplaceAllString(block, `metadata_host = "127.0.0.1:99"`)
		}},
}

// processLessons are about what is on a process's PATH, in its environment or under its TLS: see
// TestErrorsOfTheEnvironment and TestAccAnUntrustedCertificate.
var processLessons = []string{"no Azure CLI", "a signed-out Azure CLI", "an Azure CLI of old", "no managed identity",
	"an untrusted certificate"}

// refusals are lessons about what Azure answers for good: Resource Manager to a method on the setting's own path, or
// Entra ID, which numbers its messages, to requests for tokens.
func refusals(t *testing.T) map[string]lesson {
	text, err := os.ReadFile(filepath.Join("testdata", "refusals.json"))
	var all map[string]struct {
		During, Method, Code, Message string
		Skip, Status, AADSTS          int
	}
	known := strings.NewReplacer("<tenant>", acctest.TenantID, "<other>", acctest.OtherTenantID, "<client>",
		acctest.ClientID, "<object>", acctest.ObjectID, "<workspace>", lawSOC, "<setting>", soc)
	if err := errors.Join(err, json.Unmarshal([]byte(known.Replace(string(text))), &all)); err != nil {
		t.Fatal(err)
	}
	made := map[string]lesson{}
	for name, one := range all {
		fault := azuresim.Fault{Method: one.Method, Path: soc, Skip: one.Skip, Status: one.Status,
			Body: fmt.Sprintf(`{"error":{"code":%q,"message":%q}}`, one.Code, one.Message)}
		if one.AADSTS != 0 {
			fault = azuresim.Fault{Path: "/oauth2/v2.0/token", Status: 401, Body: fmt.Sprintf(`{"error":"invalid_client",
				"error_description":"AADSTS%[1]d: %[2]s%[3]s","error_codes":[%[1]d]}`, one.AADSTS, one.Message,
				" Trace ID: 6f1c2d3e-0000-4000-8000-000000000001 Correlation ID: 6f1c2d3e-0000-4000-8000-000000000002 "+
					"Timestamp: 2026-07-01 02:00:00Z")}
		}
		made[name] = lesson{during: one.During, azure: forGood(fault), accepted: one.Skip > 0}
	}
	return made
}

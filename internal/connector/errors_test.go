package connector_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mitchellh/go-wordwrap"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/testcert"
)

var update = flag.Bool("update", false, "write the golden files anew")

// lesson is an error as a user meets it: what goes wrong in Azure, and the run that finds it out.
type lesson struct {
	// during is "create" where it is "". Else a connector exists, and it is "update", "replace", "destroy" or "refresh".
	// But for a refresh, the plan is made before all goes wrong.
	during string
	azure  func(*run) // makes it go wrong

	signIn    func(*run) string   // the provider block's line for a secret, where it is not the right one
	block     func(string) string // edits the provider block
	connector string              // a further line of the resource

	accepted bool // the service made the change all the same
}

// Each error reads as the golden file of its name says, which somebody has read as the user will. -update writes the
// files.
func TestErrorsTeach(t *testing.T) {
	maps.Copy(lessons, refusals(t))
	for name, l := range lessons {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(r *run) { r.teaches(name, r.printed(l.fail(r))) })
		})
	}
	files, err := filepath.Glob(goldenFile("*"))
	if taught := len(lessons) + len(processLessons); err != nil || len(files) != taught && !*update {
		t.Errorf("there are %d golden files for %d errors, error %v", len(files), taught, err)
	}
}

func goldenFile(name string) string {
	return filepath.Join("testdata", "errors", strings.ReplaceAll(name, " ", "-")+".txt")
}

// fail makes the run that fails, with one error. The service changes only where it accepted the change.
func (l lesson) fail(r *run) protocol.Diagnostic {
	r.Helper()
	secret := line("client_secret", acctest.Secret)
	if l.signIn != nil {
		secret = l.signIn(r)
	}
	block := r.ProviderWith(secret, fmt.Sprintf("auxiliary_tenant_ids = [%q]", acctest.OtherTenantID))
	if l.block != nil {
		block = l.block(block)
	}
	config := block + connector(lawSOC, l.connector)
	exists := !slices.Contains([]string{"", "create"}, l.during)
	if exists {
		r.apply(config)
	}
	var options []protocol.Option
	switch l.during {
	case "update":
		config = block + connector(lawSOC, categories("AuditLogs"))
	case "replace":
		config = block + connector(lawSOC, categories("AuditLogs"))
		options = append(options, protocol.Replacing(address))
	case "destroy":
		options = append(options, protocol.Destroying())
	case "refresh":
		l.azure(r)
	}
	plan := r.tf.Plan(config, options...)
	if l.azure != nil && l.during != "refresh" {
		l.azure(r)
	}
	before, said := r.Tenant.Categories(soc), plan.Errors()
	if len(said) == 0 {
		said = plan.Apply().Errors()
	}
	if after := r.Tenant.Categories(soc); slices.Equal(before, after) == l.accepted {
		r.Errorf("the service had %v and has %v", before, after)
	}
	if inState := r.tf.State[address] != nil; inState != (exists || l.accepted) {
		r.Errorf("the connector is in the state: %v", inState)
	}
	if len(said) != 1 {
		r.Fatalf("there are %d errors, want one:\n%s", len(said), said)
	}
	return said[0]
}

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

// printed is an error as Terraform prints it, but for where in the configuration it is: TestAccConnector compares.
func (r *run) printed(d protocol.Diagnostic) string {
	const width = 77
	var lines []string
	host, _ := url.Parse(r.Sim.URL)
	for line := range strings.SplitSeq(strings.ReplaceAll(d.Detail, host.Host, "127.0.0.1:12345"), "\n") {
		if !strings.HasPrefix(line, " ") {
			line = wordwrap.WrapString(line, width)
		}
		lines = append(lines, line)
	}
	return "Error: " + d.Summary + "\n\n" + strings.Join(lines, "\n") + "\n"
}

// What differs from run to run.
var varying = map[string]*regexp.Regexp{
	"Correlation id: <id>": regexp.MustCompile(`Correlation id: [0-9a-f-]{36}`),
	"127.0.0.1:<port>":     regexp.MustCompile(`127\.0\.0\.1:\d{5}`),
	"'<thumbprint>'":       regexp.MustCompile(`'[0-9A-F]{64}'`),
	"<time>":               regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z`),
}

// teaches compares an error with its golden file.
func (r *run) teaches(name, said string) {
	r.Helper()
	for _, secret := range []string{acctest.Secret, "eyJ", "wrong-secret", "PRIVATE KEY"} {
		if strings.Contains(said, secret) {
			r.Errorf("the error holds %q", secret)
		}
	}
	for same, differs := range varying {
		said = differs.ReplaceAllString(said, same)
	}
	file := goldenFile(name)
	if *update {
		r.must(os.WriteFile(file, []byte(said), 0o600))
	}
	want, err := os.ReadFile(file)
	r.must(err)
	if said != string(want) {
		r.Errorf("it prints\n%s\nand %s says\n%s", said, file, want)
	}
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

var lessons = map[string]lesson{
	// Permissions
	"no role at all":               {azure: role(azuresim.NoRole)},
	"a role to read":               {azure: role(azuresim.Reader)},
	"no role to refresh":           {during: "refresh", azure: role(azuresim.NoRole)},
	"no role to delete":            {during: "destroy", azure: role(azuresim.Reader)},
	"a tenant that is not allowed": {connector: line("tenant_id", "1c0ffee0-0000-4000-8000-000000000001")},
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
	"a setting that exists":            {azure: put(soc, lawSOC, "AuditLogs")},
	"five settings":                    {azure: fiveSettings},
	"a setting that sends the same":    {azure: put("Logs to the SOC", lawSOC, "AuditLogs")},
	"a category that is not supported": {connector: categories("AuditLogs", "SignInLog")},
	"changed since the plan": {during: "update",
		azure: put(soc, lawSOC, append([]string{"RiskyUsers"}, six...)...)},
	"deleted since the plan": {during: "update", azure: func(r *run) { r.Tenant.DeleteSetting(soc) }},

	// The network
	"a proxy that refuses":    {azure: page(soc, 403)},
	"a page instead of JSON":  {azure: page(soc, 200)},
	"a proxy before Entra ID": {azure: page("/oauth2/v2.0/token", 403)},
	"a host that does not answer": {azure: forGood(azuresim.Fault{Path: "/providers/", Break: "refused"}),
		block: func(block string) string {
			return regexp.MustCompile(`(resource_manager_endpoint += )".*"`).ReplaceAllString(block, `$1"https://127.0.0.1:99"`)
		}},
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

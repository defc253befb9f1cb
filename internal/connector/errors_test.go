package connector_test

import (
	"cmp"
	"flag"
	"fmt"
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
	// during is a creation where it is "". Else a connector exists: it is "refresh", "update", "destroy", or "apply" for
	// what happens between the plan of an update and its apply.
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
	if l.during != "" {
		r.apply(config)
	}
	var plan *protocol.Plan
	switch l.during {
	case "update":
		config = block + connector(lawSOC, categories("AuditLogs"))
	case "apply":
		plan = r.plan(block+connector(lawSOC, categories("AuditLogs")), toChange)
	}
	if l.azure != nil {
		l.azure(r)
	}
	before := r.Tenant.Categories(soc)
	var said protocol.Diagnostics
	switch l.during {
	case "refresh":
		said = r.tf.Plan(config).Diagnostics
	case "destroy":
		said = r.tf.Destroy(config).Diagnostics
	case "apply":
		said = plan.Apply()
	default:
		said = r.tf.Apply(config).Diagnostics
	}
	if after := r.Tenant.Categories(soc); slices.Equal(before, after) == l.accepted {
		r.Errorf("the service had %v and has %v", before, after)
	}
	if inState := r.tf.State[address] != nil; inState != (l.during != "" || l.accepted) {
		r.Errorf("the connector is in the state: %v", inState)
	}
	errors := said.Errors()
	if len(errors) != 1 {
		r.Fatalf("there are %d errors, want one:\n%s", len(errors), said)
	}
	return errors[0]
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

// refuse is a refusal by the gateway, on the setting's own path. A token that is not accepted is renewed once, so it
// is refused twice.
func refuse(method string, status int, code, message string) func(*run) {
	times := 1
	if status == http.StatusUnauthorized {
		times = 2
	}
	return strike(azuresim.Fault{Method: method, Path: soc, Times: times, Status: status,
		Body: fmt.Sprintf(`{"error":{"code":%q,"message":%q}}`, code, message)})
}

// forbid is a refusal of an identity without a role.
func forbid(method, who, verb string) func(*run) {
	return refuse(method, 403, "AuthorizationFailed", fmt.Sprintf("The client '%s' with object id '%s' does not have "+
		"authorization to perform action 'microsoft.aadiam/diagnosticSettings/%s' over scope "+
		"'/providers/microsoft.aadiam/diagnosticSettings/%s' or the scope is invalid.", who, acctest.ObjectID, verb, soc))
}

// entra is a refusal by the token service, with what Entra ID adds to each of its messages.
func entra(number int, message string) func(*run) {
	const trace = " Trace ID: 6f1c2d3e-0000-4000-8000-000000000001 Correlation ID: " +
		"6f1c2d3e-0000-4000-8000-000000000002 Timestamp: 2026-07-01 02:00:00Z"
	return forGood(azuresim.Fault{Path: "/oauth2/v2.0/token", Status: http.StatusUnauthorized, Body: fmt.Sprintf(
		`{"error":"invalid_client","error_description":"AADSTS%[1]d: %[2]s%[3]s","error_codes":[%[1]d]}`, number, message,
		trace)})
}

func put(name, workspace string, names ...string) func(*run) {
	return func(r *run) { r.put(name, portal(workspace, nil, names...)) }
}

// onSetting answers requests for the setting in the same way for good, and onToken those for tokens.
func onSetting(method string, status int) func(*run) {
	return forGood(azuresim.Fault{Method: method, Path: soc, Status: status, Body: fmt.Sprintf(
		`{"error":{"code":%q,"message":"Try again later."}}`, strings.ReplaceAll(http.StatusText(status), " ", ""))})
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

const (
	theClient = "The client '" + acctest.ClientID + "' with object id '" + acctest.ObjectID + "' "
	mayWrite  = theClient + "has permission to perform action 'microsoft.aadiam/diagnosticSettings/write' on scope " +
		"'/providers/microsoft.aadiam/diagnosticSettings/" + soc + "'; however"
	mayNot = mayWrite + ", it does not have permission to perform action "
	linked = "LinkedAuthorizationFailed"
)

var (
	forever       = azuresim.Lag{Gets: 10_000}
	ofAzureDevOps = azuresim.IdentityToken{Issuer: azuresim.IssuerAzureDevOps}
)

var lessons = map[string]lesson{
	// Permissions
	"no role at all":     {azure: role(azuresim.NoRole)},
	"a role to read":     {azure: role(azuresim.Reader)},
	"no role to refresh": {during: "refresh", azure: role(azuresim.NoRole)},
	"no role to delete":  {during: "destroy", azure: role(azuresim.Reader)},
	"no permission on the workspace": {azure: refuse(http.MethodPut, 403, linked, mayNot+
		"'Microsoft.OperationalInsights/workspaces/sharedKeys/action' on the linked scope(s) '"+lawSOC+"' or the linked "+
		"scope(s) are invalid.")},
	"no permission on the event hub": {azure: refuse(http.MethodPut, 403, linked, mayNot+
		"'Microsoft.EventHub/namespaces/authorizationRules/listkeys/action' on the linked scope(s) '"+group+
		"Microsoft.EventHub/namespaces/hubs/authorizationRules/send' or the linked scope(s) are invalid.")},
	"a workspace of another tenant": {azure: refuse(http.MethodPut, 403, linked, mayWrite+" the current tenant '"+
		acctest.TenantID+"' is not authorized to access linked subscription '5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10'.")},
	"an unregistered resource provider": {azure: refuse(http.MethodPut, 403, "AuthorizationFailed",
		theClient+"does not have authorization to perform action 'Microsoft.Insights/register/action' over scope "+
			"'/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10' or the scope is invalid.")},
	"a person without a role":        {azure: forbid(http.MethodPut, "ada@contoso.com", "write")},
	"a person who may not even read": {azure: forbid(http.MethodGet, "ada@contoso.com", "read")},
	"a token of the wrong issuer": {azure: refuse(http.MethodGet, 401, "InvalidAuthenticationTokenTenant",
		"The access token is from the wrong issuer 'https://sts.windows.net/"+acctest.TenantID+"/'. It must match the "+
			"tenant 'https://sts.windows.net/"+acctest.OtherTenantID+"/' associated with this subscription. Please use the "+
			"authority (URL) 'https://login.windows.net/"+acctest.OtherTenantID+"' to get the token.")},
	"an expired auxiliary token": {azure: refuse(http.MethodGet, 401, "InvalidAuthenticationToken",
		"Authentication failed: the auxiliary token of client '"+acctest.ClientID+"' and tenant '"+
			acctest.OtherTenantID+"' has expired.")},
	"a token that is not accepted": {azure: refuse(http.MethodGet, 401, "InvalidAuthenticationToken",
		"The access token is invalid.")},
	"a tenant that is not allowed": {connector: line("tenant_id", "1c0ffee0-0000-4000-8000-000000000001")},
	"a token of another tenant": {azure: func(r *run) {
		r.Tenant.ChangeTokens(azuresim.TokenBehaviour{Of: acctest.OtherTenantID})
	}},

	// Signing in
	"an app of another tenant": {azure: entra(700016, "Application with identifier '"+acctest.ClientID+"' was not found "+
		"in the directory 'Contoso'. This can happen if the application has not been installed by the administrator of "+
		"the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong "+
		"tenant.")},
	"an app without an enterprise application": {azure: entra(7000229, "The client application "+acctest.ClientID+
		" is missing service principal in the tenant "+acctest.TenantID+". See instructions here: "+
		"https://go.microsoft.com/fwlink/?linkid=2225119")},
	"a tenant that does not exist": {azure: entra(90002, "Tenant '"+acctest.TenantID+"' not found. Check to make sure "+
		"you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, "+
		"this may happen if there are no active subscriptions for the tenant.")},
	"a bad tenant id": {azure: entra(900023, "Specified tenant identifier '"+acctest.TenantID+"' is neither a valid DNS "+
		"name, nor a valid external domain.")},
	"a wrong secret": {signIn: func(*run) string { return line("client_secret", "wrong-secret") }},
	"an expired secret": {azure: entra(7000222, "The provided client secret keys for app '"+acctest.ClientID+"' are "+
		"expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider "+
		"using certificate credentials for added security: https://aka.ms/certCreds.")},
	"an unknown certificate": {signIn: unknownCertificate},
	"conditional access": {azure: entra(53003, "Access has been blocked by Conditional Access policies. The access "+
		"policy does not allow token issuance.")},
	"an unknown code": {azure: entra(50034, "The user account does not exist in the directory.")},
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
	"throttled looks": {azure: onSetting(http.MethodGet, 429)},
	"throttled for too long": {azure: strike(azuresim.Fault{Method: http.MethodGet, Path: soc, Status: 429,
		RetryAfter: 7200})},
	"throttled writes":              {azure: onSetting(http.MethodPut, 429)},
	"an outage before a creation":   {azure: onSetting(http.MethodGet, 503)},
	"an outage in a creation":       {azure: onSetting(http.MethodPut, 503)},
	"an outage in an update":        {during: "update", azure: onSetting(http.MethodPut, 500)},
	"an outage in a refresh":        {during: "refresh", azure: page(soc, 502)},
	"an outage in a deletion":       {during: "destroy", azure: onSetting(http.MethodDelete, 500)},
	"an outage of Entra ID":         {azure: onToken(503)},
	"an Entra ID that throttles":    {azure: onToken(429)},
	"a creation that does not show": {accepted: true, azure: behaving(azuresim.Behaviour{AfterCreate: forever})},
	"an update that does not show": {during: "update", accepted: true,
		azure: behaving(azuresim.Behaviour{AfterUpdate: forever})},
	"a deletion that does not show": {during: "destroy", accepted: true,
		azure: behaving(azuresim.Behaviour{AfterDelete: forever})},
	"a category that stays off": {accepted: true,
		azure: behaving(azuresim.Behaviour{DroppedCategories: []string{"ProvisioningLogs"}})},
	"a refusal after acceptance": {accepted: true, azure: func(r *run) {
		strike(azuresim.Fault{Method: http.MethodGet, Path: soc})(r) // the read before it is answered
		forbid(http.MethodGet, acctest.ClientID, "read")(r)
	}},

	// Contents
	"a setting that exists":         {azure: put(soc, lawSOC, "AuditLogs")},
	"five settings":                 {azure: fiveSettings},
	"a setting that sends the same": {azure: put("Logs to the SOC", lawSOC, "AuditLogs")},
	"another conflict": {azure: strike(azuresim.Fault{Method: http.MethodPut, Path: soc, Status: 409,
		Body: `{"code":"Conflict","message":"The subscription '5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10' ` +
			`is not registered to use microsoft.insights."}`})},
	"a category that is not supported": {connector: categories("AuditLogs", "SignInLog")},
	"changed since the plan": {during: "apply",
		azure: put(soc, lawSOC, append([]string{"RiskyUsers"}, six...)...)},
	"deleted since the plan": {during: "apply", azure: func(r *run) { r.Tenant.DeleteSetting(soc) }},

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

package connector_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// forever is more answers than any test waits for.
var forever = azuresim.Lag{Gets: 1000}

var update = flag.Bool("update", false, "write the golden files anew")

// lesson is an error as a user meets it: what goes wrong in Azure, and the run that finds it out.
type lesson struct {
	// azure makes it go wrong. applied says that a first run went well before.
	azure   func(t *testing.T, w *acctest.World)
	applied bool
	// between acts between the plan and the apply of it.
	between func(t *testing.T, w *acctest.World)

	// signIn is the provider block's line for a secret, where it is not the right one.
	signIn func(t *testing.T, w *acctest.World) string
	// block edits the provider block.
	block func(string) string
	// connector are further lines of the resource, and changed those of the failing run where it has others.
	connector, changed string
	environment        func(t *testing.T, w *acctest.World) []string
	// command is an apply where it is "".
	command string
	// accepted says that the change was made all the same.
	accepted bool
}

// Each error reads as the golden file of its name says, which somebody has read as the user will. -update writes the files.
func TestErrorsTeach(t *testing.T) {
	lessons := map[string]lesson{}
	for _, group := range []map[string]lesson{onPermissions(), onSignIn(), onFederation(), onPatience(), onContent(), onTheNetwork()} {
		maps.Copy(lessons, group)
	}
	for name, l := range lessons {
		t.Run(name, func(t *testing.T) {
			w := acctest.NewWorld(t)
			said := l.fail(t, w)
			for _, secret := range []string{acctest.Secret, "eyJ", "wrong-secret", "PRIVATE KEY"} {
				if strings.Contains(said, secret) {
					t.Errorf("the error holds %q", secret)
				}
			}
			matchesGolden(t, goldenFile(name), said)
		})
	}
	files, err := filepath.Glob(goldenFile("*"))
	if err != nil || len(files) != len(lessons) && !*update {
		t.Errorf("there are %d golden files for %d errors, error %v", len(files), len(lessons), err)
	}
}

func goldenFile(name string) string {
	return filepath.Join("testdata", "errors", strings.ReplaceAll(name, " ", "-")+".txt")
}

// fail makes the run and returns what Terraform printed of the error.
func (l lesson) fail(t *testing.T, w *acctest.World) string {
	t.Helper()
	secret := fmt.Sprintf("client_secret = %q", acctest.Secret)
	if l.signIn != nil {
		secret = l.signIn(t, w)
	}
	block := w.ProviderWith(secret, fmt.Sprintf("auxiliary_tenant_ids = [%q]", acctest.OtherTenantID))
	if l.block != nil {
		block = l.block(block)
	}
	folder := w.NewFolder(t, block)
	folder.Write("connector.tf", connector(acctest.WorkspaceID("law-soc"), l.connector))
	if l.applied {
		folder.Run("apply", "-auto-approve")
	}
	if l.azure != nil {
		l.azure(t, w)
	}
	if l.changed != "" {
		folder.Write("connector.tf", connector(acctest.WorkspaceID("law-soc"), l.connector, l.changed))
	}
	if l.environment != nil {
		folder.Environment = l.environment(t, w)
	}
	arguments := []string{"apply", "-auto-approve"}
	if l.command != "" {
		arguments = strings.Fields(l.command)
	}
	if l.between != nil {
		folder.Run("plan", "-out=tfplan")
		l.between(t, w)
		arguments = []string{"apply", "tfplan"}
	}
	before := w.Tenant.Categories(soc)
	printed := folder.Fail(arguments...)
	if after := w.Tenant.Categories(soc); slices.Equal(before, after) == l.accepted {
		t.Errorf("the service had %v and has %v", before, after)
	}
	at := strings.Index(printed, "\nError: ")
	if at < 0 {
		t.Fatalf("there is no error in:\n%s", printed)
	}
	return printed[at+1:]
}

// What differs from run to run, and where Terraform says that the resource is, in which its versions differ.
var (
	location    = regexp.MustCompile(`(?m)^  with .*,\n(  on .*:\n +\d+: .*\n)?\n`)
	correlation = regexp.MustCompile(`Correlation id: [0-9a-f-]{36}`)
	port        = regexp.MustCompile(`127\.0\.0\.1:\d{5}`)
	thumbprint  = regexp.MustCompile(`'[0-9A-F]{64}'`)
	clock       = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z`)
)

func matchesGolden(t *testing.T, file, said string) {
	t.Helper()
	said = location.ReplaceAllString(said, "")
	said = correlation.ReplaceAllString(said, "Correlation id: <id>")
	said = port.ReplaceAllString(said, "127.0.0.1:<port>")
	said = clock.ReplaceAllString(said, "<time>")
	said = thumbprint.ReplaceAllString(said, "'<thumbprint>'")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(said), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if said != string(want) {
		t.Errorf("Terraform printed\n%s\nand %s says\n%s", said, file, want)
	}
}

func strike(fault azuresim.Fault) func(*testing.T, *acctest.World) {
	return func(_ *testing.T, w *acctest.World) { w.Sim.AddFault(fault) }
}

// refuse is a refusal by the gateway, on the setting's own path. A token that is not accepted is renewed once, so it is refused twice.
func refuse(method string, status int, code, message string) func(*testing.T, *acctest.World) {
	times := 1
	if status == http.StatusUnauthorized {
		times = 2
	}
	return strike(azuresim.Fault{Method: method, Path: soc, Times: times, Status: status, Body: fmt.Sprintf(`{"error":{"code":%q,"message":%q}}`, code, message)})
}

// forbidden is the gateway's message for an identity without a role (wire contract 3.2).
func forbidden(who, verb string) string {
	return fmt.Sprintf("The client '%s' with object id '%s' does not have authorization to perform action 'microsoft.aadiam/diagnosticSettings/%s' over scope "+
		"'/providers/microsoft.aadiam/diagnosticSettings/%s' or the scope is invalid.", who, acctest.ObjectID, verb, soc)
}

// entra is a refusal by the token service, with what Entra adds to each of its messages.
func entra(number int, message string) func(*testing.T, *acctest.World) {
	const trace = " Trace ID: 6f1c2d3e-0000-4000-8000-000000000001 Correlation ID: 6f1c2d3e-0000-4000-8000-000000000002 Timestamp: 2026-07-01 02:00:00Z"
	return strike(azuresim.Fault{Path: "/oauth2/v2.0/token", Times: 100, Status: http.StatusUnauthorized, Body: fmt.Sprintf(
		`{"error":"invalid_client","error_description":"AADSTS%[1]d: %[2]s%[3]s","error_codes":[%[1]d]}`, number, message, trace)})
}

func role(r azuresim.Role) func(*testing.T, *acctest.World) {
	return func(_ *testing.T, w *acctest.World) {
		w.Tenant.AddPrincipal(azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Secret: acctest.Secret, Role: r})
	}
}

func onPermissions() map[string]lesson {
	const (
		who    = "The client '" + acctest.ClientID + "' with object id '" + acctest.ObjectID + "' "
		may    = who + "has permission to perform action 'microsoft.aadiam/diagnosticSettings/write' on scope '/providers/microsoft.aadiam/diagnosticSettings/" + soc + "'"
		group  = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/"
		linked = "LinkedAuthorizationFailed"
	)
	return map[string]lesson{
		"no role at all":     {azure: role(azuresim.NoRole)},
		"a role to read":     {azure: role(azuresim.Reader)},
		"no role to refresh": {applied: true, azure: role(azuresim.NoRole), command: "plan"},
		"no role to delete":  {applied: true, azure: role(azuresim.Reader), command: "destroy -auto-approve"},
		"no permission on the workspace": {azure: refuse(http.MethodPut, 403, linked, may+"; however, it does not have permission to perform action "+
			"'Microsoft.OperationalInsights/workspaces/sharedKeys/action' on the linked scope(s) '"+acctest.WorkspaceID("law-soc")+"' or the linked scope(s) are invalid.")},
		"no permission on the event hub": {azure: refuse(http.MethodPut, 403, linked, may+"; however, it does not have permission to perform action "+
			"'Microsoft.EventHub/namespaces/authorizationRules/listkeys/action' on the linked scope(s) '"+group+
			"Microsoft.EventHub/namespaces/hubs/authorizationRules/send' or the linked scope(s) are invalid.")},
		"a workspace of another tenant": {azure: refuse(http.MethodPut, 403, linked, may+"; however the current tenant '"+acctest.TenantID+
			"' is not authorized to access linked subscription '5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10'.")},
		"an unregistered resource provider": {azure: refuse(http.MethodPut, 403, "AuthorizationFailed", who+"does not have authorization to perform action "+
			"'Microsoft.Insights/register/action' over scope '/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10' or the scope is invalid.")},
		"a person without a role":        {azure: refuse(http.MethodPut, 403, "AuthorizationFailed", forbidden("ada@contoso.com", "write"))},
		"a person who may not even read": {azure: refuse(http.MethodGet, 403, "AuthorizationFailed", forbidden("ada@contoso.com", "read"))},
		"a token of the wrong issuer": {azure: refuse(http.MethodGet, 401, "InvalidAuthenticationTokenTenant", "The access token is from the wrong issuer "+
			"'https://sts.windows.net/"+acctest.TenantID+"/'. It must match the tenant 'https://sts.windows.net/"+acctest.OtherTenantID+"/' associated with this "+
			"subscription. Please use the authority (URL) 'https://login.windows.net/"+acctest.OtherTenantID+"' to get the token.")},
		"an expired auxiliary token": {azure: refuse(http.MethodGet, 401, "InvalidAuthenticationToken",
			"Authentication failed: the auxiliary token of client '"+acctest.ClientID+"' and tenant '"+acctest.OtherTenantID+"' has expired.")},
		"a token that is not accepted": {azure: refuse(http.MethodGet, 401, "InvalidAuthenticationToken", "The access token is invalid.")},
		"a tenant that is not allowed": {connector: fmt.Sprintf("tenant_id = %q", "1c0ffee0-0000-4000-8000-000000000001")},
		"a token of another tenant": {azure: func(_ *testing.T, w *acctest.World) {
			w.Tenant.ChangeTokens(azuresim.TokenBehaviour{Of: acctest.OtherTenantID})
		}},
	}
}

func onSignIn() map[string]lesson {
	return map[string]lesson{
		"an app of another tenant": {azure: entra(700016, "Application with identifier '"+acctest.ClientID+"' was not found in the directory 'Contoso'. "+
			"This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. "+
			"You may have sent your authentication request to the wrong tenant.")},
		"an app without an enterprise application": {azure: entra(7000229, "The client application "+acctest.ClientID+" is missing service principal in the tenant "+
			acctest.TenantID+". See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119")},
		"a tenant that does not exist": {azure: entra(90002, "Tenant '"+acctest.TenantID+"' not found. Check to make sure you have the correct tenant ID and are "+
			"signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.")},
		"a bad tenant id": {azure: entra(900023, "Specified tenant identifier '"+acctest.TenantID+"' is neither a valid DNS name, nor a valid external domain.")},
		"a wrong secret":  {signIn: line(`client_secret = "wrong-secret"`)},
		"an expired secret": {azure: entra(7000222, "The provided client secret keys for app '"+acctest.ClientID+"' are expired. Visit the Azure portal to create "+
			"new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.")},
		"an unknown certificate": {signIn: unknownCertificate},
		"conditional access":     {azure: entra(53003, "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.")},
		"an unknown code":        {azure: entra(50034, "The user account does not exist in the directory.")},
		"no Azure CLI":           {signIn: line(""), environment: noPrograms},
		"a signed-out Azure CLI": {signIn: line(""), environment: azureCLI("ERROR: Please run 'az login' to setup account.")},
		"an Azure CLI of old":    {signIn: line(""), environment: azureCLI("ERROR: AADSTS700082: The refresh token has expired due to inactivity.")},
		"no managed identity":    {signIn: line("use_msi = true"), environment: identityEndpoint},
		"a pipeline that refuses": {signIn: func(_ *testing.T, w *acctest.World) string {
			return fmt.Sprintf("use_oidc = true\n  oidc_request_url = %q\n  oidc_request_token = \"wrong-secret\"", w.Sim.GitHubRequestURL())
		}},
	}
}

func line(text string) func(*testing.T, *acctest.World) string {
	return func(*testing.T, *acctest.World) string { return text }
}

// noPrograms is a path on which there are none.
func noPrograms(t *testing.T, _ *acctest.World) []string { return []string{"PATH=" + t.TempDir()} }

// azureCLI is a path on which there is an Azure CLI that fails with a message.
func azureCLI(message string) func(*testing.T, *acctest.World) []string {
	return func(t *testing.T, _ *acctest.World) []string {
		folder := t.TempDir()
		script := fmt.Sprintf("#!/bin/sh\necho %q >&2\nexit 1\n", message)
		if err := os.WriteFile(filepath.Join(folder, "az"), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		return []string{"PATH=" + folder + ":/usr/bin:/bin"}
	}
}

// identityEndpoint is of a machine without an identity.
func identityEndpoint(_ *testing.T, w *acctest.World) []string {
	endpoint, header := w.Sim.IdentityEndpoint()
	return []string{"IDENTITY_ENDPOINT=" + endpoint, "IDENTITY_HEADER=" + header}
}

// anotherAuthority is the only one that the machine trusts.
func anotherAuthority(t *testing.T, _ *acctest.World) []string {
	t.Helper()
	authority, err := azuresim.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, authority.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"SSL_CERT_FILE=" + file, "SSL_CERT_DIR=" + filepath.Dir(file)}
}

// unknownCertificate is one that the app does not have.
func unknownCertificate(t *testing.T, _ *acctest.World) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "app.pem")
	content := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("client_certificate_path = %q", file)
}

// onFederation presents identity tokens that the app does not trust as they are.
func onFederation() map[string]lesson {
	const subject = "repo:contoso/logs:ref:refs/heads/main"
	// presents signs in with a token, to an app that trusts GitHub's for a subject, or no issuer where that is "".
	presents := func(token azuresim.IdentityToken, trusted string) lesson {
		return lesson{signIn: func(t *testing.T, w *acctest.World) string {
			principal := azuresim.Principal{ClientID: acctest.ClientID, ObjectID: acctest.ObjectID, Role: azuresim.Contributor}
			if trusted != "" {
				principal.Federated = []azuresim.FederatedCredential{{Issuer: w.Sim.IssuerURL(azuresim.IssuerGitHub), Subject: trusted, Audience: "api://AzureADTokenExchange"}}
			}
			w.Tenant.AddPrincipal(principal)
			signed, err := w.Sim.IssueIdentityToken(token)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("use_oidc = true\n  oidc_token = %q", signed)
		}}
	}
	token := azuresim.IdentityToken{Issuer: azuresim.IssuerGitHub, Subject: subject}
	ofAnother, forAnother, old := token, token, token
	ofAnother.Issuer = azuresim.IssuerAzureDevOps
	forAnother.Audience = "api://other"
	old.Lifetime = -time.Hour
	return map[string]lesson{
		"an app without federation":        presents(token, ""),
		"another issuer":                   presents(ofAnother, subject),
		"another audience":                 presents(forAnother, subject),
		"another subject":                  presents(token, "repo:contoso/logs:environment:production"),
		"a subject in another letter case": presents(token, "repo:Contoso/Logs:ref:refs/heads/main"),
		"an identity token out of date":    presents(old, subject),
	}
}

// timeouts gives an operation little time.
func timeouts(operation string) string { return "timeouts {\n    " + operation + " = \"5s\"\n  }" }

func onPatience() map[string]lesson {
	const manyTimes = 1000
	onSetting := func(method string, status int) func(*testing.T, *acctest.World) {
		body := fmt.Sprintf(`{"error":{"code":%q,"message":"Try again later."}}`, strings.ReplaceAll(http.StatusText(status), " ", ""))
		return strike(azuresim.Fault{Method: method, Path: soc, Status: status, Times: manyTimes, Body: body})
	}
	onSignIn := func(status, retryAfter int) func(*testing.T, *acctest.World) {
		return strike(azuresim.Fault{Path: "/oauth2/v2.0/token", Status: status, RetryAfter: retryAfter, Times: manyTimes})
	}
	hides := func(behaviour azuresim.Behaviour) func(*testing.T, *acctest.World) {
		return func(_ *testing.T, w *acctest.World) { w.Tenant.Behave(behaviour) }
	}
	return map[string]lesson{
		"throttled looks":               {azure: onSetting(http.MethodGet, 429), connector: timeouts("create")},
		"throttled writes":              {azure: onSetting(http.MethodPut, 429), connector: timeouts("create")},
		"an outage before a creation":   {azure: onSetting(http.MethodGet, 503), connector: timeouts("create")},
		"an outage in a creation":       {azure: onSetting(http.MethodPut, 503), connector: timeouts("create")},
		"an outage in an update":        {applied: true, azure: onSetting(http.MethodPut, 500), connector: timeouts("update"), changed: categories("AuditLogs")},
		"an outage in a refresh":        {applied: true, azure: page(soc, 502), connector: timeouts("read"), command: "plan"},
		"an outage in a deletion":       {applied: true, azure: onSetting(http.MethodDelete, 500), connector: timeouts("delete"), command: "destroy -auto-approve"},
		"an outage of Entra ID":         {azure: onSignIn(503, 0), connector: timeouts("create")},
		"an Entra ID that throttles":    {azure: onSignIn(429, 60), connector: timeouts("create")},
		"a creation that does not show": {accepted: true, azure: hides(azuresim.Behaviour{AfterCreate: forever}), connector: timeouts("create")},
		"an update that does not show":  {applied: true, accepted: true, azure: hides(azuresim.Behaviour{AfterUpdate: forever}), connector: timeouts("update"), changed: categories("AuditLogs")},
		"a deletion that does not show": {applied: true, accepted: true, azure: hides(azuresim.Behaviour{AfterDelete: forever}), connector: timeouts("delete"), command: "destroy -auto-approve"},
		"a refusal after acceptance": {accepted: true, azure: func(t *testing.T, w *acctest.World) {
			w.Sim.AddFault(azuresim.Fault{Method: http.MethodGet, Path: soc}) // the look before it is answered
			refuse(http.MethodGet, 403, "AuthorizationFailed", forbidden(acctest.ClientID, "read"))(t, w)
		}},
	}
}

func onContent() map[string]lesson {
	workspace := acctest.WorkspaceID("law-soc")
	return map[string]lesson{
		"a setting that exists": {azure: func(t *testing.T, w *acctest.World) { put(t, w.Tenant, soc, portal(workspace, nil, "AuditLogs")) }},
		"five settings": {azure: func(t *testing.T, w *acctest.World) {
			for i := range 5 {
				put(t, w.Tenant, fmt.Sprintf("setting-%d", i), portal(acctest.WorkspaceID(fmt.Sprintf("law-%d", i)), nil, "AuditLogs"))
			}
		}},
		"a setting that sends the same": {azure: func(t *testing.T, w *acctest.World) {
			put(t, w.Tenant, "Logs to the SOC", portal(workspace, nil, "AuditLogs"))
		}},
		"another conflict": {azure: strike(azuresim.Fault{Method: http.MethodPut, Path: soc, Status: 409,
			Body: `{"code":"Conflict","message":"The subscription '5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10' is not registered to use microsoft.insights."}`})},
		"a category that is not supported": {connector: categories("AuditLogs", "SignInLog")},
		"changed since the plan": {applied: true, changed: categories("AuditLogs"), between: func(t *testing.T, w *acctest.World) {
			put(t, w.Tenant, soc, portal(workspace, nil, append([]string{"RiskyUsers"}, six...)...))
		}},
		"deleted since the plan": {applied: true, changed: categories("AuditLogs"), between: func(_ *testing.T, w *acctest.World) { w.Tenant.DeleteSetting(soc) }},
	}
}

// page answers with a page for people.
func page(path string, status int) func(*testing.T, *acctest.World) {
	return strike(azuresim.Fault{Path: path, Status: status, Times: 100, ContentType: "text/html", Body: "<html><body>The gateway of Contoso</body></html>"})
}

func onTheNetwork() map[string]lesson {
	resourceManagerAt := func(url string) func(string) string {
		return func(block string) string {
			return regexp.MustCompile(`(resource_manager_endpoint += )".*"`).ReplaceAllString(block, `$1"`+url+`"`)
		}
	}
	return map[string]lesson{
		"a proxy that refuses":        {azure: page(soc, 403)},
		"a page instead of JSON":      {azure: page(soc, 200)},
		"a proxy before Entra ID":     {azure: page("/oauth2/v2.0/token", 403)},
		"an untrusted certificate":    {environment: anotherAuthority},
		"a host that does not answer": {block: resourceManagerAt("https://127.0.0.1:99"), connector: timeouts("create")},
		"a metadata host that does not answer": {connector: timeouts("create"), block: func(block string) string {
			block = strings.Replace(block, `"custom"`, `"public"`, 1)
			return regexp.MustCompile(`(?s)endpoint = \{.*?\}`).ReplaceAllString(block, `metadata_host = "127.0.0.1:99"`)
		}},
	}
}

package signin_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest/azuretest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

// onPath puts a shell script on the path in place of a CLI.
func onPath(t *testing.T, name, script string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	path := write(t, name, "#!/bin/sh\n"+script, 0o700)
	t.Setenv("PATH", filepath.Dir(path)+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// az is a stand-in for the Azure CLI with an account of tenantID.
type az struct {
	refusal string        // of --tenant; none if ""
	own     string        // the account's token, if it is not a good one
	life    time.Duration // of the tokens; 0 means an hour
}

// In Cloud Shell and after "az login --identity", az refuses --tenant with these words.
var inCloudShell = az{refusal: "ERROR: Tenant shouldn't be specified for Cloud Shell account"}

// withAZ puts the stand-in on the path. It writes what it is asked for to a log.
func withAZ(w *azuretest.World, a az) (log string) {
	w.Helper()
	log = filepath.Join(w.TempDir(), "az.log")
	script := fmt.Sprintf("echo \"$@\" >> %s\ncase \"$*\" in\n", log)
	if a.refusal != "" {
		script += fmt.Sprintf("*--tenant*) echo %q >&2; exit 1;;\n", a.refusal)
	}
	for _, audience := range []string{azuresim.Audience, azuresim.LogAnalyticsAudience} {
		script += fmt.Sprintf("*%s*--tenant*) token=%s;;\n*%s) token=%s;;\n",
			audience, w.Sim.IssueAccessToken(otherTenantID, audience, w.App),
			audience, cmp.Or(a.own, w.Sim.IssueAccessToken(tenantID, audience, w.App)))
	}
	onPath(w.T, "az", script+fmt.Sprintf("esac\necho \"{\\\"accessToken\\\": \\\"$token\\\", \\\"expires_on\\\": %d}\"\n",
		time.Now().Add(cmp.Or(a.life, time.Hour)).Unix()))
	clear(w.Config.SignIn)
	w.Given("use_cli", "true")
	return log
}

// azWasAskedFor checks what the Azure CLI was asked for.
func azWasAskedFor(t *testing.T, log string, want ...string) {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(text)) {
		_, resource, _ := strings.Cut(strings.TrimSpace(line), "--resource ")
		got = append(got, resource)
	}
	if !slices.Equal(got, want) {
		t.Errorf("az was asked for %q, want %q", got, want)
	}
}

func TestTheAzureCLIIsAskedOnceForEachAudience(t *testing.T) {
	for name, cli := range map[string]az{"on a laptop": {}, "in Cloud Shell": inCloudShell} {
		for _, configured := range []string{"", tenantID} {
			t.Run(name+" with the tenant "+configured, func(t *testing.T) {
				w := azuretest.New(t)
				log := withAZ(w, cli)
				w.Given("tenant_id", configured)
				for range 2 {
					w.Accepts("", appID)
					_ = w.Query(tenantID)
				}
				azWasAskedFor(t, log, azuresim.Audience, azuresim.LogAnalyticsAudience)
			})
		}
	}
}

func TestTheAzureCLIIsAskedAgain(t *testing.T) {
	named := azuresim.Audience + " --tenant " + otherTenantID
	for name, test := range map[string]struct {
		az      az
		tenants []string // in turn, "" for the home tenant
		want    string   // what is asked for after a token without a tenant
	}{
		"with a tenant that is not its own": {az{}, []string{otherTenantID, tenantID}, named},
		"with another than its own":         {az{}, []string{tenantID, otherTenantID}, named},
		// A token that does not say its tenant is trusted only if that tenant was asked for.
		"for an opaque token":  {az{own: "opaque"}, []string{otherTenantID}, named},
		"without an account":   {az{own: "none; exit 1"}, []string{otherTenantID}, named},
		"for one that expires": {az{life: -time.Hour}, []string{""}, azuresim.Audience},
	} {
		t.Run(name, func(t *testing.T) {
			w := azuretest.New(t)
			log := withAZ(w, test.az)
			for _, tenant := range test.tenants {
				w.Accepts(tenant, appID)
			}
			azWasAskedFor(t, log, azuresim.Audience, test.want)
		})
	}
}

// Claims are not for a token that is only rejected: the CLI is asked again as before.
func TestTheAzureCLIIsAskedAgainForARejectedToken(t *testing.T) {
	w := azuretest.New(t)
	log := withAZ(w, az{})
	w.Sim.AddFault(azuresim.Fault{Path: settings, Token: "invalid"})
	w.Refuses(tenantID, "The access token is invalid.")
	azWasAskedFor(t, log, azuresim.Audience, azuresim.Audience)
}

func TestCloudShellStaysInItsTenant(t *testing.T) {
	w := azuretest.New(t)
	withAZ(w, inCloudShell)
	w.Refuses(otherTenantID, "the Azure CLI's account stays in its own tenant", "az login --tenant "+otherTenantID)
}

// withAZD puts a stand-in for the Azure Developer CLI on the path, which refuses calls of a pattern.
func withAZD(w *azuretest.World, refused string) {
	w.Helper()
	onPath(w.T, "azd", fmt.Sprintf("case \"$*\" in %s) echo 'ERROR: not logged in' >&2; exit 1;; esac\n"+
		`echo '{"token": "%s", "expiresOn": "%s"}'`, refused, w.Sim.IssueAccessToken(tenantID, azuresim.Audience, w.App),
		time.Now().Add(time.Hour).UTC().Format(time.RFC3339)))
	clear(w.Config.SignIn)
	w.Given("use_dev_cli", "true")
}

func TestAzureDeveloperCLI(t *testing.T) {
	w := azuretest.New(t)
	withAZD(w, "*"+otherTenantID+"*")
	w.Accepts(tenantID, appID)
	w.Refuses(otherTenantID, "the Azure Developer CLI gave no token", "azd auth login")
}

// The CLIs can't be given claims without the person who signed in.
func TestDemandedClaimsAreForThePersonToGive(t *testing.T) {
	w := azuretest.New(t)
	withAZ(w, az{})
	w.Sim.AddFault(azuresim.Fault{Path: settings, Token: "insufficient"})
	const problem = "the tenant asks you to sign in again"
	w.Refuses(tenantID, problem, "\n    az login --tenant "+tenantID+" --claims-challenge ey")
	withAZD(w, "*--claims*")
	w.Tenants = nil
	w.Refuses(tenantID, problem, "\n    azd auth token -o json --no-prompt --scope "+azuresim.Audience)
}

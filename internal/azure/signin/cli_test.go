package signin_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

// accessToken signs the app in by its secret, for the stand-ins of the CLIs to return.
func (w *world) accessToken(t *testing.T, tenant, audience string) string {
	t.Helper()
	method, err := signin.Choose(signin.Config{
		TenantID: input(tenantID), ClientID: input(appID), ClientSecret: input(secret), DisableInstanceDiscovery: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	options := signin.Options{}
	options.Transport, options.Cloud = w.sim, cloud.Configuration{ActiveDirectoryAuthorityHost: w.sim.URL}
	credential, err := method.Credential(tenant, nil, options)
	if err != nil {
		t.Fatal(err)
	}
	token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{audience + "/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	return token.Token
}

// onPath puts a shell script on the path in place of a CLI.
func onPath(t *testing.T, name, script string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	path := write(t, name, "#!/bin/sh\n"+script, 0o700)
	t.Setenv("PATH", filepath.Dir(path)+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// az puts a stand-in for the Azure CLI on the path, and returns what it was asked. Its account is of tenantID; it
// answers with a tenant unless refusal is set.
func (w *world) az(t *testing.T, refusal string) (asked func() []string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "asked")
	script := fmt.Sprintf("echo \"$@\" >> %s\n", log)
	if refusal != "" {
		script += fmt.Sprintf("case \"$*\" in *--tenant*) echo %q >&2; exit 1;; esac\n", refusal)
	}
	script += "case \"$*\" in\n"
	for _, tenant := range []string{otherTenantID, tenantID} {
		for _, audience := range []string{azuresim.Audience, azuresim.LogAnalyticsAudience} {
			pattern := "*" + audience
			if tenant != tenantID {
				pattern += "*--tenant*" + tenant
			}
			script += fmt.Sprintf("%s*) token=%s;;\n", pattern, w.accessToken(t, tenant, audience))
		}
	}
	script += fmt.Sprintf("esac\necho \"{\\\"accessToken\\\": \\\"$token\\\", \\\"expires_on\\\": %d}\"\n",
		time.Now().Add(time.Hour).Unix())
	onPath(t, "az", script)
	w.signIn = signin.Config{UseCLI: input("true")}
	return func() []string {
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		for i, line := range lines {
			_, lines[i], _ = strings.Cut(line, "--resource ")
		}
		return lines
	}
}

// In Cloud Shell and after "az login --identity", az refuses --tenant with these words.
const refusesTenant = "ERROR: Tenant shouldn't be specified for Cloud Shell account"

func TestTheAzureCLIIsAskedOnceForEachAudience(t *testing.T) {
	for name, refusal := range map[string]string{"on a laptop": "", "in Cloud Shell": refusesTenant} {
		for _, configured := range []string{"", tenantID} {
			t.Run(name+" with the tenant "+configured, func(t *testing.T) {
				w := newWorld()
				asked := w.az(t, refusal)
				w.signIn.TenantID.Value = configured
				tenants := w.tenants(t)
				home, err := tenants.HomeTenant(t.Context())
				if err != nil || home != tenantID {
					t.Fatalf("the home tenant is %q, error %v", home, err)
				}
				for range 2 {
					w.accepted(t, list(t, tenants, home), tenantID, appID)
					query, err := tenants.LogAnalytics(t.Context(), home)
					if err != nil {
						t.Fatal(err)
					}
					_ = query.Get(t.Context(), "/any", "1", &struct{}{})
				}
				if got := asked(); !slices.Equal(got, []string{azuresim.Audience, azuresim.LogAnalyticsAudience}) {
					t.Errorf("az was asked for %q", got)
				}
			})
		}
	}
}

func TestTheAzureCLIIsAskedWithATenantThatIsNotItsOwn(t *testing.T) {
	w := newWorld()
	asked := w.az(t, "")
	tenants := w.tenants(t)
	for _, tenant := range []string{otherTenantID, tenantID} {
		w.accepted(t, list(t, tenants, tenant), tenant, appID)
	}
	if got := asked(); !slices.Equal(got, []string{azuresim.Audience, azuresim.Audience + " --tenant " + otherTenantID}) {
		t.Errorf("az was asked for %q", got)
	}
}

func TestTheAzureCLIThatGivesNoToken(t *testing.T) {
	for refusal, want := range map[string][]string{
		refusesTenant: {"the Azure CLI's account stays in its own tenant", "Cloud Shell"},
		"ERROR: AADSTS50076: Due to a configuration change, you must use multi-factor authentication.": {
			"the Azure CLI gave no token", "AADSTS50076",
		},
	} {
		w := newWorld()
		w.az(t, refusal)
		w.refused(t, w.list(t, otherTenantID), want[0], want[1], "az login --tenant "+otherTenantID)
	}
}

// A token that does not say its tenant is trusted only if that tenant was asked for.
func TestAnAzureCLIWithoutAReadableTenantIsAskedWithIt(t *testing.T) {
	w := newWorld()
	onPath(t, "az", fmt.Sprintf("case \"$*\" in *--tenant*) t=%s;; *) t=opaque;; esac\n"+
		"echo \"{\\\"accessToken\\\": \\\"$t\\\", \\\"expires_on\\\": %d}\"\n", w.accessToken(t, otherTenantID,
		azuresim.Audience), time.Now().Add(time.Hour).Unix()))
	w.signIn = signin.Config{UseCLI: input("true"), TenantID: input(otherTenantID)}
	w.accepted(t, w.list(t, otherTenantID), otherTenantID, appID)
}

func TestAzureDeveloperCLI(t *testing.T) {
	w := newWorld()
	onPath(t, "azd",
		fmt.Sprintf("case \"$*\" in *%s*) ;; *) echo 'ERROR: not logged in' >&2; exit 1;; esac\n"+
			`echo '{"token": "%s", "expiresOn": "%s"}'`, otherTenantID, w.accessToken(t, otherTenantID,
			azuresim.Audience), time.Now().Add(time.Hour).UTC().Format(time.RFC3339)))
	w.signIn.UseDevCLI = input("true")
	w.accepted(t, w.list(t, otherTenantID), otherTenantID, appID)
	w.refused(t, w.list(t, tenantID), "the Azure Developer CLI gave no token", "azd auth login")
}

// The CLIs can't be given claims without the person who signed in.
func TestDemandedClaimsAreForThePersonToGive(t *testing.T) {
	w := newWorld()
	w.az(t, "")
	onPath(t, "azd",
		fmt.Sprintf("case \"$*\" in *--claims*) echo no >&2; exit 1;; esac\necho '{\"token\": \"%s\", "+
			"\"expiresOn\": \"%s\"}'\n",
			w.accessToken(t, tenantID, azuresim.Audience), time.Now().Add(time.Hour).UTC().Format(time.RFC3339)))
	w.sim.AddFault(azuresim.Fault{Path: settings, Token: "insufficient"})
	const problem = "the tenant asks you to sign in again"
	err := w.list(t, tenantID)
	const command = "\n    az login --tenant " + tenantID + " --claims-challenge ey"
	if advice := remedy.For(err, tenantID); advice.Problem != problem || !strings.Contains(advice.Remedy, command) {
		t.Errorf("%+v for %v", advice, err)
	}
	w.signIn = signin.Config{UseDevCLI: input("true")}
	w.refused(t, w.list(t, tenantID), problem, "\n    azd auth token -o json --no-prompt --scope "+azuresim.Audience)
}

package azure_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
)

// az puts a stand-in for the Azure CLI on the path, and returns what it was asked. Its account is tenant A's.
func az(t *testing.T, withTenant string) (asked func() []string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "asked")
	expires := time.Now().Add(time.Hour).Unix()
	answer := func(tenant string) string {
		return fmt.Sprintf(`echo '{"accessToken": "%s", "expires_on": %d}'`, tokenOf(tenant), expires)
	}
	if withTenant == "" {
		withTenant = answer(tenantB)
	}
	signInWith(t, "az", fmt.Sprintf("echo \"$@\" >> %s\ncase \"$*\" in *--tenant*) %s;; *) %s;; esac\n", log, withTenant, answer(tenantA)))
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

func cliTenants(t *testing.T, w *wire, tenant string) *azure.Tenants {
	t.Helper()
	config := bothServices(w)
	config.AllowedTenantIDs = []string{"*"}
	config.SignIn = signin.Config{UseCLI: signin.Input{Value: "true", Source: "the default of use_cli"}, TenantID: signin.Input{Value: tenant}}
	tenants, err := azure.NewTenants(config)
	if err != nil {
		t.Fatal(err)
	}
	return tenants
}

// In Cloud Shell and after "az login --identity", az refuses --tenant with these words.
const refusesTenant = `echo "ERROR: Tenant shouldn't be specified for Cloud Shell account" >&2; exit 1`

func TestTheAzureCLIIsAskedOnceForEachAudience(t *testing.T) {
	for name, withTenant := range map[string]string{"on a laptop": "", "in Cloud Shell": refusesTenant} {
		for _, configured := range []string{"", tenantA} {
			t.Run(name+" with the tenant "+configured, func(t *testing.T) {
				asked := az(t, withTenant)
				tenants := cliTenants(t, &wire{}, configured)
				home, err := tenants.HomeTenant(t.Context())
				if err != nil || home != tenantA {
					t.Fatalf("the home tenant is %q, error %v", home, err)
				}
				for range 2 {
					if _, err := call(t.Context(), tenants, home, "/any"); err != nil {
						t.Fatal(err)
					}
					if _, err := sends["Do to Log Analytics"](t, tenants, put(t)); err != nil {
						t.Fatal(err)
					}
				}
				if got := asked(); !slices.Equal(got, []string{"https://audience.example/", "https://logs.audience.example"}) {
					t.Errorf("az was asked for %q", got)
				}
			})
		}
	}
}

func TestTheAzureCLIIsAskedWithTheTenantThatIsNotItsOwn(t *testing.T) {
	asked := az(t, "")
	tenants := cliTenants(t, &wire{}, "")
	for _, tenant := range []string{tenantB, tenantA} {
		if _, err := call(t.Context(), tenants, tenant, "/any"); err != nil {
			t.Fatal(err)
		}
	}
	if got := asked(); !slices.Equal(got, []string{"https://audience.example/", "https://audience.example/ --tenant " + tenantB}) {
		t.Errorf("az was asked for %q", got)
	}
}

func TestAnotherTenantInCloudShell(t *testing.T) {
	az(t, refusesTenant)
	_, err := call(t.Context(), cliTenants(t, &wire{}, ""), tenantB, "/any")
	advice := remedy.For(err, tenantB)
	if advice.Problem != "the Azure CLI's account stays in its own tenant" || !strings.Contains(advice.Remedy, "az login --tenant "+tenantB) || !strings.Contains(advice.Remedy, "Cloud Shell") {
		t.Errorf("advice = %+v for %v", advice, err)
	}
}

func TestAnAzureCLIWithoutAReadableTenantIsAskedWithIt(t *testing.T) {
	signInWith(t, "az", fmt.Sprintf("case \"$*\" in *--tenant*) t=%s;; *) t=opaque;; esac\necho \"{\\\"accessToken\\\": \\\"$t\\\", \\\"expires_on\\\": %d}\"\n", tokenOf(tenantB), time.Now().Add(time.Hour).Unix()))
	w := &wire{}
	if _, err := call(t.Context(), cliTenants(t, w, tenantB), tenantB, "/any"); err != nil {
		t.Fatal(err)
	}
	if got := signin.TokenTenant(bearerOf(w.calls[0])); got != tenantB {
		t.Errorf("the token is tenant %q's", got)
	}
}

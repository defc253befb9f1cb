package acctest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/serve"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

// owners are the entries of the owner's environment that sign in to Azure, and the proxies on the way there.
var owners []string

// The owner's environment changes no test: what would sign in, steer Terraform or send requests elsewhere is taken out
// before the first one runs. terraform-plugin-testing's variables for the Terraform to use, and for logs, stay.
func init() {
	kept := []string{terraformcli.PathVariable, "TF_ACC_LOG", "TF_ACC_LOG_PATH", "TF_LOG_PATH_MASK"}
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		reachesAzure := terraformcli.IsSignIn(entry) || strings.HasSuffix(strings.ToLower(name), "_proxy")
		if reachesAzure {
			owners = append(owners, entry)
		}
		if reachesAzure || strings.HasPrefix(name, "TF_") && !slices.Contains(kept, name) {
			_ = os.Unsetenv(name)
		}
	}
	_ = os.Setenv("CHECKPOINT_DISABLE", "1")
	_ = os.Setenv("TF_ACC_PROVIDER_NAMESPACE", "terraform-provider-sentinel")
	if os.Getenv("TF_ACC_LOG") == "" {
		serve.SilenceLogs()
	}
}

// SignInAsOwner gives a test of a real tenant the owner's own sign-in.
func SignInAsOwner(t *testing.T) {
	t.Helper()
	for _, entry := range owners {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
}

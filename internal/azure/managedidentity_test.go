package azure_test

import (
	"net/http"
	"os"
	"testing"
	"testing/synctest"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
)

// The statuses are those that Microsoft tells clients to retry, in
// https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#error-handling.
func TestAManagedIdentityRetriesWhatIMDSMayAnswer(t *testing.T) {
	for _, name := range []string{"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "IMDS_ENDPOINT"} {
		t.Setenv(name, "")
		_ = os.Unsetenv(name)
	}
	synctest.Test(t, func(t *testing.T) {
		answers := []int{http.StatusNotFound, http.StatusGone, http.StatusTooManyRequests, http.StatusInternalServerError}
		w := &wire{imds: func(r *http.Request) *http.Response {
			if len(answers) == 0 {
				return nil
			}
			status := answers[0]
			answers = answers[1:]
			return respond(r, status, map[string]any{"error": "not yet"})
		}}
		config := testConfig(w)
		config.Cloud.ResourceManager.Audience = "https://" + t.Name() + ".example" // MSAL keeps such tokens for the whole process
		config.SignIn = signin.Config{TenantID: config.SignIn.TenantID, UseMSI: signin.Input{Value: "true", Source: "use_msi"}}
		tenants, err := azure.NewTenants(config)
		if err != nil {
			t.Fatal(err)
		}
		response, err := call(t.Context(), tenants, tenantA, "/any")
		if err != nil || response.StatusCode != http.StatusOK || len(answers) > 0 {
			t.Errorf("%v, %v with %v left", response, err, answers)
		}
	})
}

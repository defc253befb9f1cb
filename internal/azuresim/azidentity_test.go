package azuresim_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim"
)

const (
	tenantID  = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
	discovery = "/common/discovery/instance"
)

func getToken(ctx context.Context, credential azcore.TokenCredential, audience string) (string, error) {
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{audience + "/.default"}})
	return token.Token, err
}

// azidentity retries what Microsoft says a client of the metadata service must retry.
func TestAzidentityAsksTheInstanceMetadataService(t *testing.T) {
	for _, variable := range []string{"IDENTITY_ENDPOINT", "IMDS_ENDPOINT", "MSI_ENDPOINT"} {
		t.Setenv(variable, "")
	}
	synctest.Test(t, func(t *testing.T) {
		sim := azuresim.New()
		clientID := rand.Text() // MSAL caches the tokens of managed identities for the whole process
		sim.AddManagedIdentity(azuresim.ManagedIdentity{ClientID: clientID, ObjectID: "object", Tenant: tenantID})
		for _, status := range []int{404, 410, 429, 500, 503} {
			sim.AddFault(azuresim.Fault{Path: "/metadata/identity", Status: status})
		}
		began := time.Now()
		options := azidentity.ManagedIdentityCredentialOptions{ClientOptions: azcore.ClientOptions{Transport: sim}}
		for id, want := range map[string]string{clientID: "", "another": "Identity not found"} {
			options.ID = azidentity.ClientID(id)
			credential, err := azidentity.NewManagedIdentityCredential(&options)
			if err != nil {
				t.Fatal(err)
			}
			_, err = getToken(t.Context(), credential, azuresim.Audience)
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", id, err)
			}
		}
		if took := time.Since(began); took < 10*time.Second || len(sim.Requests()) != 7 {
			t.Errorf("%d requests in %v", len(sim.Requests()), took)
		}
	})
}

// A simulator behind the transport also stands for the public cloud, with instance discovery.
func TestAzidentityDiscoversTheInstance(t *testing.T) {
	for _, test := range []struct {
		name, authority, audience string
		disabled                  bool
		code                      string
	}{
		{
			"the public cloud", cloud.AzurePublic.ActiveDirectoryAuthorityHost, "https://management.core.windows.net/",
			false, "",
		},
		{"an authority that nobody knows", "https://azure.simulator.invalid", azuresim.Audience, false, "AADSTS50049"},
		{"without discovery", "https://azure.simulator.invalid", azuresim.Audience, true, ""},
	} {
		sim := azuresim.New()
		principal := azuresim.Principal{ClientID: "app", ObjectID: "object", Secret: "secret", Role: azuresim.Reader}
		sim.Tenant(tenantID).AddPrincipal(principal)
		options := azidentity.ClientSecretCredentialOptions{
			DisableInstanceDiscovery: test.disabled,
			ClientOptions: azcore.ClientOptions{
				Transport: sim, Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: test.authority},
				Retry: policy.RetryOptions{MaxRetries: -1},
			},
		}
		credential, err := azidentity.NewClientSecretCredential(tenantID, "app", "secret", &options)
		if err != nil {
			t.Fatal(err)
		}
		token, err := getToken(t.Context(), credential, test.audience)
		if (err == nil) != (test.code == "") || err != nil && !strings.Contains(err.Error(), test.code) {
			t.Errorf("%s: %v", test.name, err)
		}
		if asked := sim.Requests()[0].Path == discovery; asked == test.disabled {
			t.Errorf("%s: the first request is for %s", test.name, sim.Requests()[0].Path)
		}
		if err != nil {
			continue
		}
		const list = "https://management.azure.com/providers/Microsoft.AADIAM/diagnosticSettings?api-version=2017-04-01"
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, list, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := sim.Do(request)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("%s: listing the settings: %v, %v", test.name, response, err)
		}
	}
}

package signin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// identityToken fetches another issuer's token that says who is signing in, which Entra exchanges for its own. It is
// called for each sign-in: such tokens live for minutes, and a run may sign in to its last tenant much later.
type identityToken func(context.Context, Config, Options) (string, error)

func withAssertion(s Config, fetch identityToken) (opener, error) {
	return func(tenant string, options Options) (azcore.TokenCredential, error) {
		return azidentity.NewClientAssertionCredential(tenant, s["client_id"].Value,
			func(ctx context.Context) (string, error) {
				token, err := fetch(ctx, s, options)
				if err == nil {
					options.last.presented = readPresented(token) // for the error if Entra does not trust it
				}
				return token, err
			}, &azidentity.ClientAssertionCredentialOptions{
				ClientOptions:            options.ClientOptions,
				DisableInstanceDiscovery: s["disable_instance_discovery"].given(),
			})
	}, nil
}

// withRequest is withAssertion for a request to a URL, which must not send its bearer token unencrypted.
func withRequest(s Config, fetch identityToken) (opener, error) {
	requestURL := s["oidc_request_url"]
	if endpoint, err := url.Parse(requestURL.Value); err != nil || endpoint.Scheme != "https" || endpoint.Host == "" {
		return nil, &ConfigError{Attribute: "oidc_request_url",
			Problem: "No identity token can be requested from the URL from " + requestURL.Source + "."}
	}
	return withAssertion(s, fetch)
}

// How the errors of fetching an identity token begin. azidentity keeps only their text.
const (
	RequestingToken = "requesting an identity token"
	ReadingToken    = "reading the identity token"
)

func readTokenFile(_ context.Context, s Config, _ Options) (string, error) {
	path := s["oidc_token_file_path"].Value
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf(ReadingToken+": %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", fmt.Errorf(ReadingToken+": the file %s is empty", path)
	}
	return token, nil
}

func managedIdentityToken(ctx context.Context, s Config, options Options) (string, error) {
	// MSAL caches the identity's token for the whole process.
	identity, err := newManagedIdentity(s["managed_identity_client_id"], options)
	if err != nil {
		return "", err
	}
	token, err := identity.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{options.TokenExchange + "/.default"}})
	return token.Token, err
}

// gitHubToken uses the protocol of GitHub Actions: a GET with the audience as a query parameter.
func gitHubToken(ctx context.Context, s Config, options Options) (string, error) {
	return requestToken(ctx, s, options, http.MethodGet, url.Values{"audience": {options.TokenExchange}}, "value")
}

// azureDevOpsToken uses the protocol of Azure DevOps: a POST with the service connection's id.
func azureDevOpsToken(ctx context.Context, s Config, options Options) (string, error) {
	connection := s["ado_pipeline_service_connection_id"].Value
	parameters := url.Values{"api-version": {"7.1"}, "serviceConnectionId": {connection}}
	return requestToken(ctx, s, options, http.MethodPost, parameters, "oidcToken")
}

// requestToken sends a request to a pipeline's token endpoint. Errors quote only the answer's status, since the body
// may be a token.
func requestToken(ctx context.Context, s Config, options Options, method string, parameters url.Values,
	member string) (string, error) {
	request, err := runtime.NewRequest(ctx, method, s["oidc_request_url"].Value)
	if err != nil {
		return "", fmt.Errorf("the value from %s is not a URL", s["oidc_request_url"].Source)
	}
	endpoint := request.Raw().URL
	query := endpoint.Query()
	maps.Copy(query, parameters)
	endpoint.RawQuery = query.Encode()
	request.Raw().Header.Set("Accept", "application/json")
	request.Raw().Header.Set("Authorization", "Bearer "+s["oidc_request_token"].Value)
	// Otherwise Azure DevOps answers a bad token with a redirect to a sign-in page.
	request.Raw().Header.Set("X-TFS-FedAuthRedirect", "Suppress")

	pipeline := runtime.NewPipeline("terraform-provider-sentinel", "", runtime.PipelineOptions{}, &options.ClientOptions)
	response, err := pipeline.Do(request)
	if err != nil {
		return "", fmt.Errorf(RequestingToken+": %w", err)
	}
	if !runtime.HasStatusCode(response, http.StatusOK) {
		return "", fmt.Errorf(RequestingToken+" from %s: it answered %s", endpoint.Host, response.Status)
	}
	answer := map[string]any{}
	if err := runtime.UnmarshalAsJSON(response, &answer); err != nil {
		return "", fmt.Errorf("the answer of %s to the request for an identity token is not JSON", endpoint.Host)
	}
	token, _ := answer[member].(string)
	if token == "" {
		return "", errors.New("the answer to the request for an identity token holds none")
	}
	return token, nil
}

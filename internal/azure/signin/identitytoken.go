package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// identityToken fetches a token by which another issuer says who is signing in, and which Entra exchanges for one of its own. It is
// asked each time: such tokens live for minutes, and the two hundredth tenant of a run is signed in to later than that.
type identityToken func(context.Context, Options) (string, error)

// assertionCredential remembers what the last identity token said, for the error when Entra does not trust it. A Credential asks it for
// one token at a time.
type assertionCredential struct {
	azcore.TokenCredential
	presented *Presented
}

func withAssertion(s Config, fetch identityToken) opener {
	return func(tenant string, options Options) (azcore.TokenCredential, error) {
		c := &assertionCredential{}
		credential, err := azidentity.NewClientAssertionCredential(tenant, s.ClientID.Value, func(ctx context.Context) (string, error) {
			token, err := fetch(ctx, options)
			if err == nil {
				c.presented = readPresented(token)
			}
			return token, err
		}, &azidentity.ClientAssertionCredentialOptions{
			ClientOptions:            options.ClientOptions,
			DisableInstanceDiscovery: s.DisableInstanceDiscovery,
		})
		c.TokenCredential = credential
		return c, err
	}
}

func readTokenFile(path string) (string, error) {
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

// gitHubToken asks GitHub Actions, and whoever offers the same protocol: GET with the audience as one more parameter of the URL.
func gitHubToken(s Config) identityToken {
	return func(ctx context.Context, options Options) (string, error) {
		return requestToken(ctx, s, options, http.MethodGet, url.Values{"audience": {options.TokenExchange}}, "value")
	}
}

// azureDevOpsToken asks Azure DevOps: POST with the service connection's id.
func azureDevOpsToken(s Config) identityToken {
	return func(ctx context.Context, options Options) (string, error) {
		parameters := url.Values{"api-version": {"7.1"}, "serviceConnectionId": {s.ADOConnectionID.Value}}
		return requestToken(ctx, s, options, http.MethodPost, parameters, "oidcToken")
	}
}

func isAzureDevOps(requestURL string) bool {
	return strings.Contains(strings.ToLower(requestURL), "/_apis/distributedtask/")
}

// How the errors of getting an identity token begin, of which azidentity keeps nothing but the text.
const (
	RequestingToken = "requesting an identity token"
	ReadingToken    = "reading the identity token"
)

// checkRequestURL refuses a URL to which the request's own token would go in the clear.
func checkRequestURL(requestURL Input) error {
	if endpoint, err := url.Parse(requestURL.Value); err == nil && endpoint.Scheme == "https" && endpoint.Host != "" {
		return nil
	}
	return &ConfigError{Attribute: "oidc_request_url", Problem: "An identity token can't be requested from the URL that " + requestURL.Source + " holds."}
}

// requestToken asks a pipeline's token endpoint. What it answers is quoted only as far as its status, since it may be a token.
func requestToken(ctx context.Context, s Config, options Options, method string, parameters url.Values, member string) (string, error) {
	endpoint, err := url.Parse(s.OIDCRequestURL.Value)
	if err != nil {
		return "", fmt.Errorf("the URL from %s is not one", s.OIDCRequestURL.Source)
	}
	query := endpoint.Query()
	for name, values := range parameters {
		query[name] = values
	}
	endpoint.RawQuery = query.Encode()
	request, err := runtime.NewRequest(ctx, method, endpoint.String())
	if err != nil {
		return "", fmt.Errorf("making the request for an identity token: %w", err)
	}
	request.Raw().Header.Set("Accept", "application/json")
	request.Raw().Header.Set("Authorization", "Bearer "+s.OIDCRequestToken.Value)
	request.Raw().Header.Set("X-TFS-FedAuthRedirect", "Suppress") // else Azure DevOps sends a wrong token to a page for signing in

	pipeline := runtime.NewPipeline("terraform-provider-sentinel", "", runtime.PipelineOptions{}, &options.ClientOptions)
	response, err := pipeline.Do(request)
	if err != nil {
		return "", fmt.Errorf(RequestingToken+": %w", err)
	}
	if !runtime.HasStatusCode(response, http.StatusOK) {
		runtime.Drain(response)
		return "", fmt.Errorf(RequestingToken+" from %s: it answered %s", endpoint.Host, response.Status)
	}
	body, err := runtime.Payload(response)
	if err != nil {
		return "", fmt.Errorf("receiving an identity token: %w", err)
	}
	answer := map[string]any{}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", fmt.Errorf("the answer of %s to the request for an identity token is not JSON", endpoint.Host)
	}
	token, _ := answer[member].(string)
	if token == "" {
		return "", errors.New("the answer to the request for an identity token holds none")
	}
	return token, nil
}

package azure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/golang-jwt/jwt/v5"
)

// identityToken fetches a token by which another issuer says who is signing in, and which Entra exchanges for one of its own. It is
// asked each time: such tokens live for minutes, and the two hundredth tenant of a run is signed in to later than that.
type identityToken func(context.Context, credentialOptions) (string, error)

// assertionCredential remembers what the last identity token said, for the error when Entra does not trust it.
type assertionCredential struct {
	azcore.TokenCredential
	mu   sync.Mutex
	last *Presented
}

// Presented is what an identity token claimed. All are "" for one that can't be read.
type Presented struct {
	Issuer, Subject string
	Audience        []string
}

// claims is what it claimed in words, "" for none.
func (p *Presented) claims() string {
	switch {
	case p == nil:
		return ""
	case p.Issuer == "" && p.Subject == "":
		return "The identity token can't be read; it is not a JWT."
	default:
		return fmt.Sprintf("The identity token says:\n    issuer   %s\n    subject  %s\n    audience %s", p.Issuer, p.Subject, strings.Join(p.Audience, ", "))
	}
}

func withAssertion(s SignIn, fetch identityToken) opener {
	return func(tenant string, options credentialOptions) (azcore.TokenCredential, error) {
		c := &assertionCredential{}
		credential, err := azidentity.NewClientAssertionCredential(tenant, s.ClientID.Value, func(ctx context.Context) (string, error) {
			token, err := fetch(ctx, options)
			if err == nil {
				c.remember(token)
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

func (c *assertionCredential) remember(token string) {
	var claims jwt.RegisteredClaims
	said := &Presented{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err == nil {
		said = &Presented{claims.Issuer, claims.Subject, claims.Audience}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = said
}

// presented is what the last identity token claimed, never the token.
func (c *assertionCredential) presented() *Presented {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

func readTokenFile(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf(readingToken+": %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", fmt.Errorf(readingToken+": the file %s is empty", path)
	}
	return token, nil
}

// gitHubToken asks GitHub Actions, and whoever offers the same protocol: GET with the audience as one more parameter of the URL.
func gitHubToken(s SignIn) identityToken {
	return func(ctx context.Context, options credentialOptions) (string, error) {
		return requestToken(ctx, s, options, http.MethodGet, url.Values{"audience": {options.tokenExchange}}, "value")
	}
}

// azureDevOpsToken asks Azure DevOps: POST with the service connection's id.
func azureDevOpsToken(s SignIn) identityToken {
	return func(ctx context.Context, options credentialOptions) (string, error) {
		parameters := url.Values{"api-version": {"7.1"}, "serviceConnectionId": {s.ADOConnectionID.Value}}
		return requestToken(ctx, s, options, http.MethodPost, parameters, "oidcToken")
	}
}

func isAzureDevOps(requestURL string) bool {
	return strings.Contains(strings.ToLower(requestURL), "/_apis/distributedtask/")
}

// How the errors of getting an identity token begin, of which azidentity keeps nothing but the text.
const (
	requestingToken = "requesting an identity token"
	readingToken    = "reading the identity token"
)

// checkRequestURL refuses a URL to which the request's own token would go in the clear.
func checkRequestURL(requestURL Input) error {
	if endpoint, err := url.Parse(requestURL.Value); err == nil && endpoint.Scheme == "https" && endpoint.Host != "" {
		return nil
	}
	return &ConfigError{
		Attribute: "oidc_request_url",
		Problem:   "An identity token can't be requested from the URL that " + requestURL.Source + " holds.",
		Remedy:    "It must be a whole https:// URL: tokens are never sent over anything else.",
	}
}

// requestToken asks a pipeline's token endpoint. What it answers is quoted only as far as its status, since it may be a token.
func requestToken(ctx context.Context, s SignIn, options credentialOptions, method string, parameters url.Values, member string) (string, error) {
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

	pipeline := runtime.NewPipeline(module, "", runtime.PipelineOptions{}, &options.ClientOptions)
	response, err := pipeline.Do(request)
	if err != nil {
		return "", fmt.Errorf(requestingToken+": %w", err)
	}
	if !runtime.HasStatusCode(response, http.StatusOK) {
		runtime.Drain(response)
		return "", fmt.Errorf(requestingToken+" from %s: it answered %s", endpoint.Host, response.Status)
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

package azure

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// policyFunc is a policy of a pipeline.
type policyFunc func(*policy.Request) (*http.Response, error)

func (f policyFunc) Do(request *policy.Request) (*http.Response, error) { return f(request) }

// setHeader makes a policy that sets one header.
func setHeader(name, value string) policyFunc {
	return func(request *policy.Request) (*http.Response, error) {
		request.Raw().Header.Set(name, value)
		return request.Next()
	}
}

// userAgent is the header's value, as Microsoft's and HashiCorp's own providers write it. azcore's application id would
// be cut off at 24 characters.
func userAgent(config Config) string {
	value := fmt.Sprintf("HashiCorp Terraform/%s (+https://www.terraform.io) %s/%s",
		config.TerraformVersion, module, config.Version)
	if caller := os.Getenv("AZURE_HTTP_USER_AGENT"); caller != "" {
		value += " " + strings.TrimSpace(caller)
	}
	if config.PartnerID != "" {
		value += " pid-" + config.PartnerID
	}
	return value
}

// LogFunc writes a line of the debug log. Its fields never hold a secret.
type LogFunc func(ctx context.Context, message string, fields ...map[string]any)

// Do makes it a policy that logs each attempt without its headers and body, which hold tokens and secrets. An attempt
// without an answer has no status, and one whose answer broke off has a status although it failed.
func (log LogFunc) Do(request *policy.Request) (*http.Response, error) {
	started := time.Now()
	response, err := request.Next()
	if log == nil {
		return response, err
	}
	fields := map[string]any{
		"method":       request.Raw().Method,
		"host":         request.Raw().URL.Host,
		"path":         request.Raw().URL.Path,
		"milliseconds": time.Since(started).Milliseconds(),
	}
	if response != nil {
		fields["status"] = response.StatusCode
		for _, name := range loggedHeaders {
			if value := response.Header.Get(name); value != "" {
				fields[strings.ToLower(name)] = value
			}
		}
	}
	if err != nil {
		fields["failed"] = true
	}
	log(request.Raw().Context(), "Azure request", fields)
	return response, err
}

// loggedHeaders are those that Microsoft's support asks for, and those about throttling.
var loggedHeaders = []string{
	"x-ms-request-id", "x-ms-correlation-request-id", "x-ms-routing-request-id", "x-ms-failure-cause",
	"x-ms-ratelimit-remaining-tenant-reads", "x-ms-ratelimit-remaining-tenant-writes", "Retry-After",
}

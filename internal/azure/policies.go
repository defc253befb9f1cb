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

// header is a policy that sets one header.
type header struct{ name, value string }

func (h header) Do(request *policy.Request) (*http.Response, error) {
	request.Raw().Header.Set(h.name, h.value)
	return request.Next()
}

// userAgent sets the header as Microsoft's and HashiCorp's own providers do. azcore's application id would be cut off
// at 24 characters.
func userAgent(config Config) policy.Policy {
	value := fmt.Sprintf("HashiCorp Terraform/%s (+https://www.terraform.io) %s/%s",
		config.TerraformVersion, module, config.Version)
	if caller := os.Getenv("AZURE_HTTP_USER_AGENT"); caller != "" {
		value += " " + strings.TrimSpace(caller)
	}
	if config.PartnerID != "" {
		value += " pid-" + config.PartnerID
	}
	return header{"User-Agent", value}
}

// LogFunc writes a line of the debug log. Its fields never hold a secret.
type LogFunc func(ctx context.Context, message string, fields ...map[string]any)

// requestLog is a policy that logs each attempt without its headers and body, which hold tokens and secrets.
type requestLog struct{ log LogFunc }

func (l requestLog) Do(request *policy.Request) (*http.Response, error) {
	if l.log == nil {
		return request.Next()
	}
	started := time.Now()
	response, err := request.Next()
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
	l.log(request.Raw().Context(), "Azure request", fields)
	return response, err
}

// loggedHeaders are those that Microsoft's support asks for, and those about throttling.
var loggedHeaders = []string{
	"x-ms-request-id", "x-ms-correlation-request-id", "x-ms-routing-request-id", "x-ms-failure-cause",
	"x-ms-ratelimit-remaining-tenant-reads", "x-ms-ratelimit-remaining-tenant-writes", "Retry-After",
}

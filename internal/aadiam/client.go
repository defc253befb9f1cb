// Package aadiam is a client of the Microsoft.AADIAM diagnostic settings: what an Entra ID tenant streams, and
// where to. It does not know Terraform. How the service behaves, and how that is known, is described in
// internal/azuresim/README.md; comments name its headings.
package aadiam

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
)

const (
	collection = "/providers/microsoft.aadiam/diagnosticSettings"
	apiVersion = "2017-04-01"

	// The stable version of the API refuses this path (README, "Log categories").
	categoriesPath       = "/providers/microsoft.aadiam/diagnosticSettingsCategories"
	categoriesAPIVersion = "2017-04-01-preview"
)

// ID is the Azure resource id of a setting. The ids in the service's answers vary in case and slashes (README, "Names
// and ids"), so this one is built from the name.
func ID(name string) string { return collection + "/" + name }

// Client reads and writes the diagnostic settings of one tenant. The service's pipeline decides which tenant that is.
type Client struct {
	service azure.Service
}

// NewClient makes a client from the Azure Resource Manager service of one tenant.
func NewClient(resourceManager azure.Service) *Client {
	return &Client{service: resourceManager}
}

// Endpoint is the URL of Azure Resource Manager, which identifies the cloud.
func (c *Client) Endpoint() string { return c.service.URL }

// List returns every setting of the tenant. The service has no paging and allows five settings (README, "The limit of
// five").
func (c *Client) List(ctx context.Context) ([]Setting, error) {
	var answer struct{ Value *[]Setting }
	err := c.service.Get(ctx, collection, apiVersion, &answer)
	if err == nil && answer.Value == nil {
		err = errors.New("the answer has no list")
	}
	if err != nil {
		return nil, fmt.Errorf("listing the diagnostic settings: %w", err)
	}
	return *answer.Value, nil
}

// Get returns one setting, or a *azure.ServiceError with status 404. A single 404 does not prove that the setting is
// gone: see Find.
func (c *Client) Get(ctx context.Context, name string) (Setting, error) {
	var setting Setting
	err := c.service.Get(ctx, path(name), apiVersion, &setting)
	if err == nil && setting.properties == nil {
		err = errors.New("the answer is not a setting")
	}
	if err != nil {
		return Setting{}, fmt.Errorf("reading the diagnostic setting %q: %w", name, err)
	}
	return setting, nil
}

// Delete deletes a setting. A setting that does not exist is no error. AwaitGone waits until the deletion shows.
func (c *Client) Delete(ctx context.Context, name string) error {
	request, err := c.service.NewRequest(ctx, http.MethodDelete, path(name), apiVersion)
	if err == nil {
		err = c.service.Do(request, readDeletion)
	}
	if err != nil {
		return fmt.Errorf("deleting the diagnostic setting %q: %w", name, err)
	}
	return nil
}

func readDeletion(response *http.Response) error {
	if !runtime.HasStatusCode(response, http.StatusOK, http.StatusAccepted, http.StatusNoContent, http.StatusNotFound) {
		return azure.NewServiceError(response)
	}
	// The service sends no body. A page comes from a proxy, which may not have passed the request on.
	if body, err := runtime.Payload(response); err != nil || len(body) == 0 {
		return err
	}
	return azure.Decode(response, new(any))
}

// Categories returns the names of the log categories that the tenant offers today, in the service's order.
func (c *Client) Categories(ctx context.Context) ([]string, error) {
	var answer struct {
		Value []struct {
			Name       string
			Properties struct{ CategoryType string }
		}
	}
	if err := c.service.Get(ctx, categoriesPath, categoriesAPIVersion, &answer); err != nil {
		return nil, fmt.Errorf("listing the log categories: %w", err)
	}
	var names []string
	for _, category := range answer.Value {
		if kind := category.Properties.CategoryType; category.Name != "" && (kind == "" || strings.EqualFold(kind, "Logs")) {
			names = append(names, category.Name)
		}
	}
	return names, nil
}

// Offered returns what Categories does. If the service refuses that list, the names come from the tenant's settings,
// each of which lists all categories (README, "Log categories").
func (c *Client) Offered(ctx context.Context) ([]string, error) {
	names, err := c.Categories(ctx)
	if azure.IsStatus(err, http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound) {
		settings, listErr := c.List(ctx)
		if listed := Listed(settings); listErr == nil && len(listed) > 0 {
			return listed, nil
		}
	}
	return names, err
}

// path is the path of a setting, whose name may contain spaces.
func path(name string) string { return collection + "/" + url.PathEscape(name) }

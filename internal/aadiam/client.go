// Package aadiam is a client of Microsoft.AADIAM diagnostic settings: what an Entra ID tenant streams, and
// where to. It knows nothing of Terraform. The service's behaviour is public evidence gathered in a wire
// contract, to whose sections the comments refer.
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

	// The categories answer 400 at the stable version (wire contract 1.3).
	categoriesPath       = "/providers/microsoft.aadiam/diagnosticSettingsCategories"
	categoriesAPIVersion = "2017-04-01-preview"
)

// ID is the Azure resource id of a setting. The service's own ids vary in case and slashes (wire contract
// 2.7), so this one is built from the name.
func ID(name string) string { return collection + "/" + name }

// Client reads and writes the diagnostic settings of one tenant. Which tenant that is, the service's pipeline decides.
type Client struct {
	service azure.Service
}

// NewClient makes a client on Azure Resource Manager as one tenant sees it.
func NewClient(resourceManager azure.Service) *Client {
	return &Client{service: resourceManager}
}

// Endpoint is the URL of Azure Resource Manager, which tells the cloud.
func (c *Client) Endpoint() string { return c.service.URL }

// List returns every setting of the tenant. The service pages nothing and allows five (wire contract 3.6).
func (c *Client) List(ctx context.Context) ([]Setting, error) {
	var answer struct {
		Value *[]Setting `json:"value"`
	}
	if err := c.service.Get(ctx, collection, apiVersion, &answer); err != nil {
		return nil, fmt.Errorf("listing the diagnostic settings: %w", err)
	}
	if answer.Value == nil {
		return nil, errors.New("listing the diagnostic settings: the answer holds no list")
	}
	return *answer.Value, nil
}

// Get returns one setting, or a *azure.ServiceError with status 404. One 404 does not prove absence: see Find.
func (c *Client) Get(ctx context.Context, name string) (Setting, error) {
	setting := Setting{}
	if err := c.service.Get(ctx, path(name), apiVersion, &setting); err != nil {
		return Setting{}, fmt.Errorf("reading the diagnostic setting %q: %w", name, err)
	}
	if setting.properties == nil {
		return Setting{}, fmt.Errorf("reading the diagnostic setting %q: the answer is not one", name)
	}
	return setting, nil
}

// Delete asks for a setting's deletion. That it is gone already is success; that it is gone everywhere, AwaitGone finds out.
func (c *Client) Delete(ctx context.Context, name string) error {
	request, err := c.service.NewRequest(ctx, http.MethodDelete, path(name), apiVersion)
	if err != nil {
		return err
	}
	if err := c.service.Do(request, readDeletion); err != nil {
		return fmt.Errorf("deleting the diagnostic setting %q: %w", name, err)
	}
	return nil
}

func readDeletion(response *http.Response) error {
	if !runtime.HasStatusCode(response, http.StatusOK, http.StatusAccepted, http.StatusNoContent, http.StatusNotFound) {
		return azure.NewServiceError(response)
	}
	// The service says nothing more (wire contract 0). A page is somebody else's answer, who may not have passed the request on.
	if body, err := runtime.Payload(response); err != nil || len(body) == 0 {
		return err
	}
	return azure.Decode(response, new(any))
}

// Categories returns the names of the log categories that the tenant offers today.
func (c *Client) Categories(ctx context.Context) ([]string, error) {
	var answer struct {
		Value []struct {
			Name       string `json:"name"`
			Properties struct {
				CategoryType string `json:"categoryType"`
			} `json:"properties"`
		} `json:"value"`
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

// Offered returns the names of the log categories that the tenant offers today, in the order in which the service has them. Where it refuses that list, those
// that the tenant's settings list serve: the service lists all of them in each (wire contract 1.3).
func (c *Client) Offered(ctx context.Context) ([]string, error) {
	names, err := c.Categories(ctx)
	if err == nil || !azure.IsStatus(err, http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound) {
		return names, err
	}
	settings, listErr := c.List(ctx)
	if listed := Listed(settings); listErr == nil && len(listed) > 0 {
		return listed, nil
	}
	return nil, err
}

// path escapes a name, which may hold spaces (wire contract 2.8).
func path(name string) string { return collection + "/" + url.PathEscape(name) }

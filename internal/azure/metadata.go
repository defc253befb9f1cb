package azure

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// cloud returns the endpoints, asking the metadata host for them where there is one. It asks when something is first needed, so that
// the provider starts without a request, and only once.
func (t *Tenants) cloud(ctx context.Context) (Cloud, error) {
	t.cloudMu.Lock()
	defer t.cloudMu.Unlock()
	if t.known != nil {
		return *t.known, nil
	}
	found, err := t.askMetadata(ctx)
	if err != nil {
		return Cloud{}, fmt.Errorf("asking the metadata host %s for the cloud's endpoints: %w", t.config.MetadataHost, err)
	}
	t.known = &found
	return found, nil
}

// askMetadata reads the document that Azure Stack and other clouds describe themselves by (auth-and-scale 6).
func (t *Tenants) askMetadata(ctx context.Context) (Cloud, error) {
	request, err := runtime.NewRequest(ctx, http.MethodGet, "https://"+t.config.MetadataHost+"/metadata/endpoints?api-version=2022-09-01")
	if err != nil {
		return Cloud{}, err
	}
	response, err := Service{Pipeline: runtime.NewPipeline(module, t.config.Version, runtime.PipelineOptions{}, &t.options)}.Do(request)
	if err != nil {
		return Cloud{}, err
	}
	if !runtime.HasStatusCode(response, http.StatusOK) {
		return Cloud{}, NewServiceError(response)
	}
	body, err := runtime.Payload(response)
	if err != nil {
		return Cloud{}, err
	}
	var document struct {
		Authentication struct {
			LoginEndpoint string   `json:"loginEndpoint"`
			Audiences     []string `json:"audiences"`
		} `json:"authentication"`
		ResourceManager        string `json:"resourceManager"`
		LogAnalyticsResourceID string `json:"logAnalyticsResourceId"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return Cloud{}, fmt.Errorf("the answer can't be read: %w", err)
	}
	if len(document.Authentication.Audiences) == 0 || document.Authentication.Audiences[0] == "" {
		return Cloud{}, fmt.Errorf("the answer names no audience for tokens")
	}
	authority, err := NormalizeAuthority(document.Authentication.LoginEndpoint)
	if err != nil {
		return Cloud{}, fmt.Errorf("the login endpoint: %w", err)
	}
	resourceManager, err := NormalizeURL(document.ResourceManager)
	if err != nil {
		return Cloud{}, fmt.Errorf("the Resource Manager endpoint: %w", err)
	}
	found := Cloud{AuthorityHost: authority, ResourceManager: Endpoint{resourceManager, document.Authentication.Audiences[0]}}
	if id := document.LogAnalyticsResourceID; id != "" {
		logAnalytics, err := NormalizeURL(id)
		if err != nil {
			return Cloud{}, fmt.Errorf("the Log Analytics endpoint: %w", err)
		}
		found.LogAnalytics = Endpoint{logAnalytics + "/v1", id}
	}
	return found, nil
}

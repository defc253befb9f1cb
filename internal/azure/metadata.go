package azure

import (
	"context"
	"fmt"
)

// endpoints returns the cloud's endpoints. A metadata host is asked for them once, on first use, so that the provider
// starts without a request.
func (t *Tenants) endpoints(ctx context.Context) (Cloud, error) {
	if t.config.MetadataHost == "" {
		return t.config.Cloud, nil
	}
	return t.cloud.get(ctx, t.askMetadata)
}

// askMetadata reads the document in which a cloud describes its endpoints: internal/azuresim/README.md, "Clouds and
// their metadata".
func (t *Tenants) askMetadata(ctx context.Context) (cloud Cloud, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("asking the metadata host %s for the cloud's endpoints: %w", t.config.MetadataHost, err)
		}
	}()
	var document struct {
		Authentication struct {
			LoginEndpoint string
			Audiences     []string
		}
		ResourceManager, LogAnalyticsResourceID string
	}
	host := newService("https://"+t.config.MetadataHost, t.config.Version, t.options)
	if err := host.Get(ctx, "/metadata/endpoints", "2022-09-01", &document); err != nil {
		return Cloud{}, err
	}
	audiences := document.Authentication.Audiences
	if len(audiences) == 0 || audiences[0] == "" {
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
	cloud = Cloud{AuthorityHost: authority, ResourceManager: Endpoint{resourceManager, audiences[0]}}
	if id := document.LogAnalyticsResourceID; id != "" {
		logAnalytics, err := NormalizeURL(id)
		if err != nil {
			return Cloud{}, fmt.Errorf("the Log Analytics endpoint: %w", err)
		}
		cloud.LogAnalytics = Endpoint{logAnalytics + "/v1", id}
	}
	return cloud, nil
}

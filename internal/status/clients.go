package status

import (
	"context"
	"strings"
	"sync"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/loganalytics"
)

// Clients keeps a Log Analytics client for each tenant, and with it what the client remembers of workspaces, for as long as the
// provider runs. Terraform makes a data source anew for each read. It is safe for concurrent use.
type Clients struct {
	mu   sync.Mutex
	kept map[clientKey]*loganalytics.Client
}

type clientKey struct {
	tenants *azure.Tenants
	tenant  string // lower case
}

// NewClients makes an empty Clients.
func NewClients() *Clients { return &Clients{kept: map[clientKey]*loganalytics.Client{}} }

func (c *Clients) client(ctx context.Context, tenants *azure.Tenants, tenantID string) (*loganalytics.Client, error) {
	resourceManager, err := tenants.ResourceManager(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	query, err := tenants.LogAnalytics(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := clientKey{tenants, strings.ToLower(tenantID)}
	if c.kept[key] == nil {
		c.kept[key] = loganalytics.NewClient(resourceManager, query)
	}
	return c.kept[key], nil
}

package azuresim

import (
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/entra"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/loganalytics"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/resourcemanager"
)

// What a test tells the services, under one name each.
type (
	Principal           = entra.Principal
	Role                = entra.Role
	FederatedCredential = entra.FederatedCredential
	ManagedIdentity     = entra.ManagedIdentity
	GitHubJob           = entra.GitHubJob
	ServiceConnection   = entra.ServiceConnection
	IdentityToken       = entra.IdentityToken
	TokenBehaviour      = entra.TokenBehaviour

	Tenant    = resourcemanager.Tenant
	Behaviour = resourcemanager.Behaviour
	Lag       = resourcemanager.Lag
	Duration  = resourcemanager.Duration
	Workspace = resourcemanager.Workspace
	Table     = resourcemanager.Table
	Record    = resourcemanager.Record
)

// The audiences, roles and issuers of the services.
const (
	Audience             = resourcemanager.Audience
	LogAnalyticsAudience = loganalytics.Audience

	Contributor = entra.Contributor
	Reader      = entra.Reader
	NoRole      = entra.NoRole

	IssuerGitHub       = entra.IssuerGitHub
	IssuerAzureDevOps  = entra.IssuerAzureDevOps
	IssuerHCPTerraform = entra.IssuerHCPTerraform
	IssuerKubernetes   = entra.IssuerKubernetes
)

// SettingOf is a diagnostic setting as it is PUT, which sends log categories to a workspace.
func SettingOf(workspaceID string, categories ...string) map[string]any {
	logs := []any{}
	for _, category := range categories {
		logs = append(logs, map[string]any{"category": category, "enabled": true})
	}
	return map[string]any{"properties": map[string]any{"workspaceId": workspaceID, "logs": logs}}
}

// Aged returns count records that have an age, and were ingested an age ago, by the simulator's clock when they are
// added.
func Aged(count int, age, ingestedAge time.Duration) Record {
	return Record{Count: count, Age: (*Duration)(&age), IngestedAge: (*Duration)(&ingestedAge)}
}

// Tenant returns a tenant, and makes it if there is none of that id yet.
func (s *Simulator) Tenant(id string) *Tenant { return s.resourceManager.Tenant(id) }

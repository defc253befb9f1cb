package azuresim

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azuresim/jsonhttp"
)

// Seed is what a simulator has from the start, or what is added to it later.
type Seed struct {
	Tenants            []SeedTenant        `json:"tenants"`
	ManagedIdentities  []ManagedIdentity   `json:"managedIdentities,omitempty"`
	GitHubJobs         []GitHubJob         `json:"githubJobs,omitempty"`
	ServiceConnections []ServiceConnection `json:"serviceConnections,omitempty"`
	// Faults strike in this order.
	Faults []Fault `json:"faults,omitempty"`
	// Latency holds every answer back.
	Latency Duration `json:"latency,omitempty"`
}

// SeedTenant is a tenant and what is in it. What is left out stays as it is.
type SeedTenant struct {
	ID         string          `json:"id"`
	Principals []Principal     `json:"principals,omitempty"`
	Tokens     *TokenBehaviour `json:"tokens,omitempty"`
	Behaviour  *Behaviour      `json:"behaviour,omitempty"`
	Workspaces []Workspace     `json:"workspaces,omitempty"`
	// Settings are diagnostic settings by name, as they are PUT.
	Settings map[string]map[string]any `json:"settings,omitempty"`
}

// ReadSeed reads a seed from JSON. A member that it doesn't know is an error, since it is probably misspelt.
func ReadSeed(from io.Reader) (seed Seed, err error) {
	if err = jsonhttp.Decode(from, &seed); err != nil {
		err = fmt.Errorf("reading the seed: %w", err)
	}
	return seed, err
}

// Seed adds what a seed has to a simulator.
func (s *Simulator) Seed(seed Seed) error {
	each(seed.ManagedIdentities, s.AddManagedIdentity) // before the principals, which may say more about them
	for _, tenant := range seed.Tenants {
		if err := s.seedTenant(tenant); err != nil {
			return fmt.Errorf("tenant %s: %w", tenant.ID, err)
		}
	}
	for _, fault := range seed.Faults {
		if err := fault.check(); err != nil {
			return err
		}
		s.AddFault(fault)
	}
	each(seed.GitHubJobs, s.AddGitHubJob)
	each(seed.ServiceConnections, s.AddServiceConnection)
	if seed.Latency > 0 {
		s.SetLatency(time.Duration(seed.Latency))
	}
	return nil
}

func each[T any](values []T, do func(T)) {
	for _, value := range values {
		do(value)
	}
}

var guid = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func (s *Simulator) seedTenant(seed SeedTenant) error {
	if !guid.MatchString(seed.ID) {
		return fmt.Errorf("%q is not a GUID", seed.ID)
	}
	tenant := s.Tenant(seed.ID)
	each(seed.Principals, tenant.AddPrincipal)
	if seed.Tokens != nil {
		tenant.ChangeTokens(*seed.Tokens)
	}
	if seed.Behaviour != nil {
		tenant.Behave(*seed.Behaviour) // before the settings, which may have its categories
	}
	for _, workspace := range seed.Workspaces {
		if err := tenant.PutWorkspace(workspace); err != nil {
			return fmt.Errorf("a workspace: %w", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(seed.Settings)) {
		if err := tenant.PutSetting(name, seed.Settings[name]); err != nil {
			return fmt.Errorf("the setting %q: %w", name, err)
		}
	}
	return nil
}

// Environment says where the simulator is, as "NAME=value" in the variables of Azure's Terraform providers. It
// doesn't say who signs in, nor which certificate to trust.
func (s *Simulator) Environment() []string {
	return []string{
		"ARM_ENVIRONMENT=custom",
		"ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST=" + s.URL,
		"ARM_RESOURCE_MANAGER_ENDPOINT=" + s.URL,
		"ARM_RESOURCE_MANAGER_AUDIENCE=" + Audience,
		"ARM_LOG_ANALYTICS_ENDPOINT=" + s.URL + "/v1",
		"ARM_LOG_ANALYTICS_AUDIENCE=" + LogAnalyticsAudience,
		"ARM_DISABLE_INSTANCE_DISCOVERY=true",
	}
}

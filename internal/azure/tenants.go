// Package azure gives access to Azure: its clouds, one pinned pipeline for each tenant, and the errors of its services.
// Signing in is in package signin.
package azure

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	armpolicy "github.com/Azure/azure-sdk-for-go/sdk/azcore/arm/policy"
	armruntime "github.com/Azure/azure-sdk-for-go/sdk/azcore/arm/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/uuid"
	"golang.org/x/sync/semaphore"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

const module = "terraform-provider-sentinel"

// Config configures NewTenants.
type Config struct {
	Cloud Cloud
	// MetadataHost, if not "", serves the cloud's endpoints in place of Cloud.
	MetadataHost string
	SignIn       signin.Config
	// AllowedTenantIDs are the tenants that may be used in addition to the home tenant; "*" allows any.
	AllowedTenantIDs []string
	// AuxiliaryTenantIDs are up to three tenants whose tokens accompany each request to Azure Resource Manager.
	AuxiliaryTenantIDs []string
	// For the User-Agent header: the versions of the provider and of Terraform, and the GUID by which Microsoft attributes
	// usage to a partner, or "".
	Version, TerraformVersion, PartnerID string

	Transport policy.Transporter // nil means azcore's shared client
	Log       LogFunc            // for debug lines; nil discards them
}

// Tenants gives access to any number of tenants through one sign-in. It is safe for concurrent use.
//
// Each tenant has its own credential and pipelines. A pipeline's bearer-token policy keeps one token for all requests,
// so a shared one would send tenant A's token on tenant B's behalf; and a shared credential would make each tenant wait
// for the others' sign-ins.
type Tenants struct {
	config  Config
	signIn  *signin.Method
	options policy.ClientOptions

	home  lazy[string]
	cloud lazy[Cloud]

	mu   sync.Mutex
	open map[string]tenant
}

// tenant is the open connection to one tenant.
type tenant struct {
	resourceManager, logAnalytics Service
}

// NewTenants chooses the sign-in method and checks that it is complete. It sends nothing.
func NewTenants(config Config) (*Tenants, error) {
	method, err := signin.Choose(config.SignIn)
	if err != nil {
		return nil, err
	}
	return &Tenants{
		config: config,
		signIn: method,
		options: policy.ClientOptions{
			Transport: config.Transport,
			PerCallPolicies: []policy.Policy{
				setHeader("User-Agent", userAgent(config)),
				setHeader("x-ms-correlation-request-id", uuid.NewString()),
			},
			PerRetryPolicies: []policy.Policy{&connections{}, config.Log},
		},
		home:  newLazy[string](),
		cloud: newLazy[Cloud](),
		open:  map[string]tenant{},
	}, nil
}

// SignInMethod names the chosen method and where its values came from, never a value.
func (t *Tenants) SignInMethod() string { return t.signIn.String() }

// ConfiguredTenant is the tenant that the configuration names, in lower case, or "".
func (t *Tenants) ConfiguredTenant() string { return t.signIn.ConfiguredTenant() }

// HomeTenant returns the home tenant in lower case: the configured one, or else the tenant that the sign-in itself
// belongs to, such as that of az login. Only the latter needs a token.
func (t *Tenants) HomeTenant(ctx context.Context) (string, error) {
	if configured := t.ConfiguredTenant(); configured != "" {
		return configured, nil
	}
	return t.home.get(ctx, t.askHomeTenant)
}

func (t *Tenants) askHomeTenant(ctx context.Context) (home string, err error) {
	cloud, err := t.endpoints(ctx)
	if err != nil {
		return "", err
	}
	credential, err := t.signIn.Credential("", nil, t.credentialOptions(cloud))
	if err != nil {
		return "", err
	}
	err = retry.Do(ctx, RetryPolicy, func() error {
		token, err := credential.GetToken(ctx, policy.TokenRequestOptions{
			Scopes:    []string{scope(cloud.ResourceManager)},
			EnableCAE: true,
		})
		home = signin.TokenTenant(token.Token)
		return err
	})
	if err == nil && home == "" {
		err = &signin.ConfigError{Attribute: "tenant_id", Missing: true, Problem: "The token that the " +
			t.signIn.Name() + " gave does not say which tenant it belongs to."}
	}
	return home, err
}

// CheckAllowed returns an error for a tenant that is neither the home tenant nor an allowed one.
func (t *Tenants) CheckAllowed(ctx context.Context, tenantID string) error {
	if slices.Contains(t.config.AllowedTenantIDs, "*") || ContainsFold(t.config.AllowedTenantIDs, tenantID) {
		return nil
	}
	home, err := t.HomeTenant(ctx)
	if err != nil {
		return err
	}
	if !strings.EqualFold(home, tenantID) {
		return &TenantNotAllowedError{Tenant: strings.ToLower(tenantID), Home: home}
	}
	return nil
}

// ResourceManager returns Azure Resource Manager as seen from one tenant.
func (t *Tenants) ResourceManager(ctx context.Context, tenantID string) (Service, error) {
	open, err := t.tenant(ctx, tenantID)
	return open.resourceManager, err
}

// LogAnalytics returns Log Analytics' query service as seen from one tenant.
func (t *Tenants) LogAnalytics(ctx context.Context, tenantID string) (Service, error) {
	open, err := t.tenant(ctx, tenantID)
	if err == nil && open.logAnalytics.URL == "" {
		err = &signin.ConfigError{Attribute: "log_analytics_endpoint", Missing: true,
			Problem: "Where Log Analytics is in this custom cloud is not known."}
	}
	return open.logAnalytics, err
}

// tenant returns the connection to an allowed tenant, which is opened once.
func (t *Tenants) tenant(ctx context.Context, id string) (tenant, error) {
	if err := t.CheckAllowed(ctx, id); err != nil {
		return tenant{}, err
	}
	cloud, err := t.endpoints(ctx)
	if err != nil {
		return tenant{}, err
	}
	id = strings.ToLower(id)
	t.mu.Lock()
	defer t.mu.Unlock()
	if open, found := t.open[id]; found {
		return open, nil
	}
	credential, err := t.signIn.Credential(id, t.config.AuxiliaryTenantIDs, t.credentialOptions(cloud))
	if err != nil {
		return tenant{}, err
	}
	t.open[id] = tenant{
		resourceManager: t.service(cloud.ResourceManager, credential, credential.AuxiliaryTenants()),
		logAnalytics:    t.service(cloud.LogAnalytics, credential, nil),
	}
	return t.open[id], nil
}

// credentialOptions makes credentials try once: Service.Do retries.
func (t *Tenants) credentialOptions(c Cloud) signin.Options {
	options := signin.Options{
		ClientOptions: t.options,
		TokenExchange: cmp.Or(c.TokenExchange, clouds["public"].TokenExchange),
	}
	options.Cloud = cloud.Configuration{ActiveDirectoryAuthorityHost: c.AuthorityHost}
	options.Retry = policy.RetryOptions{MaxRetries: -1}
	return options
}

// service makes a service whose requests one credential signs. Resource Manager's bearer policy serves any audience.
// Its pipeline is not used: that would try to register resource providers in a subscription, and a tenant-level
// resource has none.
func (t *Tenants) service(endpoint Endpoint, credential *signin.Credential, auxiliary []string) Service {
	if endpoint.URL == "" || endpoint.Audience == "" {
		return Service{}
	}
	sign := armruntime.NewBearerTokenPolicy(credential,
		&armpolicy.BearerTokenOptions{Scopes: []string{scope(endpoint)}, AuxiliaryTenants: auxiliary})
	return newService(endpoint.URL, t.config.Version, t.options, signing(sign, credential), policyFunc(checkResend))
}

// scope keeps the double slash after an audience with a trailing slash: Entra expects it.
func scope(e Endpoint) string { return e.Audience + "/.default" }

// TenantNotAllowedError is a tenant that the configuration does not allow.
type TenantNotAllowedError struct{ Tenant, Home string }

func (e *TenantNotAllowedError) Error() string { return "tenant " + e.Tenant + " is not allowed" }

// lazy is a value that is fetched once, on first use. Those who wait for another's fetch stop waiting when their
// context ends.
type lazy[T any] struct {
	turn  *semaphore.Weighted
	known *T
}

func newLazy[T any]() lazy[T] { return lazy[T]{turn: semaphore.NewWeighted(1)} }

func (l *lazy[T]) get(ctx context.Context, fetch func(context.Context) (T, error)) (value T, err error) {
	if l.turn.Acquire(ctx, 1) != nil {
		return value, context.Cause(ctx)
	}
	defer l.turn.Release(1)
	if l.known != nil {
		return *l.known, nil
	}
	if value, err = fetch(ctx); err == nil {
		l.known = &value
	}
	return value, err
}

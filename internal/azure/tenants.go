// Package azure is the way into Azure: its clouds, signing in, one pinned pipeline for each tenant, and
// what the errors of its services mean. It knows nothing of Terraform.
package azure

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	armpolicy "github.com/Azure/azure-sdk-for-go/sdk/azcore/arm/policy"
	armruntime "github.com/Azure/azure-sdk-for-go/sdk/azcore/arm/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/google/uuid"
)

const module = "terraform-provider-sentinel"

// Config is what a Tenants is made from.
type Config struct {
	Cloud Cloud
	// MetadataHost tells the cloud's endpoints, in place of Cloud, where it is not "".
	MetadataHost string
	SignIn       SignIn
	// AllowedTenantIDs are the tenants that may be asked for besides the sign-in's own; "*" allows any.
	AllowedTenantIDs []string
	// AuxiliaryTenantIDs are tenants whose tokens go along with each request to Azure Resource Manager, at most three.
	AuxiliaryTenantIDs []string
	// PartnerID is the GUID by which Microsoft attributes usage to a partner, "" for none.
	PartnerID string
	// Version of the provider, for the User-Agent header.
	Version string
	// TerraformVersion, for the User-Agent header.
	TerraformVersion string
	// Transport sends the requests; nil means azcore's shared client.
	Transport policy.Transporter
	// Log takes debug lines; nil means silence.
	Log LogFunc
}

// Tenants gives access to any number of tenants through one sign-in. It is safe for concurrent use.
//
// Each tenant has a credential and pipelines of its own. A pipeline's bearer-token policy keeps one token,
// whatever tenant a request asks for, so that a shared one would send tenant A's token on tenant B's
// behalf; and a shared credential would make each tenant wait for another's sign-in.
type Tenants struct {
	config  Config
	method  method
	opener  opener
	options policy.ClientOptions // but for the cloud

	mu   sync.Mutex
	open map[string]*tenant

	cloudMu sync.Mutex
	known   *Cloud // once it is

	ownMu sync.Mutex
	own   string // the sign-in's own tenant, once it is known
}

// tenant is the open connection to one tenant.
type tenant struct {
	resourceManager, logAnalytics Service
}

// NewTenants chooses the sign-in method and checks that it is complete. It sends nothing.
func NewTenants(config Config) (*Tenants, error) {
	m, err := chooseMethod(config.SignIn)
	if err != nil {
		return nil, err
	}
	opener, err := m.prepare(config.SignIn)
	if err != nil {
		return nil, err
	}
	t := &Tenants{
		config: config,
		method: m,
		opener: opener,
		options: policy.ClientOptions{
			Retry:     noRetries,
			Transport: config.Transport,
			PerCallPolicies: []policy.Policy{
				userAgent(config),
				header{"x-ms-correlation-request-id", uuid.NewString()},
			},
			PerRetryPolicies: []policy.Policy{tryLimit{}, requestLog{config.Log}},
		},
		open: map[string]*tenant{},
		own:  strings.ToLower(config.SignIn.TenantID.Value),
	}
	if config.MetadataHost == "" {
		t.known = &config.Cloud
	}
	return t, nil
}

// SignInMethod names the chosen method and where its values came from, never a value.
func (t *Tenants) SignInMethod() string {
	return t.method.name + " (" + t.method.sources(t.config.SignIn) + ")"
}

// ConfiguredTenant is the tenant that the provider block or the environment names, in lower case, and ""
// where neither does.
func (t *Tenants) ConfiguredTenant() string {
	return strings.ToLower(t.config.SignIn.TenantID.Value)
}

// Own returns the sign-in's own tenant in lower case: the configured one, else the one that the sign-in
// itself is at home in (az login's). Only the latter needs a token.
func (t *Tenants) Own(ctx context.Context) (string, error) {
	t.ownMu.Lock()
	defer t.ownMu.Unlock()
	if t.own != "" {
		return t.own, nil
	}
	cloud, err := t.cloud(ctx)
	if err != nil {
		return "", err
	}
	credential, err := t.credential(cloud, "")
	if err != nil {
		return "", &SignInError{SignIn: t.SignInMethod(), Err: err}
	}
	token, err := getToken(ctx, credential, policy.TokenRequestOptions{
		Scopes:    []string{scope(cloud.ResourceManager)},
		EnableCAE: true,
	})
	if err != nil {
		return "", &SignInError{SignIn: t.SignInMethod(), Err: err}
	}
	own := tokenTenant(token.Token)
	if own == "" {
		return "", &ConfigError{
			Attribute: "tenant_id",
			Problem:   "The token that the " + t.method.name + " gave does not say which tenant it belongs to.",
			Remedy:    "Set tenant_id in the provider block or ARM_TENANT_ID in the environment.",
		}
	}
	t.own = own
	return own, nil
}

// Allow says whether a tenant may be asked for: the sign-in's own, and those in allowed_tenant_ids.
func (t *Tenants) Allow(ctx context.Context, tenantID string) error {
	if slices.ContainsFunc(t.config.AllowedTenantIDs, func(a string) bool { return a == "*" || strings.EqualFold(a, tenantID) }) {
		return nil
	}
	own, err := t.Own(ctx)
	if err != nil {
		return err
	}
	if !strings.EqualFold(own, tenantID) {
		return &TenantNotAllowedError{Tenant: strings.ToLower(tenantID), Own: own}
	}
	return nil
}

// ResourceManager returns Azure Resource Manager as seen from one tenant.
func (t *Tenants) ResourceManager(ctx context.Context, tenantID string) (Service, error) {
	open, err := t.tenant(ctx, tenantID)
	if err != nil {
		return Service{}, err
	}
	return open.resourceManager, nil
}

// LogAnalytics returns Log Analytics' query service as seen from one tenant.
func (t *Tenants) LogAnalytics(ctx context.Context, tenantID string) (Service, error) {
	open, err := t.tenant(ctx, tenantID)
	if err != nil {
		return Service{}, err
	}
	if open.logAnalytics.URL == "" {
		return Service{}, &ConfigError{
			Attribute: "endpoint",
			Problem:   "Where Log Analytics is in this custom cloud is not known.",
			Remedy: "Set log_analytics_endpoint and log_analytics_audience in endpoint, or " +
				"ARM_LOG_ANALYTICS_ENDPOINT and ARM_LOG_ANALYTICS_AUDIENCE in the environment.",
		}
	}
	return open.logAnalytics, nil
}

// tenant opens an allowed tenant, once.
func (t *Tenants) tenant(ctx context.Context, id string) (*tenant, error) {
	if err := t.Allow(ctx, id); err != nil {
		return nil, err
	}
	cloud, err := t.cloud(ctx)
	if err != nil {
		return nil, err
	}
	id = strings.ToLower(id)
	t.mu.Lock()
	defer t.mu.Unlock()
	if open, found := t.open[id]; found {
		return open, nil
	}
	credential, err := t.withAuxiliary(cloud, id)
	if err != nil {
		return nil, err
	}
	t.open[id] = &tenant{
		resourceManager: t.service(cloud, cloud.ResourceManager, credential, true),
		logAnalytics:    t.service(cloud, cloud.LogAnalytics, credential, false),
	}
	return t.open[id], nil
}

// withAuxiliary makes a credential that answers for one tenant, and for those whose tokens may go along with its.
func (t *Tenants) withAuxiliary(cloud Cloud, id string) (*tenantCredential, error) {
	credential, err := t.pinned(cloud, id)
	if err != nil {
		return nil, err
	}
	credential.auxiliary = map[string]*tenantCredential{}
	for _, other := range t.config.AuxiliaryTenantIDs {
		if other = strings.ToLower(other); other == id {
			continue
		}
		if credential.auxiliary[other], err = t.pinned(cloud, other); err != nil {
			return nil, err
		}
	}
	return credential, nil
}

// pinned makes a credential that answers for one tenant alone.
func (t *Tenants) pinned(cloud Cloud, id string) (*tenantCredential, error) {
	inner, err := t.credential(cloud, id)
	if err != nil {
		return nil, &SignInError{Tenant: id, SignIn: t.SignInMethod(), Err: err}
	}
	return &tenantCredential{
		inner: inner, tenant: id, signIn: t.SignInMethod(), client: t.config.SignIn.ClientID.Value, good: map[string]time.Time{},
	}, nil
}

// credential makes the credential for one tenant, "" meaning the one that the method has by itself.
func (t *Tenants) credential(c Cloud, tenantID string) (azcore.TokenCredential, error) {
	options := credentialOptions{ClientOptions: t.options, tokenExchange: c.TokenExchange}
	if options.tokenExchange == "" {
		options.tokenExchange = clouds["public"].TokenExchange
	}
	options.Cloud = cloud.Configuration{ActiveDirectoryAuthorityHost: c.AuthorityHost}
	options.PerRetryPolicies = append(slices.Clone(options.PerRetryPolicies), tryWatcher{})
	return t.opener(tenantID, options)
}

// service makes a pipeline that answers for one tenant and one audience. Resource Manager's bearer policy
// serves any audience; its pipeline is not used, since that tries to register resource providers in a
// subscription, which a tenant-level resource has none of.
func (t *Tenants) service(cloud Cloud, endpoint Endpoint, credential *tenantCredential, withAuxiliary bool) Service {
	if endpoint.URL == "" || endpoint.Audience == "" {
		return Service{}
	}
	sign := func(credential *tenantCredential) policy.Policy {
		options := &armpolicy.BearerTokenOptions{Scopes: []string{scope(endpoint)}}
		if withAuxiliary {
			options.AuxiliaryTenants = slices.Sorted(maps.Keys(credential.auxiliary))
		}
		return armruntime.NewBearerTokenPolicy(credential, options)
	}
	signed := &renewal{sign: sign(credential), anew: func() (policy.Policy, error) {
		credential, err := t.withAuxiliary(cloud, credential.tenant)
		if err != nil {
			return nil, err
		}
		if identity, ok := credential.inner.(*azidentity.ManagedIdentityCredential); ok {
			credential.inner = uncached{identity}
		}
		return sign(credential), nil
	}}
	return Service{
		URL:      endpoint.URL,
		Pipeline: runtime.NewPipeline(module, t.config.Version, runtime.PipelineOptions{PerRetry: []policy.Policy{signed}}, &t.options),
	}
}

// scope keeps the double slash that an audience with a trailing slash gives: that is how Entra wants it.
func scope(e Endpoint) string { return e.Audience + "/.default" }

// TenantNotAllowedError is a tenant that the provider block does not allow.
type TenantNotAllowedError struct{ Tenant, Own string }

func (e *TenantNotAllowedError) Error() string {
	return "tenant " + e.Tenant + " is not among the provider's allowed_tenant_ids"
}

// Package provider is the Terraform provider: its block, which with the environment gives access to Azure, and what it
// offers.
package provider

import (
	"context"
	"errors"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure/signin"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/connector"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/remedy"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/status"
)

var (
	_ provider.ProviderWithFunctions     = (*sentinelProvider)(nil)
	_ provider.ProviderWithListResources = (*sentinelProvider)(nil)
)

type sentinelProvider struct {
	version   string
	transport policy.Transporter

	// Terraform configures the provider before each plan and each apply; until then these are nil.
	tenants *azure.Tenants
	ledger  *connector.Ledger
}

// New makes the provider. version is its own, for the User-Agent header.
func New(version string) func() provider.Provider { return WithTransport(version, nil) }

// WithTransport is New with another transport than azcore's client, such as a simulator.
func WithTransport(version string, transport policy.Transporter) func() provider.Provider {
	return func() provider.Provider { return &sentinelProvider{version: version, transport: transport} }
}

func (p *sentinelProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "sentinel"
	resp.Version = p.version
}

// Configure sends nothing: a tenant is signed in to when something first needs it.
//
// If the block has unknown values, a Terraform that supports deferral defers everything; any other gets the reader's
// error.
func (p *sentinelProvider) Configure(ctx context.Context, req provider.ConfigureRequest,
	resp *provider.ConfigureResponse) {
	if req.ClientCapabilities.DeferralAllowed && !req.Config.Raw.IsFullyKnown() {
		resp.Deferred = &provider.Deferred{Reason: provider.DeferredReasonProviderConfigUnknown}
		return
	}
	r := reader{block{}, &resp.Diagnostics}
	if r.readBlock(req.Config.Raw); resp.Diagnostics.HasError() {
		return
	}
	config := r.config()
	if resp.Diagnostics.HasError() {
		return
	}
	config.Version = p.version
	config.TerraformVersion = req.TerraformVersion
	config.Log = tflog.Debug
	config.Transport = p.transport

	tenants, err := azure.NewTenants(config)
	if err != nil {
		resp.Diagnostics.Append(configDiagnostic(err))
		return
	}
	p.tenants, p.ledger = tenants, connector.NewLedger()
	tflog.Info(ctx, "Sign-in chosen", map[string]any{"method": tenants.SignInMethod()})
}

func configDiagnostic(err error) diag.Diagnostic {
	const summary = "The provider cannot sign in"
	incomplete, ok := errors.AsType[*signin.ConfigError](err)
	switch {
	case !ok:
		return diag.NewErrorDiagnostic(summary, err.Error())
	case incomplete.Attribute != "":
		return diag.NewAttributeErrorDiagnostic(path.Root(incomplete.Attribute), summary, remedy.Configuration(incomplete))
	default:
		return diag.NewErrorDiagnostic(summary, remedy.Configuration(incomplete))
	}
}

// Resources, like DataSources and ListResources, makes one for each request, with the tenants of the latest
// Configure.
func (p *sentinelProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		func() resource.Resource { return connector.NewResource(p.tenants, p.ledger) },
	}
}

func (p *sentinelProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		func() datasource.DataSource { return status.NewDataSource(p.tenants) },
		func() datasource.DataSource { return connector.NewConnectorsDataSource(p.tenants) },
		func() datasource.DataSource { return connector.NewLogCategoriesDataSource(p.tenants) },
	}
}

func (p *sentinelProvider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{
		func() list.ListResource { return connector.NewListResource(p.tenants) },
	}
}

func (p *sentinelProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{newCategoryToTable, newTableToCategory, status.NewSilenceQuery}
}

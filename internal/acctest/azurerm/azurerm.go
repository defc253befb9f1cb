// Package azurerm stands in for hashicorp/azurerm in tests of modules that mock it: Terraform asks even a mocked
// provider for its schemas. It has those of three resources, as far as the examples use them, from azurerm's
// documentation of 2026. Without a mock, every operation is an error.
package azurerm

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	providerschema "github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

// New makes the stand-in.
func New() provider.Provider { return standIn{} }

type standIn struct{}

func (standIn) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "azurerm"
}

func (standIn) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = providerschema.Schema{}
}

func (standIn) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}

func (standIn) DataSources(context.Context) []func() datasource.DataSource { return nil }

var (
	id       = schema.StringAttribute{Computed: true}
	required = schema.StringAttribute{Required: true}
	optional = schema.StringAttribute{Optional: true, Computed: true}
)

func (standIn) Resources(context.Context) []func() resource.Resource {
	var resources []func() resource.Resource
	for name, attributes := range map[string]map[string]schema.Attribute{
		"azurerm_resource_group": {"id": id, "name": required, "location": required},
		"azurerm_log_analytics_workspace": {
			"id": id, "name": required, "resource_group_name": required, "location": required, "sku": optional,
			"retention_in_days": schema.Int64Attribute{Optional: true, Computed: true},
			"workspace_id":      schema.StringAttribute{Computed: true},
		},
		"azurerm_sentinel_log_analytics_workspace_onboarding": {
			"id": id, "workspace_id": required, "customer_managed_key_enabled": schema.BoolAttribute{Optional: true},
		},
	} {
		resources = append(resources, func() resource.Resource { return standInResource{name, attributes} })
	}
	return resources
}

type standInResource struct {
	name       string
	attributes map[string]schema.Attribute
}

func (r standInResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = r.name
}

func (r standInResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: r.attributes}
}

func (r standInResource) Create(_ context.Context, _ resource.CreateRequest, resp *resource.CreateResponse) {
	r.refuse(&resp.Diagnostics)
}

func (r standInResource) Read(_ context.Context, _ resource.ReadRequest, resp *resource.ReadResponse) {
	r.refuse(&resp.Diagnostics)
}

func (r standInResource) Update(_ context.Context, _ resource.UpdateRequest, resp *resource.UpdateResponse) {
	r.refuse(&resp.Diagnostics)
}

func (r standInResource) Delete(_ context.Context, _ resource.DeleteRequest, resp *resource.DeleteResponse) {
	r.refuse(&resp.Diagnostics)
}

func (r standInResource) refuse(diags *diag.Diagnostics) {
	diags.AddError("This is not azurerm", "It only has azurerm's schemas, for tests that mock "+r.name+".")
}

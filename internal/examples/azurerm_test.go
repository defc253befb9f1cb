package examples_test

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	providerschema "github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// azurerm stands in for hashicorp/azurerm in tests of modules that mock it: Terraform asks even a mocked provider for
// its schemas. It has those of a few resources of azurerm 5.2.0, as far as the examples use them.
type azurerm struct{}

func (azurerm) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "azurerm"
}

func (azurerm) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = providerschema.Schema{}
}

func (azurerm) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}

func (azurerm) DataSources(context.Context) []func() datasource.DataSource { return nil }

var (
	id       = schema.StringAttribute{Computed: true}
	required = schema.StringAttribute{Required: true}
	optional = schema.StringAttribute{Optional: true, Computed: true}
	texts    = schema.ListAttribute{ElementType: types.StringType, Optional: true}
)

type attributes = map[string]schema.Attribute

// block is a list of blocks.
func block(of attributes, in ...map[string]schema.Block) schema.Block {
	object := schema.NestedBlockObject{Attributes: of}
	if len(in) > 0 {
		object.Blocks = in[0]
	}
	return schema.ListNestedBlock{NestedObject: object}
}

var resources = map[string]schema.Schema{
	"azurerm_log_analytics_workspace": {Attributes: attributes{
		"id": id, "name": required, "resource_group_name": required, "location": required, "sku": optional,
		"retention_in_days": schema.Int64Attribute{Optional: true, Computed: true},
		"workspace_id":      schema.StringAttribute{Computed: true},
	}},
	"azurerm_monitor_action_group": {
		Attributes: attributes{"id": id, "name": required, "resource_group_name": required, "short_name": required},
		Blocks: map[string]schema.Block{"email_receiver": block(attributes{
			"name": required, "email_address": required, "use_common_alert_schema": schema.BoolAttribute{Optional: true},
		})},
	},
	"azurerm_monitor_scheduled_query_rules_alert_v2": {
		Attributes: attributes{
			"id": id, "name": required, "resource_group_name": required, "location": required, "display_name": optional,
			"description":          optional,
			"scopes":               schema.ListAttribute{ElementType: types.StringType, Required: true},
			"severity":             schema.Int64Attribute{Required: true},
			"evaluation_frequency": required, "window_duration": required,
			"auto_mitigation_enabled": schema.BoolAttribute{Optional: true},
		},
		Blocks: map[string]schema.Block{
			"action": block(attributes{"action_groups": texts}),
			"criteria": block(
				attributes{
					"query": required, "time_aggregation_method": required, "operator": required,
					"threshold": schema.Float64Attribute{Required: true},
				},
				map[string]schema.Block{
					"dimension": block(attributes{"name": required, "operator": required, "values": texts}),
					"failing_periods": block(attributes{
						"minimum_failing_periods_to_trigger_alert": schema.Int64Attribute{Required: true},
						"number_of_evaluation_periods":             schema.Int64Attribute{Required: true},
					}),
				},
			),
		},
	},
	"azurerm_resource_group": {Attributes: attributes{"id": id, "name": required, "location": required}},
	"azurerm_sentinel_alert_rule_scheduled": {Attributes: attributes{
		"id": id, "name": required, "log_analytics_workspace_id": required, "display_name": required, "severity": required,
		"query": required, "query_frequency": optional, "query_period": optional,
	}},
	"azurerm_sentinel_log_analytics_workspace_onboarding": {Attributes: attributes{
		"id": id, "workspace_id": required, "customer_managed_key_enabled": schema.BoolAttribute{Optional: true},
	}},
}

func (azurerm) Resources(context.Context) []func() resource.Resource {
	var made []func() resource.Resource
	for name, is := range resources {
		made = append(made, func() resource.Resource { return mocked{name: name, is: is} })
	}
	return made
}

// mocked is a resource of azurerm, whose operations no test that mocks it calls.
type mocked struct {
	resource.Resource
	name string
	is   schema.Schema
}

func (r mocked) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = r.name
}

func (r mocked) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = r.is
}

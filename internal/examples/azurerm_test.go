package examples_test

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// azurerm stands in for hashicorp/azurerm in tests of modules that mock it: Terraform asks even a mocked provider for
// its schemas.
type azurerm struct{}

func (azurerm) Metadata(context.Context, provider.MetadataRequest, *provider.MetadataResponse)    {}
func (azurerm) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse)          {}
func (azurerm) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}
func (azurerm) DataSources(context.Context) []func() datasource.DataSource                        { return nil }

func (azurerm) Resources(context.Context) (made []func() resource.Resource) {
	for name, is := range mocks {
		made = append(made, func() resource.Resource { return mocked{name: name, is: is} })
	}
	return made
}

// mocked is a resource of azurerm, whose operations no test that mocks it calls.
type mocked struct {
	resource.Resource
	name string
	is   schema.NestedBlockObject
}

func (r mocked) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = r.name
}

func (r mocked) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: r.is.Attributes, Blocks: r.is.Blocks}
}

type listBlocks = map[string]schema.NestedBlockObject

// mocks are a few resources of azurerm 5.2.0, as far as the examples use them.
var mocks = listBlocks{
	"azurerm_log_analytics_workspace": block("id name! resource_group_name! location! sku workspace_id "+
		"retention_in_days:number", nil),
	"azurerm_monitor_action_group": block("id name! resource_group_name! short_name!", listBlocks{
		"email_receiver": block("name! email_address! use_common_alert_schema:bool", nil),
	}),
	"azurerm_monitor_scheduled_query_rules_alert_v2": block("id name! resource_group_name! location! display_name "+
		"description scopes:texts! severity:number! evaluation_frequency! window_duration! auto_mitigation_enabled:bool",
		listBlocks{
			"action": block("action_groups:texts", nil),
			"criteria": block("query! time_aggregation_method! operator! threshold:number!", listBlocks{
				"dimension": block("name! operator! values:texts", nil),
				"failing_periods": block(
					"minimum_failing_periods_to_trigger_alert:number! number_of_evaluation_periods:number!", nil),
			}),
		}),
	"azurerm_resource_group": block("id name! location!", nil),
	"azurerm_sentinel_alert_rule_scheduled": block("id name! log_analytics_workspace_id! display_name! severity! query! "+
		"query_frequency query_period", nil),
	"azurerm_sentinel_log_analytics_workspace_onboarding": block(
		"id workspace_id! customer_managed_key_enabled:bool", nil),
}

// block has attributes, "name:type", "name" for text, each with a "!" if it is required, and lists of blocks.
func block(attributes string, inner listBlocks) schema.NestedBlockObject {
	made := schema.NestedBlockObject{Attributes: map[string]schema.Attribute{}, Blocks: map[string]schema.Block{}}
	for _, attribute := range strings.Fields(attributes) {
		attribute, required := strings.CutSuffix(attribute, "!")
		name, kind, _ := strings.Cut(attribute, ":")
		made.Attributes[name] = map[string]schema.Attribute{
			"":       schema.StringAttribute{Required: required, Optional: !required, Computed: !required},
			"number": schema.NumberAttribute{Required: required, Optional: !required, Computed: !required},
			"bool":   schema.BoolAttribute{Optional: true},
			"texts":  schema.ListAttribute{ElementType: types.StringType, Required: required, Optional: !required},
		}[kind]
	}
	for name, object := range inner {
		made.Blocks[name] = schema.ListNestedBlock{NestedObject: object}
	}
	return made
}

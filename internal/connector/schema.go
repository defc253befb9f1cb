package connector

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/azure"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
)

const longestEventHubName = 256 // Azure's limit for event hubs

func (r *connectorResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The Microsoft Entra ID connector: streams a tenant's sign-in, audit and provisioning logs to the Log Analytics workspace of " +
			"Microsoft Sentinel, by a diagnostic setting of the tenant.",
		Attributes: map[string]schema.Attribute{
			"log_analytics_workspace_id": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The resource id of the Log Analytics workspace that Sentinel is on, in any letter case. " +
					"It can be changed in place.",
				Validators:    []validator.String{inputcheck.ResourceID(azure.Workspace)},
				PlanModifiers: []planmodifier.String{ignoreLetterCase{}},
			},
			"log_categories": schema.SetAttribute{
				ElementType: types.StringType,
				Optional:    true,
				Computed:    true,
				MarkdownDescription: "The log categories to stream, at least one. Any category that the tenant offers will do; for one whose licence it lacks, Azure sends nothing. " +
					"Default: the six of Sentinel's connector page, " + quotedNames(entralogs.Connector()) + ".",
				Default:       setdefault.StaticValue(connectorCategories()),
				Validators:    []validator.Set{setvalidator.NoNullValues(), areCategories{}},
				PlanModifiers: []planmodifier.Set{ignoreLetterCase{}},
			},
			"name": schema.StringAttribute{
				Optional: true,
				Computed: true,
				MarkdownDescription: "The name of the diagnostic setting. Default: `AzureSentinel_<workspace name>`, which is the one that Sentinel's connector " +
					"page reads and writes. The default keeps its value when the workspace changes later. Another name replaces the setting.",
				Validators: []validator.String{settingName},
				PlanModifiers: []planmodifier.String{
					stringplanmodifier.UseStateForUnknown(), ignoreLetterCase{}, stringplanmodifier.RequiresReplace(),
				},
			},
			"tenant_id": schema.StringAttribute{
				Optional: true,
				Computed: true,
				MarkdownDescription: "The tenant whose logs are streamed. Default: the provider's. Any other must be among the provider's `allowed_tenant_ids`. " +
					"Another tenant replaces the setting.",
				Validators: []validator.String{inputcheck.TenantID()},
				PlanModifiers: []planmodifier.String{
					stringplanmodifier.UseStateForUnknown(), ignoreLetterCase{}, stringplanmodifier.RequiresReplace(),
				},
			},
			"storage_account_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The resource id of a storage account that gets the same logs.",
				Validators:          []validator.String{inputcheck.ResourceID(azure.StorageAccount)},
				PlanModifiers:       []planmodifier.String{ignoreLetterCase{}},
			},
			"eventhub_authorization_rule_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The resource id of an authorization rule of an event hub namespace that gets the same logs.",
				Validators:          []validator.String{inputcheck.ResourceID(azure.EventHubRule)},
				PlanModifiers:       []planmodifier.String{ignoreLetterCase{}},
			},
			"eventhub_name": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The event hub in that namespace. Without it the service uses a default one.",
				Validators: []validator.String{
					stringvalidator.LengthBetween(1, longestEventHubName),
					stringvalidator.AlsoRequires(path.MatchRoot("eventhub_authorization_rule_id")),
				},
				PlanModifiers: []planmodifier.String{ignoreLetterCase{}},
			},
			"tables": schema.MapAttribute{
				ElementType: types.StringType,
				Computed:    true,
				MarkdownDescription: "The Log Analytics table that each category arrives in, such as `SignInLogs = \"SigninLogs\"`. " +
					"Categories whose table is not known are left out.",
			},
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The Azure resource id of the setting: `/providers/microsoft.aadiam/diagnosticSettings/<name>`.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
		},
		Blocks: map[string]schema.Block{
			"timeouts": timeouts.Block(ctx, timeouts.Opts{
				Create: true, Read: true, Update: true, Delete: true,
				CreateDescription: "How long a creation may take, as a duration such as `30m`, the default.",
				ReadDescription:   "How long a read may take, as a duration such as `5m`, the default.",
				UpdateDescription: "How long a change may take, as a duration such as `30m`, the default.",
				DeleteDescription: "How long a deletion may take, as a duration such as `30m`, the default.",
			}),
		},
	}
}

func (r *connectorResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"name": identityschema.StringAttribute{
				RequiredForImport: true,
				Description:       "The name of the diagnostic setting.",
			},
			"tenant_id": identityschema.StringAttribute{
				OptionalForImport: true,
				Description:       "The tenant, in lower case. An import takes the provider's where it is left out.",
			},
		},
	}
}

func connectorCategories() types.Set {
	var names []attr.Value
	for _, category := range entralogs.Connector() {
		names = append(names, types.StringValue(category.Name))
	}
	return types.SetValueMust(types.StringType, names)
}

// quotedNames names categories in a sentence of documentation.
func quotedNames(categories []entralogs.Category) string {
	return "`" + strings.Join(entralogs.Names(categories), "`, `") + "`"
}
